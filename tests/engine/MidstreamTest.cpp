// Captures that begin in the middle, lack packets, or show them twice; and ports that are used again.
#include "Transcript.h"

#include <gtest/gtest.h>

#include <string>

TEST(Midstream, BothEstablishedAndMarkedOnce) {
    transcript::run(R"(
        s P. 1:100 ack 1     | ESTABLISHED ESTABLISHED | midstream-begins
        c .  1 ack 101       | ESTABLISHED ESTABLISHED | phase:established steps:0
    )");
}

// The server may have closed before the capture began; nothing shows otherwise.
TEST(Midstream, InitiatorStaysOpen) {
    transcript::run(R"(
        c F. 1 ack 1         | FIN-WAIT-1 CLOSE-WAIT | only midstream-begins
        s .  1 ack 2         | FIN-WAIT-2 CLOSE-WAIT
        == none unfinished
    )");
}

TEST(Midstream, NewPayloadOfTheOtherSideDecides) {
    transcript::run(R"(
        c F. 1 ack 1         | FIN-WAIT-1 CLOSE-WAIT | only midstream-begins
        s P. 1:10 ack 2      | FIN-WAIT-2 CLOSE-WAIT | only half-close:client
        == client half-close
    )");
}

TEST(Midstream, OtherFinDecides) {
    transcript::run(R"(
        c F. 1 ack 1
        s F. 1 ack 2         | TIME-WAIT LAST-ACK | only passive
        == client three
    )");
}

TEST(Midstream, UnbrokenPayloadOfTheOtherSideDecidesAtOnce) {
    transcript::run(R"(
        s P. 1:10 ack 1
        c .  1 ack 11
        c F. 1 ack 11        | FIN-WAIT-1 CLOSE-WAIT | only active
    )");
}

// Bytes of the server are missing after its payload: its FIN may be among them.
TEST(Midstream, BrokenPayloadDoesNot) {
    transcript::run(R"(
        s P. 1:10 ack 1
        c .  1 ack 12
        c F. 1 ack 12        | FIN-WAIT-1 CLOSE-WAIT | only
        == none unfinished
    )");
}

TEST(Incarnation, NewSynAfterTimeWait) {
    transcript::run(R"(
        0 c S  0
          s S. 0 ack 1
          c .  1 ack 1
          c F. 1 ack 1
          s F. 1 ack 2
          c .  2 ack 2           | TIME-WAIT CLOSED
        == client three
        5 c S  500000            | SYN-SENT LISTEN | phase:opening
          s S. 600000 ack 500001 | ESTABLISHED SYN-RECEIVED
          c .  500001 ack 600001 | ESTABLISHED ESTABLISHED
        = none open
    )");
}

// The roles may turn round with a new incarnation; what the lines call client and server here are the ports.
TEST(Incarnation, SameNumberWhileOpenIsARetransmission) {
    transcript::run(R"(
        0 c S  0
          s R. 0 ack 1           | CLOSED CLOSED
        # The host tries again with the same number: both ends were CLOSED, so it is a new one.
        1 c S  0                 | SYN-SENT LISTEN | phase:opening
    )");
}

TEST(Incarnation, StragglerOfTheOldOneIsNotOfTheNew) {
    transcript::run(R"(
        0 c S  0
          s S. 0 ack 1
          c .  1 ack 1
          s P. 1:100 ack 1
          c F. 1 ack 101
          s F. 101 ack 2
          c .  2 ack 102             | TIME-WAIT CLOSED
        5 c S  50000000              | SYN-SENT LISTEN
          s S. 60000000 ack 50000001 | ESTABLISHED SYN-RECEIVED
          c .  50000001 ack 60000001 | ESTABLISHED ESTABLISHED
          s P. 1:100 ack 2           | TIME-WAIT CLOSED | steps:0
          s P. 60000001:5 ack 50000001 | ESTABLISHED ESTABLISHED
    )");
}

