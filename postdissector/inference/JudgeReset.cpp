// A RST: a host's own, or put into its mouth?
#include "Judge.h"
#include "LossBrackets.h"

#include <algorithm>

namespace tcpstate {

namespace {

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

/** How many independent signs there are. That a second place never saw it shows only at the end: judgeUnsentReset. */
unsigned strongSigns(std::uint32_t signs) {
    unsigned count = 0;
    for (const std::uint32_t one : {sign::farHops, sign::tooFast, sign::bothAtOnce}) {
        count += (signs & one) != 0 ? 1U : 0U;
    }
    const std::uint32_t weak = signs & (sign::nearHops | sign::copiedFields);
    return count + ((weak & sign::nearHops) != 0 && (weak & sign::copiedFields) != 0 ? 1U : 0U);
}

/** A RST with everything that its rules look at. */
struct ResetCase {
    const Matter &matter;
    const ResetReading &reading;
    const BeforeReset &before;
    const Segment &segment;
    const Connection &connection;
    const Endpoint &from; ///< its alleged sender
    const Endpoint &to;   ///< its receiver
    unsigned strong;      ///< number of independent signs that something else sent it

    [[nodiscard]] bool has(std::uint32_t sign) const { return (reading.signs & sign) != 0; }
    [[nodiscard]] bool byMiddlebox() const { return reading.origin == ResetOrigin::middlebox; }
};

/** What the verdict on this RST says whatever its kind. */
Verdict factsOf(const ResetCase &it, Side sender) {
    Verdict facts;
    facts.speaker = peer(sender);
    facts.signs = it.reading.signs | it.matter.vantageSign();
    facts.signs |= it.reading.prompt ? 0 : sign::unsolicited;
    facts.frame = it.segment.frame;
    facts.hopLimit = it.reading.hopLimit;
    facts.usualHopLimit = it.reading.usualHopLimit;
    facts.reaction = it.reading.reaction;
    facts.roundTrip = it.reading.roundTrip;
    facts.sinceLast = it.reading.gap;
    if (it.has(sign::bothAtOnce)) {
        facts.reaction = it.reading.sinceOther;
        facts.resetFrame = it.connection.latestReset().frame;
    }
    return facts;
}

void addTimer(Verdict &verdict, const ResetCase &it, SessionPhase phase) {
    const Silence &silence = it.connection.silence();
    const bool answers = silence.copies != 0 && silence.speaker == verdict.speaker;
    LossTimes times;
    times.lost = answers ? silence.first : it.segment.time;
    times.passed = it.from.lastTime;
    times.quiet = times.lost - verdict.sinceLast;
    times.survived = it.connection.survivedGap();
    if (phase == SessionPhase::halfClosed) {
        times.fin = it.connection.endpoint(it.connection.firstFin()).fin.time;
        verdict.sinceFin = times.lost - times.fin;
    }
    LossBrackets(times).write(verdict, it.matter.settings, phase);
}

// The rules. Each leaves the kind at none where it does not apply, and is given the facts.

void rejectedOpening(const ResetCase &it, Verdict &verdict) {
    if (it.reading.cause != ResetCause::refused || !it.byMiddlebox()) {
        return;
    }
    verdict.kind = VerdictKind::rejected;
    verdict.confidence = it.strong > 1 ? Confidence::certain : Confidence::likely;
    verdict.addEvidence(it.to.lastFrame);
    verdict.addEvidence(it.segment.frame);
}

void expiredSession(const ResetCase &it, Verdict &verdict) {
    if (it.reading.cause != ResetCause::afterIdleExpiry) {
        return;
    }
    const Fin &fin = it.connection.endpoint(it.connection.firstFin()).fin;
    const bool half = fin.acknowledged && !it.connection.bothFins();
    verdict.kind = half ? VerdictKind::halfClosedTimer : VerdictKind::idleTimer;
    // A hop or two nearer are likely with a timer that fits: most firewalls stand right before a host. Unless the RST took
    // the whole way: then the path may have changed.
    verdict.confidence = it.strong > 1                                  ? Confidence::certain
                         : it.strong != 0 || !it.reading.tookWholeWay() ? Confidence::likely
                                                                        : Confidence::possible;
    const SessionPhase phase = half ? SessionPhase::halfClosed : SessionPhase::established;
    const FirewallTimer *const timer = runningTimer(it.matter.settings.firewall, phase);
    const bool past = timer != nullptr && it.reading.gap >= Nanoseconds{timer->seconds} * second;
    verdict.signs |= past ? sign::pastClock : 0;
    verdict.addEvidence(half ? fin.frame : 0);
    verdict.addEvidence(it.from.lastFrame);
    verdict.addEvidence(it.to.lastFrame);
    verdict.addEvidence(it.segment.frame);
    addTimer(verdict, it, phase);
}

void forgedReset(const ResetCase &it, Verdict &verdict) {
    const bool blind = it.reading.cause == ResetCause::unacceptable && it.byMiddlebox() && it.strong != 0;
    if (it.reading.cause != ResetCause::forged && !blind) {
        return;
    }
    verdict.kind = VerdictKind::forgedReset;
    // A refused one may as well be of another host behind the same address.
    verdict.confidence = it.strong > 1 ? Confidence::certain : blind ? Confidence::possible : Confidence::likely;
    verdict.addEvidence(it.from.lastFrame);
    verdict.addEvidence(it.to.lastFrame);
    verdict.addEvidence(it.segment.frame);
}

void hostResetsLateData(const ResetCase &it, Verdict &verdict) {
    const bool elsewhere = it.has(sign::nearHops); // routing, perhaps: no acquittal either
    if (it.reading.cause != ResetCause::lateData || !it.reading.firstOfStorm || elsewhere) {
        return;
    }
    verdict.kind = VerdictKind::hostResetLateData;
    // Distance and round trip are one sign, not two: a device right beside the host has both.
    verdict.confidence = it.has(sign::ownHops) ? Confidence::likely : Confidence::possible;
    verdict.sinceFin = it.segment.time - it.from.fin.time;
    // All of its payload was acknowledged: nothing but the FIN was late.
    verdict.onlyFin = it.to.fin.sent && it.from.hasAckSent && !after(it.to.fin.end - 1, it.from.ackSent);
    // What was late is what has not been answered yet; an acknowledgement may have followed it.
    const Silence &late = it.connection.silence();
    verdict.addEvidence(it.from.fin.frame);
    verdict.addEvidence(late.copies != 0 && late.speaker == verdict.speaker ? late.firstFrame : it.to.lastFrame);
    verdict.addEvidence(it.segment.frame);
}

void peersOwnTimer(const ResetCase &it, Verdict &verdict) {
    const Silence &silence = it.connection.silence();
    const bool unsolicited = silence.copies == 0; // else it answers them, or its sender gave them up
    const bool idle = it.reading.gap >= 10 * second && isRoundTime(it.reading.gap);
    if (it.reading.cause != ResetCause::abort || !unsolicited || !idle || !it.has(sign::ownHops) ||
        !isSynchronised(it.before.receiver)) {
        return;
    }
    verdict.kind = VerdictKind::peerTimer;
    verdict.confidence = Confidence::likely;
    verdict.addEvidence(it.from.lastFrame);
    verdict.addEvidence(it.segment.frame);
}

/** After a long quiet the host knows the connection no more, or something that stands in for the host. */
void forgottenWhileIdle(const ResetCase &it, Verdict &verdict) {
    const FirewallTimer *const timer = runningTimer(it.matter.settings.firewall, SessionPhase::established);
    const bool expired = timer != nullptr && it.reading.gap >= Nanoseconds{timer->seconds} * second;
    if (it.reading.cause != ResetCause::halfOpenPeer || it.before.receiverRevived || !it.reading.answers || !expired ||
        it.has(sign::ownHops)) {
        return;
    }
    verdict.kind = VerdictKind::idleTimer;
    verdict.confidence = Confidence::possible;
    verdict.addEvidence(it.from.lastFrame);
    verdict.addEvidence(it.to.lastFrame);
    verdict.addEvidence(it.segment.frame);
    addTimer(verdict, it, SessionPhase::established);
}

using Rule = void (*)(const ResetCase &, Verdict &);

// Their causes exclude each other.
constexpr Rule rules[] = {rejectedOpening,    expiredSession, forgedReset,
                          hostResetsLateData, peersOwnTimer,  forgottenWhileIdle};

} // namespace

Verdict judgeReset(const Matter &matter, const ResetReading &reading, const BeforeReset &before, const Segment &segment,
                   Side sender) {
    const Connection &connection = matter.connection;
    const ResetCase it{matter,
                       reading,
                       before,
                       segment,
                       connection,
                       connection.endpoint(sender),
                       connection.endpoint(peer(sender)),
                       strongSigns(reading.signs)};
    Verdict verdict = factsOf(it, sender);
    for (const Rule rule : rules) {
        rule(it, verdict);
        if (verdict.kind != VerdictKind::none) {
            return verdict;
        }
    }
    return {};
}

Verdict judgeUnsentReset(const Matter &matter, const Verdict &reported) {
    Verdict verdict;
    const Connection &connection = matter.connection;
    const LatestReset &reset = connection.latestReset();
    if (reset.frame == 0 || reset.seenAgain) {
        return verdict;
    }
    const SecondSightings &pairs = connection.secondSightings(reset.sender);
    if (!pairs.established() || !pairs.latest || reset.interface != pairs.second) {
        return verdict;
    }
    // The first place must have gone on, and have missed nothing else of that side.
    const HeardReset &heard = matter.hosts[connection.endpoint(reset.sender).host].troubles->lastReset;
    const VantagePoints &places = matter.vantagePoints;
    const bool wentOn = places.passedSince(pairs.first, pairs.second, heard.time) ||
                        places.passedSince(pairs.second, pairs.first, heard.time);
    const bool watched = heard.frame == reset.frame && !pairs.missed && wentOn;
    if (watched && reported.frame == reset.frame && strongSigns(reported.signs) != 0) {
        verdict = reported; // whatever that says of it, this is a second sign
        verdict.confidence = Confidence::certain;
    } else {
        verdict.kind = VerdictKind::forgedReset;
        verdict.confidence = watched ? Confidence::likely : Confidence::possible; // a capture may miss a packet
        verdict.speaker = peer(reset.sender);
        verdict.frame = reset.frame;
        verdict.addEvidence(connection.endpoint(reset.sender).lastFrame);
        verdict.addEvidence(reset.frame);
    }
    verdict.signs |= sign::neverSent;
    verdict.interfaces[0] = pairs.first;
    verdict.interfaces[1] = pairs.second;
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
    // And the place where it speaks has never seen that RST.
    const SecondSightings &pairs = matter.connection.secondSightings(reset.sender);
    const bool unseen = pairs.established() && !pairs.missed && !reset.seenAgain && reset.interface == pairs.second;
    if (unseen && segment.interface == pairs.first) {
        verdict.confidence = Confidence::certain;
        verdict.signs |= sign::neverSent;
        verdict.interfaces[0] = pairs.first;
        verdict.interfaces[1] = pairs.second;
    }
    return verdict;
}

} // namespace tcpstate
