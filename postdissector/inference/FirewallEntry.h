// The session table entry that the chosen firewall would hold for a connection.
#pragma once

#include "FirewallProfile.h"
#include "Segment.h"

namespace tcpstate {

/** What one packet met at the firewall. */
struct Passage {
    Nanoseconds remaining = 0;                  ///< what was left of the timer; negative: overdue
    SessionPhase phase = SessionPhase::opening; ///< after the packet
    bool finAcknowledged = false;  ///< after the packet, in halfClosed: the first FIN has been acknowledged
    bool shown = false;            ///< worth showing: after a FIN, or idle beyond half the timer
    bool expired = false;          ///< the entry was gone when the packet came
    bool firstAfterExpiry = false; ///< and this packet is the first one to meet that
};

/** One entry; what it holds after each packet follows from the packet's time and the connection's phase. */
struct FirewallEntry {
    Nanoseconds armed = 0; ///< when the running timer was last loaded
    SessionPhase phase = SessionPhase::opening;
    bool begun = false;
    bool finAcknowledged = false; ///< in halfClosed: the first FIN has been acknowledged
    bool expired = false;         ///< the timer ran out before a packet came

    /** A packet of the connection passes at `time` and leaves it in `next`. */
    Passage pass(const FirewallProfile &profile, Nanoseconds time, SessionPhase next, bool nextFinAcknowledged);
};

} // namespace tcpstate
