// Probes of an idle connection: is it alive although nothing is said?
#pragma once

#include "Segment.h"
#include "State.h"

#include <cstdint>

namespace tcpstate {

/** The keep-alives of a connection, of both ends (RFC 9293 section 3.8.4). */
struct KeepAlives {
    Nanoseconds longestQuiet = 0; ///< longest time without any packet before one of them
    std::uint16_t sent = 0;       ///< saturating
    std::uint16_t answered = 0;   ///< saturating; an answer to several at once counts once
    bool ignored = false;         ///< the peer left several without an answer and went on: they prove nothing
};

/** One more, as far as the number goes. */
[[nodiscard]] constexpr std::uint16_t oneMore(std::uint16_t number) {
    return number == 0xffff ? number : static_cast<std::uint16_t>(number + 1);
}

} // namespace tcpstate
