// Why a RST was sent, and by whom: the reading of its evidence (design of the signs: Verdict.h).
#pragma once

#include "Connection.h"
#include "Host.h"
#include "Record.h"
#include "Segment.h"
#include "Settings.h"

#include <cstdint>

namespace tcpstate {

/** What is known about one RST. */
struct ResetReading {
    ResetCause cause = ResetCause::none;
    ResetOrigin origin = ResetOrigin::none;
    std::uint32_t signs = 0;        ///< bits of sign::
    std::uint8_t hopLimit = 0;      ///< of the RST
    std::uint8_t usualHopLimit = 0; ///< of its alleged sender's other packets, where known
    bool answers = false;           ///< it answers the receiver's latest segment
    bool prompt = false;            ///< and soon enough after it
    bool firstOfStorm = true;       ///< no earlier RST of the same sender closed it already
    Nanoseconds reaction = 0;       ///< from the earliest segment that it can answer to the RST, with answers
    Nanoseconds sinceLatest = 0;    ///< from the latest one
    Nanoseconds roundTrip = 0;      ///< smallest to the alleged sender; 0: not known well enough
    Nanoseconds gap = 0;            ///< the quiet before it, or before the segment that it answers
    Nanoseconds sinceOther = 0;     ///< since the RST to the other end, with sign::bothAtOnce

    /** True if it came no sooner than from its host, as far as that can be measured. */
    [[nodiscard]] bool tookWholeWay() const { return answers && roundTrip != 0 && sinceLatest >= roundTrip / 10 * 8; }
};

/** What the connection was when the RST came. */
struct BeforeReset {
    Phase phase = Phase::unknown;
    State sender = State::unknown;
    State receiver = State::unknown;
    bool senderClosedByReset = false;
    bool receiverRevived = false;
    Nanoseconds lastTime = 0; ///< latest segment of either side before it
};

/**
 * Reads a RST that `connection` has already taken in.
 *
 * Flags, window and IP identification of a forged RST and of one from a host that has no such socket are the same; what
 * tells them apart is the distance they come from and how fast they come. Without such a sign the origin is unknown.
 */
[[nodiscard]] ResetReading readReset(const Connection &connection, const BeforeReset &before, const Segment &segment,
                                     Side sender, const Record &record, const HostTable &hosts,
                                     const Settings &settings);

} // namespace tcpstate
