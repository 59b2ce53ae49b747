// Sequence numbers: arithmetic modulo 2^32 (RFC 9293 section 3.4).
#pragma once

#include <cstdint>

namespace tcpstate {

/** A sequence or acknowledgement number as it stands in the header, modulo 2^32. */
using Sequence = std::uint32_t;

/** Signed distance from `from` to `to`: positive if `to` comes after it; exact below 2^31. */
[[nodiscard]] constexpr std::int32_t distance(Sequence from, Sequence to) {
    return static_cast<std::int32_t>(to - from);
}

/** True if `a` comes before `b`; numbers 2^31 or more apart have no order. */
[[nodiscard]] constexpr bool before(Sequence a, Sequence b) {
    return distance(a, b) > 0;
}

/** True if `a` comes after `b`. */
[[nodiscard]] constexpr bool after(Sequence a, Sequence b) {
    return distance(b, a) > 0;
}

/** The later of two numbers. */
[[nodiscard]] constexpr Sequence later(Sequence a, Sequence b) {
    return after(a, b) ? a : b;
}

} // namespace tcpstate
