// From evidence to verdict. Every rule here claims no more than the packets prove: what they cannot tell apart gets the
// same answer, and the silent side of a kill, which looks like an application that takes its time, gets none.
#pragma once

#include "Connection.h"
#include "Host.h"
#include "Icmp.h"
#include "ResetCause.h"
#include "Settings.h"
#include "VantagePoints.h"
#include "Verdict.h"

namespace tcpstate {

/** Payload bytes: what a path with a smaller MTU than before would lose. */
inline constexpr std::uint32_t largeSegment = 1000;

/** A connection, and all that is known around it. */
struct Matter {
    const Connection &connection;
    ConnectionNumber number;
    const HostTable &hosts;
    const Settings &settings;
    Nanoseconds now; ///< time of the latest packet of the capture
    std::uint16_t serverPort;
    bool severalInterfaces; ///< the capture has packets of more than one
    const VantagePoints &vantagePoints;

    /** sign::oneInterface where a second vantage point exists, but has not shown this connection. */
    [[nodiscard]] std::uint32_t vantageSign() const {
        const bool paired =
            connection.secondSightings(Side::client).count != 0 || connection.secondSightings(Side::server).count != 0;
        return severalInterfaces && !paired ? sign::oneInterface : 0;
    }
};

/** The kinds of proof that a silence is no accident, beside its length. */
struct SilenceProof {
    bool gaveUp = false;         ///< the speaker's own RST ends it
    std::uint32_t stalePeer = 0; ///< frame in which the silent side showed that it still had the connection; 0: none
    bool final = false;          ///< the capture has ended
};

/**
 * The silent side on another connection, between the first copy and the last: one more copy after it was lost. Its frame; 0: it
 * was not heard. What comes from another distance is another host behind its address, or a device that answers for it, and
 * what comes in at another interface may be an old packet.
 */
[[nodiscard]] std::uint32_t signOfLife(const Matter &matter);

/**
 * The side that `verdict` calls silent, on this or another connection, after the last copy that the verdict speaks of: too late
 * to prove anything. Its frame; 0: it was not heard.
 */
[[nodiscard]] std::uint32_t heardAgain(const Matter &matter, const Verdict &verdict);

/** Nobody answers. Kind none if the evidence does not suffice (yet). */
[[nodiscard]] Verdict judgeSilence(const Matter &matter, const SilenceProof &proof);

/** The silent side answered again after so long a silence: the session had not been dropped. */
[[nodiscard]] Verdict judgeRecovery(const Matter &matter, const Silence &ended, const Segment &answer);

/** A RST. Kind none if it is an ordinary one. */
[[nodiscard]] Verdict judgeReset(const Matter &matter, const ResetReading &reading, const BeforeReset &before,
                                 const Segment &segment, Side sender);

/** An ICMP error that quotes a segment of the connection. */
[[nodiscard]] Verdict judgeIcmp(const Matter &matter, const IcmpError &error, Side quotedSender);

/** The other side repeats what was acknowledged: one direction is dead. */
[[nodiscard]] Verdict judgeUnheard(const Matter &matter);

/** The receiver's window stayed closed. */
[[nodiscard]] Verdict judgeZeroWindow(const Matter &matter);

/**
 * The connection works and everything has arrived, but the side that is to speak says nothing. Only where an answer
 * without data, `evidence_span` or more after the last data, shows that neither end has anything under way; on the
 * silent side of a kill nothing is answered, so that it gets no such verdict. `byReset`: the RST of the side that waited.
 */
[[nodiscard]] Verdict judgeWait(const Matter &matter, bool byReset);

/**
 * A RST that was seen where it arrived, and never where its alleged sender's packets are seen. `reported` is the verdict so far,
 * which this may make certain if it is about that RST.
 */
[[nodiscard]] Verdict judgeUnsentReset(const Matter &matter, const Verdict &reported);

/** New bytes of the alleged sender of the latest RST: somebody else sent that. */
[[nodiscard]] Verdict judgeTalksOn(const Matter &matter, const Segment &segment);

/** True if `later` should take the place of `earlier` for the same connection. */
[[nodiscard]] bool outweighs(const Verdict &later, const Verdict &earlier);

} // namespace tcpstate
