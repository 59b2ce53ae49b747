// The fields that tcpstate adds to a packet: names, types and values, which filters and columns rely on.
#pragma once

#include "inference/State.h"

#include <epan/expert.h>
#include <epan/packet.h>

namespace tcpstate {

/** Wireshark's numbers of the fields, known after registration. */
struct Fields {
    int clientState = -1;
    int serverState = -1;
    int states = -1;
    int transition = -1;
    int sender = -1;
    int phase = -1;
    int midstream = -1;
    int duplicate = -1;
    int activeClose = -1;
    int passiveClose = -1;
    int halfClose = -1;
    int halfCloseDuration = -1;
    int halfCloseBytes = -1;
    int simultaneousClose = -1;
    int simultaneousOpen = -1;
    int resetAcceptance = -1;
    int closeInitiator = -1;
    int closeKind = -1;
};

/** Wireshark's numbers of the expert items. */
struct Experts {
    expert_field activeClose = EI_INIT;
    expert_field halfClose = EI_INIT;
    expert_field simultaneousClose = EI_INIT;
    expert_field midstream = EI_INIT;
    expert_field finUnacknowledged = EI_INIT;
    expert_field unacceptableReset = EI_INIT;
    expert_field tcpWaitExpired = EI_INIT;
};

// Written once, at registration.
extern Fields fields;
extern Experts experts;
extern int subtree;

/** Registers the protocol with its fields and expert items, and returns its number. */
int registerFields();

/** Values of tcpstate.sender and of the other fields that name a side. */
[[nodiscard]] constexpr unsigned sideValue(Side side) {
    return index(side) + 1;
}

} // namespace tcpstate
