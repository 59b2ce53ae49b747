// Four closes that an engineer published in 2013 (captures/README.md), packet by packet, expected by hand.
#include "Transcript.h"

#include <gtest/gtest.h>

TEST(PublishedTranscripts, ServerActiveClose55876) {
    transcript::run(R"(
        15.184532 c S  0                | SYN-SENT LISTEN | phase:opening steps:1
        15.286232 s S. 0 ack 1          | ESTABLISHED SYN-RECEIVED | steps:2
        15.286279 c .  1 ack 1          | ESTABLISHED ESTABLISHED | phase:established steps:1
        15.286337 c P. 1:151 ack 1      | ESTABLISHED ESTABLISHED | steps:0
        15.377931 s .  1 ack 152        | ESTABLISHED ESTABLISHED | steps:0
        = none open
        25.378766 s F. 1 ack 152        | CLOSE-WAIT FIN-WAIT-1 | only active phase:half-closing
        = server unfinished
        25.379010 c .  152 ack 2        | CLOSE-WAIT FIN-WAIT-2 | only phase:half-closed
        25.379271 c F. 152 ack 2        | LAST-ACK TIME-WAIT | only passive phase:closing
        25.467514 s .  2 ack 153        | CLOSED TIME-WAIT | only phase:closed
        == server four
    )");
}

TEST(PublishedTranscripts, ClientActiveClose56154) {
    transcript::run(R"(
        0.000000 c S  0                 | SYN-SENT LISTEN
        0.044037 s S. 0 ack 1           | ESTABLISHED SYN-RECEIVED
        0.044278 c .  1 ack 1           | ESTABLISHED ESTABLISHED
        0.044447 c P. 1:142 ack 1
        0.151665 s P. 1:317 ack 143
        0.151972 c .  143 ack 318       | ESTABLISHED ESTABLISHED
        0.152167 c F. 143 ack 318       | FIN-WAIT-1 CLOSE-WAIT | only active
        0.198413 s .  318 ack 144       | FIN-WAIT-2 CLOSE-WAIT | only phase:half-closed
        # A duplicate ACK, "not relevant".
        0.198646 c .  144 ack 318       | FIN-WAIT-2 CLOSE-WAIT | only steps:0
        0.203468 s F. 318 ack 144       | TIME-WAIT LAST-ACK | only passive
        0.203732 c .  144 ack 319       | TIME-WAIT CLOSED | only phase:closed
        == client four
    )");
}

TEST(PublishedTranscripts, ThreeSegments56421) {
    transcript::run(R"(
        0.000000 c S  0                 | SYN-SENT LISTEN
        0.091321 s S. 0 ack 1           | ESTABLISHED SYN-RECEIVED
        0.091629 c .  1 ack 1           | ESTABLISHED ESTABLISHED
        0.091801 c P. 1:141 ack 1
        0.184701 s .  1 ack 142
        0.185920 s P. 1:189 ack 142
        0.186192 c .  142 ack 190       | ESTABLISHED ESTABLISHED
        0.186585 c F. 142 ack 190       | FIN-WAIT-1 CLOSE-WAIT | only active
        # The server's FIN is the first to acknowledge the client's: acknowledgement first, then the FIN.
        0.283414 s F. 190 ack 143       | TIME-WAIT LAST-ACK | only passive step:client:FIN-WAIT-1>FIN-WAIT-2 step:client:FIN-WAIT-2>TIME-WAIT
        0.283675 c .  143 ack 191       | TIME-WAIT CLOSED
        == client three
    )");
}

TEST(PublishedTranscripts, SimultaneousClose56155) {
    transcript::run(R"(
        6.023331 c S  0                 | SYN-SENT LISTEN
        6.126083 s S. 0 ack 1           | ESTABLISHED SYN-RECEIVED
        6.126398 c .  1 ack 1           | ESTABLISHED ESTABLISHED
        6.126548 c P. 1:143 ack 1
        6.249165 s P. 1:137 ack 144
        6.249460 c .  144 ack 138       | ESTABLISHED ESTABLISHED
        6.249666 s F. 138 ack 144       | CLOSE-WAIT FIN-WAIT-1 | only active
        # 48 us later, and it does not acknowledge the server's FIN: they cross.
        6.249714 c F. 144 ack 138       | CLOSING CLOSING | only active simultaneous-close steps:4 step:client:CLOSE-WAIT>ESTABLISHED! step:client:ESTABLISHED>FIN-WAIT-1 step:client:FIN-WAIT-1>CLOSING step:server:FIN-WAIT-1>CLOSING
        # The same FIN with a newer acknowledgement: no second close.
        6.249827 c F. 144 ack 139       | CLOSING TIME-WAIT | only steps:1
        6.354273 s .  139 ack 145       | TIME-WAIT TIME-WAIT | only phase:closed
        6.354555 c .  145 ack 139       | TIME-WAIT TIME-WAIT | only steps:0
        6.355058 s .  139 ack 145       | TIME-WAIT TIME-WAIT | only steps:0
        == both simultaneous
    )");
}
