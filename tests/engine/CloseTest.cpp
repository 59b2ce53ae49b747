// Closes, RFC 9293 section 3.6: expected by hand from the RFC's figures and the observer's rules.
#include "Transcript.h"

#include <gtest/gtest.h>

#include <string>

namespace {

const std::string open = R"(
        0    c S  0          | SYN-SENT LISTEN
        0.01 s S. 0 ack 1    | ESTABLISHED SYN-RECEIVED
        0.02 c .  1 ack 1    | ESTABLISHED ESTABLISHED
)";

void afterOpen(const char *script) {
    transcript::run((open + script).c_str());
}

} // namespace

TEST(Close, FinWithData) {
    afterOpen(R"(
        1 c FP. 1:100 ack 1  | FIN-WAIT-1 CLOSE-WAIT | only active
          s .  1 ack 102     | FIN-WAIT-2 CLOSE-WAIT
          s F. 1 ack 102     | TIME-WAIT LAST-ACK | only passive
          c .  102 ack 2     | TIME-WAIT CLOSED
        == client four
    )");
}

// The acknowledgement covers the data, not the FIN.
TEST(Close, PartialAcknowledgementLeavesFinWait1) {
    afterOpen(R"(
        1 c FP. 1:100 ack 1  | FIN-WAIT-1 CLOSE-WAIT
          s .  1 ack 101     | FIN-WAIT-1 CLOSE-WAIT | phase:half-closing
          s .  1 ack 102     | FIN-WAIT-2 CLOSE-WAIT | phase:half-closed
    )");
}

TEST(Close, FinRetransmittedBeforeItsAck) {
    afterOpen(R"(
        1   c F. 1 ack 1     | FIN-WAIT-1 CLOSE-WAIT | only active
        1.2 c F. 1 ack 1     | FIN-WAIT-1 CLOSE-WAIT | only steps:0
        1.3 s .  1 ack 2     | FIN-WAIT-2 CLOSE-WAIT
        == client unfinished
    )");
}

TEST(Close, RepeatedFinAfterItsAckPutsSenderBack) {
    afterOpen(R"(
        1   c F. 1 ack 1     | FIN-WAIT-1 CLOSE-WAIT
        1.1 s .  1 ack 2     | FIN-WAIT-2 CLOSE-WAIT
        1.4 c F. 1 ack 1     | FIN-WAIT-1 CLOSE-WAIT | step:client:FIN-WAIT-2>FIN-WAIT-1! steps:1
        1.5 s .  1 ack 2     | FIN-WAIT-2 CLOSE-WAIT
    )");
}

TEST(Close, LostLastAck) {
    afterOpen(R"(
        1   c F. 1 ack 1
        1.1 s F. 1 ack 2     | TIME-WAIT LAST-ACK | passive
        1.2 c .  2 ack 2     | TIME-WAIT CLOSED
        1.5 s F. 1 ack 2     | TIME-WAIT LAST-ACK | only step:server:CLOSED>LAST-ACK!
        1.6 c .  2 ack 2     | TIME-WAIT CLOSED
        == client three
    )");
}

TEST(Close, SimultaneousPlain) {
    afterOpen(R"(
        1 c F. 1 ack 1       | FIN-WAIT-1 CLOSE-WAIT | only active
          s F. 1 ack 1       | CLOSING CLOSING | only active simultaneous-close
          s .  2 ack 2       | TIME-WAIT CLOSING
          c .  2 ack 2       | TIME-WAIT TIME-WAIT
        == both simultaneous
    )");
}

// Seconds apart in the file and crossing all the same: the numbers decide, not the time.
TEST(Close, SimultaneousByNumbersNotByTime) {
    afterOpen(R"(
        1 c F. 1 ack 1       | FIN-WAIT-1 CLOSE-WAIT
        9 s F. 1 ack 1       | CLOSING CLOSING | only active simultaneous-close
        == both simultaneous
    )");
}

// A microsecond apart and not crossing.
TEST(Close, NotSimultaneousWhenAcknowledged) {
    afterOpen(R"(
        1        c F. 1 ack 1
        1.000001 s F. 1 ack 2 | TIME-WAIT LAST-ACK | only passive
        == client three
    )");
}

TEST(Close, SimultaneousWithData) {
    afterOpen(R"(
        1 c FP. 1:100 ack 1   | FIN-WAIT-1 CLOSE-WAIT
          s FP. 1:200 ack 1   | CLOSING CLOSING | only active simultaneous-close
          c .  102 ack 202    | CLOSING TIME-WAIT
          s .  202 ack 102    | TIME-WAIT TIME-WAIT
    )");
}

