// Rules of judgement that only one kind of capture shows, each with the capture that shows it. Expected by hand.
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
        1    c F. 101 ack 1
        1.01 s .  1 ack 102
)";

// Both interfaces of a firewall, three packets of each side seen at both, then a FIN.
const std::string halfClosedAtTwoInterfaces = R"(
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
        1     c F. 1 ack 21 id 6 if 0
        1.001 c F. 1 ack 21 id 6 if 1 ttl 63
        1.01  s .  21 ack 2 id 7 if 1
        1.011 s .  21 ack 2 id 7 if 0 ttl 63
)";

// The server is 9 hops away (55 of 64), and has shown it often enough.
const std::string openWithDistance = R"(
        0    c S  0 ttl 60
        0.05 s S. 0 ack 1 ttl 55
        0.06 c .  1 ack 1 ttl 60
        0.07 c P. 1:100 ack 1 ttl 60
        0.12 s .  1 ack 101 ttl 55
        0.13 s P. 1:100 ack 101 ttl 55
        0.18 c .  101 ack 101 ttl 60
        0.19 s P. 101:100 ack 101 ttl 55
        0.24 c .  101 ack 201 ttl 60
)";

// Linux repeats after 0.2, 0.4, 0.8 ... seconds.
std::string repeated(double from, const char *segment) {
    std::string script;
    for (const double copy : {0.0, 0.2, 0.6, 1.4, 3.0, 6.2, 12.6, 25.4}) {
        script += "        " + std::to_string(from + copy) + " " + segment + "\n";
    }
    return script;
}

void run(const std::string &script) {
    transcript::run(script.c_str());
}

} // namespace

// A RST answers what had gone unanswered, and ends the connection: no silence is left to be judged, however much its
// sender is heard elsewhere afterwards.
TEST(Rules, WhatARstHasEndedIsNoSilence) {
    run(open + R"(
        4000    c P. 101:10 ack 1
        4000.2  c P. 101:10 ack 1
        4000.6  c P. 101:10 ack 1
        4001.4  c P. 101:10 ack 1
        4003    c P. 101:10 ack 1
        4004    s R. 1 ack 101    | CLOSED CLOSED | accepted cause:abort no-verdict
        4010    s2 S 0
        4010.01 c2 S. 0 ack 1
        4010.02 s2 . 1 ack 1
        4030    s R. 1 ack 101
        == none reset none none
    )");
}

// Seen coming in and never going out: certain, half-closed as well.
TEST(Rules, HalfClosedAndDroppedBetweenInterfacesIsCertain) {
    run(halfClosedAtTwoInterfaces + R"(
        46    s P. 21:10 ack 2 id 20 if 1
        46.2  s P. 21:10 ack 2 id 21 if 1
        46.6  s P. 21:10 ack 2 id 22 if 1
        47.4  s P. 21:10 ack 2 id 23 if 1
        49    s P. 21:10 ack 2 id 24 if 1
        60    s1 S 0 id 30 if 1
        60.001 s1 S 0 id 30 if 0 ttl 63
        67    s P. 21:10 ack 2 id 25 if 1 | - - | verdict:half-closed-timer:certain
    )");
}

// Lost 20 s after the FIN: before the clock of 30 s, but a device with a timer of 10 s is known (MikroTik RouterOS).
// The peer is heard elsewhere meanwhile, so that it is not the peer: likely. Without that sign of life: possible.
TEST(Rules, BeforeTheClockThePeersLifeDecides) {
    run(halfClosed + repeated(21, "s P. 1:100 ack 102") + R"(
        == client half-close half-closed-timer possible
    )");
    run(halfClosed + repeated(21, "s P. 1:100 ack 102") + R"(
        50    c2 S 0
        60    s P. 1:100 ack 102
        == client half-close half-closed-timer likely
    )");
}

