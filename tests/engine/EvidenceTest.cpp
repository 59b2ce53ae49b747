// What a verdict rests on: its signs, and the packets that it names. Expected by hand.
#include "Observer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>

namespace tcpstate {

namespace {

/** What a packet has beside its numbers. */
struct Extra {
    InterfaceNumber interface = 0;
    std::uint16_t identification = 0; ///< 0: one of its own
    std::uint8_t hopLimit = 64;
    std::uint16_t connection = 0; ///< of the two hosts
};

/** Two hosts that speak in turn; frames are numbered from 1, times are seconds, numbers relative to 1000 and 5000. */
class Scene {
  public:
    explicit Scene(const Settings &settings = {}) : observer_(settings) {}

    std::uint32_t client(double time, std::string_view flags, Sequence seq, std::uint32_t length, Sequence ack,
                         Extra extra = {}) {
        const auto port = static_cast<std::uint16_t>(40000 + extra.connection);
        return send({address(10), address(20), port, 80}, time, flags, 1000 + seq, length, 5000 + ack, extra);
    }
    std::uint32_t server(double time, std::string_view flags, Sequence seq, std::uint32_t length, Sequence ack,
                         Extra extra = {}) {
        const auto port = static_cast<std::uint16_t>(40000 + extra.connection);
        return send({address(20), address(10), 80, port}, time, flags, 5000 + seq, length, 1000 + ack, extra);
    }

    /** A handshake and an exchange of 100 bytes, in five packets until 0.04 s. */
    void open() {
        client(0, "S", 0, 0, 0);
        server(0.01, "SA", 0, 0, 1);
        client(0.02, "A", 1, 0, 1);
        client(0.03, "A", 1, 100, 1);
        server(0.04, "A", 1, 0, 101);
    }
    /** The client's FIN at 1 s, acknowledged with ten bytes, which it acknowledges. Returns the FIN's frame. */
    std::uint32_t halfClose() {
        const std::uint32_t fin = client(1, "FA", 101, 0, 1);
        server(1.01, "A", 1, 10, 102);
        client(1.02, "A", 102, 0, 11);
        return fin;
    }
    /** The server's answer, eight times as Linux repeats it, and nobody answers. */
    void unanswered(double from) {
        for (const double after : {0.0, 0.2, 0.6, 1.4, 3.0, 6.2, 12.6, 25.4}) {
            server(from + after, "A", 11, 100, 102);
        }
    }

    /** The end of the capture. */
    void finish() { observer_.finish(); }
    [[nodiscard]] const Verdict &verdict() const { return observer_.verdictOf(0); }
    [[nodiscard]] bool names(std::uint32_t frame) const {
        const std::span named(verdict().evidence.data(), verdict().evidenceCount);
        return std::ranges::find(named, frame) != named.end();
    }

  private:
    static Address address(std::uint8_t last) {
        Address result;
        result.bytes = {10, 0, 2, last};
        result.length = 4;
        return result;
    }

    std::uint32_t send(const Flow &flow, double time, std::string_view flags, Sequence seq, std::uint32_t length,
                       Sequence ack, const Extra &extra) {
        Segment segment;
        for (const char c : flags) {
            segment.flags |= c == 'S' ? Flags::syn : c == 'F' ? Flags::fin : c == 'R' ? Flags::rst : Flags::ack;
        }
        segment.seq = seq;
        segment.length = length;
        segment.ack = ack;
        segment.time = std::llround(time * 1e9) + 1000 * second;
        segment.frame = ++frame_;
        segment.window = 0x4000;
        segment.hopLimit = extra.hopLimit;
        segment.interface = extra.interface;
        segment.identification = extra.identification != 0 ? extra.identification : ++identification_;
        static_cast<void>(observer_.observe(flow, segment));
        return frame_;
    }

