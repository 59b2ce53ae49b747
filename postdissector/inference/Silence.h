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
    Nanoseconds first = 0;      ///< when the first of them was sent
    Nanoseconds last = 0;       ///< and the latest
    Nanoseconds quietSince = 0; ///< when either end was last seen before the first of them
    std::uint32_t firstFrame = 0;
    std::uint32_t lastFrame = 0;
    std::uint32_t copies = 0;     ///< how many; 0: nothing waits for an answer
    std::uint32_t repeats = 0;    ///< how many of them repeat something, each a while after the one before
    std::uint32_t keepAlives = 0; ///< how many of them are keep-alives
    std::uint32_t seenAgain = 0;  ///< how many of them were also seen at another interface
    std::uint32_t smallest = 0;   ///< smallest payload among them
    std::uint32_t aliveFrame = 0; ///< a sign of life of the silent side after which one more was lost; 0: none
    Side speaker = Side::client;  ///< who waits
    bool othersPassed = false;    ///< others passed the two places meanwhile between which these were lost
    bool clockStepped = false;    ///< the quiet before them is longer than the speaker's own timestamps allow

    [[nodiscard]] Nanoseconds span() const { return last - first; }
    /** How long nothing was seen before the first of them. */
    [[nodiscard]] Nanoseconds gap() const { return first - quietSince; }
};

} // namespace tcpstate
