// A Record comes back from the store as it was, whatever of it is set.
#include "postdissector/records.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace tcpstate {

namespace {

void expectSame(const Record &is, const Record &was) {
    EXPECT_EQ(is.halfCloseDuration, was.halfCloseDuration);
    EXPECT_EQ(is.firewallRemaining, was.firewallRemaining);
    EXPECT_EQ(is.halfCloseBytes, was.halfCloseBytes);
    EXPECT_EQ(is.connection, was.connection);
    EXPECT_EQ(is.marks, was.marks);
    EXPECT_EQ(is.verdict, was.verdict);
    ASSERT_EQ(is.stepCount, was.stepCount);
    for (unsigned i = 0; i < was.stepCount; ++i) {
        EXPECT_EQ(is.steps[i].side, was.steps[i].side);
        EXPECT_EQ(is.steps[i].corrected, was.steps[i].corrected);
        EXPECT_EQ(is.steps[i].from, was.steps[i].from);
        EXPECT_EQ(is.steps[i].to, was.steps[i].to);
        EXPECT_EQ(is.steps[i].row, was.steps[i].row);
    }
    EXPECT_EQ(is.states, was.states);
    EXPECT_EQ(is.phase, was.phase);
    EXPECT_EQ(is.sender, was.sender);
    EXPECT_EQ(is.acceptance, was.acceptance);
    EXPECT_EQ(is.cause, was.cause);
    EXPECT_EQ(is.origin, was.origin);
    EXPECT_EQ(is.halfOpen, was.halfOpen);
    EXPECT_EQ(is.firewallPhase, was.firewallPhase);
}

Step step(unsigned number) {
    Step result;
    result.side = number & 1U;
    result.corrected = number >> 1 & 1U;
    result.from = number >> 2 & 0xfU;
    result.to = number >> 6 & 0xfU;
    result.row = number >> 10 & 0x3fU;
    return result;
}

/** Each sets one part of a Record to something that no other Record has, as far as it has room. */
const std::vector<std::function<void(Record &, std::uint32_t)>> parts = {
    [](Record &record, std::uint32_t number) { record.halfCloseDuration = -1 - Nanoseconds{number} * second; },
    [](Record &record, std::uint32_t number) { record.firewallRemaining = Nanoseconds{number} * second - 5; },
    [](Record &record, std::uint32_t number) { record.halfCloseBytes = ~std::uint64_t{number}; },
    [](Record &record, std::uint32_t number) { record.connection = number; },
    [](Record &record, std::uint32_t) { record.marks |= mark::midstream; },
    [](Record &record, std::uint32_t number) { record.marks |= number | mark::talksOn; },
    [](Record &record, std::uint32_t number) { record.verdict = number; },
    [](Record &record, std::uint32_t number) {
        record.stepCount = static_cast<std::uint8_t>(number % (Record::maximumSteps + 1));
        for (unsigned i = 0; i < record.stepCount; ++i) {
            record.steps[i] = step(number * 7 + i * 4099);
        }
    },
    [](Record &record, std::uint32_t number) {
        record.states = {static_cast<State>(number % 12), static_cast<State>((number + 5) % 12)};
    },
    [](Record &record, std::uint32_t number) { record.phase = static_cast<Phase>(number % 8); },
    [](Record &record, std::uint32_t) { record.sender = Side::server; },
    [](Record &record, std::uint32_t) { record.acceptance = ResetAcceptance::refused; },
    [](Record &record, std::uint32_t number) { record.cause = static_cast<ResetCause>(number % 12); },
    [](Record &record, std::uint32_t) { record.origin = ResetOrigin::unknown; },
    [](Record &record, std::uint32_t) { record.halfOpen = HalfOpen::handshakeUnfinished; },
    [](Record &record, std::uint32_t number) { record.firewallPhase = static_cast<SessionPhase>(number % 7); },
};

} // namespace

TEST(Records, OneThatSaysNothingTakesNoMemoryButAPointer) {
    if (sizeof(void *) < 8) {
        GTEST_SKIP() << "pointers are too narrow here";
    }
    Record record;
    record.connection = 0xfffffffe;
    record.states = {State::timeWait, State::timeWait};
    record.phase = Phase::halfClosing;
    record.marks = mark::midstream;
    record.sender = Side::server;
    record.firewallPhase = SessionPhase::reset;
    void *kept = nullptr;
    {
        Records gone;
        kept = gone.keep(record);
    }
    ASSERT_NE(kept, nullptr);
    expectSame(Records::load(kept), record);
}

TEST(Records, EachPartAndEachPairOfPartsComesBack) {
    Records records;
    for (std::size_t one = 0; one < parts.size(); ++one) {
        for (std::size_t other = 0; other < parts.size(); ++other) {
            SCOPED_TRACE(std::to_string(one) + " and " + std::to_string(other));
            Record record;
            parts[one](record, 3);
            parts[other](record, 5);
            expectSame(Records::load(records.keep(record)), record);
        }
    }
}

TEST(Records, ManyComeBackAfterAllAreKept) {
    std::mt19937 random(20); // NOLINT(cert-msc32-c,cert-msc51-cpp): a failure has to repeat
    std::vector<Record> originals;
    std::vector<void *> kept;
    Records records;
    for (std::uint32_t number = 0; number < 5000; ++number) {
        Record record;
        for (const auto &part : parts) {
            if (random() % 2 != 0) {
                part(record, number);
            }
        }
        originals.push_back(record);
        kept.push_back(records.keep(record));
    }
    for (std::size_t i = 0; i < kept.size(); ++i) {
        SCOPED_TRACE(i);
        expectSame(Records::load(kept[i]), originals[i]);
        ASSERT_FALSE(testing::Test::HasFailure());
    }
}

} // namespace tcpstate
