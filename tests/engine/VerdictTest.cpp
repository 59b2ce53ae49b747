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
        1.01 s .  1 ack 102      | FIN-WAIT-2 CLOSE-WAIT
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

// The clock runs from the FIN, not from its acknowledgement.
TEST(Verdict, ClockStartsAtTheFin) {
    run(open + R"(
        1    c F. 101 ack 1      | - - | remaining:30
        1.01 s .  1 ack 102      | - - | remaining:29.99
    )");
}

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
        == client half-close half-closed-timer certain 0 45 both
    )");
}

// The host itself says that nobody listens there: its own firewall, perhaps, or a port forwarded elsewhere since. A
// router that says so in mid-stream rejects the session.
TEST(Verdict, IcmpPortUnreachableInMidStream) {
    run(open + R"(
        10 s P. 1:100 ack 101
        icmp port s 1 from 10
        == none open none none
    )");
    run(open + R"(
        10 s P. 1:100 ack 101
        icmp port s 1 from 7
        == none open session-lost certain
    )");
    run(open + R"(
        10 s P. 1:100 ack 101
        icmp prohibited s 1 from 10
        == none open rejected likely
    )");
}

// 400 s are no 3600 s, but some known devices' timer.
TEST(Verdict, IcmpProhibitedAfterAKnownTimer) {
    run(open + R"(
        400 c P. 101:100 ack 1
        icmp prohibited c 101
        == none open idle-timer likely
    )");
}

TEST(Verdict, IcmpThatQuotesNothingUnderWay) {
    run(open + R"(
        400 c P. 101:100 ack 1
        icmp prohibited c 5000000
        == none open none none
    )");
}

// The path was interrupted for 13 s and came back; long after that a timer kills the connection.
TEST(Verdict, KillLongAfterAnOutage) {
    run(open + R"(
        1    c P. 101:100 ack 1
        1.2  c P. 101:100 ack 1
        1.6  c P. 101:100 ack 1
        2.4  c P. 101:100 ack 1
        4    c P. 101:100 ack 1
        7    c P. 101:100 ack 1
        14   s .  1 ack 201        | - - | verdict:path-outage:likely
        500   c P. 201:100 ack 1
        500.2 c P. 201:100 ack 1
        500.6 c P. 201:100 ack 1
        501.4 c P. 201:100 ack 1
        503   c P. 201:100 ack 1
        505   c2 S  0
        505.1 s2 S. 0 ack 1
        506   c P. 201:100 ack 1
        525   c P. 201:100 ack 1   | - - | verdict:idle-timer:likely
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
TEST(Verdict, ChallengeAckOfTheOldConnectionIsASignOfLife) {
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
        403   c P. 101:100 ack 1
        406.2 c P. 101:100 ack 1
        412.6 c P. 101:100 ack 1
        425.4 c P. 101:100 ack 1
        430   c S  700000
        430.1 s .  1 ack 101      | SYN-SENT ESTABLISHED | verdict:idle-timer:likely half-open:peer-restarted
    )");
    // An interruption of a few seconds, over when the new SYN came, shows the same.
    run(open + R"(
        400   c P. 101:100 ack 1
        400.2 c P. 101:100 ack 1
        400.4 c S  700000
        400.5 s .  1 ack 101      | SYN-SENT ESTABLISHED | verdict:idle-timer:possible half-open:peer-restarted
    )");
}

// Both interfaces of a firewall in one file: the copies come in and never go out.
TEST(Verdict, DroppedBetweenTwoInterfaces) {
    const std::string twice = R"(
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
)";
    const std::string lost = R"(
        400   c P. 101:10 ack 1 id 6 if 0
        400.2 c P. 101:10 ack 1 id 7 if 0
        400.6 c P. 101:10 ack 1 id 8 if 0
        401.4 c P. 101:10 ack 1 id 9 if 0
        403   c P. 101:10 ack 1 id 10 if 0
)";
    // Something else is seen at the second interface meanwhile.
    run(twice + lost + R"(
        410     c1 S 0 id 50 if 0
        410.001 c1 S 0 id 50 if 1 ttl 63
        420     c P. 101:10 ack 1 id 11 if 0 | - - | verdict:idle-timer:certain
    )");
    // One comes through after all.
    run(twice + lost + R"(
        410     c1 S 0 id 50 if 0
        410.001 c1 S 0 id 50 if 1 ttl 63
        420     c P. 101:10 ack 1 id 11 if 0 | - - | verdict:idle-timer:certain
        420.001 c P. 101:10 ack 1 id 11 if 1 ttl 63
        = none open none none
    )");
    // What is seen there comes from elsewhere: the way between the two may be broken.
    run(twice + lost + R"(
        410     c1 S 0 if 1
        420     c P. 101:10 ack 1 id 11 if 0 | - - | verdict:idle-timer:possible
    )");
    // It passed before the first was lost, and came by late.
    run(twice + R"(
        399.9   c1 S 0 id 50 if 0
)" + lost +
        R"(
        420     c P. 101:10 ack 1 id 11 if 0 | - - | verdict:idle-timer:possible
    )");
    // Nothing is: the capture there may have ended, and the peer may be gone.
    run(twice + lost + R"(
        420   c P. 101:10 ack 1 id 11 if 0 | - - | verdict:idle-timer:possible
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

// The copies passed both interfaces of the firewall: it is acquitted.
TEST(Verdict, PassedBothInterfaces) {
    std::string script = R"(
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
)";
    int id = 6;
    for (const char *at : {"4000", "4000.2", "4000.6", "4001.4", "4003", "4006", "4025"}) {
        const std::string one = std::string("c P. 101:10 ack 1 id ") + std::to_string(id++);
        script += std::string("        ") + at + " " + one + " if 0\n";
        script += std::string("        ") + at + (std::string(at).find('.') == std::string::npos ? ".001 " : "01 ") +
                  one + " if 1 ttl 63\n";
    }
    run(script + "        == none open peer-gone possible\n");
}

