// Packets that a capture shows more than once: both sides of a router, a mirror port, the "any" interface.
#pragma once

#include "Segment.h"

#include <array>
#include <cstdint>
#include <vector>

namespace tcpstate {

/** What a packet is to those seen just before it. */
enum class Sighting : std::uint8_t {
    first,     ///< not seen before
    again,     ///< one packet seen twice
    rewritten, ///< the same with other sequence numbers: a firewall between the two places renumbers
};

/**
 * Remembers the packets of the last moment in a table of fixed size.
 *
 * Equal flows, numbers and flags with equal IP identification within 10 ms are one packet; on another interface within 250 ms, since
 * there may be a network and a second clock in between. Where the identification is 0 (IPv6, or DF packets of
 * some hosts) the timestamps and the checksum must be equal too, and the interface or the hop limit must differ.
 * A retransmission has another identification, or another timestamp, or at least a later time.
 */
class DuplicateFilter {
  public:
    DuplicateFilter();

    /** Tells what this segment is, and remembers it. `flowHash` stands for the flow, and depends on the direction. */
    [[nodiscard]] Sighting see(std::uint64_t flowHash, const Segment &segment);
    /** The interface of the first sighting, after see() answered that it is not the first. */
    [[nodiscard]] InterfaceNumber firstInterface() const { return firstInterface_; }

  private:
    struct Seen {
        std::uint64_t key = 0;
        Nanoseconds time = 0;
        Sequence seq = 0;
        Sequence ack = 0;
        InterfaceNumber interface = 0;
        std::uint16_t window = 0;
        std::uint8_t hopLimit = 0;
    };

    /** Packets that share a place push each other out, the oldest first. */
    struct Place {
        std::array<Seen, 4> entries{};
        std::uint8_t next = 0;
    };

    std::vector<Place> seen_;
    InterfaceNumber firstInterface_ = 0;
};

} // namespace tcpstate
