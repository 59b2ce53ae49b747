// The short names of verdicts and of what they rest on.
#include "VerdictText.h"

namespace tcpstate {

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

} // namespace tcpstate
