#include "FirewallEntry.h"

namespace tcpstate {

namespace {

Nanoseconds timeoutOf(const FirewallTimer *timer) {
    return timer == nullptr ? 0 : Nanoseconds{timer->seconds} * second;
}

} // namespace

Passage FirewallEntry::pass(const FirewallProfile &profile, Nanoseconds time, SessionPhase next,
                            bool nextFinAcknowledged) {
    Passage passage;
    const FirewallTimer *const before = begun ? runningTimer(profile, phase, finAcknowledged) : nullptr;
    const Nanoseconds timeout = timeoutOf(before);
    if (timeout != 0) {
        passage.remaining = armed + timeout - time;
        if (passage.remaining < 0 && !expired) {
            expired = true;
            passage.firstAfterExpiry = true;
        }
        passage.shown = passage.remaining < timeout / 2;
    }
    passage.expired = expired;

    if (!expired) {
        const bool moved = !begun || next != phase || nextFinAcknowledged != finAcknowledged;
        const FirewallTimer *const after = moved ? runningTimer(profile, next, nextFinAcknowledged) : before;
        const bool changed = after != before;
        if (changed ? after == nullptr || !after->fromFirstFin || phase < SessionPhase::halfClosed
                    : after != nullptr && after->refresh != Refresh::never) {
            armed = time;
        }
        if (changed) {
            passage.remaining = armed + timeoutOf(after) - time;
        }
        // What ran out stays what it was: no packet moves an entry that is gone.
        phase = next;
        finAcknowledged = nextFinAcknowledged;
    }
    begun = true;
    passage.phase = phase;
    passage.finAcknowledged = finAcknowledged;
    passage.shown = passage.shown || (next >= SessionPhase::halfClosed && next != SessionPhase::reset);
    return passage;
}

} // namespace tcpstate
