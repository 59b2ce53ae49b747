#include "plugin/statistics_evidence.h"

#include "plugin/statistics_seen.h"

#include <algorithm>

namespace tcpstate {

namespace {

// Shorter pauses say nothing about a timer.
constexpr Nanoseconds pause = second;

/** The latest packet by which both ends were heard: it is the earlier one of their latest packets. */
const Endpoint &heardLast(const Connection &connection) {
    const Endpoint &client = connection.endpoint(Side::client);
    const Endpoint &server = connection.endpoint(Side::server);
    return client.lastTime < server.lastTime ? client : server;
}

} // namespace

std::optional<SessionPhase> blamedPhase(const Verdict &verdict) {
    switch (verdict.kind) {
    case VerdictKind::halfClosedTimer:
        return SessionPhase::halfClosed;
    case VerdictKind::idleTimer:
        return SessionPhase::established;
    case VerdictKind::closingTimer:
        return SessionPhase::closing;
    default:
        return std::nullopt;
    }
}

std::optional<KillEvidence> killOf(const Session &session, ConnectionNumber number) {
    const Verdict &verdict = session.verdictOf(number);
    if (!verdict.kills()) {
        return std::nullopt;
    }
    const Connection &connection = session.connection(number);
    const Silence &silence = connection.silence();
    const Endpoint &silent = connection.endpoint(peer(verdict.speaker));
    const bool unanswered = verdict.has(sign::silence) && silence.copies != 0 && silence.speaker == verdict.speaker;
    KillEvidence evidence{*blamedPhase(verdict), {}};
    TimerKill &kill = evidence.kill;
    kill.passed = {silent.lastFrame, connection.stream()};
    kill.lost = {unanswered ? silence.firstFrame : verdict.frame, connection.stream()};
    const bool byFin = verdict.basis == TimerBasis::firstFin || verdict.basis == TimerBasis::both;
    if (byFin) {
        kill.finMinimum = verdict.timerMinimum;
        kill.finMaximum = verdict.timerMaximum;
    } else if (verdict.sinceFin != 0) {
        const Fin &fin = connection.endpoint(connection.firstFin()).fin;
        kill.finMinimum = std::max<Nanoseconds>(0, silent.lastTime - fin.time);
        kill.finMaximum = verdict.sinceFin;
    }
    if (verdict.basis == TimerBasis::lastPacket) {
        kill.lastMinimum = verdict.timerMinimum;
        kill.lastMaximum = verdict.timerMaximum;
    } else {
        kill.lastMinimum = connection.survivedGap();
        kill.lastMaximum = verdict.sinceLast;
    }
    if (!unanswered && kill.finMinimum >= kill.finMaximum) {
        // The silent side was last heard by the RST itself, which something else sent in its name.
        kill.finMinimum = std::max<Nanoseconds>(0, kill.finMaximum - verdict.sinceLast);
    }
    return evidence;
}

std::optional<SurvivorEvidence> survivorOf(const Session &session, ConnectionNumber number) {
    const Connection &connection = session.connection(number);
    const Verdict &verdict = session.verdictOf(number);
    if (isTimerKill(verdict.kind) || verdict.kind == VerdictKind::rejected) {
        return std::nullopt;
    }
    const BoundSource whole{0, connection.stream()};
    const Nanoseconds gap = connection.survivedGap();
    if (halfClosedFor(connection) == 0) {
        return gap < pause ? std::nullopt
                           : std::optional(SurvivorEvidence{SessionPhase::established, 0, {}, gap, whole});
    }
    SurvivorEvidence survivor{SessionPhase::halfClosed, 0, {}, gap, whole};
    const Fin &first = connection.endpoint(connection.firstFin()).fin;
    const Fin &other = connection.endpoint(peer(connection.firstFin())).fin;
    if (other.sent && other.acknowledged) {
        survivor.sinceFin = other.time - first.time;
        survivor.finSource = {other.frame, connection.stream()};
    } else if (!other.sent) {
        const Endpoint &last = heardLast(connection);
        // A RST counts only where it is the host's own: anything on the way can send one.
        const bool ended = connection.phase() == Phase::reset && verdict.kind != VerdictKind::hostResetLateData;
        if (!ended && last.lastTime > connection.halfClose().acknowledgedAt) {
            survivor.sinceFin = last.lastTime - first.time;
            survivor.finSource = {last.lastFrame, connection.stream()};
        }
    }
    return survivor.sinceFin < pause && survivor.gap < pause ? std::nullopt : std::optional(survivor);
}

std::optional<Death> lostSession(const Session &session, ConnectionNumber number) {
    const Verdict &verdict = session.verdictOf(number);
    const Connection &connection = session.connection(number);
    const Silence &silence = connection.silence();
    // That several died at a moment that they have in common says nothing as long as one timer explains it as well.
    if (verdict.kind != VerdictKind::sessionLost || !verdict.has(sign::oneMoment) || silence.copies == 0) {
        return std::nullopt;
    }
    return Death{connection.endpoint(peer(silence.speaker)).lastTime, silence.first, number};
}

} // namespace tcpstate
