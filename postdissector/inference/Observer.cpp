#include "Observer.h"

#include "Hash.h"
#include "Judge.h"

#include <algorithm>
#include <bit>
#include <compare>

namespace tcpstate {

namespace {

BeforeReset beforeReset(const Connection &connection, Side sender) {
    const Endpoint &from = connection.endpoint(sender);
    const Endpoint &to = connection.endpoint(peer(sender));
    return {connection.phase(), from.state, to.state, from.closedByReset, to.revived, connection.lastTime()};
}

} // namespace

struct Observer::Key {
    Address lower;
    Address upper;
    std::uint16_t lowerPort = 0;
    std::uint16_t upperPort = 0;

    bool operator==(const Key &) const = default;

    /** Any order will do, so long as it is always the same. */
    static bool sourceIsLower(const Flow &flow) {
        const auto order = flow.source.words() <=> flow.destination.words();
        return std::is_lt(order) || (std::is_eq(order) && flow.sourcePort <= flow.destinationPort);
    }

    static Key of(const Flow &flow, bool sourceIsLower) {
        return sourceIsLower ? Key{flow.source, flow.destination, flow.sourcePort, flow.destinationPort}
                             : Key{flow.destination, flow.source, flow.destinationPort, flow.sourcePort};
    }

    [[nodiscard]] std::uint64_t hash(std::uint64_t seed) const {
        const Address::Words a = lower.words();
        const Address::Words b = upper.words();
        const std::uint64_t ports = std::uint64_t{lowerPort} << 16 | upperPort;
        if (lower.length == 4) {
            return mix(mix(seed, a[0] ^ std::rotl(b[0], 32)), ports);
        }
        return mix(mix(mix(mix(mix(seed, a[0]), a[1]), b[0]), b[1]), ports);
    }
};

/** The addresses are those of the endpoints' hosts: there may be half a million connections. */
struct Observer::Entry {
    Connection connection;
    std::uint16_t lowerPort = 0;
    std::uint16_t upperPort = 0;
    bool clientIsLower = false;

    [[nodiscard]] Side side(bool fromLower) const { return fromLower == clientIsLower ? Side::client : Side::server; }

    [[nodiscard]] bool matches(const Key &key, const HostTable &hosts) const {
        return lowerPort == key.lowerPort && upperPort == key.upperPort &&
               hosts[connection.endpoint(side(true)).host].address == key.lower &&
               hosts[connection.endpoint(side(false)).host].address == key.upper;
    }
};

struct Observer::Halves {
    State server;
    Phase phase;
    Side closer; ///< means something when half-closed

    bool operator==(const Halves &) const = default;

    [[nodiscard]] bool opening() const { return server == State::synReceived; }
    [[nodiscard]] bool halfClosed() const { return phase == Phase::halfClosed; }

