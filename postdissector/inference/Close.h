// How a connection was closed, as a whole: who began and in which of the known ways.
#pragma once

#include <cstdint>

namespace tcpstate {

/** Who closed first. The numbers are those of the field tcpstate.close.initiator. */
enum class CloseInitiator : std::uint8_t { none = 0, client = 1, server = 2, both = 3 };

/** How it was closed. The numbers are those of the field tcpstate.close.kind. */
enum class CloseKind : std::uint8_t {
    open = 0,          ///< no FIN, no RST that counts
    fourSegments = 1,  ///< FIN, ACK, FIN, ACK
    threeSegments = 2, ///< the second FIN is the first to acknowledge the first one
    simultaneous = 3,  ///< the FINs crossed
    halfClose = 4,     ///< one side closed and the other one went on
    reset = 5,         ///< RST without a FIN before it
    resetAfterFin = 6, ///< a FIN, then a RST before both ends were done
    unfinished = 7,    ///< one FIN and no answer to it
};

} // namespace tcpstate