// A path that loses a packet or two and answers is no outage worth a verdict: too few copies, or too short a time.
TEST(Rules, OrdinaryRepetitionsAreNoOutage) {
    run(open + R"(
        10   c P. 101:10 ack 1
        11   c P. 101:10 ack 1
        13   c P. 101:10 ack 1
        17   c P. 101:10 ack 1
        17.1 s .  1 ack 111     | - - | no-verdict
        == none open none none
    )");
    run(open + R"(
        10   c P. 101:10 ack 1
        10.2 c P. 101:10 ack 1
        10.4 c P. 101:10 ack 1
        10.6 c P. 101:10 ack 1
        10.8 c P. 101:10 ack 1
        11   c P. 101:10 ack 1
        11.1 s .  1 ack 111     | - - | no-verdict
        == none open none none
    )");
}

// A window that opens again after probes is no outage of the path.
TEST(Rules, ProbesOfAClosedWindowAreNoOutage) {
    run("! evidence 3 100\n" + open + R"(
        10   s .  1 ack 101 win 0
        11   c P. 101:1 ack 1
        13   c P. 101:1 ack 1
        17   c P. 101:1 ack 1
        25   c P. 101:1 ack 1
        25.1 s .  1 ack 101 win 0 | - - | no-verdict
        == none open none none
    )");
}

// A firewall answers late data in the closer's name, 45 s after the FIN and 44.99 s after the last packet: the timer
// lies at or below, whichever of the two it counts from.
TEST(Rules, BracketOfAnAnsweringFirewall) {
    run(R"(
        0    c S  0
        0.01 s S. 0 ack 1
        0.02 c .  1 ack 1 ttl 55
        0.03 c P. 1:100 ack 1 ttl 55
        0.04 s .  1 ack 101
        1    c F. 101 ack 1 ttl 55
        1.01 s .  1 ack 102
        46   s P. 1:100 ack 102
        46.1 c R  102 ttl 63     | CLOSED CLOSED | verdict:half-closed-timer:likely
        = client reset-after-fin half-closed-timer likely 0 45 both
    )");
    // Not half-closed: it had worked after 60 s, and after 4000 s it does not.
    run(openWithDistance + R"(
        60.24   c P. 101:10 ack 201 ttl 60
        60.29   s .  201 ack 111 ttl 55
        4060.29 c P. 111:10 ack 201 ttl 60
        4060.34 s R. 201 ack 111 ttl 63 | CLOSED CLOSED | cause:after-idle-expiry verdict:idle-timer:likely
        = none reset idle-timer likely 60 4000 last-packet
    )");
}

// "I know no such connection", longer idle than the clock of 3600 s, from a host whose distance nobody knows: a restart,
// or a device that forgot it. The host's own distance would say that it was the host; a shorter time, that no timer was it.
TEST(Rules, ForgottenAfterTheIdleTime) {
    run(open + R"(
        4000    c P. 101:10 ack 1
        4000.05 s R 1            | CLOSED CLOSED | cause:half-open-peer origin:unknown verdict:idle-timer:possible
    )");
    run(open + R"(
        300    c P. 101:10 ack 1
        300.05 s R 1             | CLOSED CLOSED | cause:half-open-peer origin:unknown no-verdict
    )");
    run(openWithDistance + R"(
        4000    c P. 101:10 ack 201 ttl 60
        4000.05 s R 201 ttl 55   | CLOSED CLOSED | cause:half-open-peer origin:endpoint no-verdict
    )");
}

// Two interfaces, and no RST at all: nothing was forged. (The client's packets are seen at interface 0 last.)
TEST(Rules, NoResetIsNoForgedReset) {
    run(R"(
        0     c S  0 id 1 if 1
        0.001 c S  0 id 1 if 0 ttl 63
        0.01  s S. 0 ack 1 id 2 if 0
        0.011 s S. 0 ack 1 id 2 if 1 ttl 63
        0.02  c .  1 ack 1 id 3 if 1
        0.021 c .  1 ack 1 id 3 if 0 ttl 63
        0.03  c P. 1:10 ack 1 id 4 if 1
        0.031 c P. 1:10 ack 1 id 4 if 0 ttl 63
        0.04  c P. 11:10 ack 1 id 5 if 1
        0.041 c P. 11:10 ack 1 id 5 if 0 ttl 63
        == none open none none
    )");
}

