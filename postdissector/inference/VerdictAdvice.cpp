// What to change: the command with the number that this connection needed, and what else would have saved it.
#include "VerdictText.h"
#include "VerdictTimer.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

namespace tcpstate {

namespace {

/** Seconds to configure: what this connection needed, rounded up to 5 s, with at least a second to spare. */
std::uint32_t secondsToSet(Nanoseconds needed) {
    const auto seconds = static_cast<std::uint32_t>(std::clamp<Nanoseconds>(needed / second + 1, 1, 4'000'000'000));
    return (seconds + 4) / 5 * 5;
}

void appendCommand(Sentence &out, const FirewallProfile &profile, const FirewallTimer &timer, std::uint32_t seconds) {
    if (timer.minimum == timer.maximum && timer.maximum != 0) {
        out.append("%s: %s is fixed at %u s. ", profile.name, timer.name, timer.seconds);
        return;
    }
    if (!timer.allows(seconds)) {
        out.append("%s: %s cannot be set to %u s (%u to %u s). ", profile.name, timer.name, seconds, timer.minimum,
                   timer.maximum);
        return;
    }
    std::array<char, 300> command{};
    if (writeCommand(command, timer, seconds) != 0) {
        out.append("%s: %s", profile.name, command.data());
        if (timer.menu != nullptr) {
            out.append(" (%s)", timer.menu);
        }
        out.append(". ");
    } else if (timer.menu != nullptr) {
        out.append("%s: set %s to at least %u s (%s). ", profile.name, timer.name, seconds, timer.menu);
    }
}

/** The timer whose command saves the connection: the chosen device's, or that of a PAN-OS that fits. */
const FirewallTimer *timerToSet(const Verdict &verdict, const FirewallProfile &chosen) {
    const SessionPhase phase = phaseOf(verdict.kind);
    if (!isAny(chosen) && findProfile(chosen.id) != nullptr) {
        return runningTimer(chosen, phase);
    }
    for (const TimerFit &fit : fits(phase, refreshOf(verdict.basis), verdict.timerMinimum, verdict.timerMaximum)) {
        if (std::strncmp(fit.profile->id, "panos", 5) == 0) {
            return fit.timer;
        }
    }
    return nullptr;
}

/**
 * Seconds that are below the timer, whichever of those that fit it is: it is known to lie above its minimum, or half of the
 * shortest is taken.
 */
unsigned keepAliveInterval(const Verdict &verdict, const FirewallProfile &chosen) {
    Nanoseconds interval = verdict.timerMinimum;
    if (interval <= second) {
        const SessionPhase phase = phaseOf(verdict.kind);
        Nanoseconds shortest = verdict.timerMaximum;
        if (!isAny(chosen)) {
            const FirewallTimer *const timer = runningTimer(chosen, phase);
            shortest = timer != nullptr ? std::min(shortest, Nanoseconds{timer->seconds} * second) : shortest;
        } else {
            const TimerFits found = fits(phase, refreshOf(verdict.basis), verdict.timerMinimum, verdict.timerMaximum);
            shortest = found.shortest != 0 ? Nanoseconds{found.shortest} * second : shortest;
        }
        interval = shortest / 2;
    }
    return static_cast<unsigned>(std::clamp<Nanoseconds>(interval / second, 1, 4'000'000'000));
}

void writeTimerAdvice(Sentence &out, const Verdict &verdict, const FirewallProfile &chosen) {
    const SessionPhase phase = phaseOf(verdict.kind);
    const std::uint32_t seconds = secondsToSet(verdict.needed);
    const bool custom = findProfile(chosen.id) == nullptr;
    if (isAny(chosen) || custom) {
        const char *const when = phase == SessionPhase::established ? "idle"
                                 : phase == SessionPhase::closing   ? "closing"
                                                                    : "half-closed";
        out.append("Let the firewall keep the session for at least %u s while %s. ", seconds, when);
        bool panos = false;
        for (const TimerFit &fit : fits(phase, refreshOf(verdict.basis), verdict.timerMinimum, verdict.timerMaximum)) {
            if (std::strncmp(fit.profile->id, "panos", 5) == 0) {
                appendCommand(out, *fit.profile, *fit.timer, seconds);
                panos = true;
            }
        }
        if (panos) {
            out.append("It costs session-table entries, so set it for the one application or service where that "
                       "suffices (Objects > Applications or Services). ");
        }
    } else if (const FirewallTimer *const timer = runningTimer(chosen, phase)) {
        if (timer->seconds >= seconds) {
            out.append("%s: %s is %u s by default and would have sufficed. Look at what it is set to, or for another "
                       "device on the path. ",
                       chosen.name, timer->name, timer->seconds);
        } else {
            appendCommand(out, chosen, *timer, seconds);
            if (timer->allows(seconds)) {
                out.append("It costs session-table entries. ");
            }
            if (timer->allows(seconds) && chosen.narrower != nullptr) {
                out.append("Narrower: %s. ", chosen.narrower);
            }
        }
    }
    out.append("Or keep-alives every %u s or less", keepAliveInterval(verdict, chosen));
    if (verdict.basis == TimerBasis::firstFin) {
        out.append(" (which do not help if the timer counts from the FIN)");
    }
    if (verdict.kind == VerdictKind::idleTimer) {
        out.append(", or a shorter idle time in the application's pool.");
    } else {
        out.append(", or let the %s close its side as soon as it sees the FIN.", name(verdict.speaker));
    }
}

} // namespace

/** Wireshark shows about 200 characters of it: it is short, and the remedy stands before the frames. */
void writeSummary(Sentence &out, const Verdict &verdict, const FirewallProfile &chosen, bool withFrames) {
    const char *const text = verdict.kind == VerdictKind::halfClosedTimer ? "killed by a firewall's half-closed timer"
                             : verdict.byPeer                             ? "rejected by the host's own packet filter"
                                                                          : name(verdict.kind);
    out.append("%c%s, %s", std::toupper(static_cast<unsigned char>(text[0])), text + 1, name(verdict.confidence));
    if (isTimerKill(verdict.kind)) {
        if (verdict.has(sign::unsolicited)) {
            out.append(": a RST came ");
        } else {
            out.append(": %s spoke ", name(verdict.speaker));
        }
        out.span(verdict.kind == VerdictKind::idleTimer ? verdict.sinceLast : verdict.sinceFin);
        out.append(" after the %s", verdict.kind == VerdictKind::idleTimer ? "last packet" : "first FIN");
        const FirewallTimer *const timer = runningTimer(chosen, phaseOf(verdict.kind));
        if (timer != nullptr && verdict.has(sign::pastClock)) {
            out.append(", past %s %u s", timer->name, timer->seconds);
        }
        if (verdict.has(sign::silence)) {
            out.append(", unanswered");
        }
        const std::uint32_t seconds = secondsToSet(verdict.needed);
        std::array<char, 300> command{};
        if (const FirewallTimer *const toSet = timerToSet(verdict, chosen);
            toSet != nullptr && toSet->seconds < seconds && toSet->allows(seconds) &&
            writeCommand(command, *toSet, seconds) != 0) {
            out.append(". Remedy: %s", command.data());
        } else if (verdict.needed != 0) {
            out.append(". A timer of %u s would have saved it", seconds);
        }
    }
    if (withFrames && verdict.evidenceCount != 0) {
        out.append(" (frame%s", verdict.evidenceCount == 1 ? "" : "s");
        for (unsigned i = 0; i < verdict.evidenceCount; ++i) {
            out.append("%s%u", i == 0 ? " " : ", ", verdict.evidence[i]);
        }
        out.append(")");
    }
}

void writeAdvice(Sentence &out, const Verdict &verdict, const FirewallProfile &chosen) {
    switch (verdict.kind) {
    case VerdictKind::none:
        return;
    case VerdictKind::halfClosedTimer:
    case VerdictKind::idleTimer:
    case VerdictKind::closingTimer:
        writeTimerAdvice(out, verdict, chosen);
        return;
    case VerdictKind::forgedReset:
        out.append("Look in the firewall's threat and traffic logs for this flow: a policy or a signature resets it.");
        return;
    case VerdictKind::rejected:
        if (verdict.byPeer) {
            out.append("Look at the packet filter of the %s's host (iptables, nftables, Windows Firewall).",
                       name(peer(verdict.speaker)));
            return;
        }
        out.append("Look in the firewall's rules for this service: the opening is rejected, no timer is involved.");
        return;
    case VerdictKind::sessionLost:
        if (verdict.has(sign::oneWay)) {
            out.append(
                "Capture on both sides of each device on the way: the %s's packets go in at one of them and not out. "
                "Asymmetric routing and translation that has lost one direction do that.",
                name(verdict.speaker));
            return;
        }
        if (verdict.confidence == Confidence::possible) {
            out.append("Look at the %s's host (crash, restart) and the path first. ", name(peer(verdict.speaker)));
        }
        out.append(
            "Look in the firewall's log for a failover, a cleared session table or a new policy at this time; if "
            "it was one, synchronise sessions between the members.");
        return;
    case VerdictKind::hostResetLateData:
        if (verdict.onlyFin) {
            out.append("Nothing was lost: the %s only closed later than the %s's host remembers a connection. If that "
                       "was long, its application did not notice the close (CLOSE-WAIT). No firewall timer helps.",
                       name(verdict.speaker), name(peer(verdict.speaker)));
            return;
        }
        out.append(
            "If the %s still expected this data, it should half-close with shutdown(SHUT_WR) and read on, instead "
            "of close(). If it had closed an idle connection, the %s must not use that any more: drop it from "
            "the pool at the FIN, or keep it shorter. No firewall timer helps.",
            name(peer(verdict.speaker)), name(verdict.speaker));
        return;
    case VerdictKind::peerGone:
        out.append("Look at the peer's host (restart, crash) and at the path to it. A capture there would decide.");
        return;
    case VerdictKind::pathOutage:
        out.append("Look at the path at this time (routing, link, wireless). No firewall timer helps.");
        return;
    case VerdictKind::applicationSilent:
        out.append("Look at the application of the silent side: the network delivered everything.");
        return;
    case VerdictKind::windowClosed:
        out.append("Look at the receiving application: it does not read what has arrived.");
        return;
    case VerdictKind::pathMtu:
        out.append("Let ICMP \"fragmentation needed\" pass, or clamp the MSS on the tunnel or firewall.");
        return;
    case VerdictKind::peerTimer:
        out.append(
            "Raise the idle timeout of the %s's program (a server, a proxy, a pool), or send keep-alives below it.",
            name(peer(verdict.speaker)));
        return;
    }
}

} // namespace tcpstate
