// The table of firewall profiles: well formed, and with the vendors' numbers as their documents give them.
#include "FirewallProfile.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using tcpstate::AfterExpiry;
using tcpstate::FirewallProfile;
using tcpstate::FirewallTimer;
using tcpstate::Nanoseconds;
using tcpstate::Refresh;
using tcpstate::second;
using tcpstate::SessionPhase;

constexpr SessionPhase phases[] = {
    SessionPhase::opening, SessionPhase::handshake, SessionPhase::established, SessionPhase::halfClosed,
    SessionPhase::closing, SessionPhase::closed,    SessionPhase::reset,
};

const FirewallProfile &device(const char *id) {
    const auto *profile = tcpstate::findProfile(id);
    if (profile == nullptr) {
        throw std::runtime_error(std::string("no profile ") + id);
    }
    return *profile;
}

/** The default seconds of a device's timer of its own in this phase; 0 if it has none. */
std::uint32_t seconds(const char *id, SessionPhase phase) {
    return device(id).timer(phase).seconds;
}

std::vector<const FirewallTimer *> timersOf(const FirewallProfile &profile) {
    std::vector<const FirewallTimer *> timers;
    for (const auto phase : phases) {
        timers.push_back(&profile.timer(phase));
    }
    timers.push_back(&profile.halfClosedAcknowledged);
    return timers;
}

/** The ids that fit, in order, with blanks between. */
std::string fitting(SessionPhase phase, Refresh basis, Nanoseconds after, Nanoseconds upTo,
                    bool finAcknowledged = true) {
    std::string ids;
    for (const auto &fit : tcpstate::fits(phase, basis, after, upTo, finAcknowledged)) {
        ids += ids.empty() ? "" : " ";
        ids += fit.profile->id;
    }
    return ids;
}

std::string command(const FirewallTimer &timer, std::uint32_t value) {
    char text[200];
    const auto length = tcpstate::writeCommand(text, timer, value);
    EXPECT_EQ(length, std::string(text).size());
    return text;
}

} // namespace

// --- the table

TEST(FirewallProfileTable, EveryProfileIsNamed) {
    std::set<std::string> ids;
    std::set<std::string> names;
    for (const auto &profile : tcpstate::profiles()) {
        ASSERT_NE(profile.id, nullptr);
        SCOPED_TRACE(profile.id);
        ASSERT_NE(profile.name, nullptr);
        ASSERT_NE(profile.vendor, nullptr);
        EXPECT_TRUE(ids.insert(profile.id).second) << "twice in the table";
        EXPECT_TRUE(names.insert(profile.name).second) << "two entries of the menu with one name";
        // The id is a value of a preference on the command line: nothing to quote.
        EXPECT_EQ(std::string(profile.id).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-."),
                  std::string::npos);
    }
}

TEST(FirewallProfileTable, EveryDeviceHasAnIdleTimer) {
    for (const auto &profile : tcpstate::profiles()) {
        EXPECT_TRUE(profile.timer(SessionPhase::established).exists()) << profile.id;
    }
}

TEST(FirewallProfileTable, EveryTimerHasNameAndSource) {
    for (const auto &profile : tcpstate::profiles()) {
        SCOPED_TRACE(profile.id);
        for (const auto *timer : timersOf(profile)) {
            if (!timer->exists()) {
                EXPECT_EQ(timer->name, nullptr) << "a name without a number";
                continue;
            }
            EXPECT_NE(timer->name, nullptr);
            ASSERT_NE(timer->source, nullptr) << timer->name;
            EXPECT_NE(std::string(timer->source), "") << timer->name;
        }
    }
}

TEST(FirewallProfileTable, DefaultLiesInItsRange) {
    for (const auto &profile : tcpstate::profiles()) {
        for (const auto *timer : timersOf(profile)) {
            if (timer->exists()) {
                EXPECT_TRUE(timer->allows(timer->seconds)) << profile.id << ' ' << timer->name;
            }
        }
    }
}

