// The half-closed time of a connection and what the open side did with it.
#pragma once

#include "Segment.h"

#include <cstdint>

namespace tcpstate {

/** Counted from the acknowledgement of the first FIN until the other FIN (or a RST). */
struct HalfClose {
    std::uint64_t bytes = 0;        ///< new payload of the open side in segments that acknowledge the FIN
    Nanoseconds acknowledgedAt = 0; ///< when the FIN's acknowledgement was first seen
    bool inUse = false;             ///< the open side went on, or the half-close lasted beyond the threshold
};

} // namespace tcpstate
