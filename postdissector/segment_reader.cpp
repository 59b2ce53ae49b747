#include "segment_reader.h"

#include <epan/dissectors/packet-ip.h>
#include <wiretap/wtap.h>

#include <algorithm>
#include <cstring>

namespace tcpstate {

namespace {

// The header of RFC 9293 section 3.1.
constexpr unsigned minimumHeader = 20;
constexpr unsigned upToFlags = 14; // ports, numbers, data offset and flags: nothing works without them
constexpr unsigned upToWindow = 16;
constexpr unsigned upToChecksum = 18;

// Option kinds.
constexpr std::uint8_t optionEnd = 0;
constexpr std::uint8_t optionNoOperation = 1;
constexpr std::uint8_t optionMaximumSegment = 2;
constexpr std::uint8_t optionWindowScale = 3;
constexpr std::uint8_t optionSackPermitted = 4;
constexpr std::uint8_t optionSack = 5;
constexpr std::uint8_t optionTimestamps = 8;

std::uint16_t read16(const std::uint8_t *bytes) {
    return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
}

std::uint32_t read32(const std::uint8_t *bytes) {
    return std::uint32_t{read16(bytes)} << 16 | read16(bytes + 2);
}

void readTimestamps(const std::uint8_t *values, Segment &segment) {
    segment.hasTimestamps = true;
    segment.timestampValue = read32(values);
    segment.timestampEcho = read32(values + 4);
}

void readSack(const std::uint8_t *blocks, std::size_t length, Segment &segment) {
    for (; length >= 8 && segment.sackCount < segment.sack.size(); blocks += 8, length -= 8) {
        segment.sack[segment.sackCount++] = {read32(blocks), read32(blocks + 4)};
    }
}

void readOption(std::uint8_t kind, const std::uint8_t *value, std::size_t length, Segment &segment) {
    if (kind == optionTimestamps && length == 8) {
        readTimestamps(value, segment);
    } else if (kind == optionSack) {
        readSack(value, length, segment);
    } else if (kind == optionMaximumSegment && length == 2) {
        segment.maximumSegment = read16(value);
    } else if (kind == optionWindowScale && length == 1) {
        // RFC 7323 section 2.3: a greater shift counts as 14.
        segment.windowScale = static_cast<std::int8_t>(std::min<unsigned>(*value, 14));
    } else if (kind == optionSackPermitted && length == 0) {
        segment.sackPermitted = true;
    }
}

void readOptions(const std::uint8_t *options, std::size_t length, Segment &segment) {
    // Nearly every segment of nearly every connection carries just this: two fillers and the timestamps.
    static constexpr std::uint8_t commonStart[4] = {optionNoOperation, optionNoOperation, optionTimestamps, 10};
    if (length == 12 && std::memcmp(options, commonStart, sizeof commonStart) == 0) {
        readTimestamps(options + 4, segment);
        return;
    }
    while (length > 0 && *options != optionEnd) {
        if (*options == optionNoOperation) {
            ++options;
            --length;
            continue;
        }
        if (length < 2 || options[1] < 2 || options[1] > length) {
            return; // cut by the snap length, or nonsense
        }
        const std::size_t size = options[1];
        readOption(options[0], options + 2, size - 2, segment);
        options += size;
        length -= size;
    }
}

InterfaceNumber readInterface(const wtap_rec *record) {
    if (record == nullptr || record->rec_type != REC_TYPE_PACKET ||
        (record->presence_flags & WTAP_HAS_INTERFACE_ID) == 0) {
        return 0;
    }
    const std::uint32_t number = record->rec_header.packet_header.interface_id;
    return static_cast<InterfaceNumber>(std::min<std::uint32_t>(number, mostInterfaces));
}

void readAddress(const address &from, Address &to) {
    if (from.type == AT_IPv4 && from.len == 4) {
        std::memcpy(to.bytes.data(), from.data, 4);
        to.length = 4;
        return;
    }
    const auto length = std::min(static_cast<std::size_t>(std::max(from.len, 0)), to.bytes.size());
    if (length != 0 && from.data != nullptr) {
        std::memcpy(to.bytes.data(), from.data, length);
        to.length = static_cast<std::uint8_t>(length);
    }
}

void readIpHeader(const void *header, Segment &segment) {
    // After reassembly these are the last fragment's, so nothing is taken but what all fragments share.
    if (const ws_ip4 *const ip = WS_IP4_PTR(const_cast<void *>(header))) {
        segment.hopLimit = ip->ip_ttl;
        segment.identification = ip->ip_id;
    } else if (const ws_ip6 *const ip6 = WS_IP6_PTR(const_cast<void *>(header))) {
        segment.hopLimit = ip6->ip6_hop;
    }
}

} // namespace

bool readSegment(tvbuff_t *tvb, const packet_info *pinfo, const void *ipHeader, ReadSegment &result) {
    const unsigned captured = tvb_captured_length(tvb);
    const unsigned reported = tvb_reported_length(tvb);
    if (captured < upToFlags || reported < minimumHeader) {
        return false;
    }
    const unsigned readable = std::min(captured, minimumHeader);
    const std::uint8_t *header = tvb_get_ptr(tvb, 0, static_cast<gint>(readable));
    const unsigned headerLength = (header[12] >> 4) * 4U;
    if (headerLength < minimumHeader || headerLength > reported) {
        return false;
    }

    Flow &flow = result.flow;
    readAddress(pinfo->net_src, flow.source);
    readAddress(pinfo->net_dst, flow.destination);
    flow.sourcePort = read16(header);
    flow.destinationPort = read16(header + 2);

    Segment &segment = result.segment;
    segment.time = readTime(pinfo->abs_ts);
    segment.frame = pinfo->num;
    segment.interface = readInterface(pinfo->rec);
    segment.vlan = static_cast<std::uint16_t>(pinfo->vlan_id);
    segment.seq = read32(header + 4);
    segment.ack = read32(header + 8);
    segment.length = reported - headerLength;
    segment.flags = header[13];
    if (readable >= upToWindow) {
        segment.window = read16(header + 14);
    }
    if (readable >= upToChecksum) {
        segment.checksum = read16(header + 16);
    }
    if (pinfo->fragmented) {
        segment.flags &= static_cast<std::uint8_t>(~Flags::fin);
    }
    readIpHeader(ipHeader, segment);

    const unsigned optionsEnd = std::min(captured, headerLength);
    if (optionsEnd > minimumHeader) {
        const auto length = static_cast<gint>(optionsEnd - minimumHeader);
        readOptions(tvb_get_ptr(tvb, minimumHeader, length), optionsEnd - minimumHeader, segment);
    }
    return true;
}

bool readQuotedSegment(tvbuff_t *tvb, const packet_info *pinfo, Flow &flow, Sequence &seq) {
    constexpr unsigned quoted = 8; // RFC 792: the internet header and 64 bits of the original datagram
    if (tvb_captured_length(tvb) < quoted) {
        return false;
    }
    const std::uint8_t *const header = tvb_get_ptr(tvb, 0, quoted);
    readAddress(pinfo->net_src, flow.source);
    readAddress(pinfo->net_dst, flow.destination);
    flow.sourcePort = read16(header);
    flow.destinationPort = read16(header + 2);
    seq = read32(header + 4);
    return true;
}

namespace {

IcmpReason reasonOf(std::uint8_t type, std::uint8_t code) {
    constexpr std::uint8_t destinationUnreachable = 3;
    if (type != destinationUnreachable) {
        return IcmpReason::other;
    }
    switch (code) { // RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1
    case 0:
    case 1:
        return IcmpReason::unreachable;
    case 3:
        return IcmpReason::port;
    case 4:
        return IcmpReason::fragmentation;
    case 9:
    case 10:
    case 13:
        return IcmpReason::prohibited;
    default:
        return IcmpReason::other;
    }
}

IcmpReason reasonOf6(std::uint8_t type, std::uint8_t code) {
    constexpr std::uint8_t destinationUnreachable = 1;
    constexpr std::uint8_t packetTooBig = 2;
    if (type == packetTooBig) {
        return IcmpReason::fragmentation;
    }
    if (type != destinationUnreachable) {
        return IcmpReason::other;
    }
    switch (code) { // RFC 4443 section 3.1
    case 0:
    case 3:
        return IcmpReason::unreachable;
    case 1:
    case 5:
    case 6:
        return IcmpReason::prohibited;
    case 4:
        return IcmpReason::port;
    default:
        return IcmpReason::other;
    }
}

} // namespace

IcmpError readIcmp(tvbuff_t *tvb, const packet_info *pinfo, bool version6) {
    IcmpError message;
    message.time = readTime(pinfo->abs_ts);
    message.frame = pinfo->num;
    readAddress(pinfo->net_src, message.sender);
    if (tvb_captured_length(tvb) >= 2) {
        const std::uint8_t *const header = tvb_get_ptr(tvb, 0, 2);
        message.type = header[0];
        message.code = header[1];
        message.reason = version6 ? reasonOf6(header[0], header[1]) : reasonOf(header[0], header[1]);
    }
    return message;
}

} // namespace tcpstate