// What says that it takes nothing is not silent.
TEST(Verdict, SilenceBehindAClosedWindowIsNoKill) {
    run(halfClosed + R"(
        2 c . 102 ack 1 win 0
)" + repeated(46, "s P. 1:1 ack 102") +
        R"(
        == client half-close none none
    )");
}

TEST(Verdict, KeepAlivesUnanswered) {
    run(open + R"(
        4000 c . 100 ack 1
        4010 c . 100 ack 1       | - - | no-verdict
        4020 c . 100 ack 1       | - - | verdict:idle-timer:possible half-open:keep-alives-unanswered
        4030 c R. 101 ack 1      | - - | cause:keep-alive-failure
    )");
}

// Only segments larger than any that passed are lost, from the first one on.
TEST(Verdict, OnlyLargeSegmentsAreLost) {
    run(open + repeated(0.1, "s P. 1:1400 ack 101") + R"(
        == none open path-mtu possible
    )");
}

TEST(Verdict, DeathRightBehindTheFinIsNoTimer) {
    run(open + R"(
        1    c F. 101 ack 1
        1.01 s .  1 ack 102
)" + repeated(1.02, "s P. 1:100 ack 102") +
        R"(
        == client half-close peer-gone possible
    )");
}

// Both FINs, the last ACKs missing, and the peer alive elsewhere: past the closing timer it is a kill.
TEST(Verdict, Closing) {
    run(open + R"(
        1    c F. 101 ack 1
        1.01 s F. 1 ack 102      | TIME-WAIT LAST-ACK
        1.02 c .  102 ack 2      | TIME-WAIT CLOSED
        == client three none none
    )");
    run(open + R"(
        1    c FP. 101:10 ack 1
        1.01 s F. 1 ack 101      | CLOSING CLOSING
        1.02 c .  112 ack 2
)" + repeated(1.3, "c FP. 101:10 ack 2") +
        R"(
        == both simultaneous peer-gone possible
    )");
    // The client has not got the server's FIN, and 17 s later nothing gets through any more.
    const std::string waiting = open + R"(
        1    c F. 101 ack 1
        1.01 s F. 1 ack 102
        1.02 c .  102 ack 1
)";
    run(waiting + repeated(18.02, "s F. 1 ack 102") + R"(
        == client three closing-timer possible
    )");
    run(waiting + repeated(8.02, "s F. 1 ack 102") + R"(
        == client three none none
    )");
}

