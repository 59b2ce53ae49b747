// What the user may choose about inference; plain values with the defaults of the preferences.
#pragma once

#include "Segment.h"

namespace tcpstate {

struct Settings {
    Nanoseconds halfCloseThreshold = second;      ///< a half-close longer than this is in use, even without data
    Nanoseconds halfClosedTimeout = 30 * second;  ///< the firewall's timer after the first FIN ("TCP wait")
    Nanoseconds evidenceSpan = 20 * second;       ///< silence over at least this long counts as silence
    std::uint32_t evidenceCopies = 5;             ///< and so many unanswered copies
};

} // namespace tcpstate
