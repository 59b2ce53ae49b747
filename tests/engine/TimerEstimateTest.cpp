// Brackets of several connections intersected: what timer the firewall has, and which devices it cannot be.
#include "TimerEstimate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using tcpstate::commonDeaths;
using tcpstate::Death;
using tcpstate::findProfile;
using tcpstate::Nanoseconds;
using tcpstate::ProfileReading;
using tcpstate::Refresh;
using tcpstate::second;
using tcpstate::SessionPhase;
using tcpstate::TimerBracket;
using tcpstate::TimerEstimate;
using tcpstate::TimerKill;

using Answer = ProfileReading::Answer;

/** Killed half-closed: by the first FIN in (passed, lost], by the last packet in (survived, gap]. Frames are 10 and 20. */
TimerKill kill(double passed, double lost, double survived, double gap, std::uint32_t stream = 0) {
    const auto nanoseconds = [](double seconds) { return static_cast<Nanoseconds>(seconds * 1e9); };
    TimerKill made;
    made.finMinimum = nanoseconds(passed);
    made.finMaximum = nanoseconds(lost);
    made.lastMinimum = nanoseconds(survived);
    made.lastMaximum = nanoseconds(gap);
    made.passed = {10, stream};
    made.lost = {20, stream};
    return made;
}

ProfileReading read(const TimerEstimate &estimate, const char *id) {
    const auto *profile = findProfile(id);
    if (profile == nullptr) {
        throw std::runtime_error(std::string("no profile ") + id);
    }
    return estimate.read(*profile);
}

} // namespace

TEST(TimerBracket, NothingKnown) {
    const TimerBracket bracket;
    EXPECT_TRUE(bracket.empty());
    EXPECT_FALSE(bracket.closed());
    EXPECT_FALSE(bracket.contradictory());
}

TEST(TimerBracket, TheNarrowestBoundsStand) {
    TimerBracket bracket;
    bracket.outlived(10 * second, {1, 0});
    bracket.outlived(25 * second, {2, 1});
    bracket.outlived(20 * second, {3, 2});
    bracket.lost(60 * second, {4, 3});
    bracket.lost(35 * second, {5, 4});
    bracket.lost(40 * second, {6, 5});
    EXPECT_EQ(bracket.minimum(), 25 * second);
    EXPECT_EQ(bracket.minimumSource().frame, 2U);
    EXPECT_EQ(bracket.maximum(), 35 * second);
    EXPECT_EQ(bracket.maximumSource().frame, 5U);
    EXPECT_TRUE(bracket.closed());
    EXPECT_EQ(bracket.middle(), 30 * second);
    EXPECT_EQ(bracket.error(), 5 * second);
}

TEST(TimerBracket, OnlySurvivorsLeaveItOpen) {
    TimerBracket bracket;
    bracket.outlived(45 * second, {1, 0});
    EXPECT_FALSE(bracket.closed());
    EXPECT_FALSE(bracket.contradictory());
}

// The bracket is half-open: what worked after exactly 30 s outlived a timer of 30 s, what was lost at 30 s did not.
TEST(TimerBracket, TheSameAgeContradicts) {
    TimerBracket bracket;
    bracket.outlived(30 * second, {1, 0});
    bracket.lost(30 * second, {2, 1});
    EXPECT_TRUE(bracket.contradictory());
    EXPECT_FALSE(bracket.closed());
}

