#include "Observer.h"

#include <algorithm>
#include <cstring>

namespace tcpstate {

namespace {

constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    std::uint64_t h = (a ^ b) * 0x9e3779b97f4a7c15ULL;
    return h ^ (h >> 32);
}

struct Words {
    std::uint64_t high;
    std::uint64_t low;
};

Words words(const Address &address) {
    Words result{};
    std::memcpy(&result.high, address.bytes.data(), 8);
    std::memcpy(&result.low, address.bytes.data() + 8, 8);
    return result;
}

} // namespace

struct Observer::Key {
    Address lower;
    Address upper;
    std::uint16_t lowerPort = 0;
    std::uint16_t upperPort = 0;

    bool operator==(const Key &) const = default;

    static bool sourceIsLower(const Flow &flow) {
        const int order = std::memcmp(flow.source.bytes.data(), flow.destination.bytes.data(), 16);
        return order < 0 || (order == 0 && flow.sourcePort <= flow.destinationPort);
    }

    static Key of(const Flow &flow, bool sourceIsLower) {
        return sourceIsLower ? Key{flow.source, flow.destination, flow.sourcePort, flow.destinationPort}
                             : Key{flow.destination, flow.source, flow.destinationPort, flow.sourcePort};
    }

    [[nodiscard]] std::uint64_t hash() const {
        const Words a = words(lower);
        const Words b = words(upper);
        std::uint64_t h = mix(a.high, (std::uint64_t{lowerPort} << 16) | upperPort);
        h = mix(h, b.high);
        if (lower.length > 8) {
            h = mix(mix(h, a.low), b.low);
        }
        return h;
    }
};

struct Observer::Entry {
    Connection connection;
    Key key;
    bool clientIsLower = false;

    [[nodiscard]] Side side(bool fromLower) const { return fromLower == clientIsLower ? Side::client : Side::server; }
};

Observer::Observer(const Settings &settings) : settings_(settings), slots_(64) {}

Observer::~Observer() = default;

Observer::Entry &Observer::entry(ConnectionNumber number) const {
    return blocks_[number >> blockBits][number & ((1U << blockBits) - 1)];
}

const Connection &Observer::connection(ConnectionNumber number) const {
    return entry(number).connection;
}

void Observer::setStream(ConnectionNumber number, std::uint32_t stream) {
    entry(number).connection.setStream(stream);
}

ConnectionNumber Observer::find(const Key &key, std::uint32_t hash) const {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
        const Slot &slot = slots_[at];
        if (slot.number == noConnection) {
            return noConnection;
        }
        if (slot.hash == hash && entry(slot.number).key == key) {
            return slot.number;
        }
    }
}

/** Puts the newest incarnation of a key into the table, in place of the one before it. */
void Observer::insert(std::uint32_t hash, ConnectionNumber number, ConnectionNumber replaces) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].number != replaces && slots_[at].number != noConnection) {
        at = (at + 1) & mask;
    }
    if (slots_[at].number == noConnection) {
        ++used_;
    }
    slots_[at] = {hash, number};
}

void Observer::grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    used_ = 0;
    for (const Slot &slot : old) {
        if (slot.number != noConnection) {
            insert(slot.hash, slot.number, noConnection);
        }
    }
}

ConnectionNumber Observer::add(const Key &key, std::uint32_t hash, bool clientIsLower, ConnectionNumber previous) {
    if ((used_ + 1) * 4 > slots_.size() * 3) {
        grow();
    }
    if (count_ == blocks_.size() << blockBits) {
        blocks_.push_back(std::make_unique<Entry[]>(1U << blockBits));
    }
    const ConnectionNumber number = count_++;
    Entry &added = entry(number);
    added.key = key;
    added.clientIsLower = clientIsLower;
    added.connection.setPrevious(previous);
    insert(hash, number, previous);
    return number;
}

/** Begins a connection with the segment that shows it first. */
ConnectionNumber Observer::open(const Key &key, std::uint32_t hash, const Segment &segment, bool fromLower,
                                ConnectionNumber previous) {
    Opening opening = Opening::midstream;
    bool clientIsLower = fromLower;
    if (segment.isSyn() && !segment.isFin() && !segment.isRst()) {
        opening = segment.isAck() ? Opening::synAck : Opening::syn;
        clientIsLower = segment.isAck() ? !fromLower : fromLower;
    } else {
        // The server is the side with the lower (well-known) port; between equals, the receiver.
        const std::uint16_t source = fromLower ? key.lowerPort : key.upperPort;
        const std::uint16_t destination = fromLower ? key.upperPort : key.lowerPort;
        clientIsLower = source >= destination ? fromLower : !fromLower;
    }
    const ConnectionNumber number = add(key, hash, clientIsLower, previous);
    Entry &added = entry(number);
    added.connection.begin(segment, added.side(fromLower), opening);
    return number;
}

