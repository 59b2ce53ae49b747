// What goes without an answer, what is answered and not heard, and who may not speak.
#include "Connection.h"

#include <algorithm>

namespace tcpstate {

namespace {

// A capture that shows a packet twice without saying so does it at once; no timer of a sender is that short.
constexpr Nanoseconds shownTwice = 10 * millisecond;

} // namespace

/** An answer that carries nothing, whose numbers show that neither end has anything under way. */
void Connection::followWait(const Segment &segment, Side sender, std::uint32_t newBytes) {
    if (newBytes != 0) {
        wait_ = {segment.time, 0, segment.frame, 0, sender};
        return;
    }
    const Endpoint &from = end(sender);
    const Endpoint &to = end(peer(sender));
    const bool answers = silence_.copies != 0 && silence_.speaker == peer(sender);
    const bool nothingUnderWay = segment.seq == from.next && segment.ack == to.next;
    // A device on the way may answer keep-alives for a host that is long gone, from another distance.
    const bool itself = from.speechHopLimit == 0 || segment.hopLimit == from.speechHopLimit;
    if (answers && itself && nothingUnderWay && segment.length == 0 && !segment.isFin()) {
        wait_.provenAt = segment.time;
        wait_.provenFrame = segment.frame;
    }
}

void Connection::followSilence(const Segment &segment, Side sender, std::uint32_t newBytes, Record &record) {
    const Endpoint &from = end(sender);
    if (silence_.speaker != sender || silence_.copies == 0) {
        const Fin &first = endpoint(firstFin_).fin;
        if (silence_.copies != 0 && (!first.sent || silence_.first > first.time)) {
            // An answer: the connection survived the gap before what it answers, in the phase that it is in.
            survivedGap_ = std::max(survivedGap_, silence_.gap());
        }
        if (silence_.copies != 0 && silence_.keepAlives == silence_.copies) {
            KeepAlives &keepAlives = rare_.edit().keepAlives;
            const bool ofItsOwn = newBytes != 0 && silence_.copies > 1 && keepAlives.answered == 0;
            keepAlives.ignored = keepAlives.ignored || ofItsOwn;
            keepAlives.answered = oneMore(keepAlives.answered);
        }
        silence_ = {};
        silence_.speaker = sender;
    }
    const bool keepAlive = segment.length <= 1 && newBytes == 0 && segment.seq == from.next - 1 && !segment.isFin();
    if (segment.length == 0 && !segment.isFin() && !keepAlive) {
        return;
    }
    if (silence_.copies == 0) {
        silence_.first = segment.time;
        silence_.firstFrame = segment.frame;
        silence_.quietSince = lastTime_;
        silence_.smallest = segment.length;
        if (segment.hasTimestamps && from.hasTimestamp) {
            // A tick is a second at most (RFC 7323 section 5.4).
            const std::int32_t ticks = distance(from.newestTimestamp, segment.timestampValue);
            silence_.clockStepped = ticks >= 0 && segment.time - from.lastTime > (Nanoseconds{ticks} + 2) * second;
        }
    }
    if (silence_.copies != 0 && newBytes == 0 && segment.time - silence_.last >= shownTwice) {
        ++silence_.repeats;
    }
    ++silence_.copies;
    silence_.keepAlives += keepAlive ? 1U : 0U;
    if (keepAlive && endpoint(peer(sender)).window != 0) { // else it probes the window
        KeepAlives &keepAlives = rare_.edit().keepAlives;
        keepAlives.sent = oneMore(keepAlives.sent);
        keepAlives.longestQuiet = std::max(keepAlives.longestQuiet, segment.time - lastTime_);
        record.marks |= mark::keepAlive;
    }
    silence_.last = segment.time;
    silence_.lastFrame = segment.frame;
    silence_.smallest = std::min(silence_.smallest, segment.length);
}

/** Only payload: a FIN or a keep-alive is repeated for other reasons as well. */
void Connection::followUnheard(const Segment &segment, Side sender, std::uint32_t newBytes) {
    const Endpoint &from = end(sender);
    const Endpoint &to = end(peer(sender));
    const bool hears = newBytes != 0 || segment.isFin() || !from.hasAckSent || after(segment.ack, from.ackSent);
    if (hears) {
        if (rare_->unheard.copies != 0 && rare_->unheard.repeater == sender) {
            rare_.edit().unheard = {};
        }
        return;
    }
    const bool wasAcknowledged = segment.length > 1 && to.hasAckSent && !after(segment.payloadEnd(), to.ackSent);
    // In captures merged with clocks that differ, the packets of the one come by late: elsewhere, or with an old timestamp.
    const bool elsewhere = segment.interface != from.newestInterface;
    const bool old = segment.hasTimestamps && from.hasTimestamp && before(segment.timestampValue, from.newestTimestamp);
    if (!wasAcknowledged || elsewhere || old) {
        return;
    }
    noteRepetition(segment, sender);
}

void Connection::noteRepetition(const Segment &segment, Side sender) {
    Unheard &unheard = rare_.edit().unheard;
    if (unheard.copies == 0 || unheard.repeater != sender) {
        unheard = {segment.time, segment.time, segment.frame, segment.frame, 1, sender};
    } else if (segment.time - unheard.last >= shownTwice) {
        unheard.last = segment.time;
        unheard.lastFrame = segment.frame;
        ++unheard.copies;
    }
}

void Connection::followWindow(const Segment &segment, Side sender) {
    const bool wasClosed = rare_->zeroWindow.since != 0 && rare_->zeroWindow.receiver == sender;
    if (segment.window == 0) {
        ZeroWindow &window = rare_.edit().zeroWindow;
        if (!wasClosed) {
            window = {segment.time, segment.frame, 0, sender};
        }
        ++window.answers;
    } else if (wasClosed) {
        rare_.edit().zeroWindow = {};
    }
}

} // namespace tcpstate
