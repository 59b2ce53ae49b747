#include "Connection.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace tcpstate {

namespace {

// A jump of the numbers larger than any window (RFC 7323 section 2.3) is not a gap in the capture.
constexpr std::int32_t largestJump = 1 << 30;

// Numbers this far from what was seen last belong to another connection, if both of a segment are.
constexpr std::int32_t far = 1 << 24;

/** True if the two numbers are less than `within` apart: more than windows, less than chance. */
bool nearTo(Sequence one, Sequence other, std::int32_t within = 1 << 20) {
    const std::int32_t away = distance(one, other);
    return away < within && away > -within;
}

constexpr Step makeStep(Side side, State from, State to, bool corrected, std::uint8_t row) {
    Step step;
    step.side = static_cast<std::uint16_t>(index(side)) & 1U;
    step.corrected = corrected ? 1U : 0U;
    step.from = static_cast<std::uint16_t>(from) & 0xfU;
    step.to = static_cast<std::uint16_t>(to) & 0xfU;
    step.row = row & 0x3fU;
    return step;
}

void addStep(Record &record, Step step) {
    if (record.stepCount < Record::maximumSteps) {
        record.steps[record.stepCount++] = step;
    }
}

/** A duplicate SACK: the first block repeats bytes already acknowledged, or lies within the second (RFC 2883). */
bool reportsDuplicate(const Segment &segment) {
    if (segment.sackCount == 0) {
        return false;
    }
    const SackBlock first = segment.sack[0];
    if (!after(first.right, segment.ack)) {
        return true;
    }
    if (segment.sackCount < 2) {
        return false;
    }
    const SackBlock second = segment.sack[1];
    return !before(first.left, second.left) && !after(first.right, second.right);
}

} // namespace

void Connection::begin(const Segment &first, Side sender, Opening opening) {
    firstTime_ = first.time;
    lastTime_ = first.time;
    firstFrame_ = first.frame;
    switch (opening) {
    case Opening::syn:
        end(sender).state = State::closed;
        end(peer(sender)).state = State::listen;
        break;
    case Opening::synAck:
        end(sender).state = State::listen;
        end(peer(sender)).state = State::synSent;
        break;
    case Opening::midstream:
        break; // nothing is known before something shows it
    }
    phase_ = phaseOfEnds();
}

Nanoseconds Connection::observe(const Segment &segment, Side sender, const Settings &settings, Record &record) {
    Nanoseconds roundTrip = 0;
    if (segment.isRst()) {
        const Phase before = phase_;
        onReset(segment, sender, record);
        followHalfClose(segment, sender, before, 0, end(sender).fin.sent, settings, record);
    } else if (segment.isSyn()) {
        // SYN and FIN together belong to no connection: hosts drop them, and so do we.
        if (!segment.isFin()) {
            roundTrip = timeRoundTrip(segment, sender, 1);
            if (segment.isAck()) {
                onSynAck(segment, sender, record);
            } else {
                onSyn(segment, sender, record);
            }
            noteNumbers(segment, sender);
        }
    } else if (segment.isAck()) {
        roundTrip = onSegment(segment, sender, settings, record);
    }
    lastTime_ = std::max(lastTime_, segment.time);
    // Anything else carries no ACK: a scan, dropped unread (RFC 9293 section 3.10.7.4, fifth).
    complete(sender, record);
    return roundTrip;
}

void Connection::observeDuplicate(const Segment &segment, Side sender, InterfaceNumber first, Record &record) {
    if (first != segment.interface) {
        SecondSightings &sightings = rare_.edit().sightings[index(sender)];
        sightings.first = first;
        sightings.second = segment.interface;
        sightings.latest = true;
        if (sightings.count != std::numeric_limits<decltype(sightings.count)>::max()) {
            ++sightings.count;
        }
        if (silence_.speaker == sender && silence_.copies != 0) {
            ++silence_.seenAgain;
        }
        if (segment.isRst() && rare_->latestReset.sender == sender) {
            rare_.edit().latestReset.seenAgain = true;
        }
    }
    if (segment.isRst()) {
        record.cause = resetCause_;
        record.origin = resetOrigin_;
        record.acceptance = resetAcceptance_;
    }
    record.marks |= mark::duplicate;
    complete(sender, record);
}

