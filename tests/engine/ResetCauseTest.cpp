// Why a RST was sent and by whom, each from the sign that the packets hold.
#include "Transcript.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace {

// The server is 9 hops away (55 of 64), the client 4; both have shown it often enough.
const std::string open = R"(
        0    c S  0 ttl 60
        0.05 s S. 0 ack 1 ttl 55
        0.06 c .  1 ack 1 ttl 60
        0.07 c P. 1:100 ack 1 ttl 60
        0.12 s .  1 ack 101 ttl 55
        0.13 s P. 1:100 ack 101 ttl 55
        0.14 c .  101 ack 101 ttl 60
        0.15 c P. 101:100 ack 101 ttl 60
        0.20 s P. 101:100 ack 201 ttl 55
        0.21 c .  201 ack 201 ttl 60
        0.22 c P. 201:100 ack 201 ttl 60
        0.27 s P. 201:100 ack 301 ttl 55
        0.28 c .  301 ack 301 ttl 60
        0.29 c P. 301:100 ack 301 ttl 60
        0.34 s P. 301:100 ack 401 ttl 55
        0.35 c .  401 ack 401 ttl 60
        0.36 c P. 401:100 ack 401 ttl 60
        0.41 s .  401 ack 501 ttl 55
)";

void afterOpen(const std::string &script) {
    transcript::run((open + script).c_str());
}

} // namespace

TEST(ResetCause, RefusedByTheHostItself) {
    afterOpen(R"(
        1    c2 S  0 ttl 60
        1.05 s2 R. 0 ack 1 ttl 55    | CLOSED CLOSED | cause:refused origin:endpoint no-verdict
    )");
}

TEST(ResetCause, RefusedByAPolicy) {
    afterOpen(R"(
        1    c2 S  0 ttl 60
        1.05 s2 R. 0 ack 1 ttl 64    | CLOSED CLOSED | cause:refused origin:middlebox verdict:rejected:likely
    )");
}

// 50 ms away and back, and yet its answer comes after 5.
TEST(ResetCause, RefusedBySomethingNearer) {
    afterOpen(R"(
        1     c2 S  0 ttl 60
        1.005 s2 R. 0 ack 1 ttl 55   | CLOSED CLOSED | cause:refused origin:middlebox verdict:rejected:likely
    )");
}

TEST(ResetCause, RefusedByAHostNeverSeenBefore) {
    transcript::run(R"(
        0    c S  0
        0.05 s R. 0 ack 1            | CLOSED CLOSED | cause:refused origin:unknown no-verdict
    )");
}

TEST(ResetCause, Abort) {
    afterOpen(R"(
        1 s R. 401 ack 501 ttl 55    | CLOSED CLOSED | cause:abort origin:endpoint no-verdict
    )");
}

TEST(ResetCause, AfterFin) {
    afterOpen(R"(
        1    c F. 501 ack 401 ttl 60
        1.05 s .  401 ack 502 ttl 55
        1.1  s R. 401 ack 502 ttl 55 | CLOSED CLOSED | cause:after-fin origin:endpoint no-verdict
    )");
}

TEST(ResetCause, ForgedFromAnotherDistance) {
    afterOpen(R"(
        1    c P. 501:10 ack 401 ttl 60
        1.06 s R. 401 ack 511 ttl 63 | CLOSED CLOSED | cause:forged origin:middlebox verdict:forged-reset:likely
    )");
}

TEST(ResetCause, ForgedFromAnotherDistanceAndTooFast) {
    afterOpen(R"(
        1     c P. 501:10 ack 401 ttl 60
        1.001 s R. 401 ack 511 ttl 63 | CLOSED CLOSED | cause:forged origin:middlebox verdict:forged-reset:certain
    )");
}

TEST(ResetCause, TooFastFromItsOwnDistance) {
    afterOpen(R"(
        1     c P. 501:10 ack 401 ttl 60
        1.001 s R. 401 ack 511 ttl 55 | CLOSED CLOSED | cause:forged origin:middlebox verdict:forged-reset:likely
    )");
}

// A hop or two may be routing.
TEST(ResetCause, OneHopAloneIsUnknown) {
    afterOpen(R"(
        1    c P. 501:10 ack 401 ttl 60
        1.06 s R. 401 ack 511 ttl 56 | CLOSED CLOSED | origin:unknown no-verdict
    )");
}

