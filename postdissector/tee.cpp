#include "tee.h"

#include "plugin/wireshark_compat.h"
#include "segment_reader.h"
#include "session.h"

#include <epan/packet.h>
#include <epan/proto_data.h>

namespace tcpstate {

namespace {

// In the field Protocol of IPv4 and Next Header of IPv6.
constexpr guint32 tcpNumber = 6;
constexpr guint32 icmpNumber = 1;
constexpr guint32 icmp6Number = 58;

// Written once, at registration.
int protocolNumber = -1;
int teeNumber = -1;
dissector_handle_t original = nullptr;

/** The same for the two versions of ICMP, whose errors quote segments. */
struct IcmpTee {
    int protocol = -1;
    dissector_handle_t original = nullptr;
};
IcmpTee icmp4;
IcmpTee icmp6;

/** How many segments of this frame have a Record already: several TCP layers are counted from the outermost. */
guint32 layersObserved(packet_info *pinfo) {
    guint32 layer = 0;
    while (p_get_proto_data(wmem_file_scope(), pinfo, protocolNumber, layer) != nullptr) {
        ++layer;
    }
    return layer;
}

/** What an ICMP error quotes is no live segment, but evidence. */
void observeQuoted(tvbuff_t *tvb, packet_info *pinfo, Session &open) {
    IcmpError error = open.icmp();
    Flow flow;
    if (error.frame == pinfo->num && readQuotedSegment(tvb, pinfo, flow, error.seq)) {
        open.observeError(flow, error);
    }
}

void observe(tvbuff_t *tvb, packet_info *pinfo, const void *ipHeader) {
    Session *const open = session();
    if (open == nullptr) {
        return;
    }
    open->resolveStream();
    // Later visits render what the first one found.
    if (PINFO_FD_VISITED(pinfo)) {
        return;
    }
    if (pinfo->flags.in_error_pkt) {
        observeQuoted(tvb, pinfo, *open);
        return;
    }
    ReadSegment read;
    if (!readSegment(tvb, pinfo, ipHeader, read)) {
        return;
    }
    const guint32 layer = open->isLastFrame(pinfo->num) ? layersObserved(pinfo) : 0;
    if (void *const kept = open->observe(read.flow, read.segment, layer)) {
        p_add_proto_data(wmem_file_scope(), pinfo, protocolNumber, layer, kept);
    }
}

int tee(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *ipHeader) {
    observe(tvb, pinfo, ipHeader);
    // Nothing may follow: an exception in a dissector below jumps past us.
    return call_dissector_only(original, tvb, pinfo, tree, ipHeader);
}

/** Notes the ICMP message, whose header the TCP layer that it quotes cannot see. */
int teeIcmp(const IcmpTee &self, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *ipHeader) {
    Session *const open = session();
    if (open != nullptr && !PINFO_FD_VISITED(pinfo) && !pinfo->flags.in_error_pkt) {
        open->noteIcmp(readIcmp(tvb, pinfo, &self == &icmp6));
    }
    return call_dissector_only(self.original, tvb, pinfo, tree, ipHeader);
}

int teeIcmp4(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *ipHeader) {
    return teeIcmp(icmp4, tvb, pinfo, tree, ipHeader);
}

int teeIcmp6(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *ipHeader) {
    return teeIcmp(icmp6, tvb, pinfo, tree, ipHeader);
}

} // namespace

void registerTee(int protocol) {
    protocolNumber = protocol;
    // In name only, so that it adds no layer to frame.protocols. Its parent is TCP: whoever disables TCP State must still
    // get TCP dissected.
    teeNumber =
        proto_register_protocol_in_name_only("Transmission Control Protocol, observed by TCP State", "TCP (TCP State)",
                                             "tcpstate.tee", proto_get_id_by_filter_name("tcp"), FT_PROTOCOL);
    icmp4.protocol = proto_register_protocol_in_name_only("Internet Control Message Protocol, observed by TCP State",
                                                          "ICMP (TCP State)", "tcpstate.tee.icmp",
                                                          proto_get_id_by_filter_name("icmp"), FT_PROTOCOL);
    icmp6.protocol = proto_register_protocol_in_name_only("Internet Control Message Protocol v6, observed by TCP State",
                                                          "ICMPv6 (TCP State)", "tcpstate.tee.icmpv6",
                                                          proto_get_id_by_filter_name("icmpv6"), FT_PROTOCOL);
}

void handOffTee() {
    original = dissector_get_uint_handle(find_dissector_table("ip.proto"), tcpNumber);
    if (original != nullptr) {
        dissector_add_uint("ip.proto", tcpNumber, create_dissector_handle(tee, teeNumber));
    }
    icmp4.original = dissector_get_uint_handle(find_dissector_table("ip.proto"), icmpNumber);
    if (icmp4.original != nullptr) {
        dissector_add_uint("ip.proto", icmpNumber, create_dissector_handle(teeIcmp4, icmp4.protocol));
    }
    icmp6.original = dissector_get_uint_handle(find_dissector_table("ip.proto"), icmp6Number);
    if (icmp6.original != nullptr) {
        dissector_add_uint("ip.proto", icmp6Number, create_dissector_handle(teeIcmp6, icmp6.protocol));
    }
}

} // namespace tcpstate