// Five connections through a firewall that drops 30 s after the first FIN, whatever passes meanwhile. None of them
// alone says much: the best is 20 s wide.
TEST(TimerEstimate, FiveBracketsGiveAHardTimerWithinAFifth) {
    constexpr double truth = 30;
    TimerEstimate estimate(SessionPhase::halfClosed);
    estimate.addKill(kill(0.01, 45, 0, 44.9, 1));
    estimate.addKill(kill(12, 33, 5, 21, 2));
    estimate.addKill(kill(27, 70, 4, 43, 3));
    estimate.addKill(kill(20, 40, 3, 20, 4));
    estimate.addKill(kill(25, 50, 24, 25, 5));
    const TimerBracket &bracket = estimate.sinceFin();
    ASSERT_TRUE(bracket.closed());
    EXPECT_LT(bracket.minimum(), static_cast<Nanoseconds>(truth * 1e9));
    EXPECT_GE(bracket.maximum(), static_cast<Nanoseconds>(truth * 1e9));
    EXPECT_LE(static_cast<double>(std::max(bracket.maximum() - 30 * second, 30 * second - bracket.minimum())),
              0.2 * truth * 1e9);
    EXPECT_LE(std::abs(static_cast<double>(bracket.middle()) - truth * 1e9), 0.2 * truth * 1e9);
    EXPECT_LE(static_cast<double>(bracket.error()), 0.2 * truth * 1e9);
    // A gap of 24 s was outlived in one connection and one of 20 s not in another: no refreshed timer explains that.
    EXPECT_TRUE(estimate.sinceLast().contradictory());
    EXPECT_EQ(estimate.kills(), 5U);
}

// The same through a firewall whose timer of 6 s each packet loads again: half-closed for minutes, until one gap.
TEST(TimerEstimate, FiveBracketsGiveARefreshedTimerWithinAFifth) {
    constexpr double truth = 6;
    TimerEstimate estimate(SessionPhase::halfClosed);
    estimate.addKill(kill(100, 108, 4, 8, 1));
    estimate.addKill(kill(3, 10, 3, 7, 2));
    estimate.addKill(kill(50, 57, 5, 7, 3));
    estimate.addKill(kill(0.2, 6.4, 0, 6.2, 4));
    estimate.addKill(kill(20, 40, 5.5, 20, 5));
    const TimerBracket &bracket = estimate.sinceLast();
    ASSERT_TRUE(bracket.closed());
    EXPECT_LT(static_cast<double>(bracket.minimum()), truth * 1e9);
    EXPECT_GE(static_cast<double>(bracket.maximum()), truth * 1e9);
    EXPECT_LE(std::abs(static_cast<double>(bracket.middle()) - truth * 1e9), 0.2 * truth * 1e9);
    EXPECT_LE(static_cast<double>(bracket.error()), 0.2 * truth * 1e9);
    EXPECT_TRUE(estimate.sinceFin().contradictory());
}

TEST(TimerEstimate, ASurvivorNarrowsFromBelow) {
    TimerEstimate estimate(SessionPhase::halfClosed);
    estimate.addKill(kill(0.01, 45, 0, 44.9));
    estimate.addSurvivor(28 * second, {7, 3}, 27 * second, {0, 3});
    EXPECT_EQ(estimate.sinceFin().minimum(), 28 * second);
    EXPECT_EQ(estimate.sinceFin().minimumSource().frame, 7U);
    EXPECT_EQ(estimate.sinceLast().minimum(), 27 * second);
    EXPECT_EQ(estimate.sinceLast().minimumSource().stream, 3U);
    EXPECT_EQ(estimate.survivors(), 1U);
}

// PAN-OS up to 6.0: 30 s from the FIN, and nothing refreshes it. From 6.1 on: 120 s.
TEST(TimerEstimate, AKillNamesTheProfileThatFits) {
    TimerEstimate estimate(SessionPhase::halfClosed);
    estimate.addKill(kill(12, 45, 5, 33));
    EXPECT_EQ(read(estimate, "panos-6.0").answer, Answer::fits);
    const ProfileReading later = read(estimate, "panos-6.1");
    EXPECT_EQ(later.answer, Answer::early);
    EXPECT_EQ(later.source.frame, 20U);
    EXPECT_EQ(later.age, later.basis == Refresh::never ? 45 * second : 33 * second);
}

TEST(TimerEstimate, ASurvivorRefutesAProfile) {
    TimerEstimate estimate(SessionPhase::halfClosed);
    estimate.addSurvivor(45 * second, {99, 4}, 44 * second, {0, 4});
    const ProfileReading earlier = read(estimate, "panos-6.0");
    EXPECT_EQ(earlier.answer, Answer::outlived);
    EXPECT_EQ(earlier.source.frame, 99U);
    EXPECT_EQ(earlier.age, 45 * second);
    // 120 s have not been tried, and 600 s neither.
    EXPECT_EQ(read(estimate, "panos-6.1").answer, Answer::possible);
    EXPECT_EQ(read(estimate, "cisco-asa").answer, Answer::possible);
}