TEST(FirewallProfileTable, CommandsHaveOneNumberAndNoOtherConversion) {
    for (const auto &profile : tcpstate::profiles()) {
        for (const auto *timer : timersOf(profile)) {
            if (timer->command == nullptr) {
                continue;
            }
            SCOPED_TRACE(std::string(profile.id) + ": " + timer->command);
            const std::string text = timer->command;
            const auto at = text.find('%');
            ASSERT_NE(at, std::string::npos);
            ASSERT_LT(at + 1, text.size());
            EXPECT_NE(std::string("umt").find(text[at + 1]), std::string::npos);
            EXPECT_EQ(text.find('%', at + 1), std::string::npos);
            EXPECT_FALSE(timer->isFixed()) << "a command for what cannot be changed";
        }
    }
}

TEST(FirewallProfileTable, VariantsStandBehindTheirProfile) {
    std::set<std::string> seen;
    for (const auto &profile : tcpstate::profiles()) {
        if (profile.variantOf != nullptr) {
            EXPECT_EQ(seen.count(profile.variantOf), 1U) << profile.id;
        }
        seen.insert(profile.id);
    }
}

// --- the numbers, as the vendors' documents have them

TEST(FirewallProfileTable, PaloAltoSince61) {
    EXPECT_EQ(seconds("panos-6.1", SessionPhase::opening), 5U);
    EXPECT_EQ(seconds("panos-6.1", SessionPhase::handshake), 10U);
    EXPECT_EQ(seconds("panos-6.1", SessionPhase::established), 3600U);
    EXPECT_EQ(seconds("panos-6.1", SessionPhase::halfClosed), 120U);
    EXPECT_EQ(seconds("panos-6.1", SessionPhase::closing), 15U);
    EXPECT_EQ(seconds("panos-6.1", SessionPhase::reset), 15U);

    const auto &halfClosed = device("panos-6.1").timer(SessionPhase::halfClosed);
    EXPECT_EQ(halfClosed.minimum, 1U);
    EXPECT_EQ(halfClosed.maximum, 604'800U);
    EXPECT_STREQ(halfClosed.name, "TCP Half Closed");
    EXPECT_STREQ(halfClosed.menu, "Device > Setup > Session > Session Timeouts > TCP Half Closed");
    EXPECT_EQ(halfClosed.refresh, Refresh::unknown);
    EXPECT_EQ(device("panos-6.1").timer(SessionPhase::closing).maximum, 600U);
}

TEST(FirewallProfileTable, PaloAltoUntil60) {
    EXPECT_EQ(seconds("panos-6.0", SessionPhase::opening), 5U);
    EXPECT_EQ(seconds("panos-6.0", SessionPhase::handshake), 10U);
    EXPECT_EQ(seconds("panos-6.0", SessionPhase::established), 3600U);
    EXPECT_EQ(seconds("panos-6.0", SessionPhase::halfClosed), 30U);
    EXPECT_EQ(seconds("panos-6.0", SessionPhase::reset), 30U);

    const auto &tcpWait = device("panos-6.0").timer(SessionPhase::halfClosed);
    EXPECT_STREQ(tcpWait.name, "TCP wait");
    EXPECT_EQ(tcpWait.refresh, Refresh::never);
    EXPECT_EQ(tcpWait.minimum, 1U);
    EXPECT_EQ(tcpWait.maximum, 600U);
    // The second FIN loads nothing of its own: what is left of the 30 s goes on.
    EXPECT_EQ(tcpstate::runningTimer(device("panos-6.0"), SessionPhase::closing), &tcpWait);
}

TEST(FirewallProfileTable, PaloAltoVariantsDifferInTheRefresh) {
    EXPECT_EQ(device("panos-10.1.6").timer(SessionPhase::halfClosed).refresh, Refresh::everyPacket);
    EXPECT_EQ(device("panos-norefresh").timer(SessionPhase::halfClosed).refresh, Refresh::never);
    EXPECT_EQ(device("panos-5400-10.1.0").timer(SessionPhase::halfClosed).refresh, Refresh::never);
    EXPECT_EQ(seconds("panos-norefresh", SessionPhase::halfClosed), 120U);
    // The defect: 15 s after both FINs, counted from the first one.
    EXPECT_EQ(seconds("panos-5400-10.1.0", SessionPhase::closing), 15U);
    EXPECT_TRUE(device("panos-5400-10.1.0").timer(SessionPhase::closing).fromFirstFin);
    EXPECT_FALSE(device("panos-6.1").timer(SessionPhase::closing).fromFirstFin);
}

TEST(FirewallProfileTable, Cisco) {
    EXPECT_EQ(seconds("cisco-asa", SessionPhase::opening), 30U);
    EXPECT_EQ(seconds("cisco-asa", SessionPhase::established), 3600U);
    EXPECT_EQ(seconds("cisco-asa", SessionPhase::halfClosed), 600U);
    EXPECT_EQ(device("cisco-asa").timer(SessionPhase::halfClosed).minimum, 300U);
    EXPECT_EQ(seconds("cisco-asa-9.1.2", SessionPhase::halfClosed), 600U);
    EXPECT_EQ(device("cisco-asa-9.1.2").timer(SessionPhase::halfClosed).minimum, 30U);
    EXPECT_EQ(device("cisco-asa").afterExpiry, AfterExpiry::silence);

    EXPECT_EQ(seconds("cisco-ios-zbf", SessionPhase::opening), 30U);
    EXPECT_EQ(seconds("cisco-ios-zbf", SessionPhase::established), 3600U);
    EXPECT_EQ(seconds("cisco-ios-zbf", SessionPhase::closing), 5U);
    EXPECT_EQ(seconds("cisco-ios-nat", SessionPhase::established), 86'400U);
    EXPECT_EQ(seconds("cisco-ios-nat", SessionPhase::halfClosed), 60U);
}

TEST(FirewallProfileTable, FortiGate) {
    EXPECT_EQ(seconds("fortigate", SessionPhase::opening), 10U);
    EXPECT_EQ(seconds("fortigate", SessionPhase::established), 3600U);
    EXPECT_EQ(seconds("fortigate", SessionPhase::halfClosed), 120U);
    EXPECT_EQ(seconds("fortigate", SessionPhase::closing), 1U);
    EXPECT_EQ(seconds("fortigate", SessionPhase::reset), 5U);
    EXPECT_EQ(device("fortigate-np7").halfClosedAcknowledged.seconds, 120U);
}

TEST(FirewallProfileTable, JuniperSrx) {
    EXPECT_EQ(seconds("juniper-srx", SessionPhase::opening), 20U);
    EXPECT_EQ(seconds("juniper-srx", SessionPhase::established), 1800U);
    EXPECT_EQ(seconds("juniper-srx", SessionPhase::halfClosed), 0U);
    EXPECT_EQ(seconds("juniper-srx", SessionPhase::closing), 150U);
    EXPECT_EQ(seconds("juniper-srx", SessionPhase::closed), 2U);
    EXPECT_EQ(seconds("juniper-srx-halfclose", SessionPhase::halfClosed), 150U);
}

TEST(FirewallProfileTable, CheckPoint) {
    EXPECT_EQ(seconds("checkpoint", SessionPhase::opening), 25U);
    EXPECT_EQ(seconds("checkpoint", SessionPhase::established), 3600U);
    EXPECT_EQ(seconds("checkpoint", SessionPhase::halfClosed), 0U);
    EXPECT_EQ(seconds("checkpoint", SessionPhase::closing), 20U);
    EXPECT_EQ(seconds("checkpoint-r8020", SessionPhase::established), 3600U);
    EXPECT_EQ(seconds("checkpoint-r8020", SessionPhase::closing), 5U);
}

TEST(FirewallProfileTable, Netfilter) {
    EXPECT_EQ(seconds("netfilter", SessionPhase::opening), 120U);  // syn_sent
    EXPECT_EQ(seconds("netfilter", SessionPhase::handshake), 60U); // syn_recv
    EXPECT_EQ(seconds("netfilter", SessionPhase::established), 5U * 86'400U);
    EXPECT_EQ(seconds("netfilter", SessionPhase::halfClosed), 120U);    // fin_wait
    EXPECT_EQ(device("netfilter").halfClosedAcknowledged.seconds, 60U); // close_wait
    EXPECT_EQ(seconds("netfilter", SessionPhase::closing), 30U);        // last_ack
    EXPECT_EQ(seconds("netfilter", SessionPhase::closed), 120U);        // time_wait
    EXPECT_EQ(seconds("netfilter", SessionPhase::reset), 10U);          // close
    for (const auto *timer : timersOf(device("netfilter"))) {
        EXPECT_EQ(timer->refresh, Refresh::everyPacket) << timer->name;
    }

    EXPECT_EQ(seconds("kube-proxy", SessionPhase::established), 86'400U);
    EXPECT_EQ(device("kube-proxy").halfClosedAcknowledged.seconds, 3600U);
    EXPECT_EQ(seconds("kube-proxy", SessionPhase::halfClosed), 120U);
    EXPECT_EQ(seconds("linux-ipvs", SessionPhase::established), 900U);
}

TEST(FirewallProfileTable, PfAndItsRelatives) {
    EXPECT_EQ(seconds("pf", SessionPhase::opening), 120U);
    EXPECT_EQ(seconds("pf", SessionPhase::handshake), 30U);
    EXPECT_EQ(seconds("pf", SessionPhase::established), 86'400U);
    EXPECT_EQ(seconds("pf", SessionPhase::halfClosed), 900U);
    EXPECT_EQ(seconds("pf", SessionPhase::closing), 45U);
    EXPECT_EQ(seconds("pf", SessionPhase::reset), 90U);
    EXPECT_EQ(seconds("vmware-nsx", SessionPhase::established), 43'200U);
    EXPECT_EQ(seconds("vmware-nsx", SessionPhase::halfClosed), 120U);
    EXPECT_EQ(seconds("vmware-nsx", SessionPhase::closing), 45U);
    EXPECT_EQ(seconds("mikrotik", SessionPhase::opening), 5U);
    EXPECT_EQ(seconds("mikrotik", SessionPhase::halfClosed), 10U);
    EXPECT_EQ(device("mikrotik").halfClosedAcknowledged.seconds, 10U);
    EXPECT_EQ(seconds("mikrotik", SessionPhase::established), 86'400U);
}

TEST(FirewallProfileTable, Clouds) {
    EXPECT_EQ(seconds("aws-natgw", SessionPhase::established), 350U);
    EXPECT_TRUE(device("aws-natgw").timer(SessionPhase::established).isFixed());
    EXPECT_EQ(device("aws-natgw").afterExpiry, AfterExpiry::reset);
    EXPECT_EQ(seconds("aws-nlb", SessionPhase::established), 350U);
    EXPECT_EQ(seconds("aws-nfw", SessionPhase::established), 350U);
    EXPECT_EQ(seconds("aws-sg", SessionPhase::established), 432'000U);
    EXPECT_EQ(seconds("aws-sg-nitro6", SessionPhase::established), 350U);
    EXPECT_EQ(seconds("azure-lb", SessionPhase::established), 4U * 60U);
    EXPECT_EQ(device("azure-lb").timer(SessionPhase::established).maximum, 30U * 60U);
    EXPECT_EQ(device("azure-natgw").timer(SessionPhase::established).maximum, 120U * 60U);
    EXPECT_EQ(seconds("azure-fw", SessionPhase::established), 240U);
    EXPECT_EQ(seconds("gcp-nat", SessionPhase::established), 1200U);
    EXPECT_EQ(seconds("gcp-nat", SessionPhase::halfClosed), 30U);
    EXPECT_EQ(seconds("gcp-nat", SessionPhase::closing), 120U);
    EXPECT_EQ(seconds("gcp-nat-2026", SessionPhase::closing), 30U);
    EXPECT_EQ(seconds("gcp-vpc-fw", SessionPhase::established), 600U);
    EXPECT_EQ(device("gcp-vpc-fw").afterExpiry, AfterExpiry::pickUp);
}

TEST(FirewallProfileTable, NetDefendCountsEachDirection) {
    EXPECT_EQ(seconds("dlink-netdefend", SessionPhase::halfClosed), 80U);
    EXPECT_EQ(device("dlink-netdefend").timer(SessionPhase::halfClosed).refresh, Refresh::eachDirection);
}

// --- finding

TEST(FirewallProfile, AnyIsTheDefaultClock) {
    const auto &any = tcpstate::anyProfile();
    EXPECT_STREQ(any.id, "any");
    EXPECT_EQ(tcpstate::findProfile("any"), &any);
    EXPECT_EQ(any.timer(SessionPhase::halfClosed).seconds, 30U);
    EXPECT_EQ(any.timer(SessionPhase::halfClosed).refresh, Refresh::never);
    EXPECT_STREQ(any.timer(SessionPhase::halfClosed).name, "TCP wait");
    EXPECT_EQ(any.timer(SessionPhase::established).seconds, 3600U);
    EXPECT_EQ(any.timer(SessionPhase::closing).seconds, 15U);
    EXPECT_EQ(any.timer(SessionPhase::opening).seconds, 5U);
    EXPECT_EQ(any.timer(SessionPhase::handshake).seconds, 10U);
    // No device is chosen, so there is nothing to type.
    for (const auto *timer : timersOf(any)) {
        EXPECT_EQ(timer->command, nullptr);
    }
}

TEST(FirewallProfile, FindsByIdAndAlias) {
    EXPECT_STREQ(device("panos-6.0").id, "panos-6.0");
    EXPECT_EQ(tcpstate::findProfile("panos"), tcpstate::findProfile("panos-6.1"));
    EXPECT_NE(tcpstate::findProfile("panos"), nullptr);
    EXPECT_EQ(tcpstate::findProfile("panos-7"), nullptr);
    EXPECT_EQ(tcpstate::findProfile(""), nullptr);
}

TEST(FirewallProfile, PhasesHaveNames) {
    EXPECT_STREQ(tcpstate::name(SessionPhase::opening), "opening");
    EXPECT_STREQ(tcpstate::name(SessionPhase::halfClosed), "half-closed");
    EXPECT_STREQ(tcpstate::name(SessionPhase::reset), "reset");
}

// --- the running timer

TEST(FirewallProfile, TimerBeforeGoesOnWhereThereIsNone) {
    // An SRX and a Check Point do nothing at the first FIN; an AWS NAT gateway has an idle timer and nothing else.
    EXPECT_EQ(tcpstate::runningTimer(device("juniper-srx"), SessionPhase::halfClosed)->seconds, 1800U);
    EXPECT_EQ(tcpstate::runningTimer(device("checkpoint"), SessionPhase::halfClosed)->seconds, 3600U);
    EXPECT_EQ(tcpstate::runningTimer(device("aws-natgw"), SessionPhase::closed)->seconds, 350U);
    // pf has one for each; an ASA's timer for a SYN goes on until the handshake is over.
    EXPECT_EQ(tcpstate::runningTimer(device("pf"), SessionPhase::closing)->seconds, 45U);
    EXPECT_EQ(tcpstate::runningTimer(device("cisco-asa"), SessionPhase::handshake)->seconds, 30U);
    // A device without a timer for an opening has none then, not its idle timer.
    EXPECT_EQ(tcpstate::runningTimer(device("aws-natgw"), SessionPhase::opening), nullptr);
    EXPECT_EQ(tcpstate::runningTimer(device("aws-natgw"), SessionPhase::reset), nullptr);
}

TEST(FirewallProfile, AcknowledgementOfTheFinLoadsCloseWait) {
    const auto &netfilter = device("netfilter");
    EXPECT_EQ(tcpstate::runningTimer(netfilter, SessionPhase::halfClosed, false)->seconds, 120U);
    EXPECT_EQ(tcpstate::runningTimer(netfilter, SessionPhase::halfClosed, true)->seconds, 60U);
    const auto &panos = device("panos-6.1");
    EXPECT_EQ(tcpstate::runningTimer(panos, SessionPhase::halfClosed, false),
              tcpstate::runningTimer(panos, SessionPhase::halfClosed, true));
}

// --- fits

TEST(FirewallProfileFits, BracketIsOpenBelowAndClosedAbove) {
    const auto &tcpWait = device("panos-6.0").timer(SessionPhase::halfClosed);
    EXPECT_TRUE(tcpstate::fits(tcpWait, Refresh::never, 29 * second, 31 * second));
    EXPECT_TRUE(tcpstate::fits(tcpWait, Refresh::never, 29 * second, 30 * second));
    EXPECT_FALSE(tcpstate::fits(tcpWait, Refresh::never, 30 * second, 31 * second));
    EXPECT_FALSE(tcpstate::fits(tcpWait, Refresh::never, 29 * second, 30 * second - 1));
    EXPECT_TRUE(tcpstate::fits(tcpWait, Refresh::never, 30 * second - 1, 30 * second));
    EXPECT_FALSE(tcpstate::fits(tcpWait, Refresh::never, 31 * second, 29 * second));
}

TEST(FirewallProfileFits, BasisMustBeTheTimersUnlessItIsNotKnown) {
    const auto fitsOn = [](const char *id, Refresh basis) {
        return tcpstate::fits(device(id).timer(SessionPhase::halfClosed), basis, 100 * second, 130 * second);
    };
    EXPECT_TRUE(fitsOn("panos-norefresh", Refresh::never));
    EXPECT_FALSE(fitsOn("panos-norefresh", Refresh::everyPacket));
    EXPECT_FALSE(fitsOn("panos-10.1.6", Refresh::never));
    EXPECT_TRUE(fitsOn("panos-10.1.6", Refresh::everyPacket));
    EXPECT_TRUE(fitsOn("panos-6.1", Refresh::never));
    EXPECT_TRUE(fitsOn("panos-6.1", Refresh::everyPacket));
    EXPECT_TRUE(fitsOn("panos-norefresh", Refresh::unknown));
    EXPECT_TRUE(fitsOn("panos-10.1.6", Refresh::unknown));
}

// 30 s after the first FIN is PAN-OS up to 6.0; 30 s after the last packet is Google's NAT.
TEST(FirewallProfileFits, ThirtySeconds) {
    EXPECT_EQ(fitting(SessionPhase::halfClosed, Refresh::never, 28 * second, 31 * second), "panos-6.0");
    EXPECT_EQ(fitting(SessionPhase::halfClosed, Refresh::everyPacket, 28 * second, 31 * second), "gcp-nat");
}

// 120 s is shared by many: the timer may be named, the vendor not.
TEST(FirewallProfileFits, TwoMinutesIsNoSingleVendor) {
    EXPECT_EQ(fitting(SessionPhase::halfClosed, Refresh::never, 110 * second, 121 * second),
              "panos-6.1 fortigate vmware-nsx kaspersky-ngfw");
    EXPECT_EQ(fitting(SessionPhase::halfClosed, Refresh::everyPacket, 110 * second, 121 * second),
              "panos-6.1 fortigate linux-ipvs vmware-nsx kaspersky-ngfw");
    // Before the FIN's acknowledgement netfilter waits 120 s as well, after it 60 s.
    EXPECT_EQ(fitting(SessionPhase::halfClosed, Refresh::everyPacket, 110 * second, 121 * second, false),
              "panos-6.1 fortigate netfilter linux-ipvs vmware-nsx kaspersky-ngfw");
    EXPECT_EQ(fitting(SessionPhase::halfClosed, Refresh::everyPacket, 55 * second, 65 * second),
              "cisco-ios-nat netfilter linux-ipvs-client");
}

// Half-closed, but killed by the idle timer, which goes on where the first FIN changes nothing.
TEST(FirewallProfileFits, IdleTimerOfHalfClosedSessions) {
    EXPECT_EQ(fitting(SessionPhase::halfClosed, Refresh::everyPacket, 1790 * second, 1810 * second),
              "juniper-srx forcepoint");
    EXPECT_EQ(fitting(SessionPhase::halfClosed, Refresh::never, 1790 * second, 1810 * second), "");
}

TEST(FirewallProfileFits, IdleTimers) {
    EXPECT_EQ(fitting(SessionPhase::established, Refresh::everyPacket, 340 * second, 360 * second),
              "aws-natgw aws-nlb aws-gwlb aws-nfw aws-sg-nitro6");
    EXPECT_EQ(fitting(SessionPhase::established, Refresh::everyPacket, 590 * second, 610 * second), "gcp-vpc-fw");
    EXPECT_EQ(fitting(SessionPhase::established, Refresh::everyPacket, 3601 * second, 7000 * second), "");
}

TEST(FirewallProfileFits, Closing) {
    EXPECT_EQ(fitting(SessionPhase::closing, Refresh::never, 14 * second, 16 * second), "panos-6.1");
    EXPECT_EQ(fitting(SessionPhase::closing, Refresh::everyPacket, 4 * second, 6 * second),
              "cisco-ios-zbf checkpoint-r8020 kaspersky-ngfw");
}

TEST(FirewallProfileFits, AnyIsNoDevice) {
    for (const auto phase : phases) {
        for (const auto &fit : tcpstate::fits(phase, Refresh::unknown, 0, 4000 * second)) {
            EXPECT_STRNE(fit.profile->id, "any");
        }
    }
}

// A bracket that says nothing: the list is full, what is left out is counted, nothing is written past the end.
TEST(FirewallProfileFits, ListIsBounded) {
    const auto found =
        tcpstate::fits(SessionPhase::established, Refresh::unknown, 0, std::numeric_limits<Nanoseconds>::max());
    EXPECT_EQ(found.count, found.entries.size());
    EXPECT_GT(found.omitted, 0);
    EXPECT_LT(found.count + found.omitted, tcpstate::profiles().size());
    EXPECT_EQ(found.end() - found.begin(), found.count);
}

// --- one's own timers

TEST(FirewallProfileCustom, NothingReplacedIsTheProfileItself) {
    const auto same = tcpstate::withTimeouts(device("pf"), 0, 0, 0);
    EXPECT_STREQ(same.id, "pf");
    EXPECT_EQ(same.timer(SessionPhase::halfClosed).seconds, 900U);
}

TEST(FirewallProfileCustom, ReplacesWhatIsGiven) {
    const auto custom = tcpstate::withTimeouts(device("panos-6.1"), 7, 0, 3);
    EXPECT_STREQ(custom.id, "custom");
    EXPECT_STREQ(custom.name, "custom");
    EXPECT_EQ(custom.timer(SessionPhase::halfClosed).seconds, 7U);
    EXPECT_EQ(custom.timer(SessionPhase::closing).seconds, 3U);
    EXPECT_EQ(custom.timer(SessionPhase::established).seconds, 3600U);
    // It is still that device: its name for the timer, its command, its range.
    EXPECT_STREQ(custom.timer(SessionPhase::halfClosed).name, "TCP Half Closed");
    EXPECT_EQ(custom.timer(SessionPhase::halfClosed).maximum, 604'800U);
    EXPECT_EQ(seconds("panos-6.1", SessionPhase::halfClosed), 120U) << "the table itself must not change";
}

TEST(FirewallProfileCustom, ReplacesBothHalfClosedTimers) {
    const auto custom = tcpstate::withTimeouts(device("netfilter"), 7, 20, 0);
    EXPECT_EQ(tcpstate::runningTimer(custom, SessionPhase::halfClosed, false)->seconds, 7U);
    EXPECT_EQ(tcpstate::runningTimer(custom, SessionPhase::halfClosed, true)->seconds, 7U);
    EXPECT_EQ(tcpstate::runningTimer(custom, SessionPhase::established)->seconds, 20U);
}

TEST(FirewallProfileCustom, GivesATimerToADeviceWithout) {
    const auto custom = tcpstate::withTimeouts(device("aws-natgw"), 45, 0, 0);
    const auto &timer = custom.timer(SessionPhase::halfClosed);
    EXPECT_EQ(timer.seconds, 45U);
    EXPECT_NE(timer.name, nullptr);
    EXPECT_EQ(timer.command, nullptr);
    EXPECT_EQ(timer.refresh, Refresh::unknown);
}

TEST(FirewallProfileCustom, ProfileOfOnesOwn) {
    FirewallProfile own;
    own.id = "own";
    own.name = "Branch office";
    own.timers[static_cast<std::size_t>(SessionPhase::established)] = {.seconds = 600, .refresh = Refresh::outbound};
    own.timers[static_cast<std::size_t>(SessionPhase::halfClosed)] = {.seconds = 20, .refresh = Refresh::never};
    EXPECT_EQ(tcpstate::runningTimer(own, SessionPhase::closing)->seconds, 20U);
    EXPECT_TRUE(tcpstate::fits(own.timer(SessionPhase::halfClosed), Refresh::never, 19 * second, 21 * second));
    EXPECT_TRUE(tcpstate::fits(own.timer(SessionPhase::established), Refresh::everyPacket, 0, 600 * second));
}

// --- commands

TEST(FirewallProfileCommand, SecondsMinutesAndHours) {
    EXPECT_EQ(command(device("panos-6.1").timer(SessionPhase::halfClosed), 185),
              "set deviceconfig setting session timeout-tcp-half-closed 185");
    EXPECT_EQ(command(device("panos-6.0").timer(SessionPhase::halfClosed), 50),
              "set deviceconfig setting session timeout-tcpwait 50");
    EXPECT_EQ(command(device("fortigate").timer(SessionPhase::halfClosed), 300),
              "config system global / set tcp-halfclose-timer 300");
    EXPECT_EQ(command(device("cisco-asa").timer(SessionPhase::halfClosed), 905), "timeout half-closed 0:15:05");
    EXPECT_EQ(command(device("cisco-asa").timer(SessionPhase::established), 4'294'800), "timeout conn 1193:00:00");
    EXPECT_EQ(command(device("mikrotik").timer(SessionPhase::halfClosed), 90),
              "/ip firewall connection tracking set tcp-fin-wait-timeout=90s");
    // Azure takes whole minutes: what does not divide is rounded up, or the connection would still die.
    EXPECT_EQ(command(device("azure-natgw").timer(SessionPhase::established), 600),
              "az network nat gateway update --resource-group GROUP --name NAME --idle-timeout 10");
    EXPECT_EQ(command(device("azure-natgw").timer(SessionPhase::established), 601),
              "az network nat gateway update --resource-group GROUP --name NAME --idle-timeout 11");
}

TEST(FirewallProfileCommand, NoneWithoutACommand) {
    char text[32] = "before";
    EXPECT_EQ(tcpstate::writeCommand(text, device("aws-natgw").timer(SessionPhase::established), 600), 0U);
    EXPECT_STREQ(text, "");
}

TEST(FirewallProfileCommand, NothingRatherThanHalfACommand) {
    const auto &timer = device("pf").timer(SessionPhase::halfClosed);
    char exact[sizeof "set timeout tcp.closing 1000"];
    EXPECT_EQ(tcpstate::writeCommand(exact, timer, 1000), sizeof exact - 1);
    EXPECT_STREQ(exact, "set timeout tcp.closing 1000");
    EXPECT_EQ(tcpstate::writeCommand(exact, timer, 10'000), 0U);
    EXPECT_STREQ(exact, "");
    EXPECT_EQ(tcpstate::writeCommand({}, timer, 1), 0U);
}

TEST(FirewallProfileCommand, RangeOfTheDevice) {
    const auto &tcpWait = device("panos-6.0").timer(SessionPhase::halfClosed);
    EXPECT_TRUE(tcpWait.allows(600));
    EXPECT_FALSE(tcpWait.allows(601));
    EXPECT_TRUE(device("panos-6.1").timer(SessionPhase::halfClosed).allows(601));
    EXPECT_FALSE(device("cisco-asa").timer(SessionPhase::halfClosed).allows(60));
    EXPECT_TRUE(device("cisco-asa-9.1.2").timer(SessionPhase::halfClosed).allows(60));
    EXPECT_FALSE(device("aws-natgw").timer(SessionPhase::established).allows(600));
    EXPECT_TRUE(device("pf").timer(SessionPhase::halfClosed).allows(100'000)) << "no range known: nothing to refuse";
}
