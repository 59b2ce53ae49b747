// What the engine takes from one TCP segment: plain values, nothing of the program that read them.
#pragma once

#include "Sequence.h"

#include <array>
#include <bit>
#include <cstdint>

namespace tcpstate {

/** Nanoseconds: since the epoch for a point in time, or a span. */
using Nanoseconds = std::int64_t;

inline constexpr Nanoseconds microsecond = 1'000;
inline constexpr Nanoseconds millisecond = 1'000'000;
inline constexpr Nanoseconds second = 1'000'000'000;

/** True if two moments are less than a second apart, whichever came first: a capture may hold them in disorder. */
[[nodiscard]] constexpr bool nearEachOther(Nanoseconds one, Nanoseconds other) {
    return one - other < second && other - one < second;
}

/** A capture interface, 0 upwards; from mostInterfaces on they count as one, of which nothing is concluded. */
using InterfaceNumber = std::uint16_t;
inline constexpr InterfaceNumber mostInterfaces = 0xffff;

/** A network address: 4 bytes for IPv4, 16 for IPv6; other kinds are cut or padded to 16. */
struct Address {
    std::array<std::uint8_t, 16> bytes{};
    std::uint8_t length = 0;

    /** Its bytes as two numbers, in whatever order the machine has: to compare and to hash. */
    using Words = std::array<std::uint64_t, 2>;
    [[nodiscard]] constexpr Words words() const { return std::bit_cast<Words>(bytes); }

    constexpr bool operator==(const Address &other) const { return length == other.length && words() == other.words(); }
};

/**
 * True for an IPv4 address of the Internet (not RFC 1918, loopback or link-local): as a client's it is often that of a
 * translator, with many hosts behind it.
 */
[[nodiscard]] constexpr bool isPublic(const Address &address) {
    const std::uint8_t net = address.bytes[0];
    const std::uint8_t subnet = address.bytes[1];
    const bool ownUse = net == 10 || net == 127 || (net == 172 && (subnet & 0xf0U) == 16) ||
                        (net == 192 && subnet == 168) || (net == 169 && subnet == 254);
    return address.length == 4 && !ownUse;
}

/** Where a segment comes from and goes to: the key of a connection, whichever way round. */
struct Flow {
    Address source;
    Address destination;
    std::uint16_t sourcePort = 0;
    std::uint16_t destinationPort = 0;
};

/** The control bits of RFC 9293 section 3.1. */
struct Flags {
    static constexpr std::uint8_t fin = 0x01;
    static constexpr std::uint8_t syn = 0x02;
    static constexpr std::uint8_t rst = 0x04;
    static constexpr std::uint8_t psh = 0x08;
    static constexpr std::uint8_t ack = 0x10;
};

/** One block of a SACK option (RFC 2018): the bytes from left up to, not including, right. */
struct SackBlock {
    Sequence left = 0;
    Sequence right = 0;
};

/** One TCP segment, as its header and its packet show it. */
struct Segment {
    Nanoseconds time = 0;             ///< capture time since the epoch
    std::uint32_t frame = 0;          ///< frame number, 1 upwards
    Sequence seq = 0;                 ///< sequence number of the header
    Sequence ack = 0;                 ///< acknowledgement number; means something only with Flags::ack
    std::uint32_t length = 0;         ///< payload bytes on the wire (not cut by a snap length)
    std::uint32_t timestampValue = 0; ///< TSval (RFC 7323), with hasTimestamps
    std::uint32_t timestampEcho = 0;  ///< TSecr, with hasTimestamps
    std::uint16_t window = 0;         ///< window as it stands in the header, unscaled
    std::uint16_t checksum = 0;       ///< TCP checksum as it stands in the header
    std::uint16_t identification = 0; ///< IPv4 identification; 0 if there is none
    std::uint16_t maximumSegment = 0; ///< MSS option; 0 if absent
    InterfaceNumber interface = 0;    ///< where it was captured
    std::uint16_t vlan = 0;           ///< outermost VLAN; 0 if there is none
    std::uint8_t flags = 0;           ///< bits of Flags
    std::uint8_t hopLimit = 0;        ///< TTL or hop limit; 0 if not known
    std::int8_t windowScale = -1;     ///< shift of the window scale option; -1 if absent
    bool sackPermitted = false;       ///< SACK-permitted option
    bool hasTimestamps = false;       ///< timestamps option
    std::uint8_t sackCount = 0;       ///< number of blocks in sack, 0 to 4
    std::array<SackBlock, 4> sack{};  ///< SACK blocks as sent

    [[nodiscard]] constexpr bool has(std::uint8_t bits) const { return (flags & bits) == bits; }
    [[nodiscard]] constexpr bool isSyn() const { return has(Flags::syn); }
    [[nodiscard]] constexpr bool isFin() const { return has(Flags::fin); }
    [[nodiscard]] constexpr bool isRst() const { return has(Flags::rst); }
    [[nodiscard]] constexpr bool isAck() const { return has(Flags::ack); }

    /** One past the payload: where a FIN of this segment stands. */
    [[nodiscard]] constexpr Sequence payloadEnd() const { return seq + length + (isSyn() ? 1U : 0U); }
    /** SEG.SEQ + SEG.LEN: SYN and FIN count one each (RFC 9293 section 3.4). */
    [[nodiscard]] constexpr Sequence end() const { return payloadEnd() + (isFin() ? 1U : 0U); }
};

} // namespace tcpstate