// The client's FIN was lost on the way and nothing tells whether it crossed: the first FIN seen decides.
TEST(Close, FirstTransmissionMissingWithoutSack) {
    afterOpen(R"(
        1   s F. 1 ack 1      | CLOSE-WAIT FIN-WAIT-1 | only active
        1.1 c .  2 ack 2      | CLOSE-WAIT FIN-WAIT-2
        1.3 c F. 1 ack 2      | LAST-ACK TIME-WAIT | only passive
        1.4 s .  2 ack 2      | CLOSED TIME-WAIT
        == server four
    )");
}

// A segment beyond the lost FIN that does not acknowledge the server's proves that they crossed.
TEST(Close, SegmentBeyondTheLostFinProvesACrossing) {
    afterOpen(R"(
        1   s F. 1 ack 1      | CLOSE-WAIT FIN-WAIT-1 | only active
        1.1 c .  2 ack 1      | CLOSE-WAIT FIN-WAIT-1
        1.3 c F. 1 ack 2      | CLOSING TIME-WAIT | only active simultaneous-close
        1.4 s .  2 ack 2      | TIME-WAIT TIME-WAIT
        == both simultaneous
    )");
}

// With SACK agreed the first ACK beyond the lost FIN tells: if it reports a duplicate, the FIN was an answer.
TEST(Close, DsackTellsAnAnswerFromACrossing) {
    transcript::run(R"(
        0   c S  0 sackok
            s S. 0 ack 1 sackok
            c .  1 ack 1
        1   s F. 1 ack 1            | CLOSE-WAIT FIN-WAIT-1 | only active
        1.2 s F. 1 ack 1
        1.3 c .  2 ack 2 sack 1-2   | CLOSE-WAIT FIN-WAIT-2
        1.4 c F. 1 ack 2            | LAST-ACK TIME-WAIT | only passive
        == server four
    )");
    transcript::run(R"(
        0   c S  0 sackok
            s S. 0 ack 1 sackok
            c .  1 ack 1
        1   s F. 1 ack 1            | CLOSE-WAIT FIN-WAIT-1 | only active
        1.3 c .  2 ack 2            | CLOSE-WAIT FIN-WAIT-2
        1.4 c F. 1 ack 2            | CLOSING TIME-WAIT | only active simultaneous-close
        == both simultaneous
    )");
}

// In the file the answer stands before the FIN that it answers: the numbers say who was first.
TEST(Close, FileOrderReversed) {
    afterOpen(R"(
        1      s F. 1 ack 2   | - FIN-WAIT-1
        1.0001 c F. 1 ack 1   | TIME-WAIT LAST-ACK | active step:server:FIN-WAIT-1>LAST-ACK!
        1.1    c .  2 ack 2   | TIME-WAIT CLOSED
        == client three
    )");
}

TEST(Close, DataCrossingAFinIsNoHalfClose) {
    afterOpen(R"(
        1     c F. 1 ack 1        | FIN-WAIT-1 CLOSE-WAIT
        1.001 s P. 1:1000 ack 1   | FIN-WAIT-1 CLOSE-WAIT | only phase:half-closing
        1.02  s .  1001 ack 2     | FIN-WAIT-2 CLOSE-WAIT | only
        1.03  s F. 1001 ack 2     | TIME-WAIT LAST-ACK | only passive
        == client four
    )");
}

// The segment before the FIN is missing: the FIN is sent, not received.
TEST(Close, FinBeyondAHoleWaits) {
    afterOpen(R"(
        1   c FP. 101:50 ack 1    | FIN-WAIT-1 ESTABLISHED | active
        1.1 s .   1 ack 1         | FIN-WAIT-1 ESTABLISHED
        1.2 c P.  1:100 ack 1     | FIN-WAIT-1 CLOSE-WAIT | step:server:ESTABLISHED>CLOSE-WAIT
        1.3 s .   1 ack 152       | FIN-WAIT-2 CLOSE-WAIT
    )");
}

TEST(Close, FinBeyondAHoleAcknowledged) {
    afterOpen(R"(
        1   c FP. 101:50 ack 1    | FIN-WAIT-1 ESTABLISHED
        1.3 s .   1 ack 152       | FIN-WAIT-2 CLOSE-WAIT
    )");
}

