#include "FirewallProfile.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace tcpstate {

namespace {

/** A copy of the timer with another number. */
FirewallTimer replaced(const FirewallTimer &timer, std::uint32_t seconds, const char *timerName, const char *source) {
    if (!timer.exists()) {
        // The device has none of its own here, so there is no command for it and nobody says what refreshes it.
        FirewallTimer made;
        made.seconds = seconds;
        made.name = timerName;
        made.source = source;
        return made;
    }
    FirewallTimer made = timer;
    made.seconds = seconds;
    made.source = source;
    return made;
}

/** True if the list has the profile of which this one is a variant, with the same number. */
bool isCovered(const TimerFits &found, const FirewallProfile &profile, const FirewallTimer &timer) {
    if (profile.variantOf == nullptr) {
        return false;
    }
    return std::any_of(found.begin(), found.end(), [&](const TimerFit &fit) {
        return std::strcmp(fit.profile->id, profile.variantOf) == 0 && fit.timer->seconds == timer.seconds;
    });
}

/** The value as one conversion of a command wants it; 0 if the conversion is not known. */
std::size_t writeValue(char *text, std::size_t size, char conversion, std::uint32_t seconds) {
    int length = 0;
    switch (conversion) {
    case 'u':
        length = std::snprintf(text, size, "%u", seconds);
        break;
    case 'm':
        length = std::snprintf(text, size, "%u", seconds / 60 + (seconds % 60 != 0 ? 1 : 0));
        break;
    case 't':
        length = std::snprintf(text, size, "%u:%02u:%02u", seconds / 3600, seconds / 60 % 60, seconds % 60);
        break;
    default:
        break;
    }
    return length > 0 ? static_cast<std::size_t>(length) : 0;
}

} // namespace

const char *name(SessionPhase phase) {
    switch (phase) {
    case SessionPhase::opening:
        return "opening";
    case SessionPhase::handshake:
        return "handshake";
    case SessionPhase::established:
        return "established";
    case SessionPhase::halfClosed:
        return "half-closed";
    case SessionPhase::closing:
        return "closing";
    case SessionPhase::closed:
        return "closed";
    case SessionPhase::reset:
        return "reset";
    }
    return "unknown";
}

const FirewallProfile *findProfile(std::string_view id) {
    const std::string_view wanted = id == "panos" ? std::string_view("panos-6.1") : id;
    for (const auto &profile : profiles()) {
        if (wanted == profile.id) {
            return &profile;
        }
    }
    return nullptr;
}

const FirewallProfile &anyProfile() {
    return profiles().front();
}

const FirewallTimer *runningTimer(const FirewallProfile &profile, SessionPhase phase, bool finAcknowledged) {
    const auto own = [&profile](SessionPhase candidate) -> const FirewallTimer * {
        const auto &timer = profile.timer(candidate);
        return timer.exists() ? &timer : nullptr;
    };

    switch (phase) {
    case SessionPhase::closed:
        if (const auto *timer = own(SessionPhase::closed)) {
            return timer;
        }
        [[fallthrough]];
    case SessionPhase::closing:
        if (const auto *timer = own(SessionPhase::closing)) {
            return timer;
        }
        [[fallthrough]];
    case SessionPhase::halfClosed:
        if (finAcknowledged && profile.halfClosedAcknowledged.exists()) {
            return &profile.halfClosedAcknowledged;
        }
        if (const auto *timer = own(SessionPhase::halfClosed)) {
            return timer;
        }
        [[fallthrough]];
    case SessionPhase::established:
        return own(SessionPhase::established);
    case SessionPhase::handshake:
        if (const auto *timer = own(SessionPhase::handshake)) {
            return timer;
        }
        [[fallthrough]];
    case SessionPhase::opening:
        return own(SessionPhase::opening);
    case SessionPhase::reset:
        return own(SessionPhase::reset);
    }
    return nullptr;
}

FirewallProfile withTimeouts(const FirewallProfile &base, std::uint32_t halfClosed, std::uint32_t idle,
                             std::uint32_t timeWait) {
    FirewallProfile profile = base;
    if (halfClosed == 0 && idle == 0 && timeWait == 0) {
        return profile;
    }
    const auto replace = [&profile](SessionPhase phase, std::uint32_t seconds, const char *timerName,
                                    const char *source) {
        auto &timer = profile.timers[static_cast<std::size_t>(phase)];
        timer = replaced(timer, seconds, timerName, source);
    };
    profile.id = "custom";
    profile.name = "custom";
    profile.variantOf = nullptr;
    if (halfClosed != 0) {
        replace(SessionPhase::halfClosed, halfClosed, "half-closed timeout", "preference half_closed_timeout");
        if (profile.halfClosedAcknowledged.exists()) {
            profile.halfClosedAcknowledged = replaced(profile.halfClosedAcknowledged, halfClosed, "half-closed timeout",
                                                      "preference half_closed_timeout");
        }
    }
    if (idle != 0) {
        replace(SessionPhase::established, idle, "idle timeout", "preference idle_timeout");
    }
    if (timeWait != 0) {
        replace(SessionPhase::closing, timeWait, "time-wait timeout", "preference time_wait_timeout");
    }
    return profile;
}

bool fits(const FirewallTimer &timer, Refresh basis, Nanoseconds after, Nanoseconds upTo) {
    if (!timer.exists()) {
        return false;
    }
    switch (timer.refresh) {
    case Refresh::unknown:
    case Refresh::eachDirection:
        break;
    case Refresh::never:
        if (basis != Refresh::never && basis != Refresh::unknown) {
            return false;
        }
        break;
    case Refresh::everyPacket:
    case Refresh::outbound:
        if (basis == Refresh::never) {
            return false;
        }
        break;
    }
    const Nanoseconds length = static_cast<Nanoseconds>(timer.seconds) * second;
    return length > after && length <= upTo;
}

TimerFits fits(SessionPhase phase, Refresh basis, Nanoseconds after, Nanoseconds upTo, bool finAcknowledged) {
    TimerFits found;
    for (const auto &profile : profiles().subspan(1)) {
        const auto *timer = runningTimer(profile, phase, finAcknowledged);
        if (timer == nullptr || !fits(*timer, basis, after, upTo) || isCovered(found, profile, *timer)) {
            continue;
        }
        found.shortest = found.shortest == 0 ? timer->seconds : std::min(found.shortest, timer->seconds);
        if (found.count == found.entries.size()) {
            ++found.omitted;
            continue;
        }
        found.entries[found.count] = {&profile, timer};
        ++found.count;
    }
    return found;
}

std::size_t writeCommand(std::span<char> buffer, const FirewallTimer &timer, std::uint32_t seconds) {
    if (buffer.empty()) {
        return 0;
    }
    buffer[0] = '\0';
    if (timer.command == nullptr) {
        return 0;
    }
    std::size_t length = 0;
    for (const char *from = timer.command; *from != '\0'; ++from) {
        char value[24];
        const std::size_t valueLength = *from == '%' ? writeValue(value, sizeof value, from[1], seconds) : 0;
        const char *piece = from;
        std::size_t pieceLength = 1;
        if (valueLength != 0) {
            piece = value;
            pieceLength = valueLength;
            ++from;
        }
        if (length + pieceLength >= buffer.size()) {
            buffer[0] = '\0';
            return 0;
        }
        std::memcpy(buffer.data() + length, piece, pieceLength);
        length += pieceLength;
    }
    buffer[length] = '\0';
    return length;
}

} // namespace tcpstate
