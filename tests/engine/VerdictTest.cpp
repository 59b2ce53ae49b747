// Who killed it: silences, and what may be said of them. Expected by hand from the rules of evidence.
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

const std::string halfClosed = open + R"(
        1    c F. 101 ack 1      | FIN-WAIT-1 CLOSE-WAIT | active
        1.01 s .  1 ack 102      | FIN-WAIT-2 CLOSE-WAIT | remaining:29.99
)";

// Linux repeats after 0.2, 0.4, 0.8 ... seconds.
std::string repeated(double from, const char *segment) {
    std::string script;
    double after = 0;
    for (const double copy : {0.0, 0.2, 0.6, 1.4, 3.0, 6.2, 12.6, 25.4}) {
        after = from + copy;
        script += "        " + std::to_string(after) + " " + segment + "\n";
    }
    return script;
}

void run(const std::string &script) {
    transcript::run(script.c_str());
}

} // namespace

// The published case: data 45 s after the first FIN, unanswered; the loss lies past the clock of 30 s.
TEST(Verdict, HalfClosedBeyondTheClock) {
    run(halfClosed + R"(
        46   s P. 1:100 ack 102  | FIN-WAIT-2 CLOSE-WAIT | expired risk remaining:-15 no-verdict
        46.2 s P. 1:100 ack 102  | - - | no-verdict
        46.6 s P. 1:100 ack 102
        47.4 s P. 1:100 ack 102
        49   s P. 1:100 ack 102  | - - | no-verdict
        52.2 s P. 1:100 ack 102
        58.6 s P. 1:100 ack 102  | - - | no-verdict
        71   s P. 1:100 ack 102  | - - | verdict:half-closed-timer:likely half-open:peer-silent
        90   s P. 1:100 ack 102  | - - | no-verdict
        == client half-close half-closed-timer likely 0 45 both
    )");
}

TEST(Verdict, AnsweredInTimeIsNone) {
    run(halfClosed + R"(
        21    s P. 1:100 ack 102 | FIN-WAIT-2 CLOSE-WAIT | remaining:10 no-verdict
        21.01 c .  102 ack 101
        == client half-close none none
    )");
}

// Answered after the clock: a warning before the fact, and no verdict.
TEST(Verdict, AnsweredLateRefutes) {
    run(halfClosed + R"(
        46    s P. 1:100 ack 102 | FIN-WAIT-2 CLOSE-WAIT | expired risk no-verdict
        46.01 c .  102 ack 101
        == client half-close none none
    )");
}

TEST(Verdict, HalfClosedBeforeTheClockIsPossible) {
    run(halfClosed + repeated(11, "s P. 1:100 ack 102") + R"(
        == client half-close half-closed-timer possible
    )");
}

// Another connection of the silent side goes on meanwhile.
TEST(Verdict, PeerAliveElsewhere) {
    run(halfClosed + R"(
        2     c2 S  0
        2.01  s2 S. 0 ack 1
        2.02  c2 .  1 ack 1
        40    s P. 1:100 ack 102
        40.2  s P. 1:100 ack 102
        40.6  s P. 1:100 ack 102
        41    c2 P. 1:100 ack 1
        41.01 s2 . 1 ack 101
        41.4  s P. 1:100 ack 102
        43    s P. 1:100 ack 102
        60.1  s P. 1:100 ack 102 | - - | verdict:half-closed-timer:likely
        == client half-close half-closed-timer likely 0 39 both
    )");
}

// The silent side sees an application that never answers: no verdict there.
TEST(Verdict, SilentSideHasNone) {
    run(halfClosed + R"(
        200 c2 S 0
        400 c  . 102 ack 1  | FIN-WAIT-2 CLOSE-WAIT | no-verdict
        == client half-close none none
    )");
}

TEST(Verdict, OneDirectionHasNone) {
    run(R"(
        0  c .  1 ack 1
        1  c F. 1 ack 1
        )" +
        repeated(50, "c F. 1 ack 1") + R"(
        == none unfinished none none
    )");
}

TEST(Verdict, CaptureThatEndsTooSoon) {
    run(halfClosed + R"(
        46   s P. 1:100 ack 102
        46.2 s P. 1:100 ack 102
        46.6 s P. 1:100 ack 102
        47.4 s P. 1:100 ack 102
        == client half-close none none
    )");
}

