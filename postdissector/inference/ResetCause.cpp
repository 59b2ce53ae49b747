#include "ResetCause.h"

#include "Verdict.h"

#include <algorithm>

namespace tcpstate {

namespace {

// "Faster than half the round trip" means something only with enough samples and a round trip that can be measured.
constexpr std::uint32_t enoughRoundTrips = 5;
constexpr Nanoseconds measurableRoundTrip = 2 * millisecond;
constexpr std::uint8_t farAway = 3;
constexpr std::uint32_t keepAliveFailures = 2;
constexpr Nanoseconds oneMoment = millisecond;
constexpr Nanoseconds longQuiet = 10 * second;

/** True if the quiet before a segment was long enough for the chosen device's timer, or for any known idle timer. */
bool beyondTimer(const Settings &settings, SessionPhase phase, bool finAcknowledged, Nanoseconds gap) {
    const FirewallTimer *const timer = runningTimer(settings.firewall, phase, finAcknowledged);
    if (timer != nullptr && gap >= Nanoseconds{timer->seconds} * second) {
        return true;
    }
    return fits(phase, Refresh::everyPacket, 0, gap).count != 0;
}

std::uint32_t originSigns(const ResetReading &reading, const Host::HopComparison &hops, const Segment &segment,
                          const Endpoint &from, const Endpoint &receiver) {
    std::uint32_t signs = 0;
    const bool asLatest = segment.hopLimit == from.lastHopLimit && segment.interface == from.lastInterface;
    if (hops.known && hops.own) {
        signs |= sign::ownHops;
    } else if (hops.known && hops.difference != 0 && !asLatest) {
        // Farther away than the host is no device on the way. A hop or two are routing, and so is more, if it took as long.
        const bool far = hops.difference >= farAway && !(hops.farther && reading.tookWholeWay());
        const bool near = hops.difference < farAway && !hops.farther;
        signs |= far ? sign::farHops : near ? sign::nearHops : 0;
    }
    // The segment that it answers may be one that is missing.
    const bool measured = !receiver.bytes.hasHole() && reading.answers && reading.roundTrip != 0;
    if (measured && reading.reaction < reading.roundTrip / 2) {
        if (reading.gap > longQuiet) {
            signs &=
                ~sign::ownHops; // the way may be another one since the quiet, or the host: that it is its own neither
        } else {
            signs |= sign::tooFast;
        }
    }
    if (reading.answers && segment.identification != 0 && segment.identification == receiver.lastIdentification &&
        (signs & sign::ownHops) == 0) {
        signs |= sign::copiedFields;
    }
    return signs;
}

/** The smallest round trip to a host; 0: not known well enough to compare with. */
Nanoseconds knownRoundTrip(const Host &host) {
    const bool known =
        host.handshakeTimed && host.roundTrips >= enoughRoundTrips && host.smallestRoundTrip >= measurableRoundTrip;
    return known ? host.smallestRoundTrip : 0;
}

/**
 * The RST to the other end, if the two came so close together that neither end, nor anything that one of them sent, can have
 * caused both; else null. Ends that reset on the same packet, or on timers that the same packet started, are seen from a
 * place between them at least the round trip to one of them apart.
 */
const HeardReset *resetOfOtherEnd(const Connection &connection, const Host &host, const Host &other,
                                  const Segment &segment, Side sender) {
    const LatestReset &latest = connection.latestReset();
    const HeardReset &heard = other.troubles->lastReset;
    if (latest.frame == 0 || latest.sender == sender || heard.frame != latest.frame) {
        return nullptr;
    }
    const Nanoseconds nearer = std::min(knownRoundTrip(host), knownRoundTrip(other));
    const Nanoseconds apart = segment.time - heard.time;
    return apart >= 0 && apart <= std::min(oneMoment, nearer / 4) ? &heard : nullptr;
}

/**
 * The earliest segment of the receiver that a RST can answer, by its time; 0: none. A bare RST may answer any that was not
 * acknowledged before, and a RST with ACK one whose bytes it acknowledges: else it is an abort that crosses them. What was
 * sent longer ago than `prompt` would have been answered then.
 */
Nanoseconds triggerOf(const Endpoint &receiver, const Segment &segment, State receiverBefore, Nanoseconds prompt) {
    if (receiverBefore == State::synSent) {
        return receiver.lastTime;
    }
    if (!segment.isAck() && segment.window != 0) {
        return 0; // it announces a window: its sender has the connection, and aborts it
    }
    if (!segment.isAck()) {
        const Nanoseconds turn = receiver.turnTime;
        const Nanoseconds earliest = receiver.outstandingSince != 0 ? std::min(receiver.outstandingSince, turn) : turn;
        const Nanoseconds before = receiver.lastTime - (receiver.pauseBefore - 1) * pauseUnit;
        const bool latestOnly = before < segment.time - prompt && receiver.lastTime >= segment.time - prompt;
        return latestOnly ? receiver.lastTime : earliest;
    }
    return receiver.lastHadPayload && receiver.outstandingSince != 0 && segment.ack == receiver.next ? receiver.lastTime
                                                                                                     : 0;
}

ResetOrigin originOf(std::uint32_t signs, bool afterTimer) {
    if ((signs & (sign::farHops | sign::tooFast | sign::bothAtOnce)) != 0) {
        return ResetOrigin::middlebox;
    }
    if ((signs & sign::nearHops) != 0 && ((signs & sign::copiedFields) != 0 || afterTimer)) {
        return ResetOrigin::middlebox; // a hop or two may be routing; with a second sign it is not
    }
    return (signs & sign::ownHops) != 0 ? ResetOrigin::endpoint : ResetOrigin::unknown;
}

/**
 * Data that nobody read. Either the window of the RST has not opened again since the data came; or it has, at one go and
 * by more than a receiver lets pass without a window update while its application reads (RFC 9293 section 3.8.6.2.2): the
 * host has thrown the data away. What is too little to be seen in the window looks like any abort.
 */
bool leavesUnread(const Endpoint &from, const Segment &segment) {
    if (!from.unread || !segment.isAck() || segment.window == 0) {
        return false;
    }
    constexpr std::uint32_t twoSegments = 2 * 1460;
    const unsigned shift = from.windowScale > 0 ? static_cast<unsigned>(from.windowScale) : 0;
    const bool shrunk = from.window < from.windowBefore;
    const bool opensAtOnce = segment.window >= 2U * from.window &&
                             static_cast<std::uint32_t>(segment.window - from.window) << shift >= twoSegments;
    return segment.window < from.windowBefore || (shrunk && opensAtOnce);
}

/** A RST by a host that has closed and knows the connection no more: does it answer data, or only an acknowledgement? */
bool answersLateData(const Endpoint &from, const Endpoint &to, const Segment &segment) {
    const bool asked = segment.seq == to.lastAck ? to.askedAtLastAck : to.askedAtEarlierAck;
    const bool unacknowledged = !from.hasAckSent || after(to.next, from.ackSent);
    return (asked && unacknowledged) || to.lastWasKeepAlive;
}

/** Windows answers such data with a RST that acknowledges it: the first acknowledgement of anything since its FIN. */
bool resetsLateData(const Endpoint &from, const Endpoint &to, const ResetReading &reading, const Segment &segment) {
    return from.fin.sent && segment.isAck() && segment.seq == from.next && reading.answers && to.lastHadPayload &&
           segment.ack == to.next && from.ackSent == from.fin.ackNumber && after(to.next, from.ackSent);
}

/** The first that fits; each says more than those behind it. */
ResetCause causeOf(const ResetReading &reading, const Connection &connection, const BeforeReset &before,
                   const Segment &segment, Side sender, ResetAcceptance acceptance, bool afterTimer) {
    const Endpoint &from = connection.endpoint(sender);
    const Endpoint &to = connection.endpoint(peer(sender));
    const Silence &silence = connection.silence();
    const bool synchronised = isSynchronised(before.receiver);
    // <SEQ=SEG.ACK><CTL=RST>: its sender has no such connection (RFC 9293 section 3.5.2, group 1).
    const bool knowsNone = !segment.isAck() && to.recentlyAcknowledged(segment.seq);

    if (before.receiver == State::synSent && acceptance == ResetAcceptance::accepted) {
        return ResetCause::refused;
    }
    // Where bytes of the sender are missing, its FIN may be among them: it may have closed. One that announces a window has
    // the connection.
    const bool restarted = knowsNone && synchronised && !from.fin.sent && from.payloadUnbroken && segment.window == 0 &&
                           !before.senderClosedByReset && reading.prompt;
    if (silence.speaker == sender && silence.keepAlives >= keepAliveFailures && silence.keepAlives == silence.copies) {
        return ResetCause::keepAliveFailure;
    }
    if (acceptance == ResetAcceptance::refused && synchronised && !knowsNone && !before.receiverRevived) {
        return ResetCause::unacceptable;
    }
    if (reading.origin == ResetOrigin::middlebox && !before.receiverRevived) {
        return afterTimer ? ResetCause::afterIdleExpiry : ResetCause::forged;
    }
    if (before.receiverRevived || restarted) {
        return ResetCause::halfOpenPeer;
    }
    if (knowsNone && from.fin.sent) {
        return answersLateData(from, to, segment) ? ResetCause::lateData : ResetCause::staleSegment;
    }
    if (resetsLateData(from, to, reading, segment)) {
        return ResetCause::lateData;
    }
    if (knowsNone && (before.senderClosedByReset || (synchronised && reading.answers && !from.payloadUnbroken))) {
        return ResetCause::staleSegment;
    }
    if (connection.anyFin()) {
        return ResetCause::afterFin;
    }
    return leavesUnread(from, segment) ? ResetCause::unreadData : ResetCause::abort;
}

} // namespace

ResetReading readReset(const Connection &connection, const BeforeReset &before, const Segment &segment, Side sender,
                       const Record &record, const HostTable &hosts, const Settings &settings) {
    const Endpoint &from = connection.endpoint(sender);
    const Endpoint &to = connection.endpoint(peer(sender));
    const Host &host = hosts[from.host];
    const Silence &silence = connection.silence();

    ResetReading reading;
    reading.hopLimit = segment.hopLimit;
    reading.answers = to.heard() && to.lastTime >= from.lastTime && to.lastTime <= segment.time;
    // What comes long after a round trip answers nothing.
    const Nanoseconds prompt = host.longestAnswer(3 * second);
    const Nanoseconds trigger = triggerOf(to, segment, before.receiver, prompt);
    reading.answers = reading.answers && trigger != 0;
    reading.reaction = reading.answers ? segment.time - trigger : 0;
    reading.sinceLatest = reading.answers ? segment.time - to.lastTime : 0;
    reading.prompt = reading.answers && reading.sinceLatest <= prompt;
    reading.firstOfStorm = !before.senderClosedByReset;
    reading.roundTrip = knownRoundTrip(host);
    const bool answersSilence = silence.copies != 0 && silence.speaker == peer(sender);
    reading.gap = answersSilence ? silence.gap() : segment.time - before.lastTime;

    const Host::HopComparison hops = host.compareHops(segment);
    reading.usualHopLimit = hops.known ? hops.usualHopLimit : std::uint8_t{0};
    reading.signs = originSigns(reading, hops, segment, from, to);
    const Host &otherHost = hosts[to.host];
    const HeardReset *const other = resetOfOtherEnd(connection, host, otherHost, segment, sender);
    if (other != nullptr && (reading.signs & sign::tooFast) == 0) {
        reading.signs |= sign::bothAtOnce;
        reading.gap = other->quiet;
        reading.sinceOther = segment.time - other->time;
        reading.roundTrip = std::min(reading.roundTrip, otherHost.smallestRoundTrip);
    }
    const bool oneFin = connection.anyFin() && !connection.bothFins();
    const SessionPhase phase = oneFin ? SessionPhase::halfClosed : SessionPhase::established;
    const bool synchronised = isSynchronised(before.receiver) || other != nullptr;
    const bool afterTimer = synchronised && beyondTimer(settings, phase, true, reading.gap);
    reading.origin = originOf(reading.signs, afterTimer);

    reading.cause = causeOf(reading, connection, before, segment, sender, record.acceptance, afterTimer);
    if (reading.cause == ResetCause::unacceptable && reading.origin == ResetOrigin::endpoint) {
        // A host resets with a number of its own or of what it answers; its distance alone does not make this one its.
        reading.origin = ResetOrigin::unknown;
    }
    return reading;
}

} // namespace tcpstate
