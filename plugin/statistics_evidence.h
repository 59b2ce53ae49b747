// What one connection says about the timers of the firewalls on its path.
#pragma once

#include "postdissector/inference/TimerEstimate.h"
#include "postdissector/session.h"

#include <optional>
#include <vector>

namespace tcpstate {

/** A connection that a timer killed, surely enough to be counted. */
struct KillEvidence {
    SessionPhase phase;
    TimerKill kill;
};

/** A connection that came back after a time in which a timer might have run out. */
struct SurvivorEvidence {
    SessionPhase phase;
    Nanoseconds sinceFin = 0; ///< it still worked so long after the first FIN; 0: says nothing
    BoundSource finSource;
    Nanoseconds gap = 0; ///< and after a gap as long as this
    BoundSource gapSource;
};

/** The phase whose timer a verdict blames; nothing if it blames none. */
[[nodiscard]] std::optional<SessionPhase> blamedPhase(const Verdict &verdict);

/** A kill, if it is at least likely. */
[[nodiscard]] std::optional<KillEvidence> killOf(const Session &session, ConnectionNumber number);

/**
 * What it outlived beyond ordinary pauses, idle and half-closed: whatever became of it afterwards, unless it was possibly killed,
 * which is left out altogether.
 */
[[nodiscard]] std::vector<SurvivorEvidence> survivalOf(const Session &session, ConnectionNumber number);

/** When it died, if others died at the same moment and no timer explains all of them. */
[[nodiscard]] std::optional<Death> lostSession(const Session &session, ConnectionNumber number);

} // namespace tcpstate