// Seen behind the firewall only: known at the end, for the capture before it might have ended; and that may have missed one.
TEST(Rules, ResetSeenOnlyBehindIsForgedAtTheEnd) {
    run(R"(
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
        1     s R. 21 ack 1 id 6 if 0 ttl 63 | CLOSED CLOSED | origin:unknown no-verdict
        2     c . 1 ack 21 id 7 if 0
        2.001 c . 1 ack 21 id 7 if 1 ttl 63
        == none reset forged-reset likely
        first-reset                          | cause:forged origin:middlebox
    )");
}

// The number is the one that the client has acknowledged, but bytes beyond it are under way: whether the client took the
// RST is not proven. If its alleged sender goes on, nothing has happened.
TEST(Rules, UnprovenResetThatDidNoHarm) {
    run(openWithDistance + R"(
        1    s P. 201:100 ack 101 ttl 55
        1.01 s R  201 ttl 55            | ESTABLISHED CLOSED | unproven no-verdict
        1.1  s P. 301:50 ack 101 ttl 55 | ESTABLISHED ESTABLISHED | no-verdict
        1.15 c .  101 ack 351 ttl 60
        == none open none none
    )");
}

// Dead in the middle of an exchange, as far as anybody can see; then the peer is heard elsewhere: it is not gone.
TEST(Rules, SignOfLifeRefutesPeerGone) {
    run(open + repeated(0.1, "c P. 101:100 ack 1") + R"(
        26    c2 S  0
        26.01 s2 S. 0 ack 1
        51    c P. 101:100 ack 1 | - - | verdict:session-lost:possible
        == none open session-lost possible
    )");
}

// Exactly 60 s idle and from the host's own distance: its own timer, it seems. Then it sends bytes beyond the RST: it
// cannot have sent it.
TEST(Rules, TalkingOnRefutesThePeersOwnTimer) {
    run(openWithDistance + R"(
        60.24 s R. 201 ack 101 ttl 55   | CLOSED CLOSED | cause:abort origin:endpoint verdict:peer-timer:likely
        60.3  s P. 201:50 ack 101 ttl 55 | - - | verdict:forged-reset:likely
    )");
}

// What a RST's window says of unread data holds for a RST with ACK and a window, from a side to which data came last.
TEST(Rules, WindowThatSaysNothingOfUnreadData) {
    const std::string received = R"(
        0    c S  0
        0.01 s S. 0 ack 1 win 5000
        0.02 c .  1 ack 1
        0.03 c P. 1:1000 ack 1
        0.04 s .  1 ack 1001 win 4000
)";
    run(received + "        1 s R. 1 ack 1001 win 0 | CLOSED CLOSED | cause:abort\n");
    // It has answered meanwhile: its application has read the request.
    run(received + R"(
        0.5 s P. 1:10 ack 1001 win 4000
        1   s R. 11 ack 1001 win 3900 | CLOSED CLOSED | cause:abort
    )");
}

// A receiver with a closed window has to answer probes (RFC 9293 section 3.8.6.1), so that their silence is one; but it was in
// trouble before, and payload beyond its window it may drop unanswered.
TEST(Rules, ProbesOfAClosedWindowHaveToBeAnswered) {
    const std::string closed = open + R"(
        5    s .  1 ack 101 win 0
    )";
    run(closed + repeated(7, "c . 100:1 ack 1") + R"(
        50    s2 S 0
        60    c . 100:1 ack 1
        == none open session-lost possible
    )");
    run(closed + repeated(7, "c P. 101:100 ack 1") + R"(
        60    c P. 101:100 ack 1
        == none open none none
    )");
}

// Large segments are lost after a quiet; small ones of another connection pass and its large ones do not: a path that came to
// take less, perhaps. Once the other connection's are acknowledged they say nothing any more.
TEST(Rules, WhatIsLargeAndLostElsewhereSpeaksForThePath) {
    const std::string large = open + R"(
        1     c P. 101:1400 ack 1
        1.05  s .  1 ack 1501
    )";
    const std::string other = R"(
        400.02 c1 S 0
        400.03 s1 S. 0 ack 1
        400.04 c1 . 1 ack 1
        400.3  c1 P. 1:1400 ack 1
    )";
    const std::string lost = repeated(400.6, "c P. 1501:1400 ack 1");
    run(large + "        400   c P. 1501:1400 ack 1\n" + other + lost + R"(
        426.1 c1 P. 1:1400 ack 1
        427   s1 P. 1:10 ack 1
        428   c1 P. 1:1400 ack 11
        450   s2 S 0
        460   c P. 1501:1400 ack 1
        == none open idle-timer possible
    )");
    run(large + "        400   c P. 1501:1400 ack 1\n" + other + lost + R"(
        426.1 c1 P. 1:1400 ack 1
        427   s1 . 1 ack 1401
        450   s2 S 0
        460   c P. 1501:1400 ack 1
        == none open idle-timer likely
    )");
}

