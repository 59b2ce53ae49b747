// What later packets take back, and what only the end of the capture shows. Expected by hand.
#include "Transcript.h"

#include <gtest/gtest.h>

#include <string>

namespace {

const std::string open = R"(
        0    c S  0
        0.01 s S. 0 ack 1
        0.02 c .  1 ack 1
        0.03 c P. 1:100 ack 1
        0.04 s .  1 ack 101
)";

/** Connection `number` of two hosts; the server is 9 hops away (55 of 64) and has shown it often enough. */
std::string withDistance(const std::string &number, int second) {
    const auto line = [&](const char *time, char side, const char *segment) {
        return "        " + std::to_string(second) + "." + time + " " + side + number + " " + segment +
               (side == 'c' ? " ttl 60\n" : " ttl 55\n");
    };
    return line("00", 'c', "S 0") + line("05", 's', "S. 0 ack 1") + line("06", 'c', ". 1 ack 1") +
           line("07", 'c', "P. 1:100 ack 1") + line("12", 's', ". 1 ack 101") + line("13", 's', "P. 1:100 ack 101") +
           line("18", 'c', ". 101 ack 101") + line("19", 's', "P. 101:100 ack 101") + line("24", 'c', ". 101 ack 201");
}

void run(const std::string &script) {
    transcript::run(script.c_str());
}

} // namespace

// A device said that the session is prohibited; the peer acknowledges what was sent after all.
TEST(LaterEvidence, AnAnswerRefutesAnIcmpError) {
    const std::string prohibited = open + R"(
        5 c P. 101:100 ack 1
        icmp prohibited c 101
        6 c P. 101:100 ack 1
)";
    run(prohibited + R"(
        6.01 s . 1 ack 201
        == none open none none
    )");
    // What acknowledges none of it is no answer, and the one who complained cannot refute it.
    run(prohibited + R"(
        6.01 s . 1 ack 101
        == none open session-lost certain
    )");
    run(prohibited + R"(
        6.01 c P. 201:10 ack 1
        == none open session-lost certain
    )");
}

// Four copies in 6 s, and the host itself, known by its distance, answers the last of them by a RST: it had restarted, and
// the path was interrupted, no session was dropped.
TEST(LaterEvidence, TheHostsOwnResetEndsAnOutage) {
    run(withDistance("", 0) + R"(
        1000    c P. 101:100 ack 201 ttl 60
        1000.2  c P. 101:100 ack 201 ttl 60
        1000.6  c P. 101:100 ack 201 ttl 60
        1001.4  c P. 101:100 ack 201 ttl 60
        1003    c P. 101:100 ack 201 ttl 60
        1006.2  c P. 101:100 ack 201 ttl 60
        1006.25 s R 201 ttl 55   | CLOSED CLOSED | cause:half-open-peer verdict:path-outage:likely
    )");
}

// Two connections, quiet for 4000 and for 400 s, are reset in one second by what is six hops nearer: a device did it, but no
// timer runs out for both at once. Both lose the timer.
TEST(LaterEvidence, ResetsAtOneMomentAreNoTimer) {
    run(withDistance("", 0) + withDistance("1", 3600) + R"(
        4000      c P. 101:100 ack 201 ttl 60
        4000.0001 s R 201 ttl 61  | CLOSED CLOSED | cause:after-idle-expiry origin:middlebox verdict:idle-timer:likely
        4000.5    c1 P. 101:100 ack 201 ttl 60
        4000.5001 s1 R 201 ttl 61 | CLOSED CLOSED | cause:after-idle-expiry verdict:forged-reset:likely
        4001      c R. 201 ack 201 ttl 60
        == none reset forged-reset likely
        first-reset               | cause:forged origin:middlebox
    )");
}

// The RST came from elsewhere than all packets before it, and so does the first packet after it: the path has changed.
TEST(LaterEvidence, ANewPathAcquits) {
    run(withDistance("", 0) + R"(
        400      c P. 101:100 ack 201 ttl 60
        400.0001 s R 201 ttl 61  | CLOSED CLOSED | cause:after-idle-expiry origin:middlebox verdict:idle-timer:likely
        401      c1 S 0 ttl 60
        401.05   s1 S. 0 ack 1 ttl 61
        first-reset              | cause:abort origin:unknown
        402      c R. 201 ack 201 ttl 60
        == none reset none none
    )");
}

