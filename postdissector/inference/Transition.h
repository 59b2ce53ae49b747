// The state machine: which event moves which state where, and why (RFC 9293 sections 3.3.2 and 3.10).
//
// An observer in the middle does not run this machine, it watches two of them. So there are two kinds of
// rows: transitions proper, which an endpoint makes when it sends or receives something; and corrections,
// which take back what was inferred too early, once a later segment of that endpoint disproves it.
#pragma once

#include "State.h"

#include <array>
#include <cstdint>

namespace tcpstate {

/** What happens to one endpoint. */
enum class Event : std::uint8_t {
    // It sends ...
    sendSyn,
    sendSynAck,
    sendFin,
    sendRst,
    // It receives ...
    receiveSyn,
    receiveSynAck,
    receiveAckOfSyn,
    receiveFin,
    receiveAckOfFin,
    receiveRst,
    receiveRstPassive, ///< the same at an end that came from LISTEN
    // Not seen before, it shows that the connection exists:
    appear,
    // Corrections. What it sends shows that ...
    synRepeated,       ///< the SYN-ACK did not reach it
    synAckRepeated,    ///< the ACK of its SYN-ACK did not reach it
    finRepeated,       ///< the ACK of its FIN did not reach it
    finIgnoresFin,     ///< the peer's FIN had not reached it when it sent its own
    ackOfUnseenSynAck, ///< it received a SYN-ACK that the capture lacks
    dataBeforeAck,     ///< it received the ACK of its SYN-ACK, which the capture lacks
    finWasAnswer,      ///< its FIN answered the peer's, which the capture shows only later
    finWasNone,        ///< its FIN never was one: the peer acknowledged payload beyond it
    peerFinWasNone,    ///< the same, for the end that had been taken to have received it
};

/** Number of values of Event. */
inline constexpr unsigned eventCount = static_cast<unsigned>(Event::peerFinWasNone) + 1;

/** One row of the machine. */
struct Transition {
    State from;
    Event event;
    State to;
    bool corrected;      ///< true for a correction
    const char *reason;  ///< one line for the reader
    const char *section; ///< RFC 9293 section, or "observed" where an RFC has no word for it
};

/** Index of a row of the machine; noTransition where the event moves nothing. */
using TransitionNumber = std::uint8_t;
inline constexpr TransitionNumber noTransition = 0xff;

/** The row for an event in a state, or noTransition. */
[[nodiscard]] TransitionNumber transition(State from, Event event);

/** A row by its number, which must be below transitionCount(). */
[[nodiscard]] const Transition &transitionRow(TransitionNumber number);

/** Number of rows. */
[[nodiscard]] unsigned transitionCount();

/** One step that one segment caused at one end. */
struct Step {
    std::uint16_t side : 1 = 0;
    std::uint16_t corrected : 1 = 0;
    std::uint16_t from : 4 = 0;
    std::uint16_t to : 4 = 0;
    std::uint16_t row : 6 = 0; ///< number of the row, for its reason; restoredRow if there is none

    [[nodiscard]] constexpr Side where() const { return static_cast<Side>(side); }
    [[nodiscard]] constexpr State before() const { return static_cast<State>(from); }
    [[nodiscard]] constexpr State after() const { return static_cast<State>(to); }
};

/** Value of Step::row where an earlier state is put back, which depends on history and has no fixed row. */
inline constexpr std::uint8_t restoredRow = 0x3f;

/** The line that explains a step. */
[[nodiscard]] const char *reason(const Step &step);
/** The RFC 9293 section of a step, or "observed". */
[[nodiscard]] const char *section(const Step &step);

} // namespace tcpstate