// Five copies and its own RST: not every stack repeats as long as Linux.
TEST(Verdict, GivingUpIsEnough) {
    run(halfClosed + R"(
        46   s P. 1:100 ack 102
        46.3 s P. 1:100 ack 102
        46.9 s P. 1:100 ack 102
        48.1 s P. 1:100 ack 102
        50.5 s P. 1:100 ack 102 | - - | no-verdict
        55.3 s R. 101 ack 102   | - - | verdict:half-closed-timer:likely
    )");
}

TEST(Verdict, IdleAloneIsOnlyPossible) {
    run(open + repeated(3700, "c P. 101:100 ack 1") + R"(
        == none open idle-timer possible 0.01 3699.96 last-packet
    )");
}

TEST(Verdict, IdleWithPeerAliveIsLikely) {
    run(open + R"(
        3700   c P. 101:100 ack 1
        3700.2 c P. 101:100 ack 1
        3700.6 c P. 101:100 ack 1
        3701.4 c P. 101:100 ack 1
        3703   c2 S 0
        3703.1 s2 S. 0 ack 1
        3704   c P. 101:100 ack 1
        3708   c P. 101:100 ack 1
        3720   c P. 101:100 ack 1 | - - | verdict:idle-timer:likely
    )");
}

// Mid-exchange: no timer explains it.
TEST(Verdict, DeathInMidExchangeIsNoTimer) {
    run(open + repeated(0.1, "c P. 101:100 ack 1") + R"(
        == none open peer-gone possible
    )");
}

TEST(Verdict, OutageThatRecovers) {
    run(open + R"(
        400   c P. 101:100 ack 1
        400.2 c P. 101:100 ack 1
        400.6 c P. 101:100 ack 1
        401.4 c P. 101:100 ack 1
        403   c P. 101:100 ack 1
        406.2 c P. 101:100 ack 1
        406.3 s .  1 ack 201     | - - | verdict:path-outage:likely
        == none open path-outage likely
    )");
}

// All connections of the peer fall silent at once, one of them in the middle of an exchange.
TEST(Verdict, PeerThatVanishesWithAllItsConnections) {
    run(halfClosed + R"(
        39    c2 S  0
        39.1  s2 S. 0 ack 1
        39.2  c2 .  1 ack 1
        39.3  s2 P. 1:100 ack 1
        39.5  s2 P. 1:100 ack 1
        39.9  s2 P. 1:100 ack 1
        40.7  s2 P. 1:100 ack 1
        41    s P. 1:100 ack 102
        41.2  s P. 1:100 ack 102
        41.6  s P. 1:100 ack 102
        42    s2 P. 1:100 ack 1
        42.4  s P. 1:100 ack 102
        44    s P. 1:100 ack 102
        62    s P. 1:100 ack 102 | - - | verdict:peer-gone:likely
    )");
}

TEST(Verdict, ZeroWindow) {
    run(open + R"(
        1    s .  1 ack 101 win 0
        1.2  c .  100 ack 1
        1.21 s .  1 ack 101 win 0
        2    c .  100 ack 1
        2.01 s .  1 ack 101 win 0
        5    c .  100 ack 1
        5.01 s .  1 ack 101 win 0
        12   c .  100 ack 1
        12.1 s .  1 ack 101 win 0
        25   c .  100 ack 1
        25.1 s .  1 ack 101 win 0 | - - | verdict:window-closed:likely
    )");
}

TEST(Verdict, IcmpProhibitedInMidStream) {
    run(open + R"(
        5 c P. 101:100 ack 1
        icmp prohibited c 101
        6 c P. 101:100 ack 1
        == none open session-lost certain
    )");
}

TEST(Verdict, IcmpProhibitedAfterTheTimer) {
    run(halfClosed + R"(
        46 s P. 1:100 ack 102
        icmp prohibited s 1
        46.5 s P. 1:100 ack 102
        == client half-close half-closed-timer certain 0 45 first-fin
    )");
}

TEST(Verdict, IcmpOnSyn) {
    run(R"(
        0 c S 0
        icmp prohibited c 0
        1 c S 0
        == none open rejected certain
    )");
}

