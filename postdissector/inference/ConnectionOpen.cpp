// How a connection opens: SYN, SYN-ACK, and what proves that an end is open where these are missing.
#include "Connection.h"

#include <algorithm>

namespace tcpstate {

namespace {

// No host repeats a SYN-ACK sooner by a timer (RFC 6298 section 2.1 says a second; some are at 200 ms).
constexpr Nanoseconds shortestTimer = 200 * millisecond;

/** Notes the initial number and the options of a SYN or SYN-ACK. */
void takeInitial(Endpoint &from, const Segment &segment) {
    from.initial = segment.seq;
    from.hasInitial = true;
    from.sawOptions = true;
    from.known = true;
    from.next = segment.end();
    from.acknowledged = segment.seq;
    from.bytes.begin(segment.end());
    from.windowScale = segment.windowScale;
    from.sackPermitted = segment.sackPermitted;
    from.payloadUnbroken = true;
}

/** The SYN of an end whose initial number the SYN-ACK told already: the file has them in the wrong order. */
void takeLateSyn(Endpoint &from, const Segment &segment) {
    from.sentSyn = true;
    from.sawOptions = true;
    from.windowScale = segment.windowScale;
    from.sackPermitted = segment.sackPermitted;
}

/** RFC 9293 section 3.10.7.4: the window, then SND.UNA < SEG.ACK; what the capture lacks can fill one window, not more. */
bool acceptableInSynReceived(const Segment &segment, const Endpoint &from, const Endpoint &to) {
    if (!to.hasInitial) {
        return true;
    }
    if (!after(segment.ack, to.initial)) {
        return false;
    }
    if (!from.sawOptions || !to.sawOptions) {
        return true;
    }
    const bool scaled = from.windowScale >= 0 && to.windowScale >= 0;
    const unsigned fromShift = scaled ? static_cast<unsigned>(from.windowScale) : 0;
    const unsigned toShift = scaled ? static_cast<unsigned>(to.windowScale) : 0;
    const std::uint32_t clientWindow = std::max<std::uint32_t>(from.window, segment.window) << fromShift;
    return !after(segment.ack, to.next + clientWindow) &&
           !after(segment.seq, from.next + (std::uint32_t{to.window} << toShift));
}

} // namespace

void Connection::onSyn(const Segment &segment, Side sender, Record &record) {
    Endpoint &from = end(sender);
    if (!from.sentSyn && from.hasInitial && segment.seq == from.initial) {
        takeLateSyn(from, segment);
        return;
    }
    if (from.sentSyn && segment.seq == from.initial) {
        const Endpoint &to = end(peer(sender));
        if (to.state == State::closed && !to.closedByReset && !to.hasInitial) {
            restore(peer(sender), State::listen, record); // the older incarnation there has ended
        }
        if (!from.sentOther) {
            apply(sender, Event::synRepeated, record);
        }
        return;
    }
    takeInitial(from, segment);
    from.sentSyn = true;
    from.fastOpen = segment.length != 0;
    apply(sender, Event::sendSyn, record);
    if (end(peer(sender)).state == State::synSent) {
        // Both sent a SYN: each is taken to receive the other's (RFC 9293 figure 7).
        apply(sender, Event::receiveSyn, record);
        apply(peer(sender), Event::receiveSyn, record);
        simultaneousOpen_ = true;
        record.marks |= mark::simultaneousOpen;
    }
}

void Connection::onSynAck(const Segment &segment, Side sender, Record &record) {
    Endpoint &from = end(sender);
    Endpoint &to = end(peer(sender));
    if (from.revived) {
        from.revived = false;
        from.hasAckSent = false;
        if (from.state != State::closed) {
            restore(sender, State::listen, record); // it gave the old incarnation up in between
        }
    }
    const bool repeated = from.sentSynAck && segment.seq == from.initial;
    if (!repeated && (!from.hasInitial || segment.seq != from.initial)) {
        takeInitial(from, segment);
    }
    if (!to.known) {
        // The SYN is not in the capture; what it was follows from its acknowledgement.
        to.hasInitial = true;
        to.initial = segment.ack - 1;
        to.known = true;
        to.next = segment.ack;
        to.acknowledged = segment.ack;
        to.bytes.begin(segment.ack);
        to.payloadUnbroken = true;
    }
    if (!repeated && from.closedByReset) {
        // It answers the SYN after all: whoever refused it was somebody else, unless the two only changed places.
        if (rare_->latestReset.sender == sender && rare_->latestReset.number != segment.seq + 1) {
            record.marks |= mark::talksOn;
        }
        from.closedByReset = false;
        rare_.edit().latestReset.senderNext = segment.seq;
    }
    // One that was late on the way, and no repetition, is older than what the sender has sent since.
    const bool late =
        repeated && segment.hasTimestamps && from.hasTimestamp && before(segment.timestampValue, from.newestTimestamp);
    // And one that comes sooner than any timer repeats it has crossed the ACK, which is on its way.
    const bool crossed = repeated && to.sentOther && segment.time - to.turnTime < shortestTimer;
    if (late || crossed) {
        return;
    }
    if (repeated && to.hasAckSent && after(to.ackSent, from.initial)) {
        noteRepetition(segment, sender); // of what the other end has acknowledged
    }
    if (repeated && !from.sentOther) {
        apply(sender, Event::synAckRepeated, record);
    } else if (!repeated) {
        apply(sender, Event::sendSynAck, record);
    }
    from.sentSynAck = true;
    if (from.synCopies != 0xff) {
        ++from.synCopies;
    }
    const bool acknowledgesSyn = after(segment.ack, to.initial) && !after(segment.ack, to.next);
    if (!acknowledgesSyn) {
        return; // the receiver answers with a RST and stays in SYN-SENT
    }
    to.acknowledged = later(to.acknowledged, segment.ack);
    if (!apply(peer(sender), Event::receiveSynAck, record)) {
        apply(peer(sender), Event::receiveAckOfSyn, record); // simultaneous open: SYN-RECEIVED
    }
}

void Connection::appear(Side sender, Record &record) {
    Endpoint &from = end(sender);
    Endpoint &to = end(peer(sender));
    if (from.state != State::unknown && to.state != State::unknown) {
        return;
    }
    apply(sender, Event::appear, record);
    apply(peer(sender), Event::appear, record);
    if (!midstream_) {
        midstream_ = true;
        record.marks |= mark::midstreamBegins;
    }
}

void Connection::revive(Side side, const Endpoint &old, Record &record) {
    Endpoint &it = end(side);
    it.revived = true;
    restore(side, old.state, record);
    phase_ = phaseOfEnds();
}

void Connection::answerFromListen(const Segment &segment, Side sender, Record &record) {
    Endpoint &from = end(sender);
    const Endpoint &to = end(peer(sender));
    if (from.state != State::listen || from.revived || !to.hasInitial) {
        return;
    }
    const bool acknowledgesSyn = after(segment.ack, to.initial) && !after(segment.ack, to.next);
    if (acknowledgesSyn) {
        // Its SYN-ACK is missing, unless it is about to answer with a SYN of its own: payload decides.
        if (segment.length != 0 || segment.isFin()) {
            apply(sender, Event::ackOfUnseenSynAck, record);
            apply(peer(sender), Event::ackOfUnseenSynAck, record);
        }
        return;
    }
    // An older incarnation answers that began before the capture.
    from.revived = true;
    restore(sender, State::established, record);
}

void Connection::proveOpening(const Segment &segment, Side sender, Record &record) {
    Endpoint &from = end(sender);
    Endpoint &to = end(peer(sender));
    if (segment.isFin() && !to.heard() && !to.hasInitial && segment.ack == 0) {
        return; // an acknowledgement of nothing
    }
    if (from.state == State::synSent) {
        apply(sender, Event::ackOfUnseenSynAck, record);
    } else if (from.state == State::synReceived && !to.fastOpen &&
               (segment.length != 0 || segment.isFin() || (to.hasInitial && after(segment.ack, to.initial + 1)))) {
        apply(sender, Event::dataBeforeAck, record);
    }
    if (to.state == State::synReceived) {
        if (acceptableInSynReceived(segment, from, to)) {
            apply(peer(sender), Event::receiveAckOfSyn, record);
        }
    } else if (to.state == State::listen) {
        apply(peer(sender), Event::ackOfUnseenSynAck, record);
    }
}

} // namespace tcpstate