TEST(ResetCause, OneHopAndACopiedIdentification) {
    afterOpen(R"(
        1    c P. 501:10 ack 401 ttl 60 id 777
        1.06 s R. 401 ack 511 ttl 56 id 777 | CLOSED CLOSED | cause:forged origin:middlebox
    )");
}

TEST(ResetCause, OneHopAfterTheTimer) {
    afterOpen(R"(
        4000    c P. 501:10 ack 401 ttl 60
        4000.06 s R. 401 ack 511 ttl 56 | CLOSED CLOSED | cause:after-idle-expiry origin:middlebox verdict:idle-timer:possible
    )");
}

// The chosen device's timer counts, known by default or not.
TEST(ResetCause, OneHopAfterTheChosenTimer) {
    transcript::run(("! timeouts 3 7 3\n" + open + R"(
        8    c P. 501:10 ack 401 ttl 60
        8.06 s R. 401 ack 511 ttl 56 | CLOSED CLOSED | cause:after-idle-expiry origin:middlebox verdict:idle-timer:possible
    )")
                        .c_str());
}

TEST(ResetCause, KeepAliveFailure) {
    afterOpen(R"(
        60  c .  500 ack 401 ttl 60
        70  c .  500 ack 401 ttl 60
        80  c .  500 ack 401 ttl 60
        90  c R. 501 ack 401 ttl 60  | CLOSED CLOSED | cause:keep-alive-failure origin:endpoint
    )");
}

TEST(ResetCause, UnacceptableFitsNothing) {
    afterOpen(R"(
        1 s R  90000000 ttl 55       | ESTABLISHED ESTABLISHED | cause:unacceptable refused no-verdict
    )");
    afterOpen(R"(
        1 s R  90000000 ttl 64       | ESTABLISHED ESTABLISHED | cause:unacceptable refused verdict:forged-reset:possible
    )");
}

TEST(ResetCause, StormIsOneEvent) {
    afterOpen(R"(
        1    s F. 401 ack 501 ttl 55
        1.06 c P. 501:10 ack 402 ttl 60
        1.11 s R  402 ttl 55         | CLOSED CLOSED | cause:late-data origin:endpoint verdict:host-reset:likely
        1.12 c P. 511:10 ack 402 ttl 60
        1.17 s R  402 ttl 55         | - - | no-verdict
    )");
}

// The server restarted: it knows no such connection.
TEST(ResetCause, RestartedHostAnswers) {
    afterOpen(R"(
        5    c P. 501:10 ack 401 ttl 60
        5.05 s R  401 ttl 55         | CLOSED CLOSED | cause:half-open-peer origin:endpoint half-open:peer-restarted
        5.06 c P. 511:10 ack 401 ttl 60
        5.11 s R  401 ttl 55         | - - | cause:stale-segment
    )");
}

TEST(ResetCause, HalfOpenFoundByANewSyn) {
    afterOpen(R"(
        60   c S  700000 ttl 60
        60.1 s .  401 ack 501 ttl 55 | SYN-SENT ESTABLISHED | half-open:peer-restarted
        60.2 c R  501 ttl 60         | SYN-SENT CLOSED | cause:half-open-peer
    )");
}

TEST(ResetCause, UnreadData) {
    transcript::run(R"(
        0    c S  0
        0.01 s S. 0 ack 1 win 5000
        0.02 c .  1 ack 1
        0.03 c P. 1:1000 ack 1
        0.04 s .  1 ack 1001 win 4000
        1    s R. 1 ack 1001 win 4000 | CLOSED CLOSED | cause:unread-data
    )");
    // Read in between: the window is open again.
    transcript::run(R"(
        0    c S  0
        0.01 s S. 0 ack 1 win 5000
        0.02 c .  1 ack 1
        0.03 c P. 1:1000 ack 1
        0.04 s .  1 ack 1001 win 4000
        1    s R. 1 ack 1001 win 5000 | CLOSED CLOSED | cause:abort
    )");
    // Linux throws away what waits first: the window of its RST jumps open. Reading would have sent a window update.
    transcript::run(R"(
        0    c S  0
        0.01 s S. 0 ack 1 win 5000
        0.02 c .  1 ack 1
        0.03 c P. 1:1400 ack 1
        0.04 c P. 1401:1400 ack 1
        0.05 c P. 2801:1400 ack 1
        0.06 s .  1 ack 4201 win 1000
        1    s R. 1 ack 4201 win 6000 | CLOSED CLOSED | cause:unread-data
    )");
    // Less than two segments' worth: no update was due.
    transcript::run(R"(
        0    c S  0
        0.01 s S. 0 ack 1 win 3000
        0.02 c .  1 ack 1
        0.03 c P. 1:1400 ack 1
        0.06 s .  1 ack 1401 win 1600
        1    s R. 1 ack 1401 win 3200 | CLOSED CLOSED | cause:abort
    )");
}

