// ICMP errors as evidence about the connection that they quote.
#pragma once

#include "Segment.h"

#include <cstdint>

namespace tcpstate {

/** What an ICMP error says, in terms common to both versions. */
enum class IcmpReason : std::uint8_t {
    other,
    unreachable,   ///< network or host unreachable (ICMP 3/0, 3/1; ICMPv6 1/0, 1/3)
    prohibited,    ///< administratively prohibited (ICMP 3/9, 3/10, 3/13; ICMPv6 1/1, 1/5, 1/6)
    fragmentation, ///< fragmentation needed, packet too big (ICMP 3/4; ICMPv6 2/0)
    port,          ///< port unreachable (ICMP 3/3; ICMPv6 1/4): rejects the segment in the host's or a firewall's name
};

/** An ICMP error that quotes a TCP segment. */
struct IcmpError {
    Nanoseconds time = 0;
    std::uint32_t frame = 0;
    IcmpReason reason = IcmpReason::other;
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    Address sender;   ///< who reports it
    Sequence seq = 0; ///< of the quoted segment
};

} // namespace tcpstate
