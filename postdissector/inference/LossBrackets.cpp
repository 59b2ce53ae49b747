#include "LossBrackets.h"

#include "VerdictTimer.h"

#include <algorithm>

namespace tcpstate {

namespace {

bool contains(const AgeBracket &bracket, const FirewallTimer &timer, Refresh basis) {
    return !bracket.empty() && fits(timer, basis, bracket.minimum, bracket.maximum);
}

/** True for a device of the table, whose clocks are known. */
bool isDevice(const FirewallProfile &profile) {
    const FirewallProfile *const found = findProfile(profile.id);
    return found != nullptr && found != &anyProfile();
}

} // namespace

LossBrackets::LossBrackets(const LossTimes &times) : hasFin(times.fin != 0) {
    if (hasFin) {
        fin = {std::max<Nanoseconds>(0, times.passed - times.fin), times.lost - times.fin};
    }
    last = {times.survived, times.lost - times.quiet};
}

bool LossBrackets::arePast(const FirewallProfile &chosen, SessionPhase phase) const {
    const FirewallTimer *const timer = runningTimer(chosen, phase);
    if (timer == nullptr) {
        return false;
    }
    const Nanoseconds timeout = Nanoseconds{timer->seconds} * second;
    // What it outlived, no timer of that length has ended.
    const bool hard = hasFin && fin.maximum >= timeout && fin.minimum < timeout;
    const bool refreshed = last.maximum >= timeout && last.minimum < timeout;
    switch (isDevice(chosen) ? timer->refresh : Refresh::unknown) {
    case Refresh::never:
        return hasFin ? hard : refreshed;
    case Refresh::everyPacket:
    case Refresh::outbound:
    case Refresh::eachDirection:
        return refreshed;
    case Refresh::unknown:
        break;
    }
    return hard || refreshed;
}

bool LossBrackets::fitAny(SessionPhase phase) const {
    return (hasFin && fits(phase, Refresh::never, fin.minimum, fin.maximum).count != 0) ||
           fits(phase, Refresh::everyPacket, last.minimum, last.maximum).count != 0;
}

void LossBrackets::write(Verdict &verdict, const Settings &settings, SessionPhase phase) const {
    const FirewallTimer *const timer = runningTimer(settings.firewall, phase);
    bool byFin = !fin.empty();
    bool byLast = !last.empty();
    if (byFin && byLast && timer != nullptr && isDevice(settings.firewall)) {
        // The chosen device decides, where only one of the two can be its timer.
        const bool finFits = contains(fin, *timer, Refresh::never);
        const bool lastFits = contains(last, *timer, Refresh::everyPacket);
        if (finFits != lastFits) {
            byFin = finFits;
            byLast = lastFits;
        }
    }
    const AgeBracket &shown = byFin ? fin : last;
    const TimerBasis one = byFin ? TimerBasis::firstFin : TimerBasis::lastPacket;
    verdict.setTimer(byFin && byLast ? TimerBasis::both : one, shown.minimum, shown.maximum);
}

} // namespace tcpstate