// The closer's own host resets late data: close() instead of shutdown().
TEST(Verdict, HostResetsLateData) {
    run(R"(
        0    c S  0
        0.01 s S. 0 ack 1
        0.02 c .  1 ack 1 ttl 60
        0.03 c P. 1:100 ack 1 ttl 60
        0.04 s .  1 ack 101
        1    c F. 101 ack 1 ttl 60
        1.01 s .  1 ack 102
        46   s P. 1:100 ack 102
        46.1 c R  102 ttl 60     | CLOSED CLOSED | accepted cause:late-data origin:endpoint verdict:host-reset:likely
        46.2 s P. 101:100 ack 102
        46.3 c R  102 ttl 60     | - - | no-verdict
        == client reset-after-fin host-reset likely
    )");
}

// The same answer from another distance, after the timer: the firewall speaks in the closer's name.
TEST(Verdict, FirewallResetsInTheClosersName) {
    run(R"(
        0    c S  0
        0.01 s S. 0 ack 1
        0.02 c .  1 ack 1 ttl 55
        0.03 c P. 1:100 ack 1 ttl 55
        0.04 s .  1 ack 101
        1    c F. 101 ack 1 ttl 55
        1.01 s .  1 ack 102
        46   s P. 1:100 ack 102
        46.1 c R  102 ttl 63     | CLOSED CLOSED | accepted cause:after-idle-expiry origin:middlebox verdict:half-closed-timer:likely
    )");
}

TEST(Verdict, PeersOwnTimer) {
    run(R"(
        0    c S  0
        0.01 s S. 0 ack 1
        0.02 c .  1 ack 1
        0.03 s P. 1:100 ack 1
        0.04 c .  1 ack 101
        0.05 s P. 101:100 ack 1
        0.06 c .  1 ack 201
        0.07 s P. 201:100 ack 1
        0.08 c .  1 ack 301
        60.08 s R. 301 ack 1      | CLOSED CLOSED | cause:abort origin:endpoint verdict:peer-timer:likely
    )");
}

// The ports are used again and the old connection still answers: it had been alive all the time.
TEST(Verdict, ChallengeAckOfTheOldConnectionProves) {
    run(halfClosed + R"(
        46   s P. 1:100 ack 102
        46.2 s P. 1:100 ack 102
        46.6 s P. 1:100 ack 102
        47.4 s P. 1:100 ack 102
        49   s R. 101 ack 102
    )");
    run(open + R"(
        400   c P. 101:100 ack 1
        400.2 c P. 101:100 ack 1
        400.6 c P. 101:100 ack 1
        401.4 c P. 101:100 ack 1
        410   c S  700000
        410.1 s .  1 ack 101      | SYN-SENT ESTABLISHED | verdict:idle-timer:certain half-open:peer-restarted
    )");
}

// Both interfaces of a firewall in one file: the copies come in and never go out.
TEST(Verdict, DroppedBetweenTwoInterfaces) {
    run(R"(
        0     c S  0 id 1 if 0
        0.001 c S  0 id 1 if 1 ttl 63
        0.01  s S. 0 ack 1 id 2 if 1
        0.011 s S. 0 ack 1 id 2 if 0 ttl 63
        0.02  c .  1 ack 1 id 3 if 0
        0.021 c .  1 ack 1 id 3 if 1 ttl 63
        0.03  c P. 1:100 ack 1 id 4 if 0
        0.031 c P. 1:100 ack 1 id 4 if 1 ttl 63
        0.04  s .  1 ack 101 id 5 if 1
        0.041 s .  1 ack 101 id 5 if 0 ttl 63
        400   c P. 101:10 ack 1 id 6 if 0
        400.2 c P. 101:10 ack 1 id 7 if 0
        400.6 c P. 101:10 ack 1 id 8 if 0
        401.4 c P. 101:10 ack 1 id 9 if 0
        403   c P. 101:10 ack 1 id 10 if 0
        420   c P. 101:10 ack 1 id 11 if 0 | - - | verdict:idle-timer:certain
    )");
}

// A hard timer: traffic every three seconds, and the end 30 s after the FIN all the same.
TEST(Verdict, HardTimerDespiteTraffic) {
    std::string script = halfClosed;
    int sent = 1;
    for (int at = 4; at < 31; at += 3) {
        script += "        " + std::to_string(at) + " s P. " + std::to_string(sent) + ":10 ack 102\n";
        sent += 10;
        script += "        " + std::to_string(at) + ".01 c . 102 ack " + std::to_string(sent) + "\n";
    }
    const std::string lost = "s P. " + std::to_string(sent) + ":10 ack 102";
    run(script + repeated(31, lost.c_str()) + R"(
        == client half-close half-closed-timer likely 27.01 30 first-fin
    )");
}
