// Between which ages a connection died, by the two clocks that a timer may have.
#pragma once

#include "FirewallProfile.h"
#include "Segment.h"
#include "Settings.h"
#include "Verdict.h"

namespace tcpstate {

/** When what happened to a connection that died, as far as a timer is concerned. */
struct LossTimes {
    Nanoseconds fin = 0;      ///< first FIN; 0: none, or none that matters
    Nanoseconds passed = 0;   ///< the last packet known to have passed: the silent side's latest
    Nanoseconds quiet = 0;    ///< the packet of either side before the first lost one
    Nanoseconds lost = 0;     ///< the first packet known to be lost
    Nanoseconds survived = 0; ///< the longest quiet that the connection outlived
};

/** The timer's length lies above `minimum` and at or below `maximum`. */
struct AgeBracket {
    Nanoseconds minimum = 0;
    Nanoseconds maximum = 0;
    [[nodiscard]] bool empty() const { return maximum <= minimum; }
};

/** The brackets by both clocks. */
struct LossBrackets {
    bool hasFin = false;
    AgeBracket fin;  ///< of a timer that counts from the first FIN; empty without one
    AgeBracket last; ///< of one that counts from the last packet; empty if the connection outlived a longer quiet

    explicit LossBrackets(const LossTimes &times);

    /**
     * True if the loss, and nothing else, came past the chosen device's timer: by the clock that it has, or by either where
     * that is not known, as for the default and for the user's own number of seconds.
     */
    [[nodiscard]] bool arePast(const FirewallProfile &chosen, SessionPhase phase) const;
    /** True if any known device's timer of that phase lies in one of them. */
    [[nodiscard]] bool fitAny(SessionPhase phase) const;
    /** Says in `verdict` where the timer lies, by which clock, and how long it should have been. */
    void write(Verdict &verdict, const Settings &settings, SessionPhase phase) const;
};

} // namespace tcpstate
