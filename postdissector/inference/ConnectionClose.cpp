// How a connection closes: the two FINs, who began, and what happens between them.
#include "Connection.h"

#include <algorithm>
#include <limits>

namespace tcpstate {

namespace {

constexpr CloseInitiator initiatorFor(Side side) {
    return side == Side::client ? CloseInitiator::client : CloseInitiator::server;
}

} // namespace

/**
 * Whether the first transmission of the sender's FIN acknowledges the peer's. If this segment is not the first
 * transmission, which the capture then lacks, the sender's other segments may still tell: one that was sent after the
 * FIN and does not acknowledge the peer's; or the first that does, if it was already beyond the FIN and is not the
 * answer to a repetition (which D-SACK would report).
 */
Covers Connection::coversPeerFin(const Segment &segment, Side sender) const {
    const Endpoint &from = endpoint(sender);
    const Endpoint &to = endpoint(peer(sender));
    if (!to.fin.sent) {
        return Covers::unknown;
    }
    if (before(segment.ack, to.fin.end)) {
        return Covers::no;
    }
    const Sequence finEnd = segment.end();
    const bool sackAgreed = from.sackPermitted && to.sackPermitted;
    if (from.hasUncovering && !before(from.uncoveringEnd, finEnd)) {
        return Covers::no;
    }
    if (from.hasCovering && !before(from.coveringSeq, finEnd) && sackAgreed && !from.coveringDsack) {
        return Covers::no;
    }
    return Covers::yes;
}

void Connection::takeFirstFin(const Segment &segment, Side sender, bool firstAcknowledged, Record &record) {
    Endpoint &from = end(sender);
    Endpoint &to = end(peer(sender));
    const Sequence finEnd = segment.end();
    const bool synchronised = isSynchronised(from.state) || from.state == State::synReceived;
    if (!synchronised || from.closedByReset) {
        return;
    }
    if (to.hasAckSent && before(finEnd, to.ackSent)) {
        return; // the peer has acknowledged payload beyond: it never took a FIN here
    }
    const Covers covers = coversPeerFin(segment, sender);
    // In the file the answer may stand before the FIN that it answers.
    const bool answered = covers == Covers::no && !before(to.fin.firstAck, finEnd);

    Fin &fin = from.fin;
    fin = {};
    fin.sent = true;
    fin.time = segment.time;
    fin.frame = segment.frame;
    fin.lastFrame = segment.frame;
    fin.end = finEnd;
    fin.firstAck = segment.ack;
    fin.ackNumber = segment.ack;
    fin.copies = 1;
    fin.covers = covers;
    fin.acknowledged = to.hasAckSent && !before(to.ackSent, finEnd);
    if (fin.acknowledged && !to.fin.sent) {
        halfClose_.acknowledgedAt = segment.time;
    }
    from.bytes.add(segment.seq, finEnd);

    if (covers == Covers::no) {
        apply(sender, Event::finIgnoresFin, record);
    }
    apply(sender, Event::sendFin, record);
    if (covers == Covers::no && to.fin.received) {
        apply(sender, Event::receiveFin, record); // the peer's FIN is on its way
    }
    if (answered) {
        apply(peer(sender), Event::finWasAnswer, record);
        to.fin.covers = Covers::yes;
        fin.received = true;
        apply(sender, Event::receiveAckOfFin, record);
    } else if (!before(from.bytes.contiguousEnd(), finEnd)) {
        finArrives(sender, record);
    }

    if (fin.acknowledged && !answered) {
        apply(sender, Event::receiveAckOfFin, record); // in the file its acknowledgement stands before it
    }

    if (!to.fin.sent || answered) {
        firstFin_ = sender;
        // Unless every byte of the other side is known it may have closed before, unseen. And a FIN that the other side
        // had acknowledged before, in a capture that begins in the middle, may be a late repetition.
        if (answered || (to.payloadUnbroken && !(midstream_ && fin.acknowledged))) {
            initiator_ = initiatorFor(sender);
            record.marks |= mark::activeClose;
        }
        threeSegments_ = answered;
    } else if (covers == Covers::no) {
        simultaneousClose_ = true;
        initiator_ = CloseInitiator::both;
        record.marks |= mark::simultaneousClose | mark::activeClose;
    } else {
        initiator_ = initiatorFor(peer(sender));
        threeSegments_ = !firstAcknowledged;
        record.marks |= mark::passiveClose;
    }
}

void Connection::takeRepeatedFin(const Segment &segment, Side sender, const Settings &settings, Record &record) {
    Fin &fin = end(sender).fin;
    if (segment.end() != fin.end) {
        return; // another number: the one that the peer acknowledges will count
    }
    if (fin.copies != std::numeric_limits<decltype(fin.copies)>::max()) {
        ++fin.copies;
    }
    fin.lastFrame = segment.frame;
    if (segment.ack != fin.ackNumber) {
        fin.ackNumber = segment.ack; // an acknowledgement of BSD's kind, which repeats the FIN in CLOSING
    } else if (fin.acknowledged && !end(sender).closedByReset) {
        apply(sender, Event::finRepeated, record);
    }
    if (!fin.acknowledged && fin.copies == settings.evidenceCopies && end(peer(sender)).heard() && !finMarked_) {
        finMarked_ = true;
        record.marks |= mark::finUnacknowledged;
    }
}

void Connection::finArrives(Side sender, Record &record) {
    end(sender).fin.received = true;
    end(sender).bytes.acknowledge(end(sender).fin.end);
    apply(peer(sender), Event::receiveFin, record);
}

/** The peer's FIN was sent; `segment` of `sender` may acknowledge it. */
void Connection::finAcknowledged(const Segment &segment, Side sender, Record &record) {
    Endpoint &to = end(peer(sender));
    Fin &fin = to.fin;
    if (before(segment.ack, fin.end)) {
        return;
    }
    if (after(segment.ack, fin.end)) {
        takeFinBack(peer(sender), record);
        return;
    }
    if (!fin.received) {
        finArrives(peer(sender), record);
    }
    if (!fin.acknowledged) {
        fin.acknowledged = true;
        if (!end(sender).fin.sent) {
            halfClose_.acknowledgedAt = segment.time;
            survivedIdle_ = survivedGap_;
            survivedGap_ = 0; // of the half-closed phase from now on
        }
    }
    apply(peer(sender), Event::receiveAckOfFin, record);
}

void Connection::takeFinBack(Side side, Record &record) {
    Fin &fin = end(side).fin;
    apply(side, Event::finWasNone, record);
    if (fin.received) {
        apply(peer(side), Event::peerFinWasNone, record);
    }
    fin = {};
    halfClose_ = {};
    simultaneousClose_ = false;
    threeSegments_ = false;
    if (end(peer(side)).fin.sent) {
        firstFin_ = peer(side);
        initiator_ = initiatorFor(peer(side));
    } else {
        initiator_ = CloseInitiator::none;
    }
}

void Connection::followHalfClose(const Segment &segment, Side sender, Phase before, std::uint32_t newBytes, bool hadFin,
                                 const Settings &settings, Record &record) {
    const Side closer = firstFin_;
    const Side open = peer(closer);
    const Fin &fin = end(closer).fin;
    if (!fin.sent || (reset_ && before == Phase::reset)) {
        return;
    }
    bool shows = false;
    const bool otherFinBefore = sender == open ? hadFin : end(open).fin.sent;
    if (sender == open && !otherFinBefore && newBytes != 0 && !tcpstate::before(segment.ack, fin.end)) {
        halfClose_.bytes = halfClose_.bytes + newBytes;
        shows = true;
    }
    const bool acknowledged = halfClose_.acknowledgedAt != 0; // not so where a FIN has just turned out to be none
    if (before == Phase::halfClosed && acknowledged &&
        segment.time - halfClose_.acknowledgedAt > settings.halfCloseThreshold) {
        shows = true;
    }
    if (shows && !halfClose_.inUse) {
        halfClose_.inUse = 1;
        record.marks |= closer == Side::client ? mark::halfCloseByClient : mark::halfCloseByServer;
    }
    if (shows || before == Phase::halfClosed || phaseOfEnds() == Phase::halfClosed) {
        record.marks |= mark::halfClosed;
        record.halfCloseDuration = segment.time - fin.time;
        record.halfCloseBytes = halfClose_.bytes;
    }
}

} // namespace tcpstate
