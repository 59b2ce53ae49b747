// Which timer of a device a verdict is about.
#pragma once

#include "FirewallProfile.h"
#include "Verdict.h"

#include <cstring>

namespace tcpstate {

/** The device's phase that a kill is about. */
[[nodiscard]] constexpr SessionPhase phaseOf(VerdictKind kind) {
    switch (kind) {
    case VerdictKind::halfClosedTimer:
        return SessionPhase::halfClosed;
    case VerdictKind::closingTimer:
        return SessionPhase::closing;
    default:
        return SessionPhase::established;
    }
}

/** What restarts a timer that counts from there; unknown where either would do. */
[[nodiscard]] constexpr Refresh refreshOf(TimerBasis basis) {
    return basis == TimerBasis::firstFin     ? Refresh::never
           : basis == TimerBasis::lastPacket ? Refresh::everyPacket
                                             : Refresh::unknown;
}

/** True for the default, which is no device: the clock is an example, and what fits is named. */
[[nodiscard]] inline bool isAny(const FirewallProfile &profile) {
    return &anyProfile() == findProfile(profile.id);
}

/** True for a device whose timers the user's preferences give. */
[[nodiscard]] inline bool isCustom(const FirewallProfile &profile) {
    return std::strcmp(profile.id, "custom") == 0;
}

} // namespace tcpstate