// Linux takes the end of what came out of order, where SACK was agreed.
TEST(ResetCause, EndOfSackedBytesIsAccepted) {
    transcript::run(R"(
        c S  0 sackok
        s S. 0 ack 1 sackok
        c .  1 ack 1
        s P. 101:100 ack 1
        s R. 201 ack 1               | CLOSED CLOSED | accepted
    )");
    transcript::run(R"(
        c S  0
        s S. 0 ack 1
        c .  1 ack 1
        s P. 101:100 ack 1
        s R. 201 ack 1               | ESTABLISHED ESTABLISHED | unproven
    )");
}

// Nothing was ever heard of the receiver: its window is not known.
TEST(ResetCause, ReceiverNeverHeardRefusesNothing) {
    transcript::run(R"(
        s P. 1:100 ack 1
        s P. 101:100 ack 1
        s R  60000                   | - - | unproven
    )");
}

// Seen where it arrived, never where the server's packets pass first.
TEST(ResetCause, NeverSentByItsAllegedSender) {
    transcript::run(R"(
        0     c S  0 id 1 if 0
        0.001 c S  0 id 1 if 1 ttl 63
        0.01  s S. 0 ack 1 id 2 if 1
        0.011 s S. 0 ack 1 id 2 if 0 ttl 63
        0.02  c .  1 ack 1 id 3 if 0
        0.021 c .  1 ack 1 id 3 if 1 ttl 63
        0.03  s P. 1:10 ack 1 id 4 if 1
        0.031 s P. 1:10 ack 1 id 4 if 0 ttl 63
        0.04  s P. 11:10 ack 1 id 5 if 1
        0.041 s P. 11:10 ack 1 id 5 if 0 ttl 63
        1     s R. 21 ack 1 id 6 if 0 ttl 63
        2     c . 1 ack 21 id 7 if 0
        2.001 c . 1 ack 21 id 7 if 1 ttl 63
        == none reset forged-reset likely
    )");
    // Its capture there may have ended just before.
    transcript::run(R"(
        0     c S  0 id 1 if 0
        0.001 c S  0 id 1 if 1 ttl 63
        0.01  s S. 0 ack 1 id 2 if 1
        0.011 s S. 0 ack 1 id 2 if 0 ttl 63
        0.02  c .  1 ack 1 id 3 if 0
        0.021 c .  1 ack 1 id 3 if 1 ttl 63
        0.03  s P. 1:10 ack 1 id 4 if 1
        0.031 s P. 1:10 ack 1 id 4 if 0 ttl 63
        0.04  s P. 11:10 ack 1 id 5 if 1
        0.041 s P. 11:10 ack 1 id 5 if 0 ttl 63
        1     s R. 21 ack 1 id 6 if 0 ttl 63
        == none reset forged-reset possible
        first-reset | origin:unknown
    )");
    transcript::run(R"(
        0     c S  0 id 1 if 0
        0.001 c S  0 id 1 if 1 ttl 63
        0.01  s S. 0 ack 1 id 2 if 1
        0.011 s S. 0 ack 1 id 2 if 0 ttl 63
        0.02  c .  1 ack 1 id 3 if 0
        0.021 c .  1 ack 1 id 3 if 1 ttl 63
        0.03  s P. 1:10 ack 1 id 4 if 1
        0.031 s P. 1:10 ack 1 id 4 if 0 ttl 63
        0.04  s P. 11:10 ack 1 id 5 if 1
        0.041 s P. 11:10 ack 1 id 5 if 0 ttl 63
        1     s R. 21 ack 1 id 6 if 1
        1.001 s R. 21 ack 1 id 6 if 0 ttl 63
        == none reset none none
    )");
}

// From the server's own distance and with the right number: at first nothing tells. But a host that has reset a
// connection sends no bytes beyond its RST's number, so that its next data show who did not send it.
TEST(ResetCause, AllegedSenderTalksOn) {
    afterOpen(R"(
        1    c P. 501:10 ack 401 ttl 60
        1.06 s R. 401 ack 511 ttl 55    | CLOSED CLOSED | cause:abort origin:endpoint no-verdict
        1.1  s P. 401:50 ack 511 ttl 55 | - - | verdict:forged-reset:likely
    )");
}

