#include "tee.h"

#include "plugin/wireshark_compat.h"
#include "segment_reader.h"
#include "session.h"

#include <epan/packet.h>
#include <epan/proto_data.h>

namespace tcpstate {

namespace {

constexpr guint32 tcpNumber = 6; // in the field Protocol of IPv4 and Next Header of IPv6

// Written once, at registration.
int protocolNumber = -1;
int teeNumber = -1;
dissector_handle_t original = nullptr;

/** How many segments of this frame have a Record already: several TCP layers are counted from the outermost. */
guint32 layersObserved(packet_info *pinfo) {
    guint32 layer = 0;
    while (p_get_proto_data(wmem_file_scope(), pinfo, protocolNumber, layer) != nullptr) {
        ++layer;
    }
    return layer;
}

void observe(tvbuff_t *tvb, packet_info *pinfo, const void *ipHeader) {
    Session *const open = session();
    if (open == nullptr) {
        return;
    }
    open->resolveStream();
    // Later visits render what the first one found. What an ICMP error quotes is no live segment.
    if (PINFO_FD_VISITED(pinfo) || pinfo->flags.in_error_pkt) {
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

} // namespace

void registerTee(int protocol) {
    protocolNumber = protocol;
    // In name only, so that it adds no layer to frame.protocols. Its parent is TCP: whoever disables TCP State must still
    // get TCP dissected.
    teeNumber =
        proto_register_protocol_in_name_only("Transmission Control Protocol, observed by TCP State", "TCP (TCP State)",
                                             "tcpstate.tee", proto_get_id_by_filter_name("tcp"), FT_PROTOCOL);
}

void handOffTee() {
    original = dissector_get_uint_handle(find_dissector_table("ip.proto"), tcpNumber);
    if (original != nullptr) {
        dissector_add_uint("ip.proto", tcpNumber, create_dissector_handle(tee, teeNumber));
    }
}

} // namespace tcpstate
