// Nobody answers: a firewall's timer, the peer, the path, or only the end of the capture?
#include "Judge.h"

#include <algorithm>

namespace tcpstate {

namespace {

constexpr std::uint32_t enoughKeepAlives = 3;
// A gap shorter than this is an ordinary pause: what dies after it died in the middle of an exchange.
constexpr Nanoseconds pause = second;
// Signs of life later than this after the last copy say little about the time of the silence.
constexpr Nanoseconds aliveWithin = 60 * second;
// Interfaces must have shown at least so many of a side's segments twice before a missing one means anything.
constexpr std::uint16_t enoughPairs = 3;
// A closer may have left FIN-WAIT-2 by itself: 60 s on Linux and macOS (67.5 s), 120 s on Windows.
constexpr Nanoseconds orphanAge = 60 * second;
constexpr std::uint32_t largeSegment = 1000; // bytes: what a path with a smaller MTU would lose

struct Times {
    Nanoseconds fin = 0;    ///< first FIN; 0: none
    Nanoseconds passed = 0; ///< the last packet known to have passed: the silent side's latest
    Nanoseconds quiet = 0;  ///< the packet of either side before the first lost one
    Nanoseconds lost = 0;   ///< the first packet known to be lost
};

bool enough(const Matter &matter, const SilenceProof &proof, Nanoseconds alive) {
    const Silence &silence = matter.connection.silence();
    const Settings &settings = matter.settings;
    const std::uint32_t keepAlivesWanted = std::min(settings.evidenceCopies, enoughKeepAlives);
    const bool copies = silence.copies >= settings.evidenceCopies ||
                        (silence.keepAlives == silence.copies && silence.keepAlives >= keepAlivesWanted);
    if (proof.stalePeer != 0) {
        return silence.copies >= 2;
    }
    const bool longEnough =
        silence.span() >= settings.evidenceSpan || proof.gaveUp || (proof.final && alive > silence.last);
    return copies && longEnough;
}

SessionPhase phaseAtLoss(const Connection &connection) {
    const Silence &silence = connection.silence();
    const Fin &first = connection.endpoint(connection.firstFin()).fin;
    if (!first.sent || !first.acknowledged || first.frame >= silence.firstFrame) {
        return SessionPhase::established;
    }
    const Fin &second = connection.endpoint(peer(connection.firstFin())).fin;
    return second.sent && second.frame < silence.firstFrame ? SessionPhase::closing : SessionPhase::halfClosed;
}

/** The bracket of the timer by one basis: it lies above the first and at or below the second. */
struct Bracket {
    Nanoseconds minimum = 0;
    Nanoseconds maximum = 0;
    [[nodiscard]] bool empty() const { return maximum <= minimum; }
};

Bracket sinceFirstFin(const Times &times) {
    return {std::max<Nanoseconds>(0, times.passed - times.fin), times.lost - times.fin};
}

Bracket sinceLastPacket(const Times &times, Nanoseconds survived) {
    return {survived, times.lost - times.quiet};
}

bool containsClock(const FirewallTimer *timer, Refresh basis, Bracket bracket) {
    return timer != nullptr && !bracket.empty() && fits(*timer, basis, bracket.minimum, bracket.maximum);
}

bool pastClock(const FirewallTimer *timer, const Bracket &fin, const Bracket &last, bool hasFin) {
    if (timer == nullptr) {
        return false;
    }
    const Nanoseconds timeout = Nanoseconds{timer->seconds} * second;
    const bool hard = hasFin && fin.maximum >= timeout;
    const bool refreshed = last.maximum >= timeout;
    switch (timer->refresh) {
    case Refresh::never:
        return hasFin ? hard : refreshed;
    case Refresh::everyPacket:
    case Refresh::outbound:
    case Refresh::eachDirection:
        return refreshed;
    case Refresh::unknown:
        break;
    }
    return hard || refreshed;
}

void setBracket(Verdict &verdict, const Matter &matter, SessionPhase phase, const Times &times) {
    const FirewallTimer *const timer = runningTimer(matter.settings.firewall, phase);
    const Bracket last = sinceLastPacket(times, matter.connection.survivedGap());
    const Bracket fin = times.fin != 0 ? sinceFirstFin(times) : Bracket{};
    bool byFin = !fin.empty();
    bool byLast = !last.empty();
    const bool chosen = timer != nullptr && findProfile(matter.settings.firewall.id) != &anyProfile() &&
                        findProfile(matter.settings.firewall.id) != nullptr;
    if (byFin && byLast && chosen) {
        // The chosen device decides, where only one of the two can be its timer.
        const bool finFits = containsClock(timer, Refresh::never, fin);
        const bool lastFits = containsClock(timer, Refresh::everyPacket, last);
        if (finFits != lastFits) {
            byFin = finFits;
            byLast = lastFits;
        }
    }
    const Bracket &shown = byFin ? fin : last;
    verdict.setTimer(byFin && byLast ? TimerBasis::both
                     : byFin         ? TimerBasis::firstFin
                                     : TimerBasis::lastPacket,
                     shown.minimum, shown.maximum);
}

/** What two interfaces show: dropped between them, passed both, or nothing. */
std::uint32_t twoVantagePoints(const Matter &matter, Verdict &verdict) {
    const Connection &connection = matter.connection;
    const Silence &silence = connection.silence();
    const SecondSightings &pairs = connection.secondSightings(silence.speaker);
    if (pairs.count < enoughPairs) {
        return 0;
    }
    verdict.interfaces[0] = pairs.first;
    verdict.interfaces[1] = pairs.second;
    if (silence.seenAgain == 0) {
        // Nothing is proven where the capture there may have ended: something must have been seen there since.
        return matter.interfaceTimes[pairs.second] > silence.first ? sign::droppedBetween : sign::quietInterface;
    }
    return silence.seenAgain + 1 >= silence.copies ? sign::passedBoth : 0;
}

} // namespace

Verdict judgeSilence(const Matter &matter, const SilenceProof &proof) {
    const Connection &connection = matter.connection;
    const Silence &silence = connection.silence();
    const Endpoint &silent = connection.endpoint(peer(silence.speaker));
    const Host &host = matter.hosts[silent.host];
    Verdict verdict;
    if (silence.copies == 0 || !silent.heard() || !isSynchronised(connection.endpoint(silence.speaker).state)) {
        // Only one direction seen, or no connection: nothing may be said about silence.
        const bool ended = proof.gaveUp && silence.copies != 0 && silent.heard();
        if (!ended) {
            return verdict;
        }
    }
    const Heard elsewhere = host.heardElsewhere(matter.number);
    const bool aliveMeanwhile =
        elsewhere.frame != 0 && elsewhere.time > silence.first && elsewhere.time <= silence.last + aliveWithin;
    if (!enough(matter, proof, aliveMeanwhile ? elsewhere.time : 0)) {
        return verdict;
    }
    if (silent.window == 0) {
        return verdict; // it said that it takes nothing: judgeZeroWindow
    }

    const SessionPhase phase = phaseAtLoss(connection);
    const Fin &firstFin = connection.endpoint(connection.firstFin()).fin;
    Times times;
    times.fin = phase == SessionPhase::established ? 0 : firstFin.time;
    times.passed = silent.lastTime;
    times.quiet = silence.quietSince;
    times.lost = silence.first;

    verdict.speaker = silence.speaker;
    verdict.copies = silence.copies;
    verdict.span = silence.span();
    verdict.sinceLast = silence.gap();
    verdict.sinceFin = times.fin != 0 ? times.lost - times.fin : 0;
    verdict.frame = silence.lastFrame;
    verdict.signs = sign::silence | matter.vantageSign();
    if (proof.gaveUp) {
        verdict.signs |= sign::gaveUp;
    }
    if (silence.keepAlives == silence.copies) {
        verdict.signs |= sign::keepAlives;
    }
    if (aliveMeanwhile) {
        verdict.signs |= sign::peerAlive;
        verdict.aliveFrame = elsewhere.frame;
    }
    if (proof.stalePeer != 0) {
        verdict.signs |= sign::stalePeer;
    }
    verdict.signs |= twoVantagePoints(matter, verdict);
    const bool midTraffic = silence.gap() < pause;
    if (host.silentElsewhere(matter.number)) {
        verdict.signs |= sign::othersSilent;
    }

    const FirewallTimer *const timer = runningTimer(matter.settings.firewall, phase);
    const Bracket last = sinceLastPacket(times, connection.survivedGap());
    const Bracket fin = times.fin != 0 ? sinceFirstFin(times) : Bracket{};
    const bool past = pastClock(timer, fin, last, times.fin != 0);
    if (past) {
        verdict.signs |= sign::pastClock;
    }
    if (phase != SessionPhase::established && verdict.sinceFin >= orphanAge) {
        verdict.signs |= sign::orphanAge;
    }
    if (times.fin != 0) {
        verdict.addEvidence(firstFin.frame);
    }
    verdict.addEvidence(silent.lastFrame);
    verdict.addEvidence(silence.firstFrame);
    verdict.addEvidence(silence.lastFrame);
    verdict.addEvidence(verdict.aliveFrame);
    verdict.addEvidence(proof.stalePeer);

    // A path that loses what is large, silently, explains it as well: the peer may live, and still have the connection.
    const bool onlyLarge =
        silence.smallest >= largeSegment && connection.endpoint(silence.speaker).largestPassed < silence.smallest;
    const bool known = verdict.has(sign::droppedBetween) || verdict.has(sign::stalePeer);
    const bool proven = known && !onlyLarge;
    const bool alive = aliveMeanwhile || known;

    // Not the firewall: it let them pass, and the host at the end does not answer.
    if (verdict.has(sign::passedBoth)) {
        verdict.kind = VerdictKind::peerGone;
        verdict.confidence = Confidence::likely;
        return verdict;
    }
    if (!alive && verdict.has(sign::othersSilent)) {
        verdict.kind = VerdictKind::peerGone;
        verdict.confidence = Confidence::likely;
        return verdict;
    }
    if (onlyLarge) {
        verdict.signs |= sign::onlyLarge;
        if (midTraffic) {
            verdict.kind = VerdictKind::pathMtu;
            verdict.confidence = Confidence::possible;
            return verdict;
        }
    }

    if (phase == SessionPhase::established) {
        const bool knownTimer = past || fits(phase, Refresh::everyPacket, last.minimum, last.maximum).count != 0;
        if (midTraffic || last.empty() || (!knownTimer && !proven)) {
            // No timer explains a death in the middle of an exchange, or after a gap that it had survived before.
            verdict.kind = alive ? VerdictKind::sessionLost : VerdictKind::peerGone;
            verdict.confidence = proven ? Confidence::certain : Confidence::possible;
            return verdict;
        }
        verdict.kind = VerdictKind::idleTimer;
        verdict.confidence = proven                ? Confidence::certain
                             : alive && !onlyLarge ? Confidence::likely
                                                   : Confidence::possible;
    } else {
        verdict.kind = phase == SessionPhase::halfClosed ? VerdictKind::halfClosedTimer : VerdictKind::closingTimer;
        const bool knownTimer = past || fits(phase, Refresh::never, fin.minimum, fin.maximum).count != 0 ||
                                fits(phase, Refresh::everyPacket, last.minimum, last.maximum).count != 0;
        if (phase == SessionPhase::halfClosed && midTraffic && fin.maximum < pause && !knownTimer) {
            // It died with the FIN, or right behind it: no timer is that short.
            verdict.kind = alive ? VerdictKind::sessionLost : VerdictKind::peerGone;
            verdict.confidence = proven ? Confidence::certain : Confidence::possible;
            return verdict;
        }
        if (proven) {
            verdict.confidence = Confidence::certain;
        } else if (phase == SessionPhase::closing) {
            if (!past) {
                return Verdict{}; // a lost last ACK and its repetitions look the same
            }
            verdict.confidence = alive ? Confidence::likely : Confidence::possible;
        } else if (alive) {
            verdict.confidence = knownTimer ? Confidence::likely : Confidence::possible;
        } else {
            verdict.confidence = past ? Confidence::likely : Confidence::possible;
        }
    }
    setBracket(verdict, matter, phase, times);
    return verdict;
}

Verdict judgeRecovery(const Matter &matter, const Silence &ended, const Segment &answer) {
    Verdict verdict;
    const std::uint32_t wanted = std::max<std::uint32_t>(3, matter.settings.evidenceCopies);
    constexpr Nanoseconds outage = 3 * second;
    const Endpoint &silent = matter.connection.endpoint(peer(ended.speaker));
    if (ended.copies < wanted || ended.span() < outage || silent.window == 0) {
        return verdict;
    }
    verdict.kind = VerdictKind::pathOutage;
    verdict.confidence = Confidence::likely;
    verdict.speaker = ended.speaker;
    verdict.signs = sign::silence | sign::recovered;
    verdict.copies = ended.copies;
    verdict.span = answer.time - ended.first;
    verdict.sinceLast = ended.gap();
    verdict.frame = answer.frame;
    verdict.addEvidence(ended.firstFrame);
    verdict.addEvidence(ended.lastFrame);
    verdict.addEvidence(answer.frame);
    return verdict;
}

} // namespace tcpstate
