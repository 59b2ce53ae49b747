// What a RST does to a connection, and what later shows that it did not.
#include "Connection.h"

namespace tcpstate {

void Connection::closeByReset(Side side, Event event, Record &record) {
    Endpoint &it = end(side);
    const State state = it.state;
    if (apply(side, event, record) && !it.closedByReset) {
        it.closedByReset = true;
        it.beforeReset = state;
    }
}

void Connection::onReset(const Segment &segment, Side sender, Record &record) {
    Endpoint &from = end(sender);
    Endpoint &to = end(peer(sender));
    const ResetAcceptance verdict = acceptance(segment, from, to);
    record.acceptance = verdict;
    const bool wasOver = isOver();
    const bool live = to.state != State::closed && to.state != State::listen;
    const bool hadFin = from.fin.sent || to.fin.sent;

    if (verdict != ResetAcceptance::refused) {
        LatestReset &latest = rare_.edit().latestReset;
        latest = {};
        latest.senderNext = from.known ? from.next : segment.seq;
        latest.number = segment.seq;
        latest.frame = segment.frame;
        latest.sender = sender;
        latest.acceptance = verdict;
        latest.interface = segment.interface;
    } else if (live) {
        record.marks |= mark::unacceptableReset;
    }

    if (from.state == State::unknown) {
        closeByReset(sender, Event::sendRst, record); // first of all packets: CLOSED here, unknown there
        return;
    }
    const bool answersFromNowhere = to.recentlyAcknowledged(segment.seq);
    const bool senderIsOpening = from.state == State::synSent; // RFC 9293 section 3.10.7.3: it stays there
    const bool taken = verdict == ResetAcceptance::accepted || orphanTakes(segment, from, to, verdict);
    if (!senderIsOpening && (taken || answersFromNowhere)) {
        closeByReset(sender, Event::sendRst, record);
    }
    if (!taken) {
        if (!wasOver && isOver() && to.closedByReset) {
            reset_ = true; // each end is closed by its own RST
            resetAfterFin_ = hadFin;
        }
        return;
    }
    if (to.revived) {
        to.revived = false;
        apply(peer(sender), Event::receiveRst, record); // the older incarnation ends, not this one
        to.hasAckSent = false;
        return;
    }
    const bool passive = to.state == State::synReceived && !to.sentSyn;
    closeByReset(peer(sender), passive ? Event::receiveRstPassive : Event::receiveRst, record);
    if (!wasOver) {
        reset_ = true;
        resetAfterFin_ = hadFin;
    }
}

void Connection::resetByLaterIncarnation() {
    if (!isOver()) {
        reset_ = true;
        resetAfterFin_ = ends_[0].fin.sent || ends_[1].fin.sent;
        phase_ = Phase::reset;
    }
}

/**
 * A segment after a RST. The RST's sender lives if it sends new bytes; bytes beyond the RST's own number it cannot have
 * sent before, so that somebody else sent the RST. Its receiver took no notice if it acknowledges something sent after
 * the RST, or repeats its acknowledgement with nothing to acknowledge (a challenge ACK, RFC 5961 section 3.2). Data
 * already under way decides nothing.
 */
void Connection::undoReset(const Segment &segment, Side sender, std::uint32_t newBytes, Record &record) {
    const LatestReset &reset = rare_->latestReset;
    if (reset.frame == 0) {
        return;
    }
    Endpoint &from = end(sender);
    Endpoint &to = end(peer(sender));
    bool lives = false;
    if (sender == reset.sender) {
        lives = newBytes != 0 && from.closedByReset;
        if (lives && after(segment.payloadEnd(), reset.number)) {
            record.marks |= mark::talksOn;
        }
    } else {
        const bool answersLater = after(segment.ack, reset.senderNext) && to.known && !after(segment.ack, to.next);
        const bool nothingToAcknowledge = from.hasAckSent && segment.ack == from.ackSent && segment.ack == to.next;
        const bool challenge = reset.acceptance == ResetAcceptance::unproven && segment.length == 0 &&
                               !segment.isFin() && nothingToAcknowledge && segment.seq == from.next;
        lives = answersLater || challenge;
        if (lives) {
            rare_.edit().latestReset.frame = 0;
            reset_ = false;
            resetAfterFin_ = false;
        }
    }
    if (lives && from.closedByReset) {
        from.closedByReset = false;
        restore(sender, from.beforeReset, record);
        appear(sender, record);
    }
}

} // namespace tcpstate