// Payload beyond a FIN, and the peer acknowledges it: an evasion, there was no FIN.
TEST(Close, FinTakenBackWhenPayloadBeyondIsAcknowledged) {
    afterOpen(R"(
        1 c F. 1 ack 1            | FIN-WAIT-1 CLOSE-WAIT | active
          c P. 1:100 ack 1        | FIN-WAIT-1 CLOSE-WAIT
          s .  1 ack 101          | ESTABLISHED ESTABLISHED | step:client:FIN-WAIT-1>ESTABLISHED! step:server:CLOSE-WAIT>ESTABLISHED!
        = none open
        2 c F. 101 ack 1          | FIN-WAIT-1 CLOSE-WAIT | active
        == client unfinished
    )");
}

TEST(Close, FinBelowWhatWasAcknowledgedIsIgnored) {
    afterOpen(R"(
        1 c P. 1:100 ack 1
          s .  1 ack 101
          c F. 50 ack 1           | ESTABLISHED ESTABLISHED | only steps:0
        == none open
    )");
}

TEST(Close, FinWithoutAckIsIgnored) {
    afterOpen(R"(
        1 c F 1                   | ESTABLISHED ESTABLISHED | only steps:0
        == none open
    )");
}

// BSD repeats its FIN with the newer acknowledgement instead of a bare ACK, in CLOSING.
TEST(Close, BsdAcknowledgesByRepeatingItsFin) {
    afterOpen(R"(
        1 c F. 1 ack 1            | FIN-WAIT-1 CLOSE-WAIT
          s F. 1 ack 1            | CLOSING CLOSING
          s F. 1 ack 2            | TIME-WAIT CLOSING | only
          c F. 1 ack 2            | TIME-WAIT TIME-WAIT | only
          c .  2 ack 2            | TIME-WAIT TIME-WAIT
    )");
}

TEST(Close, KeepAliveIsNoNewData) {
    afterOpen(R"(
        1  c P. 1:10 ack 1
           s .  1 ack 11
        2  s F. 1 ack 11          | CLOSE-WAIT FIN-WAIT-1
           c .  11 ack 2          | CLOSE-WAIT FIN-WAIT-2
        2.5 c . 10:1 ack 2        | CLOSE-WAIT FIN-WAIT-2 | only bytes:0
        2.6 c . 10 ack 2          | CLOSE-WAIT FIN-WAIT-2 | only bytes:0
        == server unfinished
    )");
}

TEST(Close, BeforeHandshakeIsOver) {
    transcript::run(R"(
        c S  0:100
        s S. 0 ack 101       | ESTABLISHED SYN-RECEIVED
        s F. 1 ack 101       | CLOSE-WAIT FIN-WAIT-1 | active
        c .  101 ack 2       | CLOSE-WAIT FIN-WAIT-2
    )");
}

TEST(Close, FinNeverAcknowledged) {
    afterOpen(R"(
        1   c F. 1 ack 1
        1.2 c F. 1 ack 1
        1.6 c F. 1 ack 1
        2.4 c F. 1 ack 1     | - - | steps:0
        4   c F. 1 ack 1     | FIN-WAIT-1 CLOSE-WAIT | fin-unacknowledged
        7   c F. 1 ack 1     | FIN-WAIT-1 CLOSE-WAIT | steps:0
        == client unfinished
    )");
}

// More holes than are remembered: those farthest out are forgotten, and nothing is taken as received that was not.
TEST(Close, MoreHolesThanAreRemembered) {
    std::string script = R"(
        0    c S  0
        0.01 s S. 0 ack 1
        0.02 c .  1 ack 1
)";
    // Twelve segments of ten bytes with a hole of ten before each, then the FIN behind a last hole.
    for (int number = 0; number < 12; ++number) {
        script += "        c P. " + std::to_string(11 + 20 * number) + ":10 ack 1\n";
    }
    script += "        c F. 251 ack 1 | FIN-WAIT-1 ESTABLISHED | active\n";
    // The holes are filled; what was forgotten is repeated. Only then has the FIN taken effect.
    for (int number = 0; number < 12; ++number) {
        script += "        c P. " + std::to_string(1 + 20 * number) + ":10 ack 1\n";
    }
    script += "        c P. 241:10 ack 1\n";
    for (int number = 0; number < 12; ++number) {
        script += "        c P. " + std::to_string(11 + 20 * number) + ":10 ack 1\n";
    }
    script += "        s . 1 ack 252 | FIN-WAIT-2 CLOSE-WAIT\n";
    transcript::run(script.c_str());
}