bool Connection::apply(Side side, Event event, Record &record) {
    Endpoint &it = end(side);
    const TransitionNumber number = transition(it.state, event);
    if (number == noTransition) {
        return false;
    }
    const Transition &row = transitionRow(number);
    addStep(record, makeStep(side, row.from, row.to, row.corrected, number));
    it.state = row.to;
    return true;
}

void Connection::restore(Side side, State state, Record &record) {
    Endpoint &it = end(side);
    if (it.state != state) {
        addStep(record, makeStep(side, it.state, state, true, restoredRow));
        it.state = state;
    }
}

Nanoseconds Connection::onSegment(const Segment &segment, Side sender, const Settings &settings, Record &record) {
    Endpoint &from = end(sender);
    Endpoint &to = end(peer(sender));

    appear(sender, record);
    answerFromListen(segment, sender, record);
    if (from.revived) {
        if (segment.isFin()) {
            apply(sender, Event::sendFin, record);
        }
        noteNumbers(segment, sender); // old numbers: nothing of the new incarnation in them
        return 0;
    }
    if (!from.known) {
        from.known = true;
        from.next = segment.seq;
        from.acknowledged = segment.seq;
        from.bytes.begin(segment.seq);
    }
    const Phase before = phase_;
    const bool hadFin = from.fin.sent;
    const bool peerFinWasAcknowledged = to.fin.acknowledged;
    const std::uint32_t newBytes = newPayload(from, segment);

    if ((newBytes != 0 || (segment.isFin() && !from.fin.sent)) && from.outstandingSince == 0) {
        from.outstandingSince = segment.time;
    }
    if (silence_.speaker == sender && to.known && after(segment.ack, to.next)) {
        silence_ = {}; // it acknowledges what was not captured: it is answered where we do not look
    }
    undoReset(segment, sender, newBytes, record);
    proveOpening(segment, sender, record);
    const Nanoseconds roundTrip = timeRoundTrip(segment, sender, newBytes + (segment.isFin() ? 1U : 0U));
    takeAcknowledgement(segment, sender, record);
    if (segment.length != 0) {
        takePayload(segment, sender, newBytes, record);
    }
    if (segment.isFin()) {
        if (from.fin.sent) {
            takeRepeatedFin(segment, sender, settings, record);
        } else {
            takeFirstFin(segment, sender, peerFinWasAcknowledged, record);
        }
    }
    if (to.fin.sent || from.fin.sent) {
        followHalfClose(segment, sender, before, newBytes, hadFin, settings, record);
    }
    followWait(segment, sender, newBytes);
    followSilence(segment, sender, newBytes, record);
    followUnheard(segment, sender, newBytes);
    followWindow(segment, sender);
    noteNumbers(segment, sender);
    return roundTrip;
}

/** Times what this segment sends, and returns the round trip that it ends. A repetition times nothing (Karn). */
Nanoseconds Connection::timeRoundTrip(const Segment &segment, Side sender, std::uint32_t newBytes) {
    Endpoint &from = end(sender);
    Endpoint &to = end(peer(sender));
    Nanoseconds roundTrip = 0;
    if (segment.isAck() && to.probeTime != 0 && !before(segment.ack, to.probeEnd)) {
        roundTrip = segment.time - to.probeTime;
        to.probeTime = 0;
    }
    if (newBytes == 0) {
        if (segment.length != 0) {
            from.probeTime = 0;
        }
    } else if (from.probeTime == 0 && !(segment.isSyn() && from.hasInitial)) {
        from.probeTime = segment.time;
        from.probeEnd = segment.end();
    } else if (segment.isSyn()) {
        from.probeTime = 0;
    }
    return roundTrip;
}

void Connection::takeAcknowledgement(const Segment &segment, Side sender, Record &record) {
    Endpoint &to = end(peer(sender));
    const Sequence ack = segment.ack;
    if (!to.known) {
        to.known = true;
        to.next = ack;
        to.acknowledged = ack;
        to.bytes.begin(ack);
        return;
    }
    const std::int32_t advance = distance(to.acknowledged, ack);
    if (advance > 0) {
        if (after(ack, to.next)) {
            // It acknowledges what the capture does not hold; but nothing can come after a FIN.
            if (to.fin.sent || distance(to.next, ack) > largestJump) {
                return;
            }
            to.next = ack;
            to.payloadUnbroken = false;
        }
        if (to.lastHadPayload && silence_.speaker == peer(sender)) {
            const std::uint32_t passed = std::min<std::uint32_t>(silence_.smallest, 0xffff);
            to.largestPassed = std::max(to.largestPassed, static_cast<std::uint16_t>(passed));
        }
        to.acknowledged = ack;
        to.bytes.acknowledge(ack);
        if (!before(ack, to.next)) {
            to.outstandingSince = 0;
        }
    } else if (advance < -largestJump) {
        return; // not a number of this connection
    }
    if (to.fin.sent) {
        finAcknowledged(segment, sender, record);
    }
}

