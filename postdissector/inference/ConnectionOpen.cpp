// How a connection opens: SYN, SYN-ACK, and what proves that an end is open where these are missing.
#include "Connection.h"

namespace tcpstate {

namespace {

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
}

} // namespace

void Connection::onSyn(const Segment &segment, Side sender, Record &record) {
    Endpoint &from = end(sender);
    if (from.sentSyn && segment.seq == from.initial) {
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
    }
    if (repeated && !from.sentOther) {
        apply(sender, Event::synAckRepeated, record);
    } else if (!repeated) {
        apply(sender, Event::sendSynAck, record);
    }
    from.sentSynAck = true;
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
    if (from.state == State::synSent) {
        apply(sender, Event::ackOfUnseenSynAck, record);
    } else if (from.state == State::synReceived && !to.fastOpen && (segment.length != 0 || segment.isFin())) {
        apply(sender, Event::dataBeforeAck, record);
    }
    if (to.state == State::synReceived) {
        if (!to.hasInitial || after(segment.ack, to.initial)) {
            apply(peer(sender), Event::receiveAckOfSyn, record);
        }
    } else if (to.state == State::listen) {
        apply(peer(sender), Event::ackOfUnseenSynAck, record);
    }
}

} // namespace tcpstate
