// The half-closed time of a connection and what the open side did with it.
#pragma once

#include "Segment.h"

#include <cstdint>

namespace tcpstate {

/** Counted from the acknowledgement of the first FIN until the other FIN (or a RST). */
struct HalfClose {
    std::uint64_t bytes : 63 = 0;   ///< new payload of the open side in segments that acknowledge the FIN
    std::uint64_t inUse : 1 = 0;    ///< the open side went on, or the half-close lasted beyond the threshold
    Nanoseconds acknowledgedAt = 0; ///< when the FIN's acknowledgement was first seen; 0: not yet
};

} // namespace tcpstate
