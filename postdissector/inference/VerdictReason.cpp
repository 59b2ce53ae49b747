// Why: what happened, the numbers and frames that prove it, and what is not excluded.
#include "VerdictText.h"
#include "VerdictTimer.h"

namespace tcpstate {

namespace {

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
    const char *const what = verdict.has(sign::keepAlives) ? "keep-alives" : "segments";
    out.append("%u %s of the %s over ", verdict.copies, what, name(verdict.speaker));
    out.span(verdict.span);
    out.append(" stayed unanswered");
    if (verdict.has(sign::gaveUp)) {
        out.append(", then it gave up");
    }
    out.append(".");
    if (verdict.has(sign::peerAlive)) {
        out.append(" The %s's address was heard on another connection meanwhile", name(peer(verdict.speaker)));
        out.frame(verdict.aliveFrame, withFrames);
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
    if (verdict.timerMinimum < second) {
        out.append(" The timer is at most ");
    } else {
        out.append(" The timer lies between ");
        out.span(verdict.timerMinimum);
        out.append(" and ");
    }
    out.span(verdict.timerMaximum);
    out.append(", counted from the %s.", name(verdict.basis));
}

/** The silent side showed that it had never got them, but soon after. */
void appendBriefOutage(Sentence &out, const Verdict &verdict) {
    const bool other = verdict.has(sign::peerAlive) || verdict.has(sign::droppedBetween);
    if (verdict.has(sign::stalePeer) && verdict.confidence == Confidence::possible && !other) {
        out.append(" Not excluded: a short interruption of the path, over when the new SYN came.");
    }
}

/** It must not be said that nobody was heard, where somebody was. */
void appendHeardAgain(Sentence &out, const Verdict &verdict, bool withFrames) {
    if (verdict.has(sign::heardAgain)) {
        out.append(" The %s was heard again after the last of them", name(peer(verdict.speaker)));
        out.frame(verdict.aliveFrame, withFrames);
        out.append(".");
    }
}

void appendNotExcluded(Sentence &out, const Verdict &verdict, bool withFrames) {
    if (!verdict.has(sign::silence)) {
        return;
    }
    if (verdict.has(sign::largeElsewhere)) {
        out.append(" Not excluded: path MTU, for large segments go unanswered on another connection of the %s as well, "
                   "in the middle of an exchange.",
                   name(peer(verdict.speaker)));
    } else if (verdict.has(sign::onlyLarge)) {
        out.append(" Not excluded: path MTU, for every unanswered segment is larger than any of the %s's that passed "
                   "before.",
                   name(verdict.speaker));
    }
    if (verdict.has(sign::quietInterface)) {
        out.append(" They were never seen at interface %u, where the ones before were: dropped in between, unless the "
                   "way there "
                   "was interrupted or the capture there had ended, for nothing else came by there meanwhile.",
                   verdict.interfaces[1]);
    }
    if (verdict.has(sign::orphanAge) && verdict.has(sign::peerAlive)) {
        out.append(
            " Not excluded: the %s left FIN-WAIT-2 by its own timer behind a host firewall that swallows resets.",
            name(peer(verdict.speaker)));
    }
    if (verdict.has(sign::sharedAddress) && !verdict.has(sign::droppedBetween)) {
        out.append(" Not excluded: peer gone, if that was another host behind the same address (NAT).");
    }
    appendBriefOutage(out, verdict);
    const bool proven = verdict.has(sign::peerAlive) || verdict.has(sign::stalePeer) ||
                        verdict.has(sign::droppedBetween) || verdict.has(sign::prohibited);
    if (proven || verdict.confidence == Confidence::certain) {
        return;
    }
    if (verdict.has(sign::heardAgain)) {
        out.append(" Not excluded: an outage of the path or of the peer that was over when it was heard again, after "
                   "the last of "
                   "them");
        out.frame(verdict.aliveFrame, withFrames);
    } else {
        out.append(" Not excluded: peer gone (power, crash, network), for nothing was heard of it since");
    }
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
    if (verdict.has(sign::nearHops) && !verdict.has(sign::copiedFields)) {
        out.append(" A hop or two nearer is a device right before it, unless the path has changed in the quiet.");
    }
    if (verdict.has(sign::ownHops)) {
        const bool against = (verdict.signs & (sign::tooFast | sign::bothAtOnce)) != 0;
        out.append(" The RST came with hop limit %u, from the same distance as the %s's own packets%s",
                   verdict.hopLimit, name(peer(verdict.speaker)), against ? ", which anybody can set." : ".");
    }
    if (verdict.has(sign::tooFast)) {
        out.append(" It came %.3f ms after the segment that it answers, faster than half the smallest round trip of "
                   "%.3f ms.",
                   static_cast<double>(verdict.reaction) / 1e6, static_cast<double>(verdict.roundTrip) / 1e6);
    }
    if (verdict.has(sign::bothAtOnce)) {
        out.append(" It came %.3f ms after one to the other end", static_cast<double>(verdict.reaction) / 1e6);
        out.frame(verdict.resetFrame, withFrames);
        out.append(", and the nearer end is %.3f ms away and back: neither end can have caused both.",
                   static_cast<double>(verdict.roundTrip) / 1e6);
    }
    if (verdict.has(sign::copiedFields)) {
        out.append(" Its IP identification is copied from that segment.");
    }
    if (verdict.has(sign::talksOn)) {
        out.append(" The %s went on after it", name(peer(verdict.speaker)));
        out.frame(verdict.aliveFrame, withFrames);
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
    const bool spoke = !verdict.has(sign::unsolicited) || verdict.has(sign::silence);
    if (!spoke) {
        out.append("After ");
        out.span(verdict.sinceLast);
        out.append(" of silence came a RST that answers nothing. ");
    } else if (half) {
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
        out.append(spoke ? "A RST in the %s's name answered." : "It bears the %s's name.", name(peer(verdict.speaker)));
        appendResetSigns(out, verdict, withFrames);
    }
    appendBracket(out, verdict);
    const FirewallTimer *const timer = runningTimer(chosen, phaseOf(verdict.kind));
    if (timer != nullptr && verdict.has(sign::pastClock)) {
        out.append(" That is past %s, %u s", timer->name, timer->seconds);
        if (isCustom(chosen)) {
            out.append(", as set in the preferences");
        } else if (!isAny(chosen)) {
            out.append(" of %s", chosen.name);
        }
        out.append(".");
    }
    if (isAny(chosen)) {
        appendFits(out, verdict);
    }
    if (verdict.outlived) {
        out.append(" Against it: another connection of the two hosts to the same port outlived a longer quiet.");
    }
    appendUnpaired(out, verdict);
    appendNotExcluded(out, verdict, withFrames);
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
        if (verdict.has(sign::oneMoment)) {
            out.append(
                " Others were reset at the same moment after other pauses: no timer, but a flush of the session table "
                "or a new policy.");
        }
        appendUnpaired(out, verdict);
        return;
    case VerdictKind::rejected:
        if (verdict.byPeer) {
            out.append("ICMP (code %u) answered from the %s's own address: the host's packet filter rejects this, or a "
                       "translator that bears its address.",
                       verdict.icmpCode, name(peer(verdict.speaker)));
        } else if (verdict.has(sign::prohibited)) {
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
        if (verdict.has(sign::oneWay)) {
            out.append("The %s repeated %u times over ", name(peer(verdict.speaker)), verdict.copies);
            out.span(verdict.span);
            out.append(" %s the %s had acknowledged: its own packets pass, and nothing that the %s sends arrives. Not "
                       "excluded: a fault of the path in that direction, no firewall%s.",
                       verdict.inHandshake ? "the SYN-ACK that" : "what", name(verdict.speaker), name(verdict.speaker),
                       verdict.inHandshake ? ", or a listener whose queue is full" : "");
            appendUnpaired(out, verdict);
            return;
        }
        appendUnanswered(out, verdict, withFrames);
        if (verdict.has(sign::oneMoment)) {
            out.append(" Others died at the same moment at other ages: no timer, but a failover, a flush of the "
                       "session table or a new policy.");
            appendHeardAgain(out, verdict, withFrames);
            if (verdict.confidence == Confidence::possible) {
                out.append(verdict.has(sign::heardAgain)
                               ? " Not excluded: an outage of the path or of the peer, over by then."
                               : " Not excluded: the peer itself is gone (crash, power), or the path to it.");
            }
        } else {
            out.append(" The pause before was only ");
            out.span(verdict.sinceLast);
            out.append(", shorter than any known idle timer or than one that it survived: no known timer explains it.");
        }
        appendBriefOutage(out, verdict);
        appendUnpaired(out, verdict);
        return;
    case VerdictKind::hostResetLateData:
        out.append("The %s closed, and ", name(peer(verdict.speaker)));
        out.span(verdict.sinceFin);
        out.append(" later its own host answered the %s's %s with a RST.", name(verdict.speaker),
                   verdict.onlyFin ? "FIN" : "data");
        appendResetSigns(out, verdict, withFrames);
        out.append(" The %s and the RST crossed the path, so its session was alive.", verdict.onlyFin ? "FIN" : "data");
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
        } else if (verdict.has(sign::nobodyHeard)) {
            out.append(
                " Nobody at all spoke to the %s meanwhile, in the middle of an exchange either: its own network, or "
                "whatever lies in front of all others.",
                name(verdict.speaker));
        } else if (verdict.has(sign::othersSilent)) {
            out.append(" Its other connections fell silent as well, in the middle of an exchange: the peer, or "
                       "everything behind one place.");
        } else {
            out.append(" The pause before was only ");
            out.span(verdict.sinceLast);
            out.append(": no known idle timer explains it. The peer, or the path to it, went away.");
        }
        appendHeardAgain(out, verdict, withFrames);
        appendUnpaired(out, verdict);
        return;
    case VerdictKind::pathOutage:
        out.append("%u segments of the %s went unanswered, and after ", verdict.copies, name(verdict.speaker));
        out.span(verdict.span);
        out.append(
            " the %s answered again: nothing had dropped the session. The path was interrupted, or its host slept.",
            name(peer(verdict.speaker)));
        return;
    case VerdictKind::applicationSilent:
        out.append("The connection worked: keep-alives were answered %u times, and ", verdict.copies);
        out.span(verdict.span);
        out.append(" after the last data%s nothing was under way in either direction",
                   verdict.confidence == Confidence::likely ? " or FIN" : "");
        out.frame(verdict.aliveFrame, withFrames);
        out.append(". The %s's application neither sent nor closed%s.", name(peer(verdict.speaker)),
                   verdict.confidence == Confidence::likely ? "" : ", if an answer was due at all");
        return;
    case VerdictKind::windowClosed:
        out.append("The %s's receive window stayed closed for ", name(peer(verdict.speaker)));
        out.span(verdict.span);
        out.append(", answered %u times: its application does not read.", verdict.copies);
        return;
    case VerdictKind::pathMtu:
        if (verdict.has(sign::fragmentation)) {
            out.append("ICMP says that a segment of the %s is too big for the path.", name(verdict.speaker));
        } else if (verdict.has(sign::largeElsewhere)) {
            out.append("Only large segments of the %s stay unanswered, and so it is on another connection to the %s.",
                       name(verdict.speaker), name(peer(verdict.speaker)));
        } else {
            out.append("Only segments of the %s that are larger than any that passed before stay unanswered.",
                       name(verdict.speaker));
        }
        return;
    case VerdictKind::peerTimer:
        out.append("The %s reset the connection after ", name(peer(verdict.speaker)));
        out.span(verdict.sinceLast);
        out.append(" of silence, a time that programs are set to.");
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

} // namespace tcpstate
