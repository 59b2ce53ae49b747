// RSTs: acceptance at the receiver (RFC 9293 section 3.10.7, RFC 5961 section 3.2) and effect at both ends.
#include "Transcript.h"

#include <gtest/gtest.h>

#include <string>

namespace {

const std::string open = R"(
        0    c S  0 scale 7
        0.01 s S. 0 ack 1 scale 7
        0.02 c .  1 ack 1 win 100    | ESTABLISHED ESTABLISHED
        0.03 s .  1 ack 1 win 100    | ESTABLISHED ESTABLISHED
)";

void afterOpen(const char *script) {
    transcript::run((open + script).c_str());
}

} // namespace

TEST(Reset, ExactIsAccepted) {
    afterOpen(R"(
        1 s R. 1 ack 1              | CLOSED CLOSED | accepted phase:reset
        == none reset
    )");
}

TEST(Reset, BelowTheWindowIsRefused) {
    afterOpen(R"(
        1 s P. 1:1000 ack 1
          c .  1 ack 1001
          s R  900                  | ESTABLISHED ESTABLISHED | refused unacceptable-reset
        == none open
    )");
}

TEST(Reset, AboveTheWindowIsRefused) {
    afterOpen(R"(
        1 s R  12801                | ESTABLISHED ESTABLISHED | refused unacceptable-reset
        == none open
    )");
}

TEST(Reset, InWindowIsUnprovenAndSilenceAcceptsIt) {
    afterOpen(R"(
        1 s R  12800                | ESTABLISHED ESTABLISHED | unproven steps:0 phase:established
        = none open
        == none reset
    )");
}

TEST(Reset, InWindowTakesAReceiverThatHasClosed) { // Linux in FIN-WAIT-2 without a process: tcp_timewait_state_process
    afterOpen(R"(
        1 s F. 1 ack 1              | CLOSE-WAIT FIN-WAIT-1
          c .  1 ack 2              | CLOSE-WAIT FIN-WAIT-2
          c R. 501 ack 2            | CLOSED CLOSED | unproven
        == server reset-after-fin
    )");
}

TEST(Reset, InWindowRefusedByChallengeAckOfAReceiverThatHasOnlyShutDown) {
    afterOpen(R"(
        1 s F. 1 ack 1              | CLOSE-WAIT FIN-WAIT-1
          c .  1 ack 2              | CLOSE-WAIT FIN-WAIT-2
          c R. 501 ack 2            | CLOSED CLOSED | unproven
          s .  2 ack 1              | CLOSED FIN-WAIT-2
          c R  1                    | CLOSED CLOSED | accepted
        == server reset-after-fin
    )");
}

TEST(Reset, InWindowRefusedByChallengeAck) {
    afterOpen(R"(
        1 s R  5000                 | ESTABLISHED ESTABLISHED | unproven
          c .  1 ack 1 win 100      | ESTABLISHED ESTABLISHED
        == none open
    )");
}

TEST(Reset, InWindowRefusedByAnAnswerToLaterBytes) {
    afterOpen(R"(
        1 s R  5000                 | ESTABLISHED ESTABLISHED | unproven
          s P. 1:10 ack 1
          c P. 1:10 ack 11          | ESTABLISHED ESTABLISHED
        == none open
    )");
}

// A RST in the server's name; the server goes on, and the client did take it.
TEST(Reset, SenderThatGoesOnIsCorrected) {
    afterOpen(R"(
        1 s R  1                    | CLOSED CLOSED | accepted
        2 s P. 1:10 ack 1           | CLOSED ESTABLISHED | step:server:CLOSED>ESTABLISHED!
        2.1 c R 1                   | CLOSED CLOSED
        == none reset
    )");
}

// The receiver answers what was sent after the RST: it took no notice of it.
TEST(Reset, ReceiverThatGoesOnIsCorrected) {
    afterOpen(R"(
        1 s R  1                    | CLOSED CLOSED | accepted
        2 s P. 1:10 ack 1           | CLOSED ESTABLISHED
          c .  1 ack 11             | ESTABLISHED ESTABLISHED | phase:established
        == none open
    )");
}

// Data under way decides nothing.
TEST(Reset, DataUnderWayDecidesNothing) {
    afterOpen(R"(
        1 s R. 1 ack 1              | CLOSED CLOSED | accepted
          c P. 1:100 ack 1          | CLOSED CLOSED | steps:0
          c P. 101:100 ack 1        | CLOSED CLOSED | steps:0
        == none reset
    )");
}