namespace {

/** Half way between the ends, 10 ms from each; five answers of both. */
std::string betweenTheEnds(const char *script) {
    std::string begin = R"(
        0    c S  0 ttl 60
        0.02 s S. 0 ack 1 ttl 55
        0.04 c .  1 ack 1 ttl 60
    )";
    for (int round = 0; round < 5; ++round) {
        char lines[256];
        std::snprintf(lines, sizeof lines, R"(
        %.2f c P. %d:10 ack %d ttl 60
        %.2f s P. %d:10 ack %d ttl 55
        %.2f c .  %d ack %d ttl 60
        )",
                      0.1 + round * 0.1, 1 + round * 10, 1 + round * 10, 0.12 + round * 0.1, 1 + round * 10,
                      11 + round * 10, 0.14 + round * 0.1, 11 + round * 10, 11 + round * 10);
        begin += lines;
    }
    return begin + script;
}

} // namespace

// Word from one end to the other passes here 10 ms before it arrives, and what it causes 10 ms after that.
TEST(ResetCause, BothEndsAtOnce) {
    transcript::run(betweenTheEnds(R"(
        1        s R. 51 ack 51 ttl 55  | CLOSED CLOSED | cause:abort origin:endpoint
        1.00005  c R. 51 ack 51 ttl 60  | CLOSED CLOSED | cause:forged origin:middlebox verdict:forged-reset:likely
        first-reset                     | cause:forged origin:middlebox
        == none reset forged-reset likely
    )")
                        .c_str());
}

TEST(ResetCause, BothEndsAtTheEndOfAnIdleTimer) {
    transcript::run(betweenTheEnds(R"(
        300.54     s R. 51 ack 51 ttl 55  | CLOSED CLOSED | cause:abort origin:endpoint verdict:peer-timer:likely
        300.54005  c R. 51 ack 51 ttl 60  | CLOSED CLOSED | cause:after-idle-expiry origin:middlebox verdict:idle-timer:likely
        first-reset                       | cause:after-idle-expiry origin:middlebox
        == none reset idle-timer likely 0.06 300 last-packet
    )")
                        .c_str());
}

// Both hosts reset something within 50 us, but not the same connection.
TEST(ResetCause, BothEndsOfTwoConnectionsAtOnce) {
    transcript::run(betweenTheEnds(R"(
        1        c2 S  0 ttl 60
        1.02     s2 S. 0 ack 1 ttl 55
        1.04     c2 .  1 ack 1 ttl 60
        2        s2 R. 1 ack 1 ttl 55   | CLOSED CLOSED | cause:abort origin:endpoint
        2.00005  c  R. 51 ack 51 ttl 60 | CLOSED CLOSED | cause:abort origin:endpoint no-verdict
    )")
                        .c_str());
}

// The same timer at both ends, begun by the client's last acknowledgement: it went on to the server for 10 ms, and what
// the server sends then comes back for 10 ms.
TEST(ResetCause, BothEndsByTheSameTimerOfTheirOwn) {
    transcript::run(betweenTheEnds(R"(
        60.54 c R. 51 ack 51 ttl 60  | CLOSED CLOSED | origin:endpoint verdict:peer-timer:likely
        60.56 s R. 51 ack 51 ttl 55  | CLOSED CLOSED | origin:endpoint no-verdict
    )")
                        .c_str());
}

// A bare RST with a window is of a host that has the connection: it answers nothing, and so it is not too fast.
TEST(ResetCause, BareAbortThatCrossesAQuestion) {
    afterOpen(R"(
        1     c P. 501:10 ack 401 ttl 60
        1.005 s R  401 win 100 ttl 55    | CLOSED CLOSED | cause:abort origin:endpoint no-verdict
    )");
}

// The place where the server speaks has never seen the RST, and sees what the server says afterwards.
TEST(ResetCause, NeverSentAndTalksOn) {
    transcript::run(R"(
        0     c S  0 id 1 if 0
        0.001 c S  0 id 1 if 1 ttl 63
        0.01  s S. 0 ack 1 id 2 if 1
        0.011 s S. 0 ack 1 id 2 if 0 ttl 63
        0.02  c .  1 ack 1 id 3 if 0
        0.021 c .  1 ack 1 id 3 if 1 ttl 63
        0.03  s P. 1:10 ack 1 id 4 if 1
        0.031 s P. 1:10 ack 1 id 4 if 0 ttl 63
        0.04  s P. 11:10 ack 1 id 5 if 1
        0.041 s P. 11:10 ack 1 id 5 if 0 ttl 63
        1     s R. 21 ack 1 id 6 if 0 ttl 63 | CLOSED CLOSED | no-verdict
        2     s P. 21:10 ack 1 id 7 if 1     | - - | verdict:forged-reset:certain
    )");
}

