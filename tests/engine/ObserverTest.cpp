// Many connections at once: each segment finds its own. Expected by hand.
#include "Observer.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace tcpstate {

namespace {

Address ipv4(std::uint8_t last) {
    Address result;
    result.bytes = {10, 0, 2, last};
    result.length = 4;
    return result;
}

/** An address of 2001:db8::/32; `last` is its last byte. */
Address ipv6(std::uint8_t last) {
    Address result;
    result.bytes = {0x20, 0x01, 0x0d, 0xb8};
    result.bytes[15] = last;
    result.length = 16;
    return result;
}

Segment segment(std::uint32_t frame, std::uint8_t flags, Sequence seq, Sequence ack) {
    Segment result;
    result.frame = frame;
    result.time = second + Nanoseconds{frame} * millisecond;
    result.flags = flags;
    result.seq = seq;
    result.ack = ack;
    result.window = 1000;
    result.hopLimit = 64;
    result.identification = static_cast<std::uint16_t>(frame);
    return result;
}

} // namespace

// Two servers fall silent for one client at once, one of them in the middle of an exchange: its own network, perhaps.
TEST(Observer, SpeakerThatHearsNobody) {
    Observer observer({});
    std::uint32_t frame = 0;
    const auto send = [&](std::uint8_t from, std::uint8_t to, double time, std::uint8_t flags, Sequence seq,
                          Sequence ack, std::uint32_t length) {
        const bool client = from == 10;
        Segment sent = segment(++frame, flags, seq, ack);
        sent.time = second + static_cast<Nanoseconds>(time * 1e9);
        sent.length = length;
        const Flow flow{ipv4(from), ipv4(to), static_cast<std::uint16_t>(client ? 40000 : 80),
                        static_cast<std::uint16_t>(client ? 80 : 40000)};
        static_cast<void>(observer.observe(flow, sent));
    };
    for (const std::uint8_t server : {std::uint8_t{20}, std::uint8_t{30}}) {
        const double start = server == 20 ? 0 : 399;
        send(10, server, start, Flags::syn, 1000, 0, 0);
        send(server, 10, start + 0.1, Flags::syn | Flags::ack, 5000, 1001, 0);
        send(10, server, start + 0.2, Flags::ack, 1001, 5001, 100);
        send(server, 10, start + 0.3, Flags::ack, 5001, 1101, 100);
        send(10, server, start + 0.4, Flags::ack, 1101, 5101, 0);
    }
    for (const double after : {0.0, 0.2, 0.6, 1.4, 3.0, 6.2, 12.6, 25.4}) {
        send(10, 30, 399.5 + after, Flags::ack, 1101, 5101, 100);
        send(10, 20, 399.6 + after, Flags::ack, 1101, 5101, 100);
    }
    observer.finish();
    EXPECT_EQ(VerdictKind::peerGone, observer.verdictOf(0).kind);
    EXPECT_EQ(Confidence::possible, observer.verdictOf(0).confidence);
    EXPECT_TRUE(observer.verdictOf(0).has(sign::nobodyHeard));
}

// The table grows several times on the way; whoever answers still finds the connection that was begun.
TEST(Observer, ManyConnections) {
    constexpr std::uint32_t connections = 5000;
    Observer observer({});
    for (std::uint32_t i = 0; i < connections; ++i) {
        const Flow flow{ipv4(10), ipv4(20), static_cast<std::uint16_t>(10000 + i), 80};
        ASSERT_EQ(i, observer.observe(flow, segment(i + 1, Flags::syn, 1000 + i, 0)).connection);
    }
    for (std::uint32_t i = 0; i < connections; ++i) {
        const Flow answer{ipv4(20), ipv4(10), 80, static_cast<std::uint16_t>(10000 + i)};
        const Record record =
            observer.observe(answer, segment(connections + i + 1, Flags::syn | Flags::ack, 5000, 1001 + i));
        ASSERT_EQ(i, record.connection);
        ASSERT_EQ(State::established, record.state(Side::client));
        ASSERT_EQ(State::synReceived, record.state(Side::server));
    }
    EXPECT_EQ(connections, observer.connectionCount());
}

// IPv6 hosts of one network differ in their last bytes only; and 192.0.2.10 is not the IPv6 address with these bytes.
TEST(Observer, AddressesThatDifferInTheirLastByte) {
    Observer observer({});
    const Segment syn = segment(1, Flags::syn, 1000, 0);
    EXPECT_EQ(0U, observer.observe({ipv6(1), ipv6(9), 40000, 80}, syn).connection);
    EXPECT_EQ(1U, observer.observe({ipv6(2), ipv6(9), 40000, 80}, segment(2, Flags::syn, 1000, 0)).connection);
    EXPECT_EQ(
        0U,
        observer.observe({ipv6(9), ipv6(1), 80, 40000}, segment(3, Flags::syn | Flags::ack, 5000, 1001)).connection);
    Address long_ = ipv4(10);
    long_.length = 16;
    EXPECT_EQ(2U, observer.observe({ipv4(10), ipv4(20), 40000, 80}, segment(4, Flags::syn, 1000, 0)).connection);
    EXPECT_EQ(3U, observer.observe({long_, ipv4(20), 40000, 80}, segment(5, Flags::syn, 1000, 0)).connection);
}

