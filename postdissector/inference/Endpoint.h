// One end of a connection: its state, and what its own segments and the peer's acknowledgements show of it.
#pragma once

#include "ByteRanges.h"
#include "Host.h"
#include "Segment.h"
#include "State.h"

#include <cstdint>

namespace tcpstate {

/** Whether the first transmission of a FIN acknowledges the peer's FIN. */
enum class Covers : std::uint8_t { unknown, no, yes };

/** The FIN of one end. */
struct Fin {
    Nanoseconds time = 0;        ///< when it was first seen
    std::uint32_t frame = 0;     ///< frame of the first sighting
    std::uint32_t lastFrame = 0; ///< frame of the latest transmission
    Sequence end = 0;            ///< one past it
    Sequence firstAck = 0;       ///< acknowledgement number of the first transmission seen
    Sequence ackNumber = 0;      ///< acknowledgement number of the latest transmission
    std::uint8_t copies = 0;     ///< transmissions seen, saturating
    Covers covers = Covers::unknown;
    bool sent : 1 = false;
    bool received : 1 = false;     ///< it took effect at the peer: nothing before it is missing, or it is acknowledged
    bool acknowledged : 1 = false; ///< the peer's acknowledgement number has reached its end
};

/** About a millisecond. */
inline constexpr unsigned pauseShift = 20;
inline constexpr Nanoseconds pauseUnit = 1 << pauseShift;

/** One end of a connection. All sequence numbers are of this end's own space unless said otherwise. */
struct Endpoint {
    Fin fin;
    ByteRanges bytes;         ///< what has been seen of its bytes: the observer's view of the peer's RCV.NXT
    Nanoseconds lastTime = 0; ///< when its latest segment was seen; 0: never
    Nanoseconds outstandingSince =
        0;                       ///< since when something of it has gone without a complete acknowledgement; 0: nothing
    Nanoseconds turnTime = 0;    ///< when it sent the first of its segments since the peer's latest
    Nanoseconds probeTime = 0;   ///< when the bytes up to probeEnd were sent, to time their acknowledgement; 0: none
    HostNumber host = 0;         ///< its address, in the HostTable
    std::uint32_t lastFrame = 0; ///< frame of its latest segment
    std::uint32_t newestTimestamp = 0; ///< TSval of its latest segment, with hasTimestamp
    Sequence probeEnd = 0;
    Sequence initial = 0;      ///< ISN, with hasInitial
    Sequence next = 0;         ///< SND.NXT as far as seen or acknowledged, with known
    Sequence acknowledged = 0; ///< SND.UNA: highest acknowledgement by the peer, with known
    Sequence ackSent = 0;      ///< highest acknowledgement number it sent (peer's space), with hasAckSent
    Sequence lastAck = 0;      ///< acknowledgement number of its latest segment (peer's space)
    Sequence earlierAck = 0;   ///< the different one before that (peer's space)
    Sequence uncoveringEnd =
        0; ///< highest end of its segments that do not acknowledge the peer's FIN since that was sent
    Sequence coveringSeq = 0;             ///< sequence number of its first segment that does, with hasCovering
    std::uint16_t lastIdentification = 0; ///< IP identification of its latest segment
    InterfaceNumber lastInterface = 0;    ///< where its latest segment was seen
    InterfaceNumber newestInterface = 0;  ///< where its newest payload was seen
    std::uint16_t pauseBefore = 0;        ///< from the one before to its latest segment, in pauseUnits, saturating
    std::uint16_t largestPassed = 0;      ///< largest payload of it that was acknowledged
    std::uint16_t windowBefore = 0;       ///< window it advertised before the peer's latest payload came
    std::uint16_t window = 0;             ///< latest window it advertised, as it stands in the header
    std::int8_t windowScale = -1;         ///< shift it announced; -1: none
    State state = State::unknown;
    State beforeReset = State::unknown; ///< its state before a RST closed it, with closedByReset
    std::uint8_t synCopies = 0;         ///< transmissions of its SYN-ACK, saturating
    std::uint8_t lastHopLimit = 0;      ///< of its latest segment
    std::uint8_t speechHopLimit = 0;    ///< of its latest SYN, FIN or payload: its own, whoever answers for it; 0: none
    std::uint8_t lastFlags = 0;         ///< flags of its latest segment
    bool lastHadPayload : 1 = false;    ///< its latest segment carried payload
    bool lastWasKeepAlive : 1 = false;  ///< its latest segment repeats the byte before SND.NXT
    bool askedAtLastAck : 1 = false;    ///< it sent payload or a FIN with lastAck
    bool askedAtEarlierAck : 1 = false; ///< and with earlierAck
    bool unread : 1 = false;            ///< payload came for it since its own latest payload
    bool hasTimestamp : 1 = false;
    bool known : 1 = false;      ///< `next` means something: it was seen, or acknowledged
    bool hasInitial : 1 = false; ///< its initial number is known: from its SYN, or from the SYN-ACK that answers it
    bool sawOptions : 1 = false; ///< its SYN or SYN-ACK was seen, so the options are known
    bool sentSyn : 1 = false;    ///< it sent a SYN without ACK: an active open
    bool sentSynAck : 1 = false;
    bool sentOther : 1 = false; ///< it sent something besides SYN and SYN-ACK
    bool payloadUnbroken : 1 =
        false; ///< its SYN or payload was seen, and every byte after that: it has not closed unseen
    bool hasAckSent : 1 = false;
    bool hasUncovering : 1 = false;
    bool hasCovering : 1 = false;
    bool coveringDsack : 1 = false; ///< that first covering segment reports a duplicate (RFC 2883)
    bool sackPermitted : 1 = false;
    bool fastOpen : 1 = false;      ///< its SYN carried data (RFC 7413)
    bool revived : 1 = false;       ///< it answers from an older incarnation (RFC 9293 figure 9)
    bool closedByReset : 1 = false; ///< a RST, sent or received, closed it

    /** True if `number`, of the peer's space, is the acknowledgement number of one of its recent segments. */
    [[nodiscard]] bool recentlyAcknowledged(Sequence number) const {
        return hasAckSent && (number == lastAck || number == earlierAck);
    }
    /** True if it was seen to send anything at all. */
    [[nodiscard]] bool heard() const { return lastTime != 0; }
};

/** New payload in a segment of this end: bytes beyond SND.NXT. A keep-alive repeats one before it and has none. */
[[nodiscard]] inline std::uint32_t newPayload(const Endpoint &end, const Segment &segment) {
    if (segment.length == 0) {
        return 0;
    }
    const Sequence payloadEnd = segment.payloadEnd();
    if (!end.known || !before(segment.seq, end.next)) {
        return segment.length;
    }
    const std::int32_t beyond = distance(end.next, payloadEnd);
    return beyond > 0 ? static_cast<std::uint32_t>(beyond) : 0;
}

} // namespace tcpstate