// Data that was sent before the RST and overtaken by it ends at the RST's number.
TEST(ResetCause, DataOvertakenByTheRstProvesNothing) {
    afterOpen(R"(
        1     s R. 451 ack 501 ttl 55    | - - | no-verdict
        1.001 s P. 401:50 ack 501 ttl 55 | - - | no-verdict
        == none reset none none
    )");
}

// A repetition may have been under way as well.
TEST(ResetCause, RepetitionAfterTheRstProvesNothing) {
    afterOpen(R"(
        1     s R. 401 ack 501 ttl 55     | CLOSED CLOSED | cause:abort
        1.001 s P. 301:100 ack 501 ttl 55 | - - | no-verdict
    )");
}

// Its own distance alone does not make a RST the host's whose number fits nothing.
TEST(ResetCause, UnacceptableFromItsOwnDistance) {
    afterOpen(R"(
        1 s R 9000000 ttl 55 | ESTABLISHED ESTABLISHED | cause:unacceptable origin:unknown refused no-verdict
    )");
}

// A RST for the SYN, and then the SYN's answer all the same: an evasion, for no host does both.
TEST(ResetCause, RefusedAndAnsweredAllTheSame) {
    transcript::run(R"(
        0    c S  0
        0.05 s R. 90000 ack 1     | CLOSED CLOSED | cause:refused origin:unknown no-verdict
        0.06 s S. 0 ack 1         | - - | verdict:forged-reset:likely
    )");
    // A server that accepts and aborts at once, its two packets exchanged on the way.
    transcript::run(R"(
        0    c S  0
        0.05 s R. 1 ack 1         | CLOSED CLOSED | no-verdict
        0.06 s S. 0 ack 1         | - - | no-verdict
    )");
}

// The host had closed: two RSTs, one for the data that crossed its FIN, one for the acknowledgement of the FIN.
TEST(ResetCause, DataThatCrossedTheFinIsLate) {
    transcript::run(R"(
        0    c S  0
        0.01 s S. 0 ack 1
        0.02 c .  1 ack 1
        0.03 c P. 1:100 ack 1
        0.04 s P. 1:100 ack 101
        0.05 c F. 101 ack 1       | - - | active
        0.06 s .  101 ack 102
        0.07 c R  101             | - - | cause:late-data
        0.08 c R  102             | - - | cause:stale-segment
    )");
}

// Windows answers late data with a RST that acknowledges it.
TEST(ResetCause, LateDataResetWithAcknowledgement) {
    afterOpen(R"(
        1    c F. 501 ack 401 ttl 60
        1.05 s .  401 ack 502 ttl 55
        2    s P. 401:100 ack 502 ttl 55
        2.05 c R. 502 ack 501 ttl 60 | CLOSED CLOSED | cause:late-data origin:endpoint verdict:host-reset:likely
    )");
    // It had taken earlier data after its FIN: then it read on, and aborts now.
    afterOpen(R"(
        1    c F. 501 ack 401 ttl 60
        1.05 s .  401 ack 502 ttl 55
        1.5  s P. 401:100 ack 502 ttl 55
        1.55 c .  502 ack 501 ttl 60
        2    s P. 501:100 ack 502 ttl 55
        2.05 c R. 502 ack 601 ttl 60 | CLOSED CLOSED | cause:after-fin no-verdict
    )");
}

// The server's bytes 401 up to 450 were never seen: its FIN may be among them, so it need not have restarted.
TEST(ResetCause, WhereItsFinMayBeMissingNobodyRestarted) {
    afterOpen(R"(
        1    c .  501 ack 450 ttl 60
        5    c P. 501:10 ack 450 ttl 60
        5.05 s R  450 ttl 55         | CLOSED CLOSED | cause:stale-segment origin:endpoint no-verdict
    )");
}

// A bare RST with a window comes from a stack, or a script, that holds the connection: nobody has restarted.
TEST(ResetCause, BareRstWithAWindowIsAnAbort) {
    afterOpen(R"(
        5    c P. 501:10 ack 401 ttl 60
        5.05 s R  401 win 8192 ttl 55 | CLOSED CLOSED | cause:abort origin:endpoint no-verdict
    )");
}