/** The incarnation to which a segment belongs, begun if need be. */
ConnectionNumber Observer::incarnation(const Key &key, std::uint32_t hash, const Segment &segment, bool fromLower,
                                       ConnectionNumber current) {
    Entry &it = entry(current);
    const Connection &connection = it.connection;
    const Side sender = it.side(fromLower);
    const Endpoint &from = connection.endpoint(sender);
    const Endpoint &to = connection.endpoint(peer(sender));
    if (segment.isSyn()) {
        if (segment.isFin() || segment.isRst()) {
            return current;
        }
        bool same = false;
        if (!segment.isAck()) {
            const bool repeated = from.sentSyn && segment.seq == from.initial;
            const bool crossing = !from.sentSyn && !from.sentSynAck && to.state == State::synSent && to.sentSyn;
            same = !connection.isOver() && (repeated || crossing);
        } else {
            const bool answers = to.hasInitial && after(segment.ack, to.initial) && !after(segment.ack, to.next);
            const bool repeated = from.hasInitial && segment.seq == from.initial;
            same = answers ? !connection.isOver() || repeated : repeated || (to.sentSyn && !from.sentSynAck);
        }
        return same ? current : open(key, hash, segment, fromLower, current);
    }
    const ConnectionNumber older = connection.previous();
    if (older != noConnection && !to.revived && !from.revived && from.hasInitial &&
        !connection.plausible(segment, sender)) {
        const Entry &before = entry(older);
        if (before.connection.plausible(segment, before.side(fromLower))) {
            return older; // a straggler of the incarnation before
        }
    }
    return current;
}

Record Observer::observe(const Flow &flow, const Segment &segment) {
    Record record;
    lastTime_ = std::max(lastTime_, segment.time);
    const bool fromLower = Key::sourceIsLower(flow);
    const Key key = Key::of(flow, fromLower);
    const std::uint64_t wideHash = key.hash();
    const auto hash = static_cast<std::uint32_t>(wideHash >> 32);
    const Sighting sighting = duplicates_.see(fromLower ? wideHash : ~wideHash, segment);

    ConnectionNumber number = noConnection;
    if (latest_ != noConnection && entry(latest_).key == key) {
        number = latest_;
    } else {
        number = find(key, hash);
        latest_ = number;
    }
    if (number == noConnection) {
        number = open(key, hash, segment, fromLower, noConnection);
        latest_ = number;
    } else if (sighting == Sighting::first) {
        const ConnectionNumber current = incarnation(key, hash, segment, fromLower, number);
        if (current != number && current > number) {
            latest_ = current;
        }
        number = current;
    }
    record.connection = number;
    Entry &it = entry(number);
    const Side sender = it.side(fromLower);
    Connection &connection = it.connection;
    if (sighting != Sighting::first) {
        connection.observeDuplicate(segment, sender, record);
        return record;
    }

    // The peer of a SYN that still has the older connection answers from there (RFC 9293 figure 9).
    const Endpoint &from = connection.endpoint(sender);
    const ConnectionNumber older = connection.previous();
    if (older != noConnection && from.state == State::listen && segment.isAck() && !segment.isSyn() &&
        !segment.isRst()) {
        const Entry &before = entry(older);
        const Side oldSide = before.side(fromLower);
        const Endpoint &old = before.connection.endpoint(oldSide);
        if (before.connection.plausible(segment, oldSide) && isSynchronised(old.state)) {
            connection.revive(sender, old, record);
        }
    }
    const bool receiverRevived = connection.endpoint(peer(sender)).revived;
    connection.observe(segment, sender, settings_, record);
    if (receiverRevived && older != noConnection && record.acceptance == ResetAcceptance::accepted) {
        entry(older).connection.resetByLaterIncarnation();
    }
    return record;
}

void Observer::finish() {
    for (ConnectionNumber number = 0; number < count_; ++number) {
        entry(number).connection.finish(lastTime_, settings_);
    }
}

} // namespace tcpstate
