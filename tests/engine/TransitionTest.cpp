// Rows of the machine that the other tests do not come by; the table itself.
#include "Transition.h"
#include "Transcript.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

namespace {

const std::string open = R"(
        0    c S  0
        0.01 s S. 0 ack 1
        0.02 c .  1 ack 1        | ESTABLISHED ESTABLISHED
)";

void afterOpen(const char *script) {
    transcript::run((open + script).c_str());
}

} // namespace

TEST(Transition, EachRowOnceWithReasonAndSection) {
    std::set<std::pair<int, int>> seen;
    for (unsigned number = 0; number < tcpstate::transitionCount(); ++number) {
        const auto &row = tcpstate::transitionRow(static_cast<tcpstate::TransitionNumber>(number));
        EXPECT_TRUE(seen.emplace(static_cast<int>(row.from), static_cast<int>(row.event)).second) << "row " << number;
        EXPECT_EQ(number, tcpstate::transition(row.from, row.event));
        EXPECT_NE(row.from, row.to) << "row " << number;
        EXPECT_FALSE(std::string(row.reason).empty());
        EXPECT_FALSE(std::string(row.section).empty());
    }
}

TEST(Transition, SynAckOfAnEndWhoseOldIncarnationWasReset) {
    afterOpen(R"(
        1    c P. 1:99 ack 1
        1.01 s .  1 ack 100
        60   c S  700000
        60.1 s .  1 ack 100
        60.2 c R  100                | SYN-SENT CLOSED
        61.1 s S. 900000 ack 700001  | ESTABLISHED SYN-RECEIVED
    )");
}

TEST(Transition, SimultaneousOpenWhoseOtherSynIsMissing) {
    transcript::run(R"(
        c S  0                   | SYN-SENT LISTEN
        c S. 0 ack 1             | SYN-RECEIVED LISTEN
    )");
}

TEST(Transition, ResetInSimultaneousOpenClosesTheActiveEnd) {
    transcript::run(R"(
        c S  0
        s S  0                   | SYN-RECEIVED SYN-RECEIVED
        s R. 1 ack 1             | CLOSED CLOSED | accepted
    )");
}

TEST(Transition, ResetInEachClosingState) {
    afterOpen(R"(
        1 c F. 1 ack 1           | FIN-WAIT-1 CLOSE-WAIT
          s R. 1 ack 1           | CLOSED CLOSED | accepted step:client:FIN-WAIT-1>CLOSED step:server:CLOSE-WAIT>CLOSED
        == client reset-after-fin
    )");
    afterOpen(R"(
        1 c F. 1 ack 1
          s F. 1 ack 1           | CLOSING CLOSING
          s R. 2 ack 1           | CLOSED CLOSED | accepted step:client:CLOSING>CLOSED step:server:CLOSING>CLOSED
    )");
    afterOpen(R"(
        1 c F. 1 ack 1
          s F. 1 ack 2           | TIME-WAIT LAST-ACK
          c R. 2 ack 1           | CLOSED CLOSED | accepted step:client:TIME-WAIT>CLOSED step:server:LAST-ACK>CLOSED
    )");
    afterOpen(R"(
        1 c F. 1 ack 1
          s F. 1 ack 2           | TIME-WAIT LAST-ACK
          s R. 2 ack 2           | CLOSED CLOSED | accepted step:server:LAST-ACK>CLOSED step:client:TIME-WAIT>CLOSED
    )");
}

TEST(Transition, AbortInSynReceived) {
    transcript::run(R"(
        c S  0
        s S. 0 ack 1             | ESTABLISHED SYN-RECEIVED
        s R. 1 ack 1             | CLOSED CLOSED | accepted
    )");
}

TEST(Transition, FinRepeatedFromTimeWait) {
    afterOpen(R"(
        1   c F. 1 ack 1
        1.1 s .  1 ack 2
        1.2 s F. 1 ack 2         | TIME-WAIT LAST-ACK
        1.4 c F. 1 ack 1         | CLOSING LAST-ACK | step:client:TIME-WAIT>CLOSING!
        1.5 s .  2 ack 2         | TIME-WAIT LAST-ACK
    )");
}

TEST(Transition, FileOrderReversedAfterTheAck) {
    afterOpen(R"(
        1    s F. 1 ack 2        | - FIN-WAIT-1
        1.1  c .  2 ack 2        | - FIN-WAIT-2
        1.2  c F. 1 ack 1        | TIME-WAIT CLOSED | step:server:FIN-WAIT-2>CLOSED!
    )");
}

// An evasion in each state in which a FIN may have left its sender and its receiver.
TEST(Transition, FinTakenBackFromEachState) {
    afterOpen(R"(
        1 c F. 1 ack 1
          s .  1 ack 2           | FIN-WAIT-2 CLOSE-WAIT
          c P. 1:50 ack 1
          s .  1 ack 51          | ESTABLISHED ESTABLISHED
    )");
    afterOpen(R"(
        1 s F. 1 ack 1
          c .  1 ack 2
          c F. 1 ack 2           | LAST-ACK TIME-WAIT
          c P. 1:50 ack 2
          s .  2 ack 51          | CLOSE-WAIT FIN-WAIT-2
        = server unfinished
    )");
    afterOpen(R"(
        1 s F. 1 ack 1
          c .  1 ack 2
          c F. 1 ack 2
          s .  2 ack 2           | CLOSED TIME-WAIT
          c P. 1:50 ack 2
          s .  2 ack 51          | CLOSE-WAIT FIN-WAIT-2
    )");
    afterOpen(R"(
        1 c F. 1 ack 1
          s F. 1 ack 1           | CLOSING CLOSING
          c P. 1:50 ack 1
          s .  2 ack 51          | CLOSE-WAIT FIN-WAIT-1
    )");
    afterOpen(R"(
        1 c F. 1 ack 1
          s F. 1 ack 2           | TIME-WAIT LAST-ACK
          c P. 1:50 ack 1
          s .  2 ack 51          | CLOSE-WAIT FIN-WAIT-1
    )");
    afterOpen(R"(
        1 c F. 1 ack 1
          s F. 1 ack 2
          c .  2 ack 2           | TIME-WAIT CLOSED
          c P. 1:50 ack 2
          s .  2 ack 51          | CLOSE-WAIT FIN-WAIT-2
    )");
}
