#include "Transition.h"

namespace tcpstate {

namespace {

using enum State;
using enum Event;

/**
 * The rows. Everything that is not here moves nothing: a retransmission, a segment for a closed end, a RST for
 * a listener, a RST from SYN-SENT (which stays there, section 3.10.7.3). A FIN in SYN-RECEIVED has no row, for it
 * acknowledges the SYN first. A segment that both acknowledges our FIN and carries one makes two steps, acknowledgement first,
 * as section 3.10.7.4 processes them.
 */
constexpr Transition rows[] = {
    // Opening.
    {closed, sendSyn, synSent, false, "active open", "3.10.1"},
    {listen, sendSyn, synSent, false, "active open of an end taken for a listener", "3.10.1"},
    {listen, sendSynAck, synReceived, false, "passive open: answers the SYN", "3.10.7.2"},
    {closed, sendSynAck, synReceived, false, "passive open: answers the SYN", "3.10.7.2"},
    {synSent, sendSynAck, synReceived, false, "simultaneous open: answers a SYN with its own already sent", "3.10.7.3"},
    {synSent, receiveSyn, synReceived, false, "simultaneous open: a SYN that does not acknowledge its own", "3.10.7.3"},
    {synSent, receiveSynAck, established, false, "its SYN is acknowledged and the peer's SYN is here", "3.10.7.3"},
    {synReceived, receiveAckOfSyn, established, false, "its SYN is acknowledged", "3.10.7.4"},

    // Closing, by what it sends.
    {established, sendFin, finWait1, false, "closes first: nothing more to send", "3.10.4"},
    {synReceived, sendFin, finWait1, false, "closes before the handshake is over", "3.10.4"},
    {closeWait, sendFin, lastAck, false, "closes second: answers the peer's FIN", "3.10.4"},

    // Closing, by what it receives.
    {established, receiveFin, closeWait, false, "the peer has nothing more to send", "3.10.7.4"},
    {finWait1, receiveFin, closing, false, "the FINs crossed: the peer's is here, its own is not acknowledged",
     "3.10.7.4"},
    {finWait2, receiveFin, timeWait, false, "the peer has closed too", "3.10.7.4"},
    {finWait1, receiveAckOfFin, finWait2, false, "its FIN is acknowledged", "3.10.7.4"},
    {closing, receiveAckOfFin, timeWait, false, "its FIN is acknowledged, the peer's came before", "3.10.7.4"},
    {lastAck, receiveAckOfFin, closed, false, "its FIN is acknowledged: nothing is left to do", "3.10.7.4"},

    // Reset by the peer. LISTEN and CLOSED ignore a RST.
    {synSent, receiveRst, closed, false, "its SYN is refused", "3.10.7.3"},
    {synReceived, receiveRst, closed, false, "reset while opening", "3.10.7.4"},
    {synReceived, receiveRstPassive, listen, false, "reset while opening: back to listening", "3.10.7.4"},
    {established, receiveRst, closed, false, "reset by the peer", "3.10.7.4"},
    {finWait1, receiveRst, closed, false, "reset by the peer", "3.10.7.4"},
    {finWait2, receiveRst, closed, false, "reset by the peer", "3.10.7.4"},
    {closeWait, receiveRst, closed, false, "reset by the peer", "3.10.7.4"},
    {closing, receiveRst, closed, false, "reset by the peer", "3.10.7.4"},
    {lastAck, receiveRst, closed, false, "reset by the peer", "3.10.7.4"},
    {timeWait, receiveRst, closed, false, "reset by the peer: the wait ends early", "3.10.7.4"},

    // Reset by itself: whoever sends a RST that counts has no connection (any more).
    {unknown, sendRst, closed, false, "sends a RST: it has no such connection", "3.5.2"},
    {listen, sendRst, closed, false, "refuses the SYN: nothing listens", "3.10.7.1"},
    {synReceived, sendRst, closed, false, "aborts while opening", "3.10.5"},
    {established, sendRst, closed, false, "aborts", "3.10.5"},
    {finWait1, sendRst, closed, false, "aborts after its FIN", "3.10.5"},
    {finWait2, sendRst, closed, false, "nobody is left to take what the peer sends", "3.6.1"},
    {closeWait, sendRst, closed, false, "aborts after the peer's FIN", "3.10.5"},
    {closing, sendRst, closed, false, "aborts while closing", "3.10.5"},
    {lastAck, sendRst, closed, false, "aborts while closing", "3.10.5"},
    {timeWait, sendRst, closed, false, "has forgotten the connection", "3.5.2"},

    // The capture begins in the middle.
    {unknown, appear, established, false, "seen in the middle: its handshake is not in the capture", "observed"},

    // Corrections.
    {established, synRepeated, synSent, true, "repeats its SYN: the SYN-ACK has not reached it", "3.8.1"},
    {established, synAckRepeated, synReceived, true, "repeats its SYN-ACK: the ACK has not reached it", "3.8.1"},
    {finWait2, finRepeated, finWait1, true, "repeats its FIN: the ACK has not reached it", "3.8.1"},
    {timeWait, finRepeated, closing, true, "repeats its FIN: the ACK has not reached it", "3.8.1"},
    {closed, finRepeated, lastAck, true, "repeats its FIN: the ACK has not reached it", "3.8.1"},
    {closeWait, finIgnoresFin, established, true, "its FIN does not cover the peer's: that one had not reached it",
     "3.6"},
    {finWait1, finWasAnswer, lastAck, true, "its FIN covers the peer's, which the capture shows only now", "3.6"},
    {finWait2, finWasAnswer, closed, true, "its FIN covers the peer's, which the capture shows only now", "3.6"},
    {synSent, ackOfUnseenSynAck, established, true, "acknowledges a SYN-ACK, wherever that one was seen", "3.10.7.3"},
    {listen, ackOfUnseenSynAck, established, true, "its SYN-ACK and the ACK of it are not in the capture", "observed"},
    {synReceived, dataBeforeAck, established, true, "sends data: the ACK of its SYN-ACK is not in the capture",
     "3.10.7.4"},
    {finWait1, finWasNone, established, true, "payload beyond its FIN was acknowledged: it never was one", "3.10.7.4"},
    {finWait2, finWasNone, established, true, "payload beyond its FIN was acknowledged: it never was one", "3.10.7.4"},
    {lastAck, finWasNone, closeWait, true, "payload beyond its FIN was acknowledged: it never was one", "3.10.7.4"},
    {closed, finWasNone, closeWait, true, "payload beyond its FIN was acknowledged: it never was one", "3.10.7.4"},
    {closing, finWasNone, closeWait, true, "payload beyond its FIN was acknowledged: it never was one", "3.10.7.4"},
    {timeWait, finWasNone, closeWait, true, "payload beyond its FIN was acknowledged: it never was one", "3.10.7.4"},
    {closeWait, peerFinWasNone, established, true, "acknowledges payload beyond the peer's FIN: it took none",
     "3.10.7.4"},
    {lastAck, peerFinWasNone, finWait1, true, "acknowledges payload beyond the peer's FIN: it took none", "3.10.7.4"},
    {closing, peerFinWasNone, finWait1, true, "acknowledges payload beyond the peer's FIN: it took none", "3.10.7.4"},
    {timeWait, peerFinWasNone, finWait2, true, "acknowledges payload beyond the peer's FIN: it took none", "3.10.7.4"},
    {closed, peerFinWasNone, finWait2, true, "acknowledges payload beyond the peer's FIN: it took none", "3.10.7.4"},
};

constexpr unsigned rowCount = sizeof rows / sizeof rows[0];
static_assert(rowCount < restoredRow, "Step::row has six bits");

using Lookup = std::array<std::array<TransitionNumber, eventCount>, stateCount>;

/** The same rows by state and event, for a look-up in constant time. */
consteval Lookup makeLookup() {
    Lookup lookup{};
    for (auto &line : lookup) {
        line.fill(noTransition);
    }
    for (unsigned number = 0; number < rowCount; ++number) {
        const auto &row = rows[number];
        lookup[static_cast<unsigned>(row.from)][static_cast<unsigned>(row.event)] =
            static_cast<TransitionNumber>(number);
    }
    return lookup;
}

constexpr Lookup lookup = makeLookup();

} // namespace

TransitionNumber transition(State from, Event event) {
    return lookup[static_cast<unsigned>(from)][static_cast<unsigned>(event)];
}

const Transition &transitionRow(TransitionNumber number) {
    return rows[number];
}

unsigned transitionCount() {
    return rowCount;
}

const char *reason(const Step &step) {
    return step.row == restoredRow ? "it goes on: what had ended its state did not" : rows[step.row].reason;
}

const char *section(const Step &step) {
    return step.row == restoredRow ? "observed" : rows[step.row].section;
}

} // namespace tcpstate
