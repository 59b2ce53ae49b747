#include "State.h"

namespace tcpstate {

const char *name(State state) {
    switch (state) {
    case State::unknown:
        return "UNKNOWN";
    case State::closed:
        return "CLOSED";
    case State::listen:
        return "LISTEN";
    case State::synSent:
        return "SYN-SENT";
    case State::synReceived:
        return "SYN-RECEIVED";
    case State::established:
        return "ESTABLISHED";
    case State::finWait1:
        return "FIN-WAIT-1";
    case State::finWait2:
        return "FIN-WAIT-2";
    case State::closeWait:
        return "CLOSE-WAIT";
    case State::lastAck:
        return "LAST-ACK";
    case State::closing:
        return "CLOSING";
    case State::timeWait:
        return "TIME-WAIT";
    }
    return "UNKNOWN";
}

const char *name(Side side) {
    return side == Side::client ? "client" : "server";
}

} // namespace tcpstate
