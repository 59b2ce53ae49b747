// Half-closes in use: new payload after the FIN was acknowledged, or time.
#include "Transcript.h"

#include <gtest/gtest.h>

#include <string>

namespace {

const std::string halfClosed = R"(
        0    c S  0
        0.01 s S. 0 ack 1
        0.02 c .  1 ack 1
        1    c F. 1 ack 1        | FIN-WAIT-1 CLOSE-WAIT | active
        1.1  s .  1 ack 2        | FIN-WAIT-2 CLOSE-WAIT | only phase:half-closed duration:0.1 bytes:0
)";

void afterHalfClose(const char *script) {
    transcript::run((halfClosed + script).c_str());
}

} // namespace

TEST(HalfClose, NewPayloadShowsIt) {
    afterHalfClose(R"(
        1.2 s P. 1:100 ack 2     | FIN-WAIT-2 CLOSE-WAIT | only half-close:client duration:0.2 bytes:100
        1.3 c .  2 ack 101       | - - | only duration:0.3 bytes:100
        1.4 s P. 101:50 ack 2    | - - | only bytes:150
        1.5 s F. 151 ack 2       | TIME-WAIT LAST-ACK | only passive duration:0.5 bytes:150
        1.6 c .  2 ack 152       | TIME-WAIT CLOSED | only phase:closed
        == client half-close
    )");
}

TEST(HalfClose, PayloadInTheOtherFinShowsIt) {
    afterHalfClose(R"(
        1.2 s FP. 1:100 ack 2    | TIME-WAIT LAST-ACK | only passive half-close:client bytes:100
        == client half-close
    )");
}

// The FIN's acknowledgement and the payload come in one segment.
TEST(HalfClose, PayloadThatAcknowledgesTheFinShowsIt) {
    transcript::run(R"(
        0    c S  0
             s S. 0 ack 1
             c .  1 ack 1
        1    c F. 1 ack 1
        1.1  s P. 1:100 ack 2    | FIN-WAIT-2 CLOSE-WAIT | only half-close:client bytes:100 duration:0.1
    )");
}

TEST(HalfClose, RetransmittedPayloadIsNotNew) {
    transcript::run(R"(
        0    c S  0
             s S. 0 ack 1
             c .  1 ack 1
        0.9  s P. 1:100 ack 1
        1    c F. 1 ack 1
        1.1  s P. 1:100 ack 2    | FIN-WAIT-2 CLOSE-WAIT | only bytes:0
        == client unfinished
    )");
}

TEST(HalfClose, ByTimeAtTheOtherFin) {
    afterHalfClose(R"(
        2.2 s F. 1 ack 2         | TIME-WAIT LAST-ACK | only passive half-close:client duration:1.2
        == client half-close
    )");
}

TEST(HalfClose, ByTimeAtAReset) {
    afterHalfClose(R"(
        3 s R. 1 ack 2           | CLOSED CLOSED | only half-close:client accepted duration:2
        == client reset-after-fin
    )");
}

TEST(HalfClose, NotAtTheThreshold) {
    afterHalfClose(R"(
        2.1 s F. 1 ack 2         | TIME-WAIT LAST-ACK | only passive
        == client four
    )");
}

TEST(HalfClose, NothingAfterAResetOfTheCloser) {
    afterHalfClose(R"(
        1.2 c R. 2 ack 1         | CLOSED CLOSED | only accepted phase:reset
        1.3 s P. 1:100 ack 2     | CLOSED CLOSED | only
        == client reset-after-fin
    )");
}
