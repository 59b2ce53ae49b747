// What the user may choose about inference; plain values with the defaults of the preferences.
#pragma once

#include "FirewallProfile.h"
#include "Segment.h"

namespace tcpstate {

struct Settings {
    Nanoseconds halfCloseThreshold = second; ///< a half-close longer than this is in use, even without data
    Nanoseconds evidenceSpan = 20 * second;  ///< silence over at least this long counts as silence
    std::uint32_t evidenceCopies = 5;        ///< and so many unanswered copies
    std::uint32_t halfOpenLimit = 1000;      ///< half-open connections of one host beyond which it is worth a warning
    FirewallProfile firewall = anyProfile(); ///< the device whose session table is simulated
};

} // namespace tcpstate