// The client repeats for 25 s what the server acknowledges each time: nothing of the server's arrives there.
TEST(Rules, WhoRepeatsWhatWasAcknowledgedHearsNothing) {
    std::string deaf = open + R"(
        400    c P. 101:100 ack 1
        400.01 s .  1 ack 201
)";
    for (const char *const at : {"400.3", "400.7", "401.5", "403.1", "406.3", "412.7", "425.5"}) {
        deaf += std::string("        ") + at + "   c P. 101:100 ack 1\n        " + at + "1  s . 1 ack 201\n";
    }
    run(deaf + R"(
        == none open session-lost possible
    )");
    // Seven in the first 13 s are too short a time, whatever the path does.
    run(deaf.substr(0, deaf.rfind("        425.5   c")) + R"(
        == none open none none
    )");
    // It hears again: nothing was lost but time.
    run(deaf + R"(
        430    s P. 1:10 ack 201
        430.1  c . 201 ack 11
        == none open none none
    )");
    // And one that has new things to say, or has heard something in between, is not deaf.
    run(deaf.substr(0, deaf.rfind("        412.7   c")) + R"(
        413    c P. 201:10 ack 1
        413.1  s . 1 ack 211
        425.5  c P. 101:100 ack 1
        == none open none none
    )");
}

// Two places see that they are dropped, in the middle of the open side's data, 3 s after the FIN: no timer that anybody
// knows. That something dropped them is certain, that a timer did so is not.
TEST(Rules, DroppedHalfClosedInTheMiddleOfDataIsNoTimer) {
    run(halfClosedAtTwoInterfaces + R"(
        2.9   s P. 21:10 ack 2 id 18 if 1
        2.901 s P. 21:10 ack 2 id 18 if 0 ttl 63
        2.91  c .  2 ack 31 id 19 if 0
        2.911 c .  2 ack 31 id 19 if 1 ttl 63
        3.1   s P. 31:10 ack 2 id 20 if 1
        3.3   s P. 31:10 ack 2 id 21 if 1
        3.7   s P. 31:10 ack 2 id 22 if 1
        4.5   s P. 31:10 ack 2 id 23 if 1
        6     s P. 31:10 ack 2 id 24 if 1
        20    s1 S 0 id 30 if 1
        20.001 s1 S 0 id 30 if 0 ttl 63
        25    s P. 31:10 ack 2 id 25 if 1 | - - | verdict:session-lost:certain
    )");
}

// Never seen at the place that its sender's packets pass first, and from another distance: two signs.
TEST(Rules, ResetSeenOnlyBehindFromElsewhereIsCertain) {
    run(R"(
        0     c S  0 id 1 if 0
        0.001 c S  0 id 1 if 1 ttl 63
        0.01  s S. 0 ack 1 id 2 if 1
        0.011 s S. 0 ack 1 id 2 if 0 ttl 55
        0.02  c .  1 ack 1 id 3 if 0
        0.021 c .  1 ack 1 id 3 if 1 ttl 63
        0.03  s P. 1:10 ack 1 id 4 if 1
        0.031 s P. 1:10 ack 1 id 4 if 0 ttl 55
        0.04  s P. 11:10 ack 1 id 5 if 1
        0.041 s P. 11:10 ack 1 id 5 if 0 ttl 55
        0.05  s P. 21:10 ack 1 id 6 if 1
        0.051 s P. 21:10 ack 1 id 6 if 0 ttl 55
        1     s R. 31 ack 1 id 7 if 0 ttl 62 | CLOSED CLOSED | origin:middlebox verdict:forged-reset:likely
        2     c . 1 ack 31 id 8 if 0
        2.001 c . 1 ack 31 id 8 if 1 ttl 63
        == none reset forged-reset certain
    )");
}

