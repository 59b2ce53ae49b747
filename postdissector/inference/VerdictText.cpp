#include "VerdictText.h"

#include <algorithm>
#include <cctype>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace tcpstate {

void Sentence::append(const char *format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start is above
    const int wanted = std::vsnprintf(text_.data() + length_, text_.size() - length_, format, arguments);
    va_end(arguments);
    if (wanted > 0) {
        length_ = std::min(length_ + static_cast<std::size_t>(wanted), text_.size() - 1);
    }
}

void Sentence::span(Nanoseconds time) {
    const double seconds = static_cast<double>(time) / static_cast<double>(second);
    append(time < second ? "%.3f s" : "%.1f s", seconds);
}

const char *name(VerdictKind kind) {
    switch (kind) {
    case VerdictKind::none:
        return "none";
    case VerdictKind::halfClosedTimer:
        return "killed by a firewall's half-closed timer (TCP wait)";
    case VerdictKind::idleTimer:
        return "killed by a firewall's idle timer";
    case VerdictKind::closingTimer:
        return "killed by a firewall's closing timer";
    case VerdictKind::forgedReset:
        return "reset by a middlebox";
    case VerdictKind::rejected:
        return "rejected by a middlebox";
    case VerdictKind::sessionLost:
        return "session lost on the way, no timer";
    case VerdictKind::hostResetLateData:
        return "not a firewall: the host resets late data";
    case VerdictKind::peerGone:
        return "not a firewall: the peer is gone";
    case VerdictKind::pathOutage:
        return "not a firewall: the path was interrupted";
    case VerdictKind::applicationSilent:
        return "not a firewall: the application is silent";
    case VerdictKind::windowClosed:
        return "not a firewall: the receiver's window is closed";
    case VerdictKind::pathMtu:
        return "not a firewall timer: path MTU";
    case VerdictKind::peerTimer:
        return "not a firewall: the peer's own timer";
    }
    return "none";
}

const char *shortName(VerdictKind kind) {
    switch (kind) {
    case VerdictKind::none:
        return "none";
    case VerdictKind::halfClosedTimer:
        return "half-closed timer";
    case VerdictKind::idleTimer:
        return "idle timer";
    case VerdictKind::closingTimer:
        return "closing timer";
    case VerdictKind::forgedReset:
        return "forged reset";
    case VerdictKind::rejected:
        return "rejected";
    case VerdictKind::sessionLost:
        return "session lost";
    case VerdictKind::hostResetLateData:
        return "host reset late data";
    case VerdictKind::peerGone:
        return "peer gone";
    case VerdictKind::pathOutage:
        return "path outage";
    case VerdictKind::applicationSilent:
        return "application silent";
    case VerdictKind::windowClosed:
        return "window closed";
    case VerdictKind::pathMtu:
        return "path MTU";
    case VerdictKind::peerTimer:
        return "peer's own timer";
    }
    return "none";
}

const char *name(Confidence confidence) {
    switch (confidence) {
    case Confidence::none:
        return "none";
    case Confidence::possible:
        return "possible";
    case Confidence::likely:
        return "likely";
    case Confidence::certain:
        return "certain";
    }
    return "none";
}

const char *name(TimerBasis basis) {
    switch (basis) {
    case TimerBasis::none:
        return "none";
    case TimerBasis::firstFin:
        return "first FIN";
    case TimerBasis::lastPacket:
        return "last packet";
    case TimerBasis::both:
        return "first FIN or last packet";
    }
    return "none";
}

