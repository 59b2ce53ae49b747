#include "fields.h"

#include "inference/Close.h"
#include "inference/Record.h"

namespace tcpstate {

Fields fields;
Experts experts;
int subtree = -1;

namespace {

template <typename Enumeration> constexpr guint32 number(Enumeration value) {
    return static_cast<guint32>(value);
}

// One more than the states for the end mark; the names are the engine's, filled in at registration.
value_string stateValues[stateCount + 1];

const value_string sideValues[] = {
    {sideValue(Side::client), "client"},
    {sideValue(Side::server), "server"},
    {0, nullptr},
};

const value_string phaseValues[] = {
    {number(Phase::unknown), "unknown"},
    {number(Phase::opening), "opening"},
    {number(Phase::established), "established"},
    {number(Phase::halfClosed), "half-closed"},
    {number(Phase::closing), "closing"},
    {number(Phase::closed), "closed"},
    {number(Phase::reset), "reset"},
    {number(Phase::halfClosing), "half-closing"},
    {0, nullptr},
};

const value_string acceptanceValues[] = {
    {number(ResetAcceptance::accepted), "accepted"},
    {number(ResetAcceptance::unproven), "unproven"},
    {number(ResetAcceptance::refused), "refused"},
    {0, nullptr},
};

const value_string initiatorValues[] = {
    {number(CloseInitiator::none), "none"},
    {number(CloseInitiator::client), "client"},
    {number(CloseInitiator::server), "server"},
    {number(CloseInitiator::both), "both"},
    {0, nullptr},
};

const value_string kindValues[] = {
    {number(CloseKind::open), "open"},
    {number(CloseKind::fourSegments), "four segments"},
    {number(CloseKind::threeSegments), "three segments"},
    {number(CloseKind::simultaneous), "simultaneous"},
    {number(CloseKind::halfClose), "half-close"},
    {number(CloseKind::reset), "reset"},
    {number(CloseKind::resetAfterFin), "reset after FIN"},
    {number(CloseKind::unfinished), "unfinished"},
    {0, nullptr},
};

void nameStates() {
    for (unsigned state = 0; state < stateCount; ++state) {
        stateValues[state] = {state, name(static_cast<State>(state))};
    }
    stateValues[stateCount] = {0, nullptr};
}

} // namespace

int registerFields() {
    nameStates();

    // Wireshark keeps pointers into these tables.
    static hf_register_info fieldTable[] = {
        {&fields.clientState,
         {"Client state", "tcpstate.client.state", FT_UINT8, BASE_DEC, VALS(stateValues), 0,
          "Connection state (RFC 9293) of the client after this packet has taken effect at both ends", HFILL}},
        {&fields.serverState,
         {"Server state", "tcpstate.server.state", FT_UINT8, BASE_DEC, VALS(stateValues), 0,
          "Connection state (RFC 9293) of the server after this packet has taken effect at both ends", HFILL}},
        {&fields.states,
         {"States", "tcpstate.states", FT_STRING, BASE_NONE, nullptr, 0, "Both states by name, the client's first",
          HFILL}},
        {&fields.transition,
         {"Transition", "tcpstate.transition", FT_STRING, BASE_NONE, nullptr, 0,
          "A step that this packet causes at one end", HFILL}},
        {&fields.sender,
         {"Sender", "tcpstate.sender", FT_UINT8, BASE_DEC, VALS(sideValues), 0,
          "Which end of the connection sent this packet", HFILL}},
        {&fields.phase,
         {"Phase", "tcpstate.phase", FT_UINT8, BASE_DEC, VALS(phaseValues), 0,
          "Where the connection as a whole is after this packet", HFILL}},
        {&fields.midstream,
         {"Midstream", "tcpstate.midstream", FT_BOOLEAN, BASE_NONE, nullptr, 0,
          "The handshake of this connection is not in the capture, who is client is a guess from the ports", HFILL}},
        {&fields.duplicate,
         {"Duplicate", "tcpstate.duplicate", FT_BOOLEAN, BASE_NONE, nullptr, 0,
          "A further sighting of a packet that was captured before, as on both sides of a router", HFILL}},
        {&fields.activeClose,
         {"Active close", "tcpstate.active_close", FT_UINT8, BASE_DEC, VALS(sideValues), 0,
          "This packet's FIN starts the close: whose it is", HFILL}},
        {&fields.passiveClose,
         {"Passive close", "tcpstate.passive_close", FT_UINT8, BASE_DEC, VALS(sideValues), 0,
          "This packet's FIN answers the close: whose it is", HFILL}},
        {&fields.halfClose,
         {"Half-close in use", "tcpstate.half_close", FT_UINT8, BASE_DEC, VALS(sideValues), 0,
          "This packet shows that one side goes on after the other has closed: who closed its half", HFILL}},
        {&fields.halfCloseDuration,
         {"Half-closed for", "tcpstate.half_close.duration", FT_RELATIVE_TIME, BASE_NONE, nullptr, 0,
          "Time since the first FIN", HFILL}},
        {&fields.halfCloseBytes,
         {"Half-close bytes", "tcpstate.half_close.bytes", FT_UINT64, BASE_DEC, nullptr, 0,
          "New payload that the open side has sent since it acknowledged the FIN", HFILL}},
        {&fields.simultaneousClose,
         {"Simultaneous close", "tcpstate.simultaneous_close", FT_BOOLEAN, BASE_NONE, nullptr, 0,
          "The second of two FINs that crossed on the way", HFILL}},
        {&fields.simultaneousOpen,
         {"Simultaneous open", "tcpstate.simultaneous_open", FT_BOOLEAN, BASE_NONE, nullptr, 0,
          "The second of two SYNs that crossed on the way", HFILL}},
        {&fields.resetAcceptance,
         {"Reset acceptance", "tcpstate.reset.acceptance", FT_UINT8, BASE_DEC, VALS(acceptanceValues), 0,
          "Whether the receiver of this RST has to take it (RFC 9293 section 3.10.7, RFC 5961 section 3.2)", HFILL}},
        {&fields.closeInitiator,
         {"Close initiator", "tcpstate.close.initiator", FT_UINT8, BASE_DEC, VALS(initiatorValues), 0,
          "Who closed this connection first, as far as known", HFILL}},
        {&fields.closeKind,
         {"Close kind", "tcpstate.close.kind", FT_UINT8, BASE_DEC, VALS(kindValues), 0,
          "How this connection was closed, as far as known", HFILL}},
    };

    static ei_register_info expertTable[] = {
        {&experts.activeClose,
         {"tcpstate.expert.active_close", PI_SEQUENCE, PI_CHAT, "Active close: this FIN starts the close", EXPFILL}},
        {&experts.halfClose,
         {"tcpstate.expert.half_close", PI_SEQUENCE, PI_NOTE,
          "Half-close in use: one side goes on after the other one has closed", EXPFILL}},
        {&experts.simultaneousClose,
         {"tcpstate.expert.simultaneous_close", PI_SEQUENCE, PI_NOTE,
          "Simultaneous close: the FINs crossed, both sides close actively", EXPFILL}},
        {&experts.midstream,
         {"tcpstate.expert.midstream", PI_ASSUMPTION, PI_CHAT,
          "The capture starts in the middle of this connection: roles and states are assumed", EXPFILL}},
        {&experts.finUnacknowledged,
         {"tcpstate.expert.fin_unacknowledged", PI_SEQUENCE, PI_NOTE, "This FIN was never acknowledged", EXPFILL}},
        {&experts.unacceptableReset,
         {"tcpstate.expert.unacceptable_reset", PI_SEQUENCE, PI_NOTE,
          "This RST does not fit the connection: its receiver has to refuse it (RFC 9293 section 3.10.7)", EXPFILL}},
        {&experts.tcpWaitExpired,
         {"tcpstate.expert.tcp_wait_expired", PI_ASSUMPTION, PI_WARN,
          "Likely killed by a firewall: half-closed for longer than its TCP wait, and unanswered since", EXPFILL}},
    };

    static int *subtreeTable[] = {&subtree};

    const int protocol = proto_register_protocol("TCP State", "TCP State", "tcpstate");
    proto_register_field_array(protocol, fieldTable, array_length(fieldTable));
    proto_register_subtree_array(subtreeTable, array_length(subtreeTable));
    expert_module_t *const module = expert_register_protocol(protocol);
    expert_register_field_array(module, expertTable, array_length(expertTable));
    return protocol;
}

} // namespace tcpstate
