// Who spoke last, and whether the connection is alive although nothing is said.
#pragma once

#include "Segment.h"
#include "State.h"

#include <cstdint>

namespace tcpstate {

/** The latest new payload, and whether the connection was seen to work after it without any. */
struct Wait {
    Nanoseconds since = 0;    ///< time of the latest new payload of either end; 0: none yet
    Nanoseconds provenAt = 0; ///< when an answer without payload last showed that nothing is on its way; 0: never
    std::uint32_t sinceFrame = 0;
    std::uint32_t provenFrame = 0;
    Side speaker = Side::client; ///< who sent that payload
};

} // namespace tcpstate
