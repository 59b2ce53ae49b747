// A RST: a host's own, or put into its mouth?
#include "Judge.h"

#include <algorithm>

namespace tcpstate {

namespace {

constexpr std::uint16_t enoughPairs = 3;

/** Timers that people configure in servers and proxies, in seconds: what is this exactly idle was closed by one. */
constexpr std::uint32_t roundTimes[] = {10,  15,  20,  30,  45,  60,  65,   75,   90,   100, 120,
                                        180, 240, 300, 350, 600, 900, 1200, 1800, 3600, 7200};

bool isRoundTime(Nanoseconds gap) {
    return std::any_of(std::begin(roundTimes), std::end(roundTimes), [gap](std::uint32_t seconds) {
        const Nanoseconds exact = Nanoseconds{seconds} * second;
        const Nanoseconds tolerance = std::max<Nanoseconds>(exact / 100, 300 * millisecond);
        return gap > exact - tolerance / 3 && gap < exact + tolerance;
    });
}

/** How many independent signs there are; a second vantage point counts as two. */
unsigned strongSigns(std::uint32_t signs) {
    unsigned count = (signs & sign::neverSent) != 0 ? 2U : 0U;
    for (const std::uint32_t one : {sign::farHops, sign::tooFast, sign::bothAtOnce}) {
        count += (signs & one) != 0 ? 1U : 0U;
    }
    const std::uint32_t weak = signs & (sign::nearHops | sign::copiedFields);
    return count + ((weak & sign::nearHops) != 0 && (weak & sign::copiedFields) != 0 ? 1U : 0U);
}

void addTimer(Verdict &verdict, const Matter &matter, const ResetReading &reading, const Segment &segment, bool half) {
    const Connection &connection = matter.connection;
    const Silence &silence = connection.silence();
    const Fin &fin = connection.endpoint(connection.firstFin()).fin;
    const bool answers = silence.copies != 0 && silence.speaker == verdict.speaker;
    const Nanoseconds lost = answers ? silence.first : segment.time;
    const Endpoint &silent = connection.endpoint(peer(verdict.speaker));
    verdict.sinceLast = reading.gap;
    verdict.sinceFin = half ? lost - fin.time : 0;
    const Nanoseconds survived = connection.survivedGap();
    const bool byLast = verdict.sinceLast > survived;
    if (half) {
        const TimerBasis basis = byLast ? TimerBasis::both : TimerBasis::firstFin;
        verdict.setTimer(basis, std::max<Nanoseconds>(0, silent.lastTime - fin.time), verdict.sinceFin);
    } else {
        verdict.setTimer(TimerBasis::lastPacket, survived, verdict.sinceLast);
    }
}

} // namespace

Verdict judgeReset(const Matter &matter, const ResetReading &reading, const BeforeReset &before, const Segment &segment,
                   Side sender) {
    Verdict verdict;
    const Connection &connection = matter.connection;
    verdict.speaker = peer(sender);
    verdict.signs = reading.signs | matter.vantageSign();
    verdict.hopLimit = reading.hopLimit;
    verdict.usualHopLimit = reading.usualHopLimit;
    if ((reading.signs & sign::neverSent) != 0) {
        const SecondSightings &pairs = connection.secondSightings(sender);
        verdict.interfaces[0] = pairs.first;
        verdict.interfaces[1] = pairs.second;
    }
    verdict.reaction = reading.reaction;
    if ((reading.signs & sign::bothAtOnce) != 0) {
        verdict.reaction = reading.sinceOther;
        verdict.resetFrame = connection.latestReset().frame;
    }
    verdict.roundTrip = reading.roundTrip;
    verdict.sinceLast = reading.gap;
    verdict.frame = segment.frame;
    const Endpoint &to = connection.endpoint(peer(sender));
    const Endpoint &from = connection.endpoint(sender);
    const bool middlebox = reading.origin == ResetOrigin::middlebox;
    const unsigned strong = strongSigns(reading.signs);

    if (reading.cause == ResetCause::refused) {
        if (middlebox) {
            verdict.kind = VerdictKind::rejected;
            verdict.confidence = strong > 1 ? Confidence::certain : Confidence::likely;
            verdict.addEvidence(to.lastFrame);
            verdict.addEvidence(segment.frame);
        }
        return verdict;
    }
    if (reading.cause == ResetCause::afterIdleExpiry) {
        const Fin &fin = connection.endpoint(connection.firstFin()).fin;
        const bool half = fin.acknowledged && !connection.bothFins();
        verdict.kind = half ? VerdictKind::halfClosedTimer : VerdictKind::idleTimer;
        // A hop or two off is likely with a timer that fits, unless the RST took the whole way: then the path has changed, or
        // the device stands right before the host.
        const bool wholeWay =
            reading.roundTrip != 0 && reading.answers && reading.sinceLatest * 10 >= reading.roundTrip * 8;
        const bool likely = strong != 0 || !wholeWay;
        verdict.confidence = strong > 1 ? Confidence::certain : likely ? Confidence::likely : Confidence::possible;
        verdict.signs |= sign::pastClock;
        if (half) {
            verdict.addEvidence(fin.frame);
        }
        verdict.addEvidence(from.lastFrame);
        verdict.addEvidence(to.lastFrame);
        verdict.addEvidence(segment.frame);
        addTimer(verdict, matter, reading, segment, half);
        return verdict;
    }
    if (reading.cause == ResetCause::forged ||
        (reading.cause == ResetCause::unacceptable && middlebox && strong != 0)) {
        verdict.kind = VerdictKind::forgedReset;
        verdict.confidence = strong > 1 ? Confidence::certain : Confidence::likely;
        verdict.addEvidence(from.lastFrame);
        verdict.addEvidence(to.lastFrame);
        verdict.addEvidence(segment.frame);
        return verdict;
    }
    const bool elsewhere = (reading.signs & sign::nearHops) != 0; // routing, perhaps: no acquittal either
    if (reading.cause == ResetCause::lateData && reading.firstOfStorm && !elsewhere) {
        const Fin &fin = from.fin;
        const bool soon = reading.roundTrip == 0 || reading.sinceLatest * 10 >= reading.roundTrip * 8;
        verdict.kind = VerdictKind::hostResetLateData;
        verdict.confidence = (reading.signs & sign::ownHops) == 0 ? Confidence::possible
                             : reading.roundTrip != 0 && soon     ? Confidence::certain
                                                                  : Confidence::likely;
        verdict.sinceFin = segment.time - fin.time;
        verdict.addEvidence(fin.frame);
        verdict.addEvidence(to.lastFrame);
        verdict.addEvidence(segment.frame);
        return verdict;
    }
    const bool unsolicited = connection.silence().copies == 0 || connection.silence().speaker == sender;
    if (reading.cause == ResetCause::abort && unsolicited && reading.gap >= 10 * second &&
        (reading.signs & sign::ownHops) != 0 && isSynchronised(before.receiver) && isRoundTime(reading.gap)) {
        verdict.kind = VerdictKind::peerTimer;
        verdict.confidence = Confidence::likely;
        verdict.addEvidence(from.lastFrame);
        verdict.addEvidence(segment.frame);
        return verdict;
    }
    if (reading.cause == ResetCause::halfOpenPeer && !before.receiverRevived && reading.answers) {
        // From its own distance and after a long quiet: the host forgot it, or something that stands in for the host.
        const FirewallTimer *const timer = runningTimer(matter.settings.firewall, SessionPhase::established);
        const bool chosen = timer != nullptr && reading.gap >= Nanoseconds{timer->seconds} * second;
        if (chosen && (reading.signs & sign::ownHops) == 0) {
            verdict.kind = VerdictKind::idleTimer;
            verdict.confidence = Confidence::possible;
            verdict.addEvidence(from.lastFrame);
            verdict.addEvidence(to.lastFrame);
            verdict.addEvidence(segment.frame);
            addTimer(verdict, matter, reading, segment, false);
            return verdict;
        }
    }
    verdict.signs = 0;
    return verdict;
}

Verdict judgeUnsentReset(const Matter &matter) {
    Verdict verdict;
    const Connection &connection = matter.connection;
    const LatestReset &reset = connection.latestReset();
    if (reset.frame == 0 || reset.seenAgain) {
        return verdict;
    }
    const SecondSightings &pairs = connection.secondSightings(reset.sender);
    if (pairs.count < enoughPairs || !pairs.latest || reset.interface != pairs.second) {
        return verdict;
    }
    verdict.kind = VerdictKind::forgedReset;
    verdict.confidence = Confidence::certain;
    verdict.speaker = peer(reset.sender);
    verdict.signs = sign::neverSent;
    verdict.interfaces[0] = pairs.first;
    verdict.interfaces[1] = pairs.second;
    verdict.frame = reset.frame;
    verdict.addEvidence(connection.endpoint(reset.sender).lastFrame);
    verdict.addEvidence(reset.frame);
    return verdict;
}

Verdict judgeTalksOn(const Matter &matter, const Segment &segment) {
    Verdict verdict;
    const LatestReset &reset = matter.connection.latestReset();
    if (reset.acceptance != ResetAcceptance::accepted) {
        return verdict; // it has done no harm that anybody saw
    }
    verdict.kind = VerdictKind::forgedReset;
    verdict.confidence = Confidence::likely;
    verdict.speaker = peer(reset.sender);
    verdict.signs = sign::talksOn;
    verdict.frame = segment.frame;
    verdict.aliveFrame = segment.frame;
    verdict.resetFrame = reset.frame;
    verdict.addEvidence(reset.frame);
    verdict.addEvidence(segment.frame);
    return verdict;
}

} // namespace tcpstate
