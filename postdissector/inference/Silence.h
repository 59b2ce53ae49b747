// What one end said that the other one has not answered.
#pragma once

#include "Segment.h"
#include "State.h"

#include <cstdint>

namespace tcpstate {

/**
 * Segments that ask for an answer (payload, FIN, keep-alive) since the other end was last heard.
 * Only one end can be without an answer at a time: whoever speaks ends the other one's silence.
 */
struct Silence {
    Nanoseconds first = 0;        ///< when the first of them was sent
    Nanoseconds last = 0;         ///< and the latest
    std::uint32_t firstFrame = 0;
    std::uint32_t lastFrame = 0;
    std::uint32_t copies = 0;     ///< how many; 0: nothing waits for an answer
    Side speaker = Side::client;  ///< who waits
};

} // namespace tcpstate