// A connection that kept talking for ten minutes after the FIN says nothing about a timer that each packet loads again,
// and refutes one that counts from the FIN.
TEST(TimerEstimate, TheBasisDecidesWhoIsRefuted) {
    TimerEstimate estimate(SessionPhase::halfClosed);
    estimate.addSurvivor(650 * second, {5, 1}, 2 * second, {0, 1});
    EXPECT_EQ(read(estimate, "panos-6.0").answer, Answer::outlived);
    EXPECT_EQ(read(estimate, "cisco-asa").answer, Answer::possible);
}

TEST(TimerEstimate, NothingSaysNothing) {
    const TimerEstimate estimate(SessionPhase::halfClosed);
    EXPECT_TRUE(estimate.empty());
    EXPECT_EQ(read(estimate, "panos-6.0").answer, Answer::untested);
}

TEST(TimerEstimate, AnIdleKillIsAboutTheIdleTimer) {
    TimerEstimate estimate(SessionPhase::established);
    TimerKill idle;
    idle.lastMinimum = 600 * second;
    idle.lastMaximum = 4000 * second;
    idle.lost = {8, 0};
    estimate.addKill(idle);
    EXPECT_TRUE(estimate.sinceFin().empty());
    EXPECT_EQ(read(estimate, "panos").answer, Answer::fits);      // 3600 s
    EXPECT_EQ(read(estimate, "cisco-asa").answer, Answer::fits);  // 1 h
    EXPECT_EQ(read(estimate, "netfilter").answer, Answer::early); // five days
}

TEST(CommonDeaths, ThreeAtOneMomentAreAGroup) {
    // All three can have died in (21, 25]; the fourth was lost before.
    const std::vector<Death> deaths = {{10 * second, 30 * second, 0},
                                       {20 * second, 25 * second, 1},
                                       {21 * second, 40 * second, 2},
                                       {1 * second, 9 * second, 3}};
    const auto groups = commonDeaths(deaths);
    ASSERT_EQ(groups.size(), 1U);
    EXPECT_EQ(groups[0].after, 21 * second);
    EXPECT_EQ(groups[0].upTo, 25 * second);
    EXPECT_EQ(groups[0].connections, (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST(CommonDeaths, TwoAreNone) {
    const std::vector<Death> deaths = {{10 * second, 30 * second, 0}, {20 * second, 25 * second, 1}};
    EXPECT_TRUE(commonDeaths(deaths).empty());
}

// Lost at the moment at which the next one still passed: not together.
TEST(CommonDeaths, TouchingIsNotTogether) {
    const std::vector<Death> deaths = {
        {0, 10 * second, 0}, {10 * second, 20 * second, 1}, {20 * second, 30 * second, 2}};
    EXPECT_TRUE(commonDeaths(deaths).empty());
}

TEST(CommonDeaths, TwoMomentsAreTwoGroups) {
    std::vector<Death> deaths;
    for (std::uint32_t number = 0; number < 4; ++number) {
        deaths.push_back({(10 + number) * second, 20 * second, number});
    }
    for (std::uint32_t number = 4; number < 7; ++number) {
        deaths.push_back({(100 + number) * second, 120 * second, number});
    }
    const auto groups = commonDeaths(deaths);
    ASSERT_EQ(groups.size(), 2U);
    EXPECT_EQ(groups[0].connections.size(), 4U);
    EXPECT_EQ(groups[1].connections.size(), 3U);
}

// A capture whose times run backwards: no moment lies between them, and the search for one must end.
TEST(CommonDeaths, TimesOutOfOrderAreNone) {
    const std::vector<Death> deaths = {
        {20 * second, 10 * second, 0}, {20 * second, 10 * second, 1}, {20 * second, 10 * second, 2}};
    EXPECT_TRUE(commonDeaths(deaths).empty());
}