// A router's trunk: the client's packets in VLAN 10, the server's in VLAN 20. One server in both connections, whoever opened
// them: it falls silent in the middle of one, so that the other's silence is no firewall's either.
TEST(Rules, OneHostInTwoConnectionsOverATrunk) {
    for (const char *const trunk : {"", " vlan 10"}) {
        const std::string client = trunk;
        const std::string server = client.empty() ? "" : " vlan 20";
        std::string script;
        const auto line = [&](const std::string &segment) {
            const bool ofClient = segment.find(" c") != std::string::npos;
            script += segment + (ofClient ? client : server) + "\n";
        };
        line("0    c S 0");
        line("0.01 s S. 0 ack 1");
        line("0.02 c .  1 ack 1");
        line("0.03 c P. 1:100 ack 1");
        line("0.04 s .  1 ack 101");
        line("10   s1 S  0");
        line("10.01 c1 S. 0 ack 1");
        line("10.02 s1 . 1 ack 1");
        for (const char *const time : {"45", "45.2", "45.6", "46.4", "48", "51.2", "57.6", "70.4"}) {
            if (std::string(time) == "45") {
                line("44.9 s1 P. 1:50 ack 1");
                line("44.91 c1 . 1 ack 51");
            }
            line(std::string(time) + " c1 P. 1:50 ack 51");
        }
        line("400  c P. 101:10 ack 1");
        line("400.2 c P. 101:10 ack 1");
        line("400.6 c P. 101:10 ack 1");
        line("401.4 c P. 101:10 ack 1");
        line("403 c P. 101:10 ack 1");
        line("425 c P. 101:10 ack 1");
        script += "== none open peer-gone likely\n";
        run(script);
    }
}

// A device answers keep-alives for a host that is gone, from its own distance: no sign of life of the host.
TEST(Rules, ADeviceThatAnswersForItElsewhereIsNotTheHost) {
    const auto script = [](const std::string &distance) {
        return openWithDistance + R"(
        1    c1 S  0 ttl 60
        1.05 s1 S. 0 ack 1 ttl 55
        1.06 c1 .  1 ack 1 ttl 60
        1.07 c1 P. 1:100 ack 1 ttl 60
        1.12 s1 .  1 ack 101 ttl 55
        60   c .  100 ack 201 ttl 60
        60.01 s . 201 ack 101 ttl )" +
               distance + R"(
        300    c1 . 100 ack 1 ttl 60
        300.01 s1 . 1 ack 101 ttl )" +
               distance + R"(
        460   c P. 101:10 ack 201 ttl 60
        460.2 c P. 101:10 ack 201 ttl 60
        460.6 c P. 101:10 ack 201 ttl 60
        461.4 c P. 101:10 ack 201 ttl 60
        463   c P. 101:10 ack 201 ttl 60
        470    c1 . 100 ack 1 ttl 60
        470.01 s1 . 1 ack 101 ttl )" +
               distance + R"(
        490   c P. 101:10 ack 201 ttl 60
)";
    };
    run(script("55") + "== none open idle-timer likely\n");
    run(script("61") + "== none open idle-timer possible\n");
}

// A FIN that was none after all (bytes come beyond it): no half-close is left of it.
TEST(Rules, NothingIsLeftOfAFinThatWasNone) {
    run(open + R"(
        1    c F. 101 ack 1
        1.1  s .  1 ack 102      | FIN-WAIT-2 CLOSE-WAIT | phase:half-closed
        1.2  c P. 102:10 ack 1
        60   s F. 1 ack 112      | CLOSE-WAIT FIN-WAIT-1 | only active phase:half-closing
        = server unfinished
    )");
}