    Observer observer_;
    std::uint32_t frame_ = 0;
    std::uint16_t identification_ = 100;
};

} // namespace

// The FIN starts the clock: whoever looks at the verdict wants to see it.
TEST(Evidence, NamesTheFinThatStartedTheClock) {
    Scene scene;
    scene.open();
    const std::uint32_t fin = scene.halfClose();
    scene.unanswered(46);
    ASSERT_EQ(VerdictKind::halfClosedTimer, scene.verdict().kind);
    EXPECT_TRUE(scene.names(fin));
}

TEST(Evidence, NamesTheFinBeforeAnAnsweringFirewall) {
    Scene scene;
    scene.open();
    scene.client(0.05, "A", 101, 0, 1);
    const std::uint32_t fin = scene.halfClose();
    const std::uint32_t late = scene.server(46, "A", 11, 100, 102);
    const std::uint32_t reset = scene.client(46.01, "R", 102, 0, 0, {.hopLimit = 55});
    ASSERT_EQ(VerdictKind::halfClosedTimer, scene.verdict().kind);
    EXPECT_TRUE(scene.names(fin));
    EXPECT_TRUE(scene.names(late));
    EXPECT_TRUE(scene.names(reset));
}

// 45 s after the FIN are past the 30 s of the default clock; 20 s are not.
TEST(Evidence, PastTheClock) {
    Scene beyond;
    beyond.open();
    beyond.halfClose();
    beyond.unanswered(46);
    EXPECT_TRUE(beyond.verdict().has(sign::pastClock));
    Scene before;
    before.open();
    before.halfClose();
    before.unanswered(21);
    ASSERT_EQ(VerdictKind::halfClosedTimer, before.verdict().kind);
    EXPECT_FALSE(before.verdict().has(sign::pastClock));
}

// Linux leaves FIN-WAIT-2 after 60 s: from then on the closer itself may have forgotten the connection.
TEST(Evidence, AgeAtWhichTheCloserMayHaveForgotten) {
    for (const double age : {45.0, 60.0, 100.0}) {
        Scene scene;
        scene.open();
        scene.halfClose();
        scene.unanswered(1 + age);
        ASSERT_EQ(VerdictKind::halfClosedTimer, scene.verdict().kind);
        EXPECT_EQ(age >= 60, scene.verdict().has(sign::orphanAge)) << age;
    }
    Scene idle; // no FIN, so that nobody is in FIN-WAIT-2
    idle.open();
    idle.unanswered(4000);
    ASSERT_EQ(VerdictKind::idleTimer, idle.verdict().kind);
    EXPECT_FALSE(idle.verdict().has(sign::orphanAge));
}

// Five copies, and the speaker's own RST before 20 s are over: the reason says that it gave up.
TEST(Evidence, SpeakerThatGaveUp) {
    Scene scene;
    scene.open();
    scene.halfClose();
    for (const double time : {46.0, 46.3, 46.9, 48.1, 50.5}) {
        scene.server(time, "A", 11, 100, 102);
    }
    EXPECT_EQ(VerdictKind::none, scene.verdict().kind);
    scene.server(55, "RA", 111, 0, 102);
    ASSERT_EQ(VerdictKind::halfClosedTimer, scene.verdict().kind);
    EXPECT_TRUE(scene.verdict().has(sign::gaveUp));
}

TEST(Evidence, SignOfLifeOfTheSilentSide) {
    Scene scene;
    scene.open();
    scene.halfClose();
    scene.server(46, "A", 11, 100, 102);
    const std::uint32_t alive = scene.client(47.05, "S", 0, 0, 0, {.connection = 1});
    scene.unanswered(47.1);
    ASSERT_EQ(VerdictKind::halfClosedTimer, scene.verdict().kind);
    EXPECT_TRUE(scene.verdict().has(sign::peerAlive));
    EXPECT_EQ(alive, scene.verdict().aliveFrame);
    EXPECT_TRUE(scene.names(alive));
}

// A RST that its alleged sender's interface never saw: the reason names both interfaces.
TEST(Evidence, InterfacesOfAResetThatWasNeverSent) {
    Scene scene;
    const auto both = [&scene](double time, bool fromServer, std::string_view flags, Sequence seq, std::uint32_t length,
                               Sequence ack, std::uint16_t identification) {
        const InterfaceNumber near = fromServer ? 7 : 3;
        const InterfaceNumber far = fromServer ? 3 : 7;
        for (const InterfaceNumber interface : {near, far}) {
            const double at = interface == near ? time : time + 0.001;
            const auto hopLimit = static_cast<std::uint8_t>(interface == near ? 64 : 63);
            const Extra extra{.interface = interface, .identification = identification, .hopLimit = hopLimit};
            fromServer ? scene.server(at, flags, seq, length, ack, extra)
                       : scene.client(at, flags, seq, length, ack, extra);
        }
    };
    both(0, false, "S", 0, 0, 0, 1);
    both(0.01, true, "SA", 0, 0, 1, 2);
    both(0.02, false, "A", 1, 0, 1, 3);
    both(0.03, true, "A", 1, 10, 1, 4);
    both(0.04, true, "A", 11, 10, 1, 5);
    scene.server(1, "RA", 21, 0, 1, {.interface = 3, .identification = 6, .hopLimit = 63});
    both(2, false, "A", 1, 0, 21, 7);
    scene.finish();
    ASSERT_EQ(VerdictKind::forgedReset, scene.verdict().kind);
    EXPECT_TRUE(scene.verdict().has(sign::neverSent));
    EXPECT_EQ(7U, scene.verdict().interfaces[0]);
    EXPECT_EQ(3U, scene.verdict().interfaces[1]);
}

// A user's own device need not have a timer for every phase: then nothing lies past its clock.
TEST(Evidence, DeviceWithoutATimer) {
    Settings settings;
    for (FirewallTimer &timer : settings.firewall.timers) {
        timer = {};
    }
    settings.firewall.halfClosedAcknowledged = {};
    Scene scene(settings);
    scene.open();
    scene.halfClose();
    scene.unanswered(46);
    ASSERT_EQ(VerdictKind::halfClosedTimer, scene.verdict().kind);
    EXPECT_FALSE(scene.verdict().has(sign::pastClock));
    EXPECT_EQ(Confidence::possible, scene.verdict().confidence);
}

// A sign of life in the midst of the silence is worth more than one after it, which comes too late to prove anything.
TEST(Evidence, NamesTheSignOfLifeThatCameInTime) {
    Scene scene;
    scene.open();
    scene.halfClose();
    scene.unanswered(46);
    const std::uint32_t alive = scene.client(72, "S", 0, 0, 0, {.connection = 1});
    scene.server(75, "A", 11, 100, 102);
    scene.client(80, "S", 0, 0, 0, {.connection = 2});
    scene.finish();
    EXPECT_EQ(scene.verdict().aliveFrame, alive);
    EXPECT_FALSE(scene.verdict().has(sign::heardAgain));
}

TEST(Evidence, NamesTheLateSignOfLife) {
    Scene scene;
    scene.open();
    scene.halfClose();
    scene.unanswered(46);
    const std::uint32_t again = scene.client(80, "S", 0, 0, 0, {.connection = 2});
    EXPECT_FALSE(scene.verdict().has(sign::heardAgain));
    scene.finish();
    EXPECT_TRUE(scene.verdict().has(sign::heardAgain));
    EXPECT_FALSE(scene.verdict().has(sign::peerAlive));
    EXPECT_EQ(scene.verdict().aliveFrame, again);
    EXPECT_TRUE(scene.names(again));
}

// What came late is the data, not the acknowledgement that followed it; and a FIN alone is called one.
TEST(Evidence, LateDataIsTheDataItself) {
    Scene scene;
    scene.open();
    const std::uint32_t fin = scene.halfClose();
    const std::uint32_t data = scene.server(2, "A", 11, 100, 102);
    scene.server(2.001, "A", 111, 0, 102);
    const std::uint32_t reset = scene.client(2.01, "R", 102, 0, 0);
    ASSERT_EQ(VerdictKind::hostResetLateData, scene.verdict().kind);
    EXPECT_TRUE(scene.names(fin) && scene.names(data) && scene.names(reset));
    EXPECT_EQ(3U, scene.verdict().evidenceCount);
    EXPECT_FALSE(scene.verdict().onlyFin);
}

TEST(Evidence, LateFinIsNoData) {
    Scene scene;
    scene.open();
    scene.halfClose();
    scene.server(300, "FA", 11, 0, 102);
    scene.client(300.001, "R", 102, 0, 0);
    ASSERT_EQ(VerdictKind::hostResetLateData, scene.verdict().kind);
    EXPECT_TRUE(scene.verdict().onlyFin);
}

// A place that showed only two of the client's packets a second time need not show the others: nothing is said of it. With
// three it is said that they were not seen there.
TEST(Evidence, TwoPairsSayNothingOfASecondPlace) {
    for (const int pairs : {2, 3}) {
        Scene scene;
        const auto twice = [&scene](double time, std::string_view flags, Sequence seq, std::uint32_t length,
                                    Sequence ack, std::uint16_t identification, bool again) {
            scene.client(time, flags, seq, length, ack, {.identification = identification});
            if (again) {
                scene.client(time + 0.001, flags, seq, length, ack,
                             {.interface = 1, .identification = identification, .hopLimit = 63});
            }
        };
        twice(0, "S", 0, 0, 0, 1001, true);
        scene.server(0.01, "SA", 0, 0, 1);
        twice(0.02, "A", 1, 0, 1, 1002, true);
        twice(0.03, "A", 1, 100, 1, 1003, pairs == 3);
        scene.server(0.04, "A", 1, 0, 101);
        for (const double after : {0.0, 0.2, 0.6, 1.4, 3.0, 6.2, 12.6, 25.4}) {
            scene.client(400 + after, "A", 101, 10, 1);
        }
        ASSERT_EQ(VerdictKind::idleTimer, scene.verdict().kind);
        EXPECT_EQ(pairs == 3, scene.verdict().has(sign::quietInterface)) << pairs;
    }
}

// It speaks on this very connection, and acknowledges nothing of it: no answer, but nobody may say that it was not heard.
TEST(Evidence, NamesTheSilentSideOnThisConnection) {
    Scene scene;
    scene.open();
    scene.halfClose();
    scene.unanswered(46);
    const std::uint32_t again = scene.client(80, "A", 102, 0, 11);
    scene.finish();
    ASSERT_EQ(VerdictKind::halfClosedTimer, scene.verdict().kind);
    EXPECT_TRUE(scene.verdict().has(sign::heardAgain));
    EXPECT_EQ(scene.verdict().aliveFrame, again);
}

} // namespace tcpstate
