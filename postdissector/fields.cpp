#include "fields.h"

#include "inference/Close.h"
#include "inference/Record.h"
#include "inference/Verdict.h"
#include "inference/VerdictText.h"

namespace tcpstate {

Fields fields;
Experts experts;
int subtree = -1;
int firewallSubtree = -1;
int verdictSubtree = -1;

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

const value_string halfOpenValues[] = {
    {number(HalfOpen::peerRestarted), "peer restarted"},
    {number(HalfOpen::peerSilent), "peer silent"},
    {number(HalfOpen::keepAlivesUnanswered), "keep-alives unanswered"},
    {number(HalfOpen::finUnacknowledged), "FIN never acknowledged"},
    {number(HalfOpen::handshakeUnfinished), "handshake unfinished"},
    {0, nullptr},
};

const value_string causeValues[] = {
    {number(ResetCause::refused), "refused"},
    {number(ResetCause::abort), "abort"},
    {number(ResetCause::afterFin), "reset after FIN"},
    {number(ResetCause::lateData), "answer to late data after close"},
    {number(ResetCause::halfOpenPeer), "half-open peer answers"},
    {number(ResetCause::keepAliveFailure), "keep-alive failure"},
    {number(ResetCause::unreadData), "unread data at close"},
    {number(ResetCause::afterIdleExpiry), "after idle expiry"},
    {number(ResetCause::forged), "forged by a middlebox"},
    {number(ResetCause::unacceptable), "unacceptable"},
    {number(ResetCause::staleSegment), "answer to a stale segment"},
    {0, nullptr},
};

const value_string originValues[] = {
    {number(ResetOrigin::endpoint), "endpoint"},
    {number(ResetOrigin::middlebox), "middlebox"},
    {number(ResetOrigin::unknown), "unknown"},
    {0, nullptr},
};

const value_string verdictValues[] = {
    {number(VerdictKind::none), "none"},
    {number(VerdictKind::halfClosedTimer), "killed by a half-closed timer (TCP wait)"},
    {number(VerdictKind::idleTimer), "killed by an idle timer"},
    {number(VerdictKind::closingTimer), "killed by a closing timer"},
    {number(VerdictKind::forgedReset), "forged reset"},
    {number(VerdictKind::rejected), "rejected"},
    {number(VerdictKind::sessionLost), "session lost without a timer"},
    {number(VerdictKind::hostResetLateData), "not a firewall: host reset late data"},
    {number(VerdictKind::peerGone), "not a firewall: peer gone"},
    {number(VerdictKind::pathOutage), "not a firewall: path outage"},
    {number(VerdictKind::applicationSilent), "not a firewall: application silent"},
    {number(VerdictKind::windowClosed), "not a firewall: receiver window closed"},
    {number(VerdictKind::pathMtu), "not a firewall: path MTU"},
    {number(VerdictKind::peerTimer), "not a firewall: closed by the peer's own timer"},
    {0, nullptr},
};

const value_string confidenceValues[] = {
    {number(Confidence::possible), "possible"},
    {number(Confidence::likely), "likely"},
    {number(Confidence::certain), "certain"},
    {0, nullptr},
};

const value_string basisValues[] = {
    {number(TimerBasis::firstFin), "first FIN"},
    {number(TimerBasis::lastPacket), "last packet"},
    {number(TimerBasis::both), "both fit"},
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
        {&fields.halfOpen,
         {"Half-open", "tcpstate.half_open", FT_UINT8, BASE_DEC, VALS(halfOpenValues), 0,
          "One side is gone and the other one does not know, or cannot: how it shows here", HFILL}},
        {&fields.resetCause,
         {"Reset cause", "tcpstate.reset.cause", FT_UINT8, BASE_DEC, VALS(causeValues), 0, "Why this RST was sent",
          HFILL}},
        {&fields.resetOrigin,
         {"Reset origin", "tcpstate.reset.origin", FT_UINT8, BASE_DEC, VALS(originValues), 0,
          "Who sent this RST: the endpoint in whose name it comes, or something between the ends", HFILL}},
        {&fields.resetAcceptance,
         {"Reset acceptance", "tcpstate.reset.acceptance", FT_UINT8, BASE_DEC, VALS(acceptanceValues), 0,
          "Whether the receiver of this RST has to take it (RFC 9293 section 3.10.7, RFC 5961 section 3.2)", HFILL}},
        {&fields.closeInitiator,
         {"Close initiator", "tcpstate.close.initiator", FT_UINT8, BASE_DEC, VALS(initiatorValues), 0,
          "Who closed this connection first, as far as known", HFILL}},
        {&fields.closeKind,
         {"Close kind", "tcpstate.close.kind", FT_UINT8, BASE_DEC, VALS(kindValues), 0,
          "How this connection was closed, as far as known", HFILL}},
        {&fields.keepAlive,
         {"Keep-alive", "tcpstate.keep_alive", FT_UINT32, BASE_DEC, nullptr, 0,
          "This packet is a keep-alive: how many the connection has had, as far as known", HFILL}},
        {&fields.keepAliveAnswered,
         {"Keep-alives answered", "tcpstate.keep_alive.answered", FT_UINT32, BASE_DEC, nullptr, 0,
          "How many of them were answered, as far as known", HFILL}},
        {&fields.keepAliveQuiet,
         {"Longest quiet before a keep-alive", "tcpstate.keep_alive.quiet", FT_RELATIVE_TIME, BASE_NONE, nullptr, 0,
          "The longest time without any packet that a keep-alive of this connection ended", HFILL}},
        {&fields.keepAliveSufficient,
         {"Keep-alives often enough", "tcpstate.keep_alive.sufficient", FT_BOOLEAN, BASE_NONE, nullptr, 0,
          "Whether they come often enough for the chosen firewall's timer, and that timer starts again at each packet",
          HFILL}},
        {&fields.firewallProfile,
         {"Firewall profile", "tcpstate.firewall.profile", FT_STRING, BASE_NONE, nullptr, 0,
          "The device whose session table is simulated (preference)", HFILL}},
        {&fields.firewallPhase,
         {"Phase", "tcpstate.firewall.phase", FT_STRING, BASE_NONE, nullptr, 0,
          "What its session entry is in after this packet", HFILL}},
        {&fields.firewallTimer,
         {"Timer", "tcpstate.firewall.timer", FT_STRING, BASE_NONE, nullptr, 0, "The running timer, by its own name",
          HFILL}},
        {&fields.firewallTimeout,
         {"Timeout", "tcpstate.firewall.timeout", FT_RELATIVE_TIME, BASE_NONE, nullptr, 0,
          "What the running timer is set to", HFILL}},
        {&fields.firewallRemaining,
         {"Remaining", "tcpstate.firewall.remaining", FT_RELATIVE_TIME, BASE_NONE, nullptr, 0,
          "What was left of the timer when this packet came; negative: overdue", HFILL}},
        {&fields.firewallExpired,
         {"Expired", "tcpstate.firewall.expired", FT_BOOLEAN, BASE_NONE, nullptr, 0,
          "The session entry would have been gone when this packet came", HFILL}},
        {&fields.firewallAtRisk,
         {"At risk", "tcpstate.firewall.at_risk", FT_BOOLEAN, BASE_NONE, nullptr, 0,
          "Nothing is lost yet, but a device with this clock would drop the next packet. Not a verdict", HFILL}},
        {&fields.verdict,
         {"Verdict", "tcpstate.verdict", FT_UINT8, BASE_DEC, VALS(verdictValues), 0,
          "What ended this connection, as far as the packets prove it", HFILL}},
        {&fields.verdictSummary,
         {"Verdict in words", "tcpstate.verdict.summary", FT_STRING, BASE_NONE, nullptr, 0,
          "Confidence and verdict, for a column; only where there is a verdict", HFILL}},
        {&fields.verdictConfidence,
         {"Confidence", "tcpstate.verdict.confidence", FT_UINT8, BASE_DEC, VALS(confidenceValues), 0,
          "How sure the verdict is", HFILL}},
        {&fields.verdictReason,
         {"Reason", "tcpstate.verdict.reason", FT_STRING, BASE_NONE, nullptr, 0, nullptr, HFILL}},
        {&fields.verdictAdvice,
         {"Advice", "tcpstate.verdict.advice", FT_STRING, BASE_NONE, nullptr, 0, "What to change", HFILL}},
        {&fields.verdictEvidence,
         {"Evidence", "tcpstate.verdict.evidence", FT_FRAMENUM, BASE_NONE, nullptr, 0, "A packet to look at", HFILL}},
        {&fields.verdictTimerMinimum,
         {"Timer above", "tcpstate.verdict.timer_min", FT_RELATIVE_TIME, BASE_NONE, nullptr, 0,
          "The timer is longer than this: the connection was alive then", HFILL}},
        {&fields.verdictTimerMaximum,
         {"Timer at most", "tcpstate.verdict.timer_max", FT_RELATIVE_TIME, BASE_NONE, nullptr, 0,
          "The timer is no longer than this: the connection was dead then", HFILL}},
        {&fields.verdictTimerBasis,
         {"Timer counts from", "tcpstate.verdict.timer_basis", FT_UINT8, BASE_DEC, VALS(basisValues), 0, nullptr,
          HFILL}},
        {&fields.verdictNeeded,
         {"Timer needed", "tcpstate.verdict.needed", FT_RELATIVE_TIME, BASE_NONE, nullptr, 0,
          "At least this much timer would have been needed", HFILL}},
        {&fields.killed,
         {"Killed", "tcpstate.killed", FT_BOOLEAN, BASE_NONE, nullptr, 0,
          "A firewall's timer killed this connection, at least likely", HFILL}},
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
        {&experts.halfOpen,
         {"tcpstate.expert.half_open", PI_SEQUENCE, PI_WARN,
          "Half-open: one side is gone and the other one does not know", EXPFILL}},
        {&experts.halfOpenLimit,
         {"tcpstate.expert.half_open_limit", PI_SEQUENCE, PI_WARN,
          "One host holds more half-open connections than the preference allows", EXPFILL}},
        {&experts.tcpWaitRisk,
         {"tcpstate.expert.tcp_wait_risk", PI_ASSUMPTION, PI_NOTE,
          "Half-closed for longer than the firewall's timer: a device with this clock drops this packet", EXPFILL}},
        {&experts.tcpWaitExpired,
         {"tcpstate.expert.tcp_wait_expired", PI_ASSUMPTION, PI_WARN,
          "Killed by a firewall's half-closed timer (TCP wait)", EXPFILL}},
        {&experts.tcpWaitPossible,
         {"tcpstate.expert.tcp_wait_expired.possible", PI_ASSUMPTION, PI_NOTE,
          "Possibly killed by a firewall's half-closed timer (TCP wait)", EXPFILL}},
        {&experts.idleExpired,
         {"tcpstate.expert.idle_expired", PI_ASSUMPTION, PI_WARN, "Killed by a firewall's idle timer", EXPFILL}},
        {&experts.idlePossible,
         {"tcpstate.expert.idle_expired.possible", PI_ASSUMPTION, PI_NOTE, "Possibly killed by a firewall's idle timer",
          EXPFILL}},
        {&experts.closingExpired,
         {"tcpstate.expert.closing_expired", PI_ASSUMPTION, PI_WARN, "Killed by a firewall's timer after both FINs",
          EXPFILL}},
        {&experts.forgedReset,
         {"tcpstate.expert.forged_reset", PI_ASSUMPTION, PI_WARN,
          "This RST did not come from the endpoint in whose name it stands", EXPFILL}},
        {&experts.sessionLost,
         {"tcpstate.expert.session_lost", PI_ASSUMPTION, PI_WARN,
          "A device on the way lost, withdrew or rejected this session; no timer is involved", EXPFILL}},
        {&experts.notFirewall,
         {"tcpstate.expert.not_firewall", PI_ASSUMPTION, PI_NOTE, "It was not a firewall", EXPFILL}},
    };

    static int *subtreeTable[] = {&subtree, &firewallSubtree, &verdictSubtree};

    const int protocol = proto_register_protocol("TCP State", "TCP State", "tcpstate");
    proto_register_field_array(protocol, fieldTable, array_length(fieldTable));
    proto_register_subtree_array(subtreeTable, array_length(subtreeTable));
    expert_module_t *const module = expert_register_protocol(protocol);
    expert_register_field_array(module, expertTable, array_length(expertTable));
    return protocol;
}

} // namespace tcpstate
