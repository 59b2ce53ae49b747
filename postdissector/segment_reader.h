// From Wireshark's packet to the engine's Segment.
#pragma once

#include "inference/Icmp.h"
#include "inference/Segment.h"

#include <epan/packet.h>

#include <algorithm>
#include <cstdint>

namespace tcpstate {

/** A damaged file may hold any time. No two may be farther apart than Nanoseconds can count: 142 years around the epoch. */
inline constexpr Nanoseconds farthestTime = 4'500'000'000 * second;

/** A time of Wireshark's, which the engine can calculate with. */
[[nodiscard]] inline Nanoseconds readTime(const nstime_t &time) {
    constexpr std::int64_t farthest = farthestTime / second - 1;
    return std::clamp<std::int64_t>(time.secs, -farthest, farthest) * second + time.nsecs;
}

/** A segment and the addresses and ports it goes between. */
struct ReadSegment {
    Flow flow;
    Segment segment;
};

/**
 * Reads the TCP header at the beginning of `tvb`. `ipHeader` is what the IP dissector hands to the next one; it may be
 * null, or something else. Returns false if this is no TCP segment that could be followed: too little of the header
 * was captured, or its length is impossible. Never throws and adds nothing to any tree.
 *
 * The first fragment of an IP packet that is not reassembled is read without its FIN: the FIN stands at the end of the
 * payload, and where that is only the last fragment tells. Its payload is what the first fragment holds; the rest
 * counts like a packet that was not captured.
 */
[[nodiscard]] bool readSegment(tvbuff_t *tvb, const packet_info *pinfo, const void *ipHeader, ReadSegment &result);

/**
 * Reads what an ICMP error quotes of a segment: eight bytes suffice. Returns false if there are fewer.
 * @param seq  the quoted sequence number
 */
[[nodiscard]] bool readQuotedSegment(tvbuff_t *tvb, const packet_info *pinfo, Flow &flow, Sequence &seq);

/** Reads the packet's own facts of an ICMP or ICMPv6 message: time, frame, sender, and what it says. */
[[nodiscard]] IcmpError readIcmp(tvbuff_t *tvb, const packet_info *pinfo, bool version6);

} // namespace tcpstate