// close() instead of shutdown(): late data meets a host that has forgotten the connection.
TEST(Reset, AnswerToLateData) {
    afterOpen(R"(
        1 c F. 1 ack 1              | FIN-WAIT-1 CLOSE-WAIT
          s .  1 ack 2              | FIN-WAIT-2 CLOSE-WAIT
        5 s P. 1:100 ack 2          | FIN-WAIT-2 CLOSE-WAIT
          c R  2                    | CLOSED CLOSED | accepted phase:reset step:client:FIN-WAIT-2>CLOSED
        == client reset-after-fin
    )");
}

TEST(Reset, InTimeWaitRenamesNothing) {
    afterOpen(R"(
        1 c F. 1 ack 1
          s F. 1 ack 2
          c .  2 ack 2              | TIME-WAIT CLOSED | phase:closed
        2 s R  2                    | CLOSED CLOSED | accepted phase:closed
        == client three
    )");
}

TEST(Reset, StormToAClosedEndIsNoSecondEvent) {
    afterOpen(R"(
        1 s R  1                    | CLOSED CLOSED | accepted
          s R  1                    | CLOSED CLOSED | refused steps:0
          s R  1                    | CLOSED CLOSED | refused
        == none reset
    )");
}

TEST(Reset, ListenIgnoresIt) {
    transcript::run(R"(
        c S  0                      | SYN-SENT LISTEN
        c R  1                      | SYN-SENT LISTEN | refused steps:0
    )");
}

TEST(Reset, InSynSentItMustAcknowledgeTheSyn) {
    transcript::run(R"(
        c S  0                      | SYN-SENT LISTEN
        s R  0                      | SYN-SENT LISTEN | refused unacceptable-reset
        s R. 0 ack 50               | SYN-SENT LISTEN | refused unacceptable-reset
        s S. 0 ack 1                | ESTABLISHED SYN-RECEIVED
        == none open
    )");
}

TEST(Reset, FirstPacketOfAll) {
    transcript::run(R"(
        s R. 1 ack 1                | UNKNOWN CLOSED | unproven
    )");
}

// Without the handshake the window's scale is not known: nothing below the largest one may be called refused.
TEST(Reset, UnknownScaleIsNotRefused) {
    transcript::run(R"(
        c P. 1:10 ack 1 win 100
        s .  1 ack 11 win 100
        s R  1000000                | ESTABLISHED ESTABLISHED | unproven
    )");
}

// RFC 9293 figure 9: the client restarted and opens anew; the server still has the old connection.
TEST(Reset, HalfOpenPeerDiscovered) {
    afterOpen(R"(
        1    c P. 1:99 ack 1         | ESTABLISHED ESTABLISHED
        1.01 s .  1 ack 100          | ESTABLISHED ESTABLISHED
        60   c S  700000             | SYN-SENT LISTEN | phase:opening
        60.1 s .  1 ack 100          | SYN-SENT ESTABLISHED
        60.2 c R  100                | SYN-SENT CLOSED | accepted phase:opening
        61   c S  700000             | SYN-SENT LISTEN
        61.1 s S. 900000 ack 700001  | ESTABLISHED SYN-RECEIVED
        61.2 c .  700001 ack 900001  | ESTABLISHED ESTABLISHED
    )");
}

// A RST that may not have been accepted leaves its receiver alive: its FIN is a FIN.
TEST(Reset, FinAfterAnUnprovenResetCounts) {
    afterOpen(R"(
        1 s F. 1 ack 1              | CLOSE-WAIT FIN-WAIT-1
          c .  1 ack 2              | CLOSE-WAIT FIN-WAIT-2
          s R  5000                 | CLOSE-WAIT FIN-WAIT-2 | unproven
          c F. 1 ack 2              | LAST-ACK TIME-WAIT | passive
    )");
}

// Linux: a host that has closed completely answers data under way with the number of its own FIN.
TEST(Reset, NumberOfTheFinAnswersDataUnderWay) {
    afterOpen(R"(
        1 c F. 1 ack 1              | FIN-WAIT-1 CLOSE-WAIT
          s P. 1:10 ack 1           | FIN-WAIT-1 CLOSE-WAIT
          c R  1                    | CLOSED CLOSED | accepted
        == client reset-after-fin
    )");
}