void Connection::takePayload(const Segment &segment, Side sender, std::uint32_t newBytes, Record &record) {
    Endpoint &from = end(sender);
    from.bytes.add(segment.seq, segment.payloadEnd());
    if (newBytes == 0 && segment.payloadEnd() == from.next) {
        from.payloadUnbroken = true; // a late packet: what was acknowledged before it was seen is no FIN
    }
    if (newBytes != 0) {
        from.payloadUnbroken = true;
        from.newestInterface = segment.interface;
        if (initiator_ == CloseInitiator::none && end(peer(sender)).fin.sent && !from.fin.sent) {
            // The other FIN was the first after all: this side had not closed before the capture began.
            initiator_ = sender == Side::client ? CloseInitiator::server : CloseInitiator::client;
        }
    }
    if (from.fin.sent && !from.fin.received && !before(from.bytes.contiguousEnd(), from.fin.end - 1)) {
        finArrives(sender, record);
    }
}

void Connection::noteNumbers(const Segment &segment, Side sender) {
    Endpoint &from = end(sender);
    Endpoint &to = end(peer(sender));
    if (!from.heard() || to.lastTime >= from.lastTime) {
        from.turnTime = segment.time;
    }
    const Nanoseconds pause = (segment.time - from.lastTime) >> pauseShift;
    from.pauseBefore = static_cast<std::uint16_t>(std::clamp<Nanoseconds>(pause, 0, 0xffff));
    from.lastTime = segment.time;
    from.lastFrame = segment.frame;
    from.lastHopLimit = segment.hopLimit;
    from.lastInterface = segment.interface;
    if (rare_.edited()) {
        SecondSightings &sightings = rare_.edit().sightings[index(sender)];
        sightings.latest = false; // until its second sighting
        sightings.missed = sightings.missed || (sightings.count != 0 && from.lastInterface == sightings.second);
    }
    from.lastIdentification = segment.identification;
    from.lastFlags = segment.flags;
    if (segment.hasTimestamps && (!from.hasTimestamp || after(segment.timestampValue, from.newestTimestamp))) {
        from.newestTimestamp = segment.timestampValue;
        from.hasTimestamp = true;
    }
    from.lastHadPayload = segment.length != 0;
    from.lastWasKeepAlive =
        segment.length <= 1 && from.known && segment.seq == from.next - 1 && !segment.isFin() && !segment.isSyn();
    if (segment.length > 1 || segment.isSyn() || segment.isFin()) {
        from.speechHopLimit = segment.hopLimit;
    }
    if (segment.length > 1) {
        from.unread = false;
        to.windowBefore = to.unread ? to.windowBefore : to.window;
        to.unread = true;
    }
    from.window = segment.window;
    if (!from.revived) {
        // A FIN that was dropped takes no number; one that was taken is in fin.end.
        const Sequence segmentEnd = from.fin.sent && segment.isFin() ? segment.end() : segment.payloadEnd();
        // Beyond a FIN comes nothing but an evasion, and that begins near it.
        const bool stray = from.fin.sent && !nearTo(from.next, segment.seq);
        if (!stray) {
            from.next = from.known ? later(from.next, segmentEnd) : segmentEnd;
        }
        from.known = true;
    }
    if (!segment.isSyn()) {
        from.sentOther = true;
    }
    if (!segment.isAck()) {
        return;
    }
    if (segment.ack != from.lastAck || !from.hasAckSent) {
        from.earlierAck = from.hasAckSent ? from.lastAck : segment.ack;
        from.askedAtEarlierAck = from.askedAtLastAck;
        from.lastAck = segment.ack;
        from.askedAtLastAck = false;
    }
    from.askedAtLastAck = from.askedAtLastAck || segment.length != 0 || segment.isFin();
    from.ackSent = from.hasAckSent ? later(from.ackSent, segment.ack) : segment.ack;
    from.hasAckSent = true;
    if (to.fin.sent) {
        if (before(segment.ack, to.fin.end)) {
            from.uncoveringEnd = from.hasUncovering ? later(from.uncoveringEnd, segment.end()) : segment.end();
            from.hasUncovering = true;
        } else if (!from.hasCovering) {
            from.coveringSeq = segment.seq;
            from.coveringDsack = reportsDuplicate(segment);
            from.hasCovering = true;
        }
    }
}