    static Halves of(const Connection &connection) {
        return {connection.endpoint(Side::server).state, connection.phase(), connection.firstFin()};
    }
};

Observer::Observer(const Settings &settings, std::uint64_t seed)
    : settings_(settings), seed_(seed), hosts_(seed), slots_(64) {
}

Observer::~Observer() = default;

Observer::Entry &Observer::entry(ConnectionNumber number) const {
    return blocks_[number >> blockBits][number & ((1U << blockBits) - 1)];
}

const Connection &Observer::connection(ConnectionNumber number) const {
    return entry(number).connection;
}

Connection &Observer::edit(ConnectionNumber number) {
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
        if (slot.hash == hash && entry(slot.number).matches(key, hosts_)) {
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
    if (std::size_t{used_} + 1 > slots_.size() / 4 * 3) {
        grow();
    }
    if (count_ == blocks_.size() << blockBits) {
        blocks_.push_back(std::make_unique<Entry[]>(1U << blockBits));
    }
    const ConnectionNumber number = count_++;
    Entry &added = entry(number);
    added.lowerPort = key.lowerPort;
    added.upperPort = key.upperPort;
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
    const HostNumber lower = hosts_.numberOf(key.lower, segment.vlan);
    const HostNumber upper = hosts_.numberOf(key.upper, segment.vlan);
    added.connection.setHosts(clientIsLower ? lower : upper, clientIsLower ? upper : lower);
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
            const bool repeated = (from.sentSyn || to.sentSynAck) && from.hasInitial && segment.seq == from.initial;
            const bool crossing = !from.sentSyn && !from.sentSynAck && to.state == State::synSent && to.sentSyn;
            same = !connection.isOver() && (repeated || crossing);
        } else {
            const bool answers = to.hasInitial && after(segment.ack, to.initial) && !after(segment.ack, to.next);
            const bool repeated = from.hasInitial && segment.seq == from.initial;
            same = answers || repeated || (to.sentSyn && !from.sentSynAck);
        }
        return same ? current : open(key, hash, segment, fromLower, current);
    }
    if (segment.isAck() && !segment.isRst() && connection.foreign(segment, sender)) {
        const ConnectionNumber before = connection.previous();
        const bool straggler =
            before != noConnection && !entry(before).connection.foreign(segment, entry(before).side(fromLower));
        return straggler ? before : open(key, hash, segment, fromLower, current);
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
    severalInterfaces_ = severalInterfaces_ || (lastTime_ != 0 && segment.interface != interface_);
    interface_ = segment.interface;
    lastTime_ = std::max(lastTime_, segment.time);
    const bool fromLower = Key::sourceIsLower(flow);
    const Key key = Key::of(flow, fromLower);
    const std::uint64_t wideHash = key.hash(seed_);
    const auto hash = static_cast<std::uint32_t>(wideHash >> 32);
    const Sighting sighting = duplicates_.see(fromLower ? wideHash : ~wideHash, segment);

    ConnectionNumber number = noConnection;
    if (latest_ != noConnection && entry(latest_).matches(key, hosts_)) {
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
        observeAgain(number, segment, sender, record);
        return record;
    }
    placeHost(it, sender, segment);
    Host &speaking = hosts_[connection.endpoint(sender).host];
    const HeardReset &lastReset = speaking.troubles->lastReset;
    if (!segment.isRst() && lastReset.byDistance && lastReset.hopLimit == segment.hopLimit) {
        acquitPath(speaking); // it comes from there itself now: the path has changed
    }
    speaking.hear(segment, number);
    hosts_[connection.endpoint(peer(sender)).host].spokenTo();

    // The peer of a SYN that still has the older connection answers from there (RFC 9293 figure 9).
    const Endpoint &from = connection.endpoint(sender);
    const ConnectionNumber older = connection.previous();
    if (older != noConnection && from.state == State::listen && segment.isAck() && !segment.isSyn() &&
        !segment.isRst()) {
        const Entry &before = entry(older);
        const Side oldSide = before.side(fromLower);
        const Endpoint &old = before.connection.endpoint(oldSide);
        if (before.connection.plausible(segment, oldSide) &&
            (isSynchronised(old.state) || old.state == State::synReceived)) {
            connection.revive(sender, old, record);
            record.marks |= mark::challengeAck;
            record.halfOpen = HalfOpen::peerRestarted;
            // What had gone unanswered there had not reached this end, which is alive and still has the connection.
            settle(older, judgeSilence(matterOf(older), {false, segment.frame, false}), &record);
        }
    }
    const bool receiverRevived = connection.endpoint(peer(sender)).revived;
    const Phase phaseBefore = connection.phase();
    const Halves halves = Halves::of(connection);
    const BeforeReset reset = segment.isRst() ? beforeReset(connection, sender) : BeforeReset{};
    Silence ended;
    if (connection.silence().copies > 2 && connection.silence().speaker != sender) {
        ended = connection.silence();
    }
    const Sequence ackBefore = connection.endpoint(sender).ackSent;
    const bool hadAck = connection.endpoint(sender).hasAckSent;
    const Nanoseconds roundTrip = connection.observe(segment, sender, settings_, record);
    if (roundTrip > 0) {
        speaking.noteRoundTrip(roundTrip, phaseBefore == Phase::opening);
    }
    noteSurvivor(it);
    passFirewall(connection, segment, phaseBefore, record);
    countHalves(connection, halves, record);
    // What acknowledges none of it is no answer: it may only have opened the way again.
    const bool acknowledges = segment.isAck() && (after(segment.ack, ackBefore) || !hadAck);
    if (ended.copies != 0 && !segment.isRst() && !acknowledges && ended.keepAlives != ended.copies) {
        ended = {};
    }
    if (segment.isRst()) {
        judgeRst(number, segment, sender, reset, ended, record);
    } else if (mayMatter(connection, segment, speaking, ended, record)) {
        judgeLiving(number, segment, sender, ended, acknowledges, record);
    }
    if (receiverRevived && older != noConnection && record.acceptance == ResetAcceptance::accepted) {
        entry(older).connection.resetByLaterIncarnation();
    }
    return record;
}

/** What the chosen firewall's session table holds after this segment. */
void Observer::passFirewall(Connection &connection, const Segment &segment, Phase before, Record &record) const {
    SessionPhase next = SessionPhase::opening;
    switch (record.phase) {
    case Phase::unknown:
        return;
    case Phase::opening:
        next = connection.endpoint(Side::server).sentSynAck ? SessionPhase::handshake : SessionPhase::opening;
        break;
    case Phase::established:
        next = SessionPhase::established;
        break;
    case Phase::halfClosing:
    case Phase::halfClosed:
        next = SessionPhase::halfClosed;
        break;
    case Phase::closing:
        next = SessionPhase::closing;
        break;
    case Phase::closed:
        next = SessionPhase::closed;
        break;
    case Phase::reset:
        next = SessionPhase::reset;
        break;
    }
    const bool finAcknowledged = record.phase == Phase::halfClosed;
    const Passage passage = connection.firewallEntry().pass(settings_.firewall, segment.time, next, finAcknowledged);
    record.firewallPhase = passage.phase;
    if (passage.shown) {
        record.marks |= mark::firewallShown | (passage.finAcknowledged ? mark::finAcknowledged : 0U);
        record.firewallRemaining = passage.remaining;
    }
    if (passage.expired) {
        record.marks |= mark::firewallExpired;
    }
    if (passage.firstAfterExpiry && before == Phase::halfClosed) {
        record.marks |= mark::firewallRisk;
    }
}

/** Keeps the longest quiet that a connection of a server has outlived. */
void Observer::noteSurvivor(const Entry &it) {
    const Nanoseconds quiet = it.connection.survivedIdle();
    if (quiet < second) {
        return; // an ordinary pause
    }
    Survivor &survivor = hosts_[it.connection.endpoint(Side::server).host].survivor;
    if (quiet > survivor.quiet) {
        survivor = {quiet, it.connection.endpoint(Side::client).host, it.clientIsLower ? it.upperPort : it.lowerPort};
    }
}

/** A host is in the VLAN of the packets that it sends, which a router's trunk shows in another one than those to it. */
void Observer::placeHost(Entry &it, Side sender, const Segment &segment) {
    const Endpoint &from = it.connection.endpoint(sender);
    if (!from.heard() && hosts_[from.host].vlan != segment.vlan) {
        it.connection.setHost(sender, hosts_.numberOf(hosts_[from.host].address, segment.vlan));
    }
}

/** A further sighting of a packet. */
void Observer::observeAgain(ConnectionNumber number, const Segment &segment, Side sender, Record &record) {
    Connection &connection = edit(number);
    hosts_[connection.endpoint(sender).host].passBy(segment);
    const InterfaceNumber first = duplicates_.firstInterface();
    connection.observeDuplicate(segment, sender, first, record);
    if (first == segment.interface) {
        return;
    }
    vantagePoints_.pass(first, segment.interface, segment.time);
    const Verdict &reported = verdictOf(number);
    if (reported.has(sign::droppedBetween) && reported.speaker == sender && connection.silence().seenAgain != 0) {
        connection.setVerdictNumber(noVerdict); // one has come through after all
    }
}

/** Keeps the numbers of half-open and half-closed connections of each host. */
void Observer::countHalves(const Connection &connection, const Halves &before, Record &record) {
    const Halves now = Halves::of(connection);
    if (before == now) {
        return;
    }
    if (before.opening() != now.opening()) {
        Host &server = hosts_[connection.endpoint(Side::server).host];
        server.halfOpen += now.opening() ? 1U : ~0U;
        server.mostHalfOpen = std::max(server.mostHalfOpen, server.halfOpen);
        if (now.opening() && server.halfOpen == settings_.halfOpenLimit + 1 && !server.limitReported) {
            server.limitReported = true;
            record.marks |= mark::halfOpenLimit;
        }
    }
    if (before.halfClosed()) {
        --hosts_[connection.endpoint(before.closer).host].halfClosed;
    }
    if (now.halfClosed()) {
        Host &closer = hosts_[connection.endpoint(now.closer).host];
        closer.mostHalfClosed = std::max(closer.mostHalfClosed, ++closer.halfClosed);
    }
}

Matter Observer::matterOf(ConnectionNumber number) const {
    const Entry &it = entry(number);
    const std::uint16_t serverPort = it.clientIsLower ? it.upperPort : it.lowerPort;
    return {it.connection, number, hosts_, settings_, lastTime_, serverPort, severalInterfaces_, vantagePoints_};
}

const Verdict &Observer::verdictOf(ConnectionNumber number) const {
    static constexpr Verdict none;
    const std::uint32_t verdictNumber = entry(number).connection.verdictNumber();
    return verdictNumber == noVerdict ? none : verdicts_[verdictNumber];
}

void Observer::observeError(const Flow &flow, const IcmpError &error) {
    lastTime_ = std::max(lastTime_, error.time);
    const bool fromLower = Key::sourceIsLower(flow);
    const Key key = Key::of(flow, fromLower);
    const ConnectionNumber number = find(key, static_cast<std::uint32_t>(key.hash(seed_) >> 32));
    if (number == noConnection) {
        return;
    }
    settle(number, judgeIcmp(matterOf(number), error, entry(number).side(fromLower)), nullptr);
}

bool Observer::atRisk(ConnectionNumber number) const {
    Connection &connection = entry(number).connection;
    if (connection.phase() != Phase::halfClosed || verdictOf(number).kind != VerdictKind::none) {
        return false;
    }
    FirewallEntry atEnd = connection.firewallEntry();
    return atEnd.pass(settings_.firewall, lastTime_, atEnd.phase, atEnd.finAcknowledged).expired;
}

Flow Observer::flowOf(ConnectionNumber number) const {
    const Entry &it = entry(number);
    return {hosts_[it.connection.endpoint(Side::client).host].address,
            hosts_[it.connection.endpoint(Side::server).host].address, it.clientIsLower ? it.lowerPort : it.upperPort,
            it.clientIsLower ? it.upperPort : it.lowerPort};
}

} // namespace tcpstate