// The server is 20 ms away. It answers each request, the client acknowledges the answer, and half a second later its next
// request is reset after 0.8 ms, from the server's own distance: no answer of a host that far away, whatever was before.
TEST(Rules, TooFastForAnAnswerAlsoAfterAnAcknowledgement) {
    std::string talk = R"(
        0     c S  0 ttl 64
        0.02  s S. 0 ack 1 ttl 57
        0.021 c .  1 ack 1 ttl 64
)";
    for (int i = 0; i < 6; ++i) {
        const std::string at = std::to_string(1 + i) + ".";
        const auto line = [&](const char *after, char side, int mine, int length, int theirs, const char *ttl) {
            talk += "        " + at + after + " " + side + (length != 0 ? " P. " : " . ") + std::to_string(mine) + ":" +
                    std::to_string(length) + " ack " + std::to_string(theirs) + ttl + "\n";
        };
        line("00", 'c', 1 + i * 100, 100, 1 + i * 100, " ttl 64");
        line("02", 's', 1 + i * 100, 100, 101 + i * 100, " ttl 57");
        line("021", 'c', 101 + i * 100, 0, 101 + i * 100, " ttl 64");
    }
    run(talk + R"(
        6.521  c P. 601:100 ack 601 ttl 64
        6.5218 s R  601 ttl 57 | - - | origin:middlebox cause:forged verdict:forged-reset:likely
    )");
    // A plain ACK a moment before may be what it answers.
    run(talk + R"(
        6.5    c .  601 ack 601 ttl 64
        6.521  c P. 601:100 ack 601 ttl 64
        6.5218 s R  601 ttl 57 | - - | origin:endpoint no-verdict
    )");
    // After a long quiet the way may be another one, or the host: nothing is said of its origin.
    run(talk + R"(
        1900      c P. 601:100 ack 601 ttl 64
        1900.0008 s R  601 ttl 57 | - - | origin:unknown no-verdict
    )");
}

// The server repeats its SYN-ACK although the client has acknowledged it, each time: what the client sends does not arrive.
TEST(Rules, HandshakeOfWhichOneDirectionIsDead) {
    const std::string dead = R"(
        0     c S  0
        0.02  s S. 0 ack 1
        0.021 c .  1 ack 1
        1.02  s S. 0 ack 1  | ESTABLISHED SYN-RECEIVED
        1.021 c .  1 ack 1  | ESTABLISHED ESTABLISHED
        3.02  s S. 0 ack 1
        3.021 c .  1 ack 1
        7.02  s S. 0 ack 1
        7.021 c .  1 ack 1
        15.02 s S. 0 ack 1
        15.021 c . 1 ack 1
)";
    run(dead + R"(
        31.02 s S. 0 ack 1  | ESTABLISHED SYN-RECEIVED | verdict:session-lost:possible
    )");
    // The client's data go the same way: it is the server that hears nothing, not the client that is not answered.
    run(R"(
        0     c S  0
        0.02  s S. 0 ack 1
        0.021 c .  1 ack 1
        0.03  c P. 1:100 ack 1
        0.3   c P. 1:100 ack 1
        0.9   c P. 1:100 ack 1
        1.02  s S. 0 ack 1  | ESTABLISHED SYN-RECEIVED
        1.021 c .  1 ack 1
        2.1   c P. 1:100 ack 1
        3.02  s S. 0 ack 1
        3.021 c .  1 ack 1
        4.5   c P. 1:100 ack 1
        9.3   c P. 1:100 ack 1
        19    c P. 1:100 ack 1
        39    c P. 1:100 ack 1 | - - | verdict:session-lost:possible
    )");
}

// The SYN is rejected by ICMP from the address that it went to: the host's own packet filter.
TEST(Rules, RejectedByTheHostItselfIsNoDevice) {
    run(R"(
        0 c S 0
        icmp port c 0 from 20
        == none open rejected likely
    )");
    run(R"(
        0 c S 0
        icmp port c 0 from 7
        == none open rejected certain
    )");
}

// The timer that ran out is the one that ran before the packet: 44 s of 30 s while half-closed, whatever begins now.
TEST(Rules, TheTimerThatRanOutIsTheOneBefore) {
    run(halfClosed + R"(
        45.01 s F. 1 ack 102 | - - | expired risk remaining:-14.01
        46    c .  102 ack 2 | - - | expired remaining:-15
    )");
}
