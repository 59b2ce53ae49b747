// Nobody answers: a firewall's timer, the peer, the path, or only the end of the capture?
#include "Judge.h"
#include "LossBrackets.h"

#include <algorithm>

namespace tcpstate {

namespace {

constexpr std::uint32_t enoughKeepAlives = 3;
// A gap shorter than this is an ordinary pause: what dies after it died in the middle of an exchange.
constexpr Nanoseconds pause = second;
// A closer may have left FIN-WAIT-2 by itself: 60 s on Linux and macOS (67.5 s), 120 s on Windows.
constexpr Nanoseconds orphanAge = 60 * second;

/** A silence that is long enough, with everything that its rules look at. */
struct SilenceCase {
    SessionPhase phase;
    LossBrackets ages;
    bool past;       ///< the first lost segment came past the chosen device's timer
    bool knownTimer; ///< that, or the timer of some known device lies in a bracket
    bool midTraffic; ///< nothing had paused before it
    bool onlyLarge;  ///< a path that silently loses what is large explains it as well, and the peer may still have it
    bool outlivedElsewhere; ///< another connection of the two hosts to the same port has outlived a longer quiet
    bool proven;            ///< they were dropped between two interfaces
    bool alive;             ///< that, or the peer was heard elsewhere meanwhile, or still had the connection afterwards
};

/**
 * Only repetitions show that nobody answers: who sends new bytes and repeats none of them is answered, where the capture
 * does not look.
 */
bool enough(const Matter &matter, const SilenceProof &proof) {
    const Silence &silence = matter.connection.silence();
    const Settings &settings = matter.settings;
    const std::uint32_t sent = silence.repeats + 1;
    const std::uint32_t keepAlivesWanted = std::min(settings.evidenceCopies, enoughKeepAlives);
    const bool copies =
        sent >= settings.evidenceCopies || (silence.keepAlives == silence.copies && sent >= keepAlivesWanted);
    // At the end of the capture it will not become longer: there a sign of life in its midst will do.
    const bool longEnough =
        silence.span() >= settings.evidenceSpan || proof.gaveUp || (proof.final && silence.aliveFrame != 0);
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

/** What two interfaces show: dropped between them, passed both, or nothing. */
std::uint32_t twoVantagePoints(const Matter &matter, Verdict &verdict) {
    const Connection &connection = matter.connection;
    const Silence &silence = connection.silence();
    const SecondSightings &pairs = connection.secondSightings(silence.speaker);
    if (!pairs.established()) {
        return 0;
    }
    verdict.interfaces[0] = pairs.first;
    verdict.interfaces[1] = pairs.second;
    if (silence.seenAgain == 0) {
        // Nothing is proven where the way there may have been broken, or the capture there ended: others must have passed.
        return silence.othersPassed ? sign::droppedBetween : sign::quietInterface;
    }
    return silence.seenAgain + 1 >= silence.copies ? sign::passedBoth : 0;
}

/** Kinds where no timer explains the death: the session was lost all the same, or its peer. */
void withoutTimer(const SilenceCase &it, Verdict &verdict) {
    verdict.kind = it.alive ? VerdictKind::sessionLost : VerdictKind::peerGone;
    verdict.confidence = it.proven ? Confidence::certain : Confidence::possible;
}

// The rules. Each leaves the kind at none where it does not apply, and is given the facts.

/** Nothing else of the peer answers either; or nothing between the two places dropped them, what is beyond may have. */
void peerDoesNotAnswer(const SilenceCase &it, Verdict &verdict) {
    const bool exists = it.alive || verdict.has(sign::stalePeer);
    if (verdict.has(sign::passedBoth) || (!exists && verdict.has(sign::othersSilent))) {
        verdict.kind = VerdictKind::peerGone;
        verdict.confidence = verdict.has(sign::othersSilent) ? Confidence::likely : Confidence::possible;
    }
}

/** The speaker hears nobody at all any more: its own network, or whatever is in front of all others. */
void speakerHearsNobody(const SilenceCase &it, Verdict &verdict) {
    if (!it.alive && verdict.has(sign::nobodyHeard)) {
        verdict.kind = VerdictKind::peerGone;
        verdict.confidence = Confidence::possible;
    }
}

void largeSegmentsLost(const SilenceCase &it, Verdict &verdict) {
    if (it.onlyLarge && it.midTraffic) {
        verdict.kind = VerdictKind::pathMtu;
        verdict.confidence = Confidence::possible;
    }
}

/** In the middle of an exchange, after a gap that it had survived before, or after one that fits nothing known. */
void idleWithoutTimer(const SilenceCase &it, Verdict &verdict) {
    if (it.phase == SessionPhase::established && (it.midTraffic || it.ages.last.empty() || !it.knownTimer)) {
        withoutTimer(it, verdict);
    }
}

void idleTimer(const SilenceCase &it, Verdict &verdict) {
    if (it.phase == SessionPhase::established) {
        const bool likely = it.alive && !it.onlyLarge && !it.outlivedElsewhere;
        verdict.kind = VerdictKind::idleTimer;
        verdict.outlived = it.outlivedElsewhere;
        verdict.confidence = it.proven ? Confidence::certain : likely ? Confidence::likely : Confidence::possible;
    }
}

/**
 * In the middle of the open side's data. With the FIN, or right behind it: no timer is that short. Later one that counts from
 * the FIN may have been set to just that, which is possible; that something dropped them is certain, if two places show it.
 */
void diedHalfClosedWithoutTimer(const SilenceCase &it, Verdict &verdict) {
    const bool withTheFin = it.ages.fin.maximum < pause;
    if (it.phase == SessionPhase::halfClosed && it.midTraffic && !it.knownTimer && (withTheFin || it.proven)) {
        withoutTimer(it, verdict);
    }
}

void halfClosedTimer(const SilenceCase &it, Verdict &verdict) {
    if (it.phase == SessionPhase::halfClosed) {
        // With a sign of life any known timer will do; without one only the chosen device's.
        const bool timer = it.alive ? it.knownTimer : it.past;
        verdict.kind = VerdictKind::halfClosedTimer;
        verdict.confidence = it.proven ? Confidence::certain : timer ? Confidence::likely : Confidence::possible;
    }
}

/** Only past the chosen device's timer: a lost last ACK and its repetitions look the same. */
void closingTimer(const SilenceCase &it, Verdict &verdict) {
    if (it.phase == SessionPhase::closing && (it.proven || it.past)) {
        verdict.kind = VerdictKind::closingTimer;
        verdict.confidence = it.proven ? Confidence::certain : it.alive ? Confidence::likely : Confidence::possible;
    }
}

using Rule = void (*)(const SilenceCase &, Verdict &);

// The first that applies.
constexpr Rule rules[] = {peerDoesNotAnswer, speakerHearsNobody,         largeSegmentsLost, idleWithoutTimer,
                          idleTimer,         diedHalfClosedWithoutTimer, halfClosedTimer,   closingTimer};

/** What the verdict says whatever its kind: who waits, for how long, and every sign beside the silence itself. */
Verdict factsOf(const Matter &matter, const SilenceProof &proof, const LossTimes &times) {
    const Connection &connection = matter.connection;
    const Silence &silence = connection.silence();
    const HostNumber silent = connection.endpoint(peer(silence.speaker)).host;
    Verdict facts;
    facts.speaker = silence.speaker;
    facts.copies = silence.copies;
    facts.span = silence.span();
    facts.sinceLast = silence.gap();
    facts.sinceFin = times.fin != 0 ? times.lost - times.fin : 0;
    facts.frame = proof.stalePeer != 0 ? proof.stalePeer : silence.lastFrame;
    facts.aliveFrame = silence.aliveFrame;
    facts.signs = sign::silence | matter.vantageSign();
    facts.signs |= twoVantagePoints(matter, facts);
    facts.signs |= proof.gaveUp ? sign::gaveUp : 0;
    facts.signs |= silence.keepAlives == silence.copies ? sign::keepAlives : 0;
    facts.signs |= silence.aliveFrame != 0 ? sign::peerAlive : 0;
    facts.signs |= proof.stalePeer != 0 ? sign::stalePeer : 0;
    facts.signs |= matter.hosts[silent].troubles->silentIn.elsewhere(matter.number) ? sign::othersSilent : 0;
    const Host &speaker = matter.hosts[connection.endpoint(silence.speaker).host];
    facts.signs |= speaker.troubles->notAnswered.elsewhere(matter.number) ? sign::nobodyHeard : 0;
    const bool largeElsewhere = matter.hosts[silent].troubles->largeLost.elsewhere(matter.number, silence.first);
    facts.signs |= largeElsewhere && silence.smallest >= largeSegment ? sign::largeElsewhere : 0;
    const bool client = silence.speaker == Side::server;
    const bool shared = silence.aliveFrame != 0 && client && matter.hosts[silent].address.length == 4;
    facts.signs |= shared ? sign::sharedAddress : 0;
    facts.signs |= facts.sinceFin >= orphanAge ? sign::orphanAge : 0;
    return facts;
}

void addEvidence(Verdict &verdict, const Matter &matter, const SilenceProof &proof, const LossTimes &times) {
    const Connection &connection = matter.connection;
    const Silence &silence = connection.silence();
    verdict.addEvidence(times.fin != 0 ? connection.endpoint(connection.firstFin()).fin.frame : 0);
    verdict.addEvidence(connection.endpoint(peer(silence.speaker)).lastFrame);
    verdict.addEvidence(silence.firstFrame);
    verdict.addEvidence(silence.lastFrame);
    verdict.addEvidence(verdict.aliveFrame);
    verdict.addEvidence(proof.stalePeer);
}

/** What was heard sooner after the first lost segment may have been sent before that could have come there. */
Nanoseconds underWay(const Host &host) {
    return std::min(host.longestAnswer(second), 2 * second);
}

SilenceCase caseOf(const Matter &matter, SessionPhase phase, const LossTimes &times, const Verdict &facts) {
    const Connection &connection = matter.connection;
    const Silence &silence = connection.silence();
    SilenceCase it{phase, LossBrackets(times), false, false, false, false, false, false, false};
    const Survivor &survivor = matter.hosts[connection.endpoint(Side::server).host].survivor;
    it.outlivedElsewhere = survivor.client == connection.endpoint(Side::client).host &&
                           survivor.port == matter.serverPort && survivor.quiet > silence.gap();
    it.past = it.ages.arePast(matter.settings.firewall, phase);
    it.knownTimer = it.past || it.ages.fitAny(phase);
    it.midTraffic = silence.gap() < pause;
    const bool neverPassed =
        connection.endpoint(silence.speaker).largestPassed < std::min<std::uint32_t>(silence.smallest, 0xffff);
    it.onlyLarge = !facts.has(sign::passedBoth) && silence.smallest >= largeSegment &&
                   (neverPassed || facts.has(sign::largeElsewhere));
    it.proven = facts.has(sign::droppedBetween) && !it.onlyLarge;
    const Host &silent = matter.hosts[connection.endpoint(peer(silence.speaker)).host];
    const bool somebodyElse = facts.has(sign::sharedAddress) && isPublic(silent.address);
    it.alive =
        (facts.has(sign::peerAlive) && !somebodyElse) || facts.has(sign::stalePeer) || facts.has(sign::droppedBetween);
    return it;
}

/** False where nothing may be said about silence: one direction was not seen, or there is no connection. */
bool mayBeJudged(const Connection &connection, const SilenceProof &proof) {
    const Silence &silence = connection.silence();
    const bool heard = connection.endpoint(peer(silence.speaker)).heard();
    const bool connected = isSynchronised(connection.endpoint(silence.speaker).state) || proof.gaveUp;
    const bool unheeded = connection.keepAlives().ignored && silence.keepAlives == silence.copies;
    return silence.copies != 0 && heard && connected && !unheeded && !silence.clockStepped;
}

/** What comes from another distance or place may be another host behind its address, or a device that answers for it. */
bool isItself(const Heard &heard, const Endpoint &end) {
    const std::uint8_t own = end.speechHopLimit != 0 ? end.speechHopLimit : end.lastHopLimit;
    return heard.hopLimit == own && heard.interface == end.lastInterface;
}

/** True if the side that does not answer repeats what was acknowledged: it is not silent, nothing reaches it. */
bool isUnheard(const Connection &connection) {
    const Silence &silence = connection.silence();
    const Unheard &unheard = connection.unheard();
    return unheard.copies > 1 && unheard.repeater == peer(silence.speaker) && unheard.last > silence.first;
}

/** One direction is dead. */
Verdict deadOneWay(const Matter &matter) {
    const Connection &connection = matter.connection;
    const Unheard &unheard = connection.unheard();
    Verdict verdict;
    verdict.kind = VerdictKind::sessionLost;
    verdict.confidence = Confidence::possible; // a fault of the path in one direction looks the same
    verdict.speaker = peer(unheard.repeater);
    verdict.signs = sign::oneWay | matter.vantageSign();
    verdict.inHandshake = !connection.endpoint(unheard.repeater).sentOther;
    verdict.copies = unheard.copies;
    verdict.span = unheard.span();
    verdict.frame = unheard.lastFrame;
    verdict.addEvidence(connection.endpoint(verdict.speaker).lastFrame);
    verdict.addEvidence(unheard.firstFrame);
    verdict.addEvidence(unheard.lastFrame);
    return verdict;
}

} // namespace

std::uint32_t signOfLife(const Matter &matter) {
    const Silence &silence = matter.connection.silence();
    const Endpoint &silent = matter.connection.endpoint(peer(silence.speaker));
    const Host &host = matter.hosts[silent.host];
    const Heard elsewhere = host.heardElsewhere(matter.number);
    const bool meanwhile =
        elsewhere.frame != 0 && elsewhere.time > silence.first + underWay(host) && elsewhere.time <= silence.last;
    return meanwhile && isItself(elsewhere, silent) ? elsewhere.frame : 0;
}

std::uint32_t heardAgain(const Matter &matter, const Verdict &verdict) {
    const Endpoint &silent = matter.connection.endpoint(peer(verdict.speaker));
    if (silent.lastFrame > verdict.frame) {
        return silent.lastFrame;
    }
    const Silence &silence = matter.connection.silence();
    const bool continues = silence.copies != 0 && silence.speaker == verdict.speaker;
    const std::uint32_t latest = continues ? std::max(silence.lastFrame, verdict.frame) : verdict.frame;
    const Heard elsewhere = matter.hosts[silent.host].heardElsewhere(matter.number);
    return elsewhere.frame > latest && isItself(elsewhere, silent) ? elsewhere.frame : 0;
}

Verdict judgeSilence(const Matter &matter, const SilenceProof &proof) {
    const Connection &connection = matter.connection;
    const Silence &silence = connection.silence();
    const Endpoint &silent = connection.endpoint(peer(silence.speaker));
    // Less is enough to mention it where the silent side showed that it had never got them. But a short interruption, over
    // by then, shows the same.
    const bool little = !enough(matter, proof);
    if (!mayBeJudged(connection, proof) || (little && (proof.stalePeer == 0 || silence.repeats == 0))) {
        return {};
    }
    if (isUnheard(connection)) {
        return deadOneWay(matter);
    }
    const bool closedWindow = silent.window == 0;
    if (closedWindow && silence.keepAlives != silence.copies) {
        return {}; // it said that it takes nothing: judgeZeroWindow. But probes it has to answer (RFC 9293 section 3.8.6.1).
    }
    const SessionPhase phase = phaseAtLoss(connection);
    LossTimes times;
    times.fin = phase == SessionPhase::established ? 0 : connection.endpoint(connection.firstFin()).fin.time;
    times.passed = silent.lastTime;
    times.quiet = silence.quietSince;
    times.lost = silence.first;
    times.survived = connection.survivedGap();

    Verdict verdict = factsOf(matter, proof, times);
    const SilenceCase it = caseOf(matter, phase, times, verdict);
    verdict.signs |= it.past ? sign::pastClock : 0;
    verdict.signs |= it.onlyLarge ? sign::onlyLarge : 0;
    for (const Rule rule : rules) {
        rule(it, verdict);
        if (isTimerKill(verdict.kind)) {
            it.ages.write(verdict, matter.settings, phase);
        }
        if (little || closedWindow) { // or it was in trouble before
            verdict.confidence = std::min(verdict.confidence, Confidence::possible);
        }
        if (verdict.kind != VerdictKind::none) {
            addEvidence(verdict, matter, proof, times);
            return verdict;
        }
    }
    return {};
}

Verdict judgeUnheard(const Matter &matter) {
    const Connection &connection = matter.connection;
    const Unheard &unheard = connection.unheard();
    const Endpoint &speaker = connection.endpoint(peer(unheard.repeater));
    const bool connected = isSynchronised(speaker.state) && connection.phase() != Phase::reset;
    if (!connected || unheard.copies < matter.settings.evidenceCopies ||
        unheard.span() < matter.settings.evidenceSpan) {
        return {};
    }
    return deadOneWay(matter);
}

Verdict judgeRecovery(const Matter &matter, const Silence &ended, const Segment &answer) {
    Verdict verdict;
    const std::uint32_t wanted = std::max<std::uint32_t>(3, matter.settings.evidenceCopies);
    constexpr Nanoseconds outage = 3 * second;
    const Endpoint &silent = matter.connection.endpoint(peer(ended.speaker));
    if (ended.repeats + 1 < wanted || ended.span() < outage || silent.window == 0) {
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