TEST(Duplicate, SameIdentificationIsOnePacket) {
    transcript::run(R"(
        0     c S  0 id 7
        0.001 c S  0 id 7          | SYN-SENT LISTEN | duplicate steps:0
              s S. 0 ack 1 id 8 if 0
              s S. 0 ack 1 id 8 if 1 ttl 63 | ESTABLISHED SYN-RECEIVED | duplicate
        0.01  c .  1 ack 1
        1     c F. 1 ack 1 id 20
        1.001 s .  1 ack 2 id 21   | FIN-WAIT-2 CLOSE-WAIT
        # Not a repetition of the FIN: the same packet, seen a second time.
        1.002 c F. 1 ack 1 id 20 if 1 ttl 63 | FIN-WAIT-2 CLOSE-WAIT | duplicate steps:0
    )");
}

TEST(Duplicate, OtherIdentificationIsARetransmission) {
    transcript::run(R"(
        0     c S  0
              s S. 0 ack 1
              c .  1 ack 1
        1     c F. 1 ack 1 id 20
        1.001 s .  1 ack 2 id 21   | FIN-WAIT-2 CLOSE-WAIT
        1.002 c F. 1 ack 1 id 22   | FIN-WAIT-1 CLOSE-WAIT | step:client:FIN-WAIT-2>FIN-WAIT-1!
    )");
}

TEST(Duplicate, WithoutIdentificationOnlyElsewhere) {
    transcript::run(R"(
        0     c S  0 id 0
              s S. 0 ack 1 id 0
              c .  1 ack 1 id 0
        1     c F. 1 ack 1 id 0
        1.001 s .  1 ack 2 id 0    | FIN-WAIT-2 CLOSE-WAIT
        1.002 c F. 1 ack 1 id 0 ttl 63 | FIN-WAIT-2 CLOSE-WAIT | duplicate
        1.003 c F. 1 ack 1 id 0    | FIN-WAIT-1 CLOSE-WAIT
    )");
}

TEST(Duplicate, LateSameIdentificationIsAnotherPacket) {
    transcript::run(R"(
        0     c S  0 id 9
        0.5   c S  0 id 9          | SYN-SENT LISTEN | steps:0
              s S. 0 ack 1
        3     c S  0 id 9          | SYN-SENT SYN-RECEIVED | steps:1
    )");
}

// A firewall that rewrites sequence numbers, captured on both of its sides: the numbers seen first count.
TEST(Duplicate, RewrittenNumbers) {
    transcript::run(R"(
        0      c S  0 id 1 if 0
        0.0001 c S  777 id 1 if 1 ttl 63 | SYN-SENT LISTEN | duplicate
        0.01   s S. 0 ack 778 id 2 if 1
        0.0101 s S. 0 ack 1 id 2 if 0 ttl 63
    )");
}

// The capture lacks packets of the server: one of them may have been its FIN.
TEST(Midstream, MissingBytesOfTheOtherSideLeaveTheInitiatorOpen) {
    transcript::run(R"(
        c S  0
        s S. 0 ack 1
        c .  1 ack 1
        c .  1 ack 2         | ESTABLISHED ESTABLISHED
        c F. 1 ack 2         | FIN-WAIT-1 CLOSE-WAIT | only
        == none unfinished
    )");
}

// A FIN that stands behind its own acknowledgement in the file.
TEST(Midstream, FinBehindItsAcknowledgement) {
    transcript::run(R"(
        c S  0
        s S. 0 ack 1
        c .  1 ack 1
        s F. 1 ack 1         | CLOSE-WAIT FIN-WAIT-1
        s .  2 ack 2
        c F. 1 ack 2         | CLOSED TIME-WAIT | phase:closed
        c .  2 ack 2         | CLOSED TIME-WAIT | phase:closed
    )");
}

// Both numbers far from all that was seen: the ports are used again, and the SYN is not in the capture.
TEST(Incarnation, NewOneWithoutItsSyn) {
    transcript::run(R"(
        0 c S  0
          s S. 0 ack 1
          c .  1 ack 1
          c F. 1 ack 1
          s F. 1 ack 2
          c .  2 ack 2               | TIME-WAIT CLOSED
        == client three
        9 c P. 500000000:10 ack 700000000 | ESTABLISHED ESTABLISHED | midstream-begins only
    )");
}

// The SYN-ACK stands before the SYN in the file.
TEST(Incarnation, SynBehindItsSynAck) {
    transcript::run(R"(
        s S. 0 ack 1         | ESTABLISHED SYN-RECEIVED
        c S  0               | ESTABLISHED SYN-RECEIVED | steps:0
        c .  1 ack 1         | ESTABLISHED ESTABLISHED
    )");
}