TEST(Verdict, GivingUpWithoutCopiesIsNotEnough) {
    run(halfClosed + R"(
        46   s P. 1:100 ack 102
        46.3 s P. 1:100 ack 102
        47   s R. 101 ack 102    | - - | no-verdict
        == client reset-after-fin none none
    )");
}

// The chosen device decides which of the two counts it can be.
TEST(Verdict, ChosenDeviceDecidesTheBasis) {
    run("! profile panos-6.0\n" + halfClosed + repeated(46, "s P. 1:100 ack 102") + R"(
        == client half-close half-closed-timer likely 0 45 first-fin
    )");
    run("! profile pf\n" + halfClosed + repeated(1000, "s P. 1:100 ack 102") + R"(
        == client half-close half-closed-timer likely 0 998.99 last-packet
    )");
    run("! profile panos-6.1\n" + halfClosed + repeated(46, "s P. 1:100 ack 102") + R"(
        == client half-close half-closed-timer possible
    )");
}

TEST(Verdict, RecoveryRefutesAKill) {
    run("! evidence 3 2\n" + halfClosed + R"(
        46   s P. 1:100 ack 102
        46.2 s P. 1:100 ack 102
        49   s P. 1:100 ack 102  | - - | verdict:half-closed-timer:likely
        60   s P. 1:100 ack 102
        60.1 c .  102 ack 101    | - - | verdict:path-outage:likely
        == client half-close path-outage likely
    )");
}

TEST(Verdict, IcmpTooBigAloneIsPathMtuDiscovery) {
    run(open + R"(
        5 c P. 101:1400 ack 1
        icmp fragmentation c 101
        5.1 c P. 101:1200 ack 1
        5.2 s . 1 ack 1301
        == none open none none
    )");
}

TEST(Verdict, IcmpUnreachable) {
    run(open + R"(
        5 c P. 101:100 ack 1
        icmp unreachable c 101
        6 c P. 101:100 ack 1
        == none open peer-gone likely
    )");
}

// Three connections of different ages die at one moment: no timer.
TEST(Verdict, FailoverIsNoTimer) {
    std::string script;
    for (const char *number : {"", "1", "2"}) {
        const std::string c = std::string("c") + number;
        const std::string s = std::string("s") + number;
        const std::string at = std::to_string(number[0] == '\0' ? 0 : number[0] == '1' ? 200 : 400);
        script += "        " + at + "    " + c + " S 0\n        " + at + ".01 " + s + " S. 0 ack 1\n        " + at +
                  ".02 " + c + " . 1 ack 1\n";
    }
    // Last passed at 800, 1500 and 1990 s; all dead from 2000 s on. The first one survived a gap of 1300 s later on.
    script += R"(
        600    c  P. 1:10 ack 1
        600.1  s  .  1 ack 11
        1980   c1 P. 1:10 ack 1
        1980.1 s1 .  1 ack 11
        1990   c2 P. 1:10 ack 1
        1990.1 s2 .  1 ack 11
)";
    script +=
        repeated(2300, "c2 P. 11:10 ack 1") + repeated(2400, "c1 P. 11:10 ack 1") + repeated(2500, "c P. 11:10 ack 1");
    run(script + "        == none open session-lost possible\n");
}