TEST(LaterEvidence, TheThirdSynAckIsAnUnfinishedHandshake) {
    run(R"(
        0    c S  0
        0.01 s S. 0 ack 1
        1.01 s S. 0 ack 1 | - - | no-verdict
        3.01 s S. 0 ack 1 | - - | half-open:handshake-unfinished
    )");
}

TEST(LaterEvidence, TheFifthFinIsNeverAcknowledged) {
    run(open + R"(
        1    c F. 101 ack 1
        1.2  c F. 101 ack 1
        1.6  c F. 101 ack 1
        2.4  c F. 101 ack 1 | - - | no-verdict
        4    c F. 101 ack 1 | - - | fin-unacknowledged half-open:fin-unacknowledged
    )");
}

// Five copies in 12 s are too few until the capture ends; the server was heard elsewhere before the last of them.
TEST(LaterEvidence, TheEndOfTheCaptureMakesUpForTheLengthOfASilence) {
    run(open + R"(
        400   c P. 101:10 ack 1
        400.2 c P. 101:10 ack 1
        400.6 c P. 101:10 ack 1
        401.4 c P. 101:10 ack 1
        403   c P. 101:10 ack 1
        406.2 c P. 101:10 ack 1
        408   s2 S 0
        412.6 c P. 101:10 ack 1 | - - | no-verdict
        = none open none none
        == none open idle-timer likely
    )");
}

// It was in trouble before: where a closed window's probes go unanswered after a quiet, that is no more than possible.
TEST(LaterEvidence, AClosedWindowLeavesItPossible) {
    const std::string probes = R"(
        400   c . 100 ack 1
        400.2 c . 100 ack 1
        400.6 c . 100 ack 1
        401.4 c . 100 ack 1
        403   c . 100 ack 1
        408   s2 S 0
        412.6 c . 100 ack 1
        430   c . 100 ack 1
)";
    run(open + "        5 s . 1 ack 101 win 0\n" + probes + "        == none open idle-timer possible\n");
    run(open + "        5 s . 1 ack 101\n" + probes + "        == none open idle-timer likely\n");
}

// Too late to prove anything, but nothing may be said of silence then: on this very connection, or by the same sender elsewhere.
TEST(LaterEvidence, TheSilentSideOnThisVeryConnection) {
    const std::string silence = open + R"(
        400   c P. 101:10 ack 1
        400.2 c P. 101:10 ack 1
        400.6 c P. 101:10 ack 1
        401.4 c P. 101:10 ack 1
        403   c P. 101:10 ack 1
        420   c P. 101:10 ack 1 | - - | verdict:idle-timer:possible
)";
    // What acknowledges none of it is no answer; a segment without ACK acknowledges nothing, whatever its field says.
    run(silence + R"(
        460   s P. 1:50 ack 101
        == none open idle-timer possible
    )");
    run(silence + R"(
        460   s P 1:50 ack 111
        == none open idle-timer possible
    )");
    run(silence + R"(
        460   s P. 1:50 ack 111 | - - | verdict:path-outage:likely
    )");
}

// A sign of life in time replaces a verdict of the same kind and confidence where that stands: it is one event.
TEST(LaterEvidence, ABetterFoundedVerdictIsNoSecondOne) {
    run(open + R"(
        1    c F. 101 ack 1
        1.01 s .  1 ack 102
        46   s P. 1:100 ack 102
        46.2 s P. 1:100 ack 102
        46.6 s P. 1:100 ack 102
        47.4 s P. 1:100 ack 102
        49   s P. 1:100 ack 102
        72   s P. 1:100 ack 102 | - - | verdict:half-closed-timer:likely
        80   c1 S 0
        98   s P. 1:100 ack 102 | - - | no-verdict
        == client half-close half-closed-timer likely
    )");
}

// Two RSTs from nearer than the server are at one moment, if they are; in the file they may be in disorder.
TEST(LaterEvidence, ResetsInDisorderAreNotAtOneMoment) {
    run(withDistance("", 0) + withDistance("1", 10) + R"(
        4000  c  P. 101:10 ack 201 ttl 60
        4000.001 s R. 201 ack 111 ttl 61 | - - | verdict:idle-timer:likely
        400   c1 P. 101:10 ack 201 ttl 60
        400.001 s1 R. 201 ack 111 ttl 61 | - - | verdict:idle-timer:likely
        == none reset idle-timer likely
    )");
}