// A server with more unfinished handshakes than the user allows: said at the first one beyond the limit, and once.
TEST(Observer, LimitOfHalfOpenConnections) {
    Settings settings;
    settings.halfOpenLimit = 3;
    Observer observer(settings);
    std::uint32_t frame = 0;
    for (std::uint16_t i = 0; i < 6; ++i) {
        const auto port = static_cast<std::uint16_t>(40000 + i);
        static_cast<void>(observer.observe({ipv4(10), ipv4(20), port, 80}, segment(++frame, Flags::syn, 1000, 0)));
        const Record record =
            observer.observe({ipv4(20), ipv4(10), 80, port}, segment(++frame, Flags::syn | Flags::ack, 5000, 1001));
        EXPECT_EQ(i == 3, record.marked(mark::halfOpenLimit)) << i;
    }
    const HostNumber server = observer.connection(0).endpoint(Side::server).host;
    EXPECT_EQ(6U, observer.hosts()[server].mostHalfOpen);
}

// Two hosts, whose addresses and ports differ in the same bits, send FINs with one identification at almost one moment: two
// packets, not one seen twice.
TEST(Observer, TwoHostsThatDifferAlikeInAddressAndPort) {
    Observer observer({});
    const Address one{.bytes = {10, 1, 0, 1}, .length = 4};
    const Address other{.bytes = {10, 1, 0, 2}, .length = 4};
    const Flow flows[] = {{one, ipv4(20), 40000, 443}, {other, ipv4(20), 40000 ^ 0x0300, 443}};
    std::uint32_t frame = 0;
    for (const Flow &flow : flows) {
        Segment fin = segment(++frame, Flags::fin | Flags::ack, 1000, 5000);
        fin.identification = 77;
        fin.hopLimit = static_cast<std::uint8_t>(64 - frame);
        const Record record = observer.observe(flow, fin);
        EXPECT_EQ(frame - 1, record.connection);
        EXPECT_FALSE(record.marked(mark::duplicate));
    }
}

// A FIN that was none, and then the other side's: each counts for its own host, and nothing below zero.
TEST(Observer, HalfClosedConnectionsOfAHostAfterAFinThatWasNone) {
    Observer observer({});
    const Flow client{ipv4(10), ipv4(20), 40000, 80};
    const Flow server{ipv4(20), ipv4(10), 80, 40000};
    static_cast<void>(observer.observe(client, segment(1, Flags::syn, 1000, 0)));
    static_cast<void>(observer.observe(server, segment(2, Flags::syn | Flags::ack, 5000, 1001)));
    static_cast<void>(observer.observe(client, segment(3, Flags::ack, 1001, 5001)));
    static_cast<void>(observer.observe(client, segment(4, Flags::fin | Flags::ack, 1001, 5001)));
    static_cast<void>(observer.observe(server, segment(5, Flags::ack, 5001, 1002)));
    const Endpoint &atClient = observer.connection(0).endpoint(Side::client);
    const Endpoint &atServer = observer.connection(0).endpoint(Side::server);
    EXPECT_EQ(1U, observer.hosts()[atClient.host].halfClosed);
    Segment beyond = segment(6, Flags::ack, 1002, 5001);
    beyond.length = 10;
    static_cast<void>(observer.observe(client, beyond));
    static_cast<void>(observer.observe(server, segment(7, Flags::fin | Flags::ack, 5001, 1012)));
    EXPECT_EQ(0U, observer.hosts()[atClient.host].halfClosed);
    EXPECT_EQ(0U, observer.hosts()[atServer.host].halfClosed);
    EXPECT_EQ(0U, observer.hosts()[atServer.host].mostHalfClosed);
    static_cast<void>(observer.observe(client, segment(8, Flags::ack, 1012, 5002)));
    EXPECT_EQ(1U, observer.hosts()[atServer.host].halfClosed);
}

// The peer's VLAN is that of its own packets: on a router's trunk those to it are in another one.
TEST(Observer, AHostIsInTheVlanOfItsOwnPackets) {
    Observer observer({});
    const auto in = [](Segment result, std::uint16_t vlan) {
        result.vlan = vlan;
        return result;
    };
    const Flow client{ipv4(10), ipv4(20), 40000, 80};
    const Flow server{ipv4(20), ipv4(10), 80, 40000};
    static_cast<void>(observer.observe(client, in(segment(1, Flags::syn, 1000, 0), 10)));
    static_cast<void>(observer.observe(server, in(segment(2, Flags::syn | Flags::ack, 5000, 1001), 20)));
    // The other connection is opened by the server.
    static_cast<void>(observer.observe({ipv4(20), ipv4(10), 50000, 22}, in(segment(3, Flags::syn, 1, 0), 20)));
    const HostNumber first = observer.connection(0).endpoint(Side::server).host;
    EXPECT_EQ(first, observer.connection(1).endpoint(Side::client).host);
    EXPECT_EQ(20U, observer.hosts()[first].vlan);
    EXPECT_EQ(ipv4(20), observer.hosts()[first].address);
}

} // namespace tcpstate