// Larger than anything that passed before: a path that swallows large packets explains it as well as a timer does. A
// kill after an idle time is only possible then, even if the peer is heard elsewhere.
TEST(Verdict, LargeDataAfterAPauseMayBePathMtu) {
    run(open + repeated(4000, "c P. 101:1400 ack 1") + R"(
        4026 c1 S 0
        4026.01 s1 S. 0 ack 1
        4050 c P. 101:1400 ack 1
        == none open idle-timer possible
    )");
    run(open + repeated(4000, "c P. 101:400 ack 1") + R"(
        4026 c1 S 0
        4026.01 s1 S. 0 ack 1
        4050 c P. 101:400 ack 1
        == none open idle-timer likely
    )");
}

// Half-closed, kept alive, and the open side neither sends nor closes: the network did its work.
TEST(Verdict, ApplicationSilentHalfClosed) {
    const std::string probes = R"(
        11    c . 101 ack 1
        11.01 s . 1 ack 102
        21    c . 101 ack 1
        21.01 s . 1 ack 102
        31    c . 101 ack 1
        31.01 s . 1 ack 102
)";
    run(halfClosed + probes + R"(
        == client half-close application-silent likely
    )");
    // It answers at last: then it was slow, and that is no verdict.
    run(halfClosed + probes + R"(
        46    s P. 1:100 ack 102
        46.01 c . 102 ack 101
        == client half-close none none
    )");
    // Answered from another distance than the server's: by a device, which knows nothing of the server.
    std::string spoofed = probes;
    for (std::size_t at = 0; (at = spoofed.find("ack 102\n", at)) != std::string::npos; ++at) {
        spoofed.insert(at + 7, " ttl 60");
    }
    run(halfClosed + spoofed + R"(
        == client half-close none none
    )");
    // Without an answer nothing tells it from a kill on its silent side.
    run(halfClosed + R"(
        46    c . 101 ack 1
        == client half-close none none
    )");
}

// The probe's answer shows by its number that something is under way: not silent, lost.
TEST(Verdict, DataUnderWayIsNoSilentApplication) {
    run(halfClosed + R"(
        31    c . 101 ack 1
        31.01 s . 101 ack 102
        == client half-close none none
    )");
}

// A client that waited, with its probes answered, and then gave up.
TEST(Verdict, ClientGivesUpOnASilentApplication) {
    run(open + R"(
        10    c . 100 ack 1
        10.01 s . 1 ack 101
        30    c . 100 ack 1
        30.01 s . 1 ack 101
        35    c R. 101 ack 1 | - - | verdict:application-silent:possible
    )");
    // A server that aborts after its own answer owes nothing, nor does its client.
    run(open + R"(
        0.1   s P. 1:100 ack 101
        0.11  c . 101 ack 101
        10    s . 100 ack 101
        10.01 c . 101 ack 101
        40    s . 100 ack 101
        40.01 c . 101 ack 101
        45    s R. 101 ack 101 | - - | no-verdict
    )");
}

// A server that closes after exactly a minute of silence has a timer for that.
TEST(Verdict, RoundIdleTimeIsThePeersTimer) {
    const std::string often = R"(
        0.05 s P. 1:100 ack 101
        0.06 c .  101 ack 101
        0.07 s P. 101:100 ack 101
        0.08 c .  101 ack 201
)";
    run(open + often + R"(
        60.08 s R. 201 ack 101 | - - | verdict:peer-timer:likely
    )");
    // It resets another connection at the same time: an application that ends, not two timers.
    run(open + often + R"(
        1     c1 S  0
        1.01  s1 S. 0 ack 1
        1.02  c1 .  1 ack 1
        60.08 s  R. 201 ack 101 | - - | verdict:peer-timer:likely
        60.09 s1 R. 1 ack 1     | - - | no-verdict
        60.2  c  .  101 ack 201
        == none reset none none
    )");
}
