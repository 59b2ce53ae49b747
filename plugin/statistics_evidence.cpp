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

namespace {

/** What the connection outlived after the acknowledgement of its first FIN; nothing if that was short. */
std::optional<SurvivorEvidence> halfClosedSurvival(const Session &session, ConnectionNumber number) {
    const Connection &connection = session.connection(number);
    const BoundSource whole{0, connection.stream()};
    SurvivorEvidence survivor{SessionPhase::halfClosed, 0, {}, connection.survivedGap(), whole};
    const Fin &first = connection.endpoint(connection.firstFin()).fin;
    const Fin &other = connection.endpoint(peer(connection.firstFin())).fin;
    if (other.sent && other.acknowledged) {
        survivor.sinceFin = other.time - first.time;
        survivor.finSource = {other.frame, connection.stream()};
    } else if (!other.sent) {
        const Endpoint &last = heardLast(connection);
        // A RST counts only where it is the host's own: anything on the way can send one.
        const bool resetByHost = session.verdictOf(number).kind == VerdictKind::hostResetLateData;
        const bool ended = connection.phase() == Phase::reset && !resetByHost;
        if (!ended && last.lastTime > connection.halfClose().acknowledgedAt) {
            survivor.sinceFin = last.lastTime - first.time;
            survivor.finSource = {last.lastFrame, connection.stream()};
        }
    }
    return survivor.sinceFin < pause && survivor.gap < pause ? std::nullopt : std::optional(survivor);
}

} // namespace

std::vector<SurvivorEvidence> survivalOf(const Session &session, ConnectionNumber number) {
    const Connection &connection = session.connection(number);
    std::vector<SurvivorEvidence> survived;
    const Verdict &verdict = session.verdictOf(number);
    if (verdict.kind == VerdictKind::rejected || (isTimerKill(verdict.kind) && !verdict.kills())) {
        return survived;
    }
    if (const Nanoseconds idle = connection.survivedIdle(); idle >= pause) {
        survived.push_back({SessionPhase::established, 0, {}, idle, {0, connection.stream()}});
    }
    if (halfClosedFor(connection) != 0 && !isTimerKill(verdict.kind)) {
        if (const auto halfClosed = halfClosedSurvival(session, number)) {
            survived.push_back(*halfClosed);
        }
    }
    return survived;
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
