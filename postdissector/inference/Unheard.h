// What one end repeats although it was answered: it does not hear.
#pragma once

#include "Segment.h"
#include "State.h"

#include <cstdint>

namespace tcpstate {

/**
 * Payload, or a SYN-ACK, that one end repeats although the other has acknowledged it, and has nothing new to say or to acknowledge: what
 * the other end sends does not arrive there.
 */
struct Unheard {
    Nanoseconds first = 0; ///< when the first of the repetitions was seen
    Nanoseconds last = 0;  ///< and the latest
    std::uint32_t firstFrame = 0;
    std::uint32_t lastFrame = 0;
    std::uint32_t copies = 0; ///< how many; 0: everything arrives
    Side repeater = Side::client;

    [[nodiscard]] Nanoseconds span() const { return last - first; }
};

} // namespace tcpstate
