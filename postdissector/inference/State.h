// The connection states of RFC 9293 section 3.3.2 and the two ends that have them.
#pragma once

#include <cstdint>

namespace tcpstate {

/** A connection state; the numbers are those of RFC 4022 (tcpConnectionState), 0 for "not known". */
enum class State : std::uint8_t {
    unknown = 0,
    closed = 1,
    listen = 2,
    synSent = 3,
    synReceived = 4,
    established = 5,
    finWait1 = 6,
    finWait2 = 7,
    closeWait = 8,
    lastAck = 9,
    closing = 10,
    timeWait = 11,
};

/** Number of values of State. */
inline constexpr unsigned stateCount = 12;

/** The state's name as RFC 9293 spells it, "FIN-WAIT-1"; "UNKNOWN" for State::unknown. */
[[nodiscard]] const char *name(State state);

/** The two ends: the client opened the connection (or is taken for the one that did). */
enum class Side : std::uint8_t { client = 0, server = 1 };

/** The other end. */
[[nodiscard]] constexpr Side peer(Side side) {
    return side == Side::client ? Side::server : Side::client;
}

/** The side as an index of arrays of two. */
[[nodiscard]] constexpr unsigned index(Side side) {
    return static_cast<unsigned>(side);
}

/** "client" or "server". */
[[nodiscard]] const char *name(Side side);

/** True in the states in which both ends know each other's numbers (RFC 9293 section 3.5.2, group 3). */
[[nodiscard]] constexpr bool isSynchronised(State state) {
    return state >= State::established && state <= State::timeWait;
}

/** True where nothing of the connection is left but waiting: a SYN may begin a new incarnation. */
[[nodiscard]] constexpr bool isOver(State state) {
    return state == State::closed || state == State::timeWait;
}

} // namespace tcpstate