void Connection::complete(Side sender, Record &record) {
    phase_ = phaseOfEnds();
    // What the sender did comes before what it caused at the receiver; the order of each stays.
    for (unsigned i = 1; i < record.stepCount; ++i) {
        for (unsigned j = i; j > 0 && record.steps[j].where() == sender && record.steps[j - 1].where() != sender; --j) {
            std::swap(record.steps[j], record.steps[j - 1]);
        }
    }
    record.sender = sender;
    record.states = {ends_[0].state, ends_[1].state};
    record.phase = phase_;
    if (midstream_) {
        record.marks |= mark::midstream;
    }
}

Phase Connection::phaseOfEnds() const {
    if (reset_) {
        return Phase::reset;
    }
    const Fin &client = ends_[0].fin;
    const Fin &server = ends_[1].fin;
    if (client.sent && server.sent) {
        return client.acknowledged && server.acknowledged ? Phase::closed : Phase::closing;
    }
    if (client.sent || server.sent) {
        return client.acknowledged || server.acknowledged ? Phase::halfClosed : Phase::halfClosing;
    }
    if (isSynchronised(ends_[0].state) && isSynchronised(ends_[1].state)) {
        return Phase::established;
    }
    if (ends_[0].state == State::unknown || ends_[1].state == State::unknown) {
        return Phase::unknown;
    }
    return Phase::opening;
}

CloseKind Connection::closeKind() const {
    const bool clientFin = ends_[0].fin.sent;
    const bool serverFin = ends_[1].fin.sent;
    if (reset_) {
        return resetAfterFin_ ? CloseKind::resetAfterFin : CloseKind::reset;
    }
    if (halfClose_.inUse) {
        return CloseKind::halfClose;
    }
    if (simultaneousClose_) {
        return CloseKind::simultaneous;
    }
    if (clientFin && serverFin) {
        return threeSegments_ ? CloseKind::threeSegments : CloseKind::fourSegments;
    }
    return clientFin || serverFin ? CloseKind::unfinished : CloseKind::open;
}

bool Connection::isOver() const {
    return tcpstate::isOver(ends_[0].state) && tcpstate::isOver(ends_[1].state);
}

bool Connection::plausible(const Segment &segment, Side sender) const {
    const Endpoint &from = ends_[index(sender)];
    return !from.known || nearTo(from.next, segment.seq);
}

bool Connection::foreign(const Segment &segment, Side sender) const {
    const Endpoint &from = ends_[index(sender)];
    const Endpoint &to = ends_[index(peer(sender))];
    const bool numbersKnown = from.known && to.known && !from.revived && !to.revived;
    return numbersKnown && !nearTo(from.next, segment.seq, far) && !nearTo(to.next, segment.ack, far);
}

void Connection::finish(Nanoseconds captureEnd, const Settings &settings) {
    if (rare_->latestReset.frame != 0 && rare_->latestReset.acceptance == ResetAcceptance::unproven && !isOver()) {
        // Nobody contradicted it to the end.
        reset_ = true;
        resetAfterFin_ = ends_[0].fin.sent || ends_[1].fin.sent;
        phase_ = Phase::reset;
    }
    if (reset_ || finMarked_) {
        return;
    }
    for (const Side side : {Side::client, Side::server}) {
        const Fin &fin = ends_[index(side)].fin;
        const bool longEnough = fin.copies > 1 || captureEnd - fin.time >= settings.evidenceSpan;
        if (fin.sent && !fin.acknowledged && longEnough && ends_[index(peer(side))].heard()) {
            unacknowledgedFinFrame_ = fin.lastFrame;
        }
    }
}

} // namespace tcpstate
