#include "session.h"

#include "plugin/wireshark_compat.h"

#include <epan/conversation.h>
#include <epan/dissectors/packet-tcp.h>
#include <wsutil/report_message.h>

#include <exception>
#include <memory>
#include <new>

namespace tcpstate {

namespace {

std::unique_ptr<Session> current;

bool sameFlow(const Flow &one, const Flow &other) {
    return one.sourcePort == other.sourcePort && one.destinationPort == other.destinationPort &&
           one.source == other.source && one.destination == other.destination;
}

bool sameHeader(const Segment &one, const Segment &other) {
    return one.time == other.time && one.seq == other.seq && one.ack == other.ack && one.flags == other.flags &&
           one.length == other.length && one.checksum == other.checksum && one.interface == other.interface &&
           one.identification == other.identification && one.hopLimit == other.hopLimit;
}

std::uint64_t randomSeed() {
    return std::uint64_t{g_random_int()} << 32 | g_random_int();
}

address toWireshark(const Address &from) {
    address result = ADDRESS_INIT_NONE;
    if (from.length != 0) {
        set_address(&result, from.length == 4 ? AT_IPv4 : AT_IPv6, from.length, from.bytes.data());
    }
    return result;
}

/** The stream that the TCP dissector has for a flow, by its conversation; noStream if there is none. */
std::uint32_t streamOfConversation(const Flow &flow, std::uint32_t frame) {
    const address source = toWireshark(flow.source);
    const address destination = toWireshark(flow.destination);
    conversation_t *const conversation =
        find_conversation(frame, &source, &destination, CONVERSATION_TCP, flow.sourcePort, flow.destinationPort, 0);
    if (conversation == nullptr) {
        return noStream;
    }
    // Not get_tcp_conversation_data(), which would make data where there are none and turn them to the packet at hand.
    const auto *const data = static_cast<const tcp_analysis *>(
        conversation_get_proto_data(conversation, proto_get_id_by_filter_name("tcp")));
    return data == nullptr ? noStream : data->stream;
}

} // namespace

Session::Session(const Settings &settings) : settings_(settings), observer_(settings, randomSeed()) {
}

void *Session::observe(const Flow &flow, const Segment &segment, unsigned layer) noexcept {
    if (gaveUp_ || finished_) {
        return nullptr;
    }
    try {
        if (void *const kept = seenBefore(flow, segment, layer)) {
            return kept;
        }
        framesAreNumbered_ = framesAreNumbered_ && (segment.frame > lastNumber_ || layer != 0);
        lastNumber_ = segment.frame;
        const std::uint32_t connections = observer_.connectionCount();
        const Record record = observer_.observe(flow, segment);
        if (observer_.connectionCount() != connections) {
            beginning_ = {flow, record.connection, get_tcp_stream_count(), segment.frame};
        }
        void *const kept = records_.keep(record);
        remember({flow, segment, kept}, layer);
        return kept;
    } catch (const std::exception &) {
        giveUp(segment.frame);
        return nullptr;
    }
}

void Session::observeError(const Flow &quoted, const IcmpError &error) noexcept {
    if (gaveUp_ || finished_) {
        return;
    }
    try {
        observer_.observeError(quoted, error);
    } catch (const std::exception &) {
        giveUp(error.frame);
    }
}

/**
 * Opening a file with a read filter, the Wireshark window dissects each packet twice before it counts as visited, once
 * for the filter and once for the list: the second time is no second packet.
 */
void *Session::seenBefore(const Flow &flow, const Segment &segment, unsigned layer) const {
    if (layer >= lastFrame_.size()) {
        return nullptr;
    }
    const Seen &seen = lastFrame_[layer];
    const bool same =
        seen.segment.frame == segment.frame && sameHeader(seen.segment, segment) && sameFlow(seen.flow, flow);
    return same ? seen.kept : nullptr;
}

void Session::remember(const Seen &seen, unsigned layer) {
    if (layer == 0 && lastFrame_.size() == 1) {
        lastFrame_.front() = seen;
        return;
    }
    hasSeveralLayers_ = hasSeveralLayers_ || layer > 0;
    lastFrame_.resize(layer);
    lastFrame_.push_back(seen);
}

void Session::resolveStream() {
    if (beginning_.connection == noConnection) {
        return;
    }
    // A conversation that the TCP dissector made for this segment got the next number. It makes none where we see a
    // new incarnation and it does not, or where an ICMP error has quoted the connection before.
    const std::uint32_t stream = get_tcp_stream_count() != beginning_.streams
                                     ? beginning_.streams
                                     : streamOfConversation(beginning_.flow, beginning_.frame);
    observer_.setStream(beginning_.connection, stream);
    beginning_.connection = noConnection;
}

void Session::finish() noexcept {
    if (gaveUp_ || finished_) {
        return;
    }
    try {
        observer_.finish();
        finished_ = true;
    } catch (const std::exception &) {
        giveUp(0);
    }
}

void Session::giveUp(std::uint32_t frame) {
    gaveUp_ = true;
    beginning_.connection = noConnection;
    report_failure("tcpstate: out of memory at frame %u; the packets from there on carry no TCP State. Close other "
                   "files, or split the capture (editcap -c 1000000 IN OUT) and open the parts.",
                   frame);
}

Session *session() {
    return current.get();
}

void beginSession(const Settings &settings) {
    try {
        current = std::make_unique<Session>(settings);
    } catch (const std::exception &) {
        current.reset();
        report_failure("tcpstate: out of memory; this file is shown without TCP State. Close other files and reload.");
    }
}

void finishSession() {
    if (current != nullptr) {
        current->finish();
    }
}

void endSession() {
    current.reset();
}

} // namespace tcpstate