namespace {

/** The device's phase that a kill is about. */
SessionPhase phaseOf(VerdictKind kind) {
    switch (kind) {
    case VerdictKind::halfClosedTimer:
        return SessionPhase::halfClosed;
    case VerdictKind::closingTimer:
        return SessionPhase::closing;
    default:
        return SessionPhase::established;
    }
}

bool isAny(const FirewallProfile &profile) {
    return &anyProfile() == findProfile(profile.id);
}

void appendFrame(Sentence &out, std::uint32_t frame, bool withFrames) {
    if (withFrames && frame != 0) {
        out.append(" (frame %u)", frame);
    }
}

Refresh refreshOf(TimerBasis basis) {
    return basis == TimerBasis::firstFin     ? Refresh::never
           : basis == TimerBasis::lastPacket ? Refresh::everyPacket
                                             : Refresh::unknown;
}

/** "Fits TCP wait 30 s (PAN-OS up to 6.0), ..." */
void appendFits(Sentence &out, const Verdict &verdict) {
    const TimerFits found =
        fits(phaseOf(verdict.kind), refreshOf(verdict.basis), verdict.timerMinimum, verdict.timerMaximum);
    if (found.count == 0) {
        out.append(" No device of the table has such a timer by default.");
        return;
    }
    constexpr unsigned mostNamed = 4;
    out.append(" Fits ");
    unsigned named = 0;
    for (const TimerFit &fit : found) {
        if (named == mostNamed) {
            break;
        }
        out.append("%s%s %u s (%s)", named == 0 ? "" : ", ", fit.timer->name, fit.timer->seconds, fit.profile->name);
        ++named;
    }
    const unsigned more = found.count + found.omitted - named;
    if (more != 0) {
        out.append(" and %u more", more);
    }
    out.append(": the timer is named, not the vendor.");
}

void appendUnanswered(Sentence &out, const Verdict &verdict, bool withFrames) {
    const char *const what = verdict.has(sign::keepAlives) ? "keep-alives" : "copies";
    out.append("%u %s of the %s over ", verdict.copies, what, name(verdict.speaker));
    out.span(verdict.span);
    out.append(" stayed unanswered");
    if (verdict.has(sign::gaveUp)) {
        out.append(", then it gave up");
    }
    out.append(".");
    if (verdict.has(sign::peerAlive)) {
        out.append(" The %s's address was heard on another connection meanwhile", name(peer(verdict.speaker)));
        appendFrame(out, verdict.aliveFrame, withFrames);
        out.append(".");
    }
    if (verdict.has(sign::stalePeer)) {
        out.append(" The %s still had the connection afterwards: it answered a new SYN from it.",
                   name(peer(verdict.speaker)));
    }
    if (verdict.has(sign::droppedBetween)) {
        out.append(" They were seen at interface %u and never at interface %u, where the ones before were: dropped in "
                   "between.",
                   verdict.interfaces[0], verdict.interfaces[1]);
    }
}

void appendBracket(Sentence &out, const Verdict &verdict) {
    if (verdict.timerMaximum == 0) {
        return;
    }
    out.append(" The timer lies between ");
    out.span(verdict.timerMinimum);
    out.append(" and ");
    out.span(verdict.timerMaximum);
    out.append(" since the %s.", name(verdict.basis));
}

void appendNotExcluded(Sentence &out, const Verdict &verdict) {
    if (!verdict.has(sign::silence)) {
        return;
    }
    if (verdict.has(sign::onlyLarge)) {
        out.append(" Not excluded: path MTU, for every unanswered segment is larger than any of the %s's that passed "
                   "before.",
                   name(verdict.speaker));
    }
    if (verdict.has(sign::quietInterface)) {
        out.append(
            " They were never seen at interface %u, where the ones before were: dropped in between, unless the capture "
            "there had ended, for it shows nothing since.",
            verdict.interfaces[1]);
    }
    const bool proven = verdict.has(sign::peerAlive) || verdict.has(sign::stalePeer) ||
                        verdict.has(sign::droppedBetween) || verdict.has(sign::prohibited);
    if (proven || verdict.confidence == Confidence::certain) {
        return;
    }
    out.append(" Not excluded: peer gone (power, crash, network), for nothing was heard of it since");
    if (verdict.has(sign::orphanAge)) {
        out.append(", or it left FIN-WAIT-2 by its own timer behind a host firewall that swallows resets");
    }
    out.append(".");
}

/** What a second vantage point would have shown; where addresses are translated it has another connection's name. */
void appendUnpaired(Sentence &out, const Verdict &verdict) {
    if (verdict.has(sign::oneInterface)) {
        out.append(" It was seen at one interface only, although the capture has several: if its addresses are "
                   "translated in between, the two sides could not be paired.");
    }
}

void appendResetSigns(Sentence &out, const Verdict &verdict, bool withFrames) {
    if ((verdict.signs & (sign::farHops | sign::nearHops)) != 0) {
        out.append(" The RST came with hop limit %u, the %s's own packets with %u.", verdict.hopLimit,
                   name(peer(verdict.speaker)), verdict.usualHopLimit);
    }
    if (verdict.has(sign::ownHops)) {
        out.append(" The RST came with hop limit %u, from the same distance as the %s's own packets.", verdict.hopLimit,
                   name(peer(verdict.speaker)));
    }
    if (verdict.has(sign::tooFast)) {
        out.append(" It came %.3f ms after the segment that it answers, faster than half the smallest round trip of "
                   "%.3f ms.",
                   static_cast<double>(verdict.reaction) / 1e6, static_cast<double>(verdict.roundTrip) / 1e6);
    }
    if (verdict.has(sign::bothAtOnce)) {
        out.append(" It came %.3f ms after one to the other end", static_cast<double>(verdict.reaction) / 1e6);
        appendFrame(out, verdict.resetFrame, withFrames);
        out.append(", and the nearer end is %.3f ms away and back: neither end can have caused both.",
                   static_cast<double>(verdict.roundTrip) / 1e6);
    }
    if (verdict.has(sign::copiedFields)) {
        out.append(" Its IP identification is copied from that segment.");
    }
    if (verdict.has(sign::talksOn)) {
        out.append(" The %s went on after it", name(peer(verdict.speaker)));
        appendFrame(out, verdict.aliveFrame, withFrames);
        out.append(", which a host that has reset a connection never does: something else sent the RST, or another "
                   "host behind the same address.");
    }
    if (verdict.has(sign::neverSent)) {
        out.append(" It was seen at interface %u, but never at interface %u, where the %s's packets pass first.",
                   verdict.interfaces[1], verdict.interfaces[0], name(peer(verdict.speaker)));
    }
}

void writeKill(Sentence &out, const Verdict &verdict, const FirewallProfile &chosen, bool withFrames) {
    const bool half = verdict.kind != VerdictKind::idleTimer;
    if (half) {
        out.append("The %s spoke ", name(verdict.speaker));
        out.span(verdict.sinceFin);
        out.append(" after the first FIN%s, ",
                   verdict.kind == VerdictKind::closingTimer ? ", with both FINs sent" : "");
        out.span(verdict.sinceLast);
        out.append(" after the packet before. ");
    } else {
        out.append("The %s spoke after ", name(verdict.speaker));
        out.span(verdict.sinceLast);
        out.append(" of silence. ");
    }
    if (verdict.has(sign::silence)) {
        appendUnanswered(out, verdict, withFrames);
    } else if (verdict.has(sign::prohibited)) {
        out.append("A device answered with ICMP \"administratively prohibited\".");
    } else {
        out.append("A RST in the %s's name answered.", name(peer(verdict.speaker)));
        appendResetSigns(out, verdict, withFrames);
    }
    appendBracket(out, verdict);
    const FirewallTimer *const timer = runningTimer(chosen, phaseOf(verdict.kind));
    if (timer != nullptr && verdict.has(sign::pastClock)) {
        out.append(" That is past %s, %u s%s%s.", timer->name, timer->seconds, isAny(chosen) ? "" : " of ",
                   isAny(chosen) ? "" : chosen.name);
    }
    if (isAny(chosen)) {
        appendFits(out, verdict);
    }
    appendUnpaired(out, verdict);
    appendNotExcluded(out, verdict);
}

/** Seconds to configure: what this connection needed, rounded up to 5 s, with at least a second to spare. */
std::uint32_t secondsToSet(Nanoseconds needed) {
    const auto seconds = static_cast<std::uint32_t>(std::clamp<Nanoseconds>(needed / second + 1, 1, 4'000'000'000));
    return (seconds + 4) / 5 * 5;
}

void appendCommand(Sentence &out, const FirewallProfile &profile, const FirewallTimer &timer, std::uint32_t seconds) {
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

void writeTimerAdvice(Sentence &out, const Verdict &verdict, const FirewallProfile &chosen) {
    const SessionPhase phase = phaseOf(verdict.kind);
    const std::uint32_t seconds = secondsToSet(verdict.needed);
    const bool custom = findProfile(chosen.id) == nullptr;
    if (isAny(chosen) || custom) {
        out.append("Let the firewall keep the session for at least %u s in this phase. ", seconds);
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
            out.append("It costs session-table entries. ");
            if (chosen.narrower != nullptr) {
                out.append("Narrower: %s. ", chosen.narrower);
            }
        }
    }
    const Nanoseconds shortest = verdict.timerMinimum > second ? verdict.timerMinimum : verdict.timerMaximum / 2;
    out.append("Or keep-alives every %u s or less", static_cast<unsigned>(std::max<Nanoseconds>(1, shortest / second)));
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

void writeReason(Sentence &out, const Verdict &verdict, const FirewallProfile &chosen, bool withFrames) {
    switch (verdict.kind) {
    case VerdictKind::none:
        return;
    case VerdictKind::halfClosedTimer:
    case VerdictKind::idleTimer:
    case VerdictKind::closingTimer:
        writeKill(out, verdict, chosen, withFrames);
        return;
    case VerdictKind::forgedReset:
        out.append("A RST in the %s's name did not come from it.", name(peer(verdict.speaker)));
        appendResetSigns(out, verdict, withFrames);
        appendUnpaired(out, verdict);
        return;
    case VerdictKind::rejected:
        if (verdict.has(sign::prohibited)) {
            out.append("A device answered the opening with ICMP (code %u).", verdict.icmpCode);
        } else {
            out.append("The RST to the SYN did not come from the %s.", name(peer(verdict.speaker)));
            appendResetSigns(out, verdict, withFrames);
        }
        return;
    case VerdictKind::sessionLost:
        if (verdict.has(sign::prohibited)) {
            out.append("A device answered with ICMP \"administratively prohibited\" (code %u) in the middle of the "
                       "connection.",
                       verdict.icmpCode);
            return;
        }
        appendUnanswered(out, verdict, withFrames);
        if (verdict.has(sign::oneMoment)) {
            out.append(" Others died at the same moment at other ages: no timer, but a failover, a flush of the "
                       "session table or a new policy.");
        } else {
            out.append(" The pause before was only ");
            out.span(verdict.sinceLast);
            out.append(", shorter than any idle timer or than one that it survived: no timer explains it.");
        }
        appendUnpaired(out, verdict);
        return;
    case VerdictKind::hostResetLateData:
        out.append("The %s closed, and ", name(peer(verdict.speaker)));
        out.span(verdict.sinceFin);
        out.append(" later its own host answered the %s's data with a RST.", name(verdict.speaker));
        appendResetSigns(out, verdict, withFrames);
        out.append(" The data and the RST crossed the path, so its session was alive.");
        return;
    case VerdictKind::peerGone:
        if (verdict.has(sign::unreachable)) {
            out.append("ICMP says that the %s cannot be reached.", name(peer(verdict.speaker)));
            return;
        }
        appendUnanswered(out, verdict, withFrames);
        if (verdict.has(sign::passedBoth)) {
            out.append(" They passed both interfaces %u and %u: nothing between these dropped them.",
                       verdict.interfaces[0], verdict.interfaces[1]);
        } else if (verdict.has(sign::othersSilent)) {
            out.append(" Its other connections fell silent as well, in the middle of an exchange: the peer, or "
                       "everything behind one place.");
        } else {
            out.append(" The pause before was only ");
            out.span(verdict.sinceLast);
            out.append(": no idle timer explains it. The peer, or the path to it, went away.");
        }
        appendUnpaired(out, verdict);
        return;
    case VerdictKind::pathOutage:
        out.append("%u copies of the %s went unanswered, and after ", verdict.copies, name(verdict.speaker));
        out.span(verdict.span);
        out.append(" the %s answered again: nothing had dropped the session.", name(peer(verdict.speaker)));
        return;
    case VerdictKind::applicationSilent:
        out.append("The connection worked: keep-alives were answered %u times, and ", verdict.copies);
        out.span(verdict.span);
        out.append(" after the last data%s nothing was under way in either direction",
                   verdict.confidence == Confidence::likely ? " or FIN" : "");
        appendFrame(out, verdict.frame, withFrames);
        out.append(". The %s's application neither sent nor closed%s.", name(peer(verdict.speaker)),
                   verdict.confidence == Confidence::likely ? "" : ", if an answer was due at all");
        return;
    case VerdictKind::windowClosed:
        out.append("The %s's receive window stayed closed for ", name(peer(verdict.speaker)));
        out.span(verdict.span);
        out.append(", answered %u times: its application does not read.", verdict.copies);
        return;
    case VerdictKind::pathMtu:
        out.append(verdict.has(sign::fragmentation)
                       ? "ICMP says that a segment of the %s is too big for the path."
                       : "Only segments of the %s that are larger than any that passed before stay unanswered.",
                   name(verdict.speaker));
        return;
    case VerdictKind::peerTimer:
        out.append("The %s reset the connection after ", name(peer(verdict.speaker)));
        out.span(verdict.sinceLast);
        out.append(" of silence, a time that servers and proxies are set to.");
        appendResetSigns(out, verdict, withFrames);
        return;
    }
}

void writeRisk(Sentence &out, Nanoseconds age, const FirewallProfile &chosen) {
    const FirewallTimer *const timer = runningTimer(chosen, SessionPhase::halfClosed);
    out.append("Half-closed for ");
    out.span(age);
    if (timer == nullptr) {
        return;
    }
    out.append(", longer than %s %u s", timer->name, timer->seconds);
    if (!isAny(chosen)) {
        out.append(": %s would drop this packet", chosen.name);
        return;
    }
    const char *separator = ":";
    for (const char *const id : {"panos-6.0", "panos-6.1"}) {
        const FirewallProfile *const panos = findProfile(id);
        const FirewallTimer *const wait = panos == nullptr ? nullptr : runningTimer(*panos, SessionPhase::halfClosed);
        if (wait != nullptr) {
            const bool drops = age > Nanoseconds{wait->seconds} * second;
            out.append("%s %s %s (%u s)", separator, panos->name, drops ? "would drop this packet" : "would not yet",
                       wait->seconds);
            separator = ",";
        }
    }
}

/** Wireshark shows about 200 characters of it: it is short, and the remedy stands before the frames. */
void writeSummary(Sentence &out, const Verdict &verdict, const FirewallProfile &chosen, bool withFrames) {
    const char *const text =
        verdict.kind == VerdictKind::halfClosedTimer ? "killed by a firewall's half-closed timer" : name(verdict.kind);
    out.append("%c%s, %s", std::toupper(static_cast<unsigned char>(text[0])), text + 1, name(verdict.confidence));
    if (isTimerKill(verdict.kind)) {
        out.append(": %s spoke ", name(verdict.speaker));
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
        out.append("Look in the firewall's rules for this service: the opening is rejected, no timer is involved.");
        return;
    case VerdictKind::sessionLost:
        out.append("Look in the firewall's log for a failover, a cleared session table or a new policy at this time. "
                   "Synchronise sessions between the members.");
        return;
    case VerdictKind::hostResetLateData:
        out.append("The application should half-close with shutdown(SHUT_WR) and read on, instead of close(). No "
                   "firewall timer helps.");
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
        out.append("Raise the idle timeout of the server or proxy, or send keep-alives below it.");
        return;
    }
}

} // namespace tcpstate
