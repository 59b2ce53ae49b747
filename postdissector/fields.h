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
    int halfOpen = -1;
    int resetCause = -1;
    int resetOrigin = -1;
    int resetAcceptance = -1;
    int closeInitiator = -1;
    int closeKind = -1;
    int keepAlive = -1;
    int keepAliveAnswered = -1;
    int keepAliveQuiet = -1;
    int keepAliveSufficient = -1;
    int firewallProfile = -1;
    int firewallPhase = -1;
    int firewallTimer = -1;
    int firewallTimeout = -1;
    int firewallRemaining = -1;
    int firewallExpired = -1;
    int firewallAtRisk = -1;
    int verdict = -1;
    int verdictConfidence = -1;
    int verdictSummary = -1;
    int verdictReason = -1;
    int verdictAdvice = -1;
    int verdictEvidence = -1;
    int verdictTimerMinimum = -1;
    int verdictTimerMaximum = -1;
    int verdictTimerBasis = -1;
    int verdictNeeded = -1;
    int killed = -1;
};

/** Wireshark's numbers of the expert items. */
struct Experts {
    expert_field activeClose = EI_INIT;
    expert_field halfClose = EI_INIT;
    expert_field simultaneousClose = EI_INIT;
    expert_field midstream = EI_INIT;
    expert_field finUnacknowledged = EI_INIT;
    expert_field unacceptableReset = EI_INIT;
    expert_field halfOpen = EI_INIT;
    expert_field halfOpenLimit = EI_INIT;
    expert_field tcpWaitRisk = EI_INIT;
    expert_field tcpWaitExpired = EI_INIT;
    expert_field tcpWaitPossible = EI_INIT;
    expert_field idleExpired = EI_INIT;
    expert_field idlePossible = EI_INIT;
    expert_field closingExpired = EI_INIT;
    expert_field forgedReset = EI_INIT;
    expert_field sessionLost = EI_INIT;
    expert_field notFirewall = EI_INIT;
};

// Written once, at registration.
extern Fields fields;
extern Experts experts;
extern int subtree;
extern int firewallSubtree;
extern int verdictSubtree;

/** Registers the protocol with its fields and expert items, and returns its number. */
int registerFields();

/** Values of tcpstate.sender and of the other fields that name a side. */
[[nodiscard]] constexpr unsigned sideValue(Side side) {
    return index(side) + 1;
}

} // namespace tcpstate
