#include "Judge.h"
#include "LossBrackets.h"

#include <algorithm>

namespace tcpstate {

bool outweighs(const Verdict &later, const Verdict &earlier) {
    if (later.kind == VerdictKind::none) {
        return false;
    }
    if (earlier.kind == VerdictKind::none) {
        return true;
    }
    // That it answers again refutes whatever said that it was dead.
    if (later.kind == VerdictKind::pathOutage && later.has(sign::recovered)) {
        return isTimerKill(earlier.kind) || earlier.kind == VerdictKind::peerGone ||
               earlier.kind == VerdictKind::sessionLost;
    }
    // A death that comes after what had passed over goes before that.
    const bool passedOver = earlier.has(sign::recovered) || earlier.kind == VerdictKind::windowClosed;
    if (passedOver && later.has(sign::silence) && later.frame > earlier.frame) {
        return later.confidence >= earlier.confidence;
    }
    // And that its peer was heard elsewhere refutes that the peer was gone.
    if (earlier.kind == VerdictKind::peerGone && !earlier.has(sign::peerAlive) && later.has(sign::peerAlive)) {
        return true;
    }
    // The same with a sign of life is better founded, and no longer says that nothing was heard.
    if (later.kind == earlier.kind && later.confidence == earlier.confidence && earlier.has(sign::silence) &&
        !earlier.has(sign::peerAlive) && later.has(sign::peerAlive)) {
        return true;
    }
    // And that the alleged sender of a RST talks on, or that the RST is one of a pair, refutes whatever took it for its own.
    const bool timerByReset = isTimerKill(earlier.kind) && !earlier.has(sign::silence) && earlier.resetFrame == 0;
    const bool resetOfHost =
        earlier.kind == VerdictKind::hostResetLateData || earlier.kind == VerdictKind::peerTimer || timerByReset;
    if (resetOfHost && (later.signs & (sign::talksOn | sign::bothAtOnce)) != 0) {
        return true;
    }
    return later.confidence > earlier.confidence;
}

Verdict judgeZeroWindow(const Matter &matter) {
    Verdict verdict;
    const ZeroWindow &zero = matter.connection.zeroWindow();
    const Connection &connection = matter.connection;
    const bool long_ = matter.now - zero.since >= matter.settings.evidenceSpan;
    if (zero.since == 0 || zero.answers < matter.settings.evidenceCopies || !long_) {
        return verdict;
    }
    verdict.kind = VerdictKind::windowClosed;
    verdict.confidence = Confidence::likely;
    verdict.speaker = peer(zero.receiver);
    verdict.copies = zero.answers;
    verdict.span = connection.lastTime() - zero.since;
    verdict.frame = connection.endpoint(zero.receiver).lastFrame;
    verdict.addEvidence(zero.frame);
    return verdict;
}

Verdict judgeWait(const Matter &matter, bool byReset) {
    Verdict verdict;
    const Connection &connection = matter.connection;
    const Wait &wait = connection.wait();
    const Side closer = connection.firstFin();
    const Fin &fin = connection.endpoint(closer).fin;
    const bool half = connection.anyFin() && !connection.bothFins() && fin.acknowledged;
    // Half-closed, only one side is left to speak. Before that nobody has to, unless the one who spoke last gave up.
    const bool gaveUp = byReset && !connection.anyFin() && wait.since != 0 && wait.speaker == Side::client;
    if (!half && !gaveUp) {
        return verdict;
    }
    const Nanoseconds from = half ? std::max(fin.time, wait.since) : wait.since;
    if (wait.provenAt - from < matter.settings.evidenceSpan || connection.keepAlives().answered == 0) {
        return verdict;
    }
    verdict.kind = VerdictKind::applicationSilent;
    verdict.confidence = half ? Confidence::likely : Confidence::possible;
    verdict.speaker = half ? closer : wait.speaker;
    verdict.span = wait.provenAt - from;
    verdict.copies = connection.keepAlives().answered;
    verdict.frame = wait.provenFrame;
    verdict.aliveFrame = wait.provenFrame;
    verdict.addEvidence(half && fin.time >= wait.since ? fin.frame : wait.sinceFrame);
    verdict.addEvidence(wait.provenFrame);
    return verdict;
}

namespace {

/** What a device answers with ICMP it would else have dropped: the same timers may stand behind it. */
void prohibitedAfterTimer(const Matter &matter, Verdict &verdict) {
    const Connection &connection = matter.connection;
    const Silence &silence = connection.silence();
    const Fin &first = connection.endpoint(connection.firstFin()).fin;
    const bool half = first.acknowledged && !connection.bothFins();
    const SessionPhase phase = half ? SessionPhase::halfClosed : SessionPhase::established;
    LossTimes times;
    times.fin = half ? first.time : 0;
    times.passed = connection.endpoint(peer(silence.speaker)).lastTime;
    times.quiet = silence.quietSince;
    times.lost = silence.first;
    times.survived = connection.survivedGap();
    verdict.sinceLast = silence.gap();
    verdict.sinceFin = half ? times.lost - times.fin : 0;
    const LossBrackets ages(times);
    if (ages.arePast(matter.settings.firewall, phase)) {
        verdict.kind = half ? VerdictKind::halfClosedTimer : VerdictKind::idleTimer;
        verdict.signs |= sign::pastClock;
        ages.write(verdict, matter.settings, phase);
    } else if (ages.fitAny(phase) && silence.gap() >= second) {
        verdict.kind = half ? VerdictKind::halfClosedTimer : VerdictKind::idleTimer;
        verdict.confidence = Confidence::likely; // some known device's timer; the chosen one has another
        ages.write(verdict, matter.settings, phase);
    }
}

} // namespace

Verdict judgeIcmp(const Matter &matter, const IcmpError &error, Side quotedSender) {
    Verdict verdict;
    const Connection &connection = matter.connection;
    const Endpoint &from = connection.endpoint(quotedSender);
    const bool opening = from.state == State::synSent || connection.endpoint(peer(quotedSender)).state == State::listen;
    // It must quote something that is under way: a stray one, or a forged one, does not.
    const bool underWay = from.known ? !before(error.seq, from.acknowledged - 1) && before(error.seq, from.next)
                                     : from.hasInitial && error.seq == from.initial;
    if (!underWay) {
        return verdict;
    }
    verdict.speaker = quotedSender;
    verdict.icmpCode = error.code;
    const Silence &silence = connection.silence();
    const bool speaks = silence.copies != 0 && silence.speaker == quotedSender;
    verdict.copies = speaks ? silence.copies : 0;
    verdict.span = speaks ? silence.span() : 0;
    switch (error.reason) {
    case IcmpReason::prohibited:
    case IcmpReason::port:
        verdict.signs = sign::prohibited;
        verdict.byPeer = error.sender == matter.hosts[connection.endpoint(peer(quotedSender)).host].address;
        if (verdict.byPeer && !opening && error.reason == IcmpReason::port) {
            return {}; // a port that is forwarded elsewhere since, perhaps; or its own firewall
        }
        if (opening || verdict.byPeer) {
            verdict.kind = VerdictKind::rejected;
            verdict.confidence =
                verdict.byPeer ? Confidence::likely : Confidence::certain; // translators bear its address
            break;
        }
        verdict.kind = VerdictKind::sessionLost;
        verdict.confidence = Confidence::certain;
        if (speaks) {
            prohibitedAfterTimer(matter, verdict);
            verdict.addEvidence(silence.firstFrame);
        }
        break;
    case IcmpReason::unreachable:
        verdict.kind = VerdictKind::peerGone;
        verdict.confidence = Confidence::likely;
        verdict.signs = sign::unreachable;
        break;
    case IcmpReason::fragmentation:
        if (verdict.copies < matter.settings.evidenceCopies) {
            return verdict; // path MTU discovery at work
        }
        verdict.kind = VerdictKind::pathMtu;
        verdict.confidence = Confidence::possible;
        verdict.signs = sign::fragmentation;
        break;
    case IcmpReason::other:
        return verdict;
    }
    // The message is no packet of the connection: what is said of it stands on the latest one that is.
    verdict.frame = std::max(from.lastFrame, connection.endpoint(peer(quotedSender)).lastFrame);
    verdict.addEvidence(error.frame);
    return verdict;
}

} // namespace tcpstate
