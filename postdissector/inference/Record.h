// What one segment meant: written once, when the segment is first seen, and rendered ever after.
#pragma once

#include "FirewallProfile.h"
#include "Segment.h"
#include "State.h"
#include "Transition.h"

#include <array>
#include <cstdint>

namespace tcpstate {

/** Where a connection is, seen as a whole. The numbers are those of the field tcpstate.phase. */
enum class Phase : std::uint8_t {
    unknown = 0,     ///< nothing but segments that belong to no connection
    opening = 1,     ///< handshake
    established = 2, ///< both ends synchronised, no FIN
    halfClosed = 3,  ///< one FIN, acknowledged; the other side may still send
    closing = 4,     ///< both FINs sent, not both acknowledged
    closed = 5,      ///< both FINs acknowledged
    reset = 6,       ///< ended by a RST
    halfClosing = 7, ///< one FIN, not yet acknowledged
};

/** Whether the receiver of a RST must take it (RFC 9293 section 3.10.7, RFC 5961 section 3.2). */
enum class ResetAcceptance : std::uint8_t { none = 0, accepted = 1, unproven = 2, refused = 3 };

/** Why a RST was sent. The numbers are those of the field tcpstate.reset.cause. */
enum class ResetCause : std::uint8_t {
    none = 0,             ///< no RST
    refused = 1,          ///< the answer to a SYN
    abort = 2,            ///< the sender's application or host aborts; no FIN before
    afterFin = 3,         ///< after a FIN, before both ends were done
    lateData = 4,         ///< the answer to what comes after the sender's close
    halfOpenPeer = 5,     ///< the sender knows no such connection (it restarted, or gave it up silently)
    keepAliveFailure = 6, ///< the sender's keep-alives were not answered
    unreadData = 7,       ///< the sender closed with data unread
    afterIdleExpiry = 8,  ///< a middlebox answers for a session whose timer ran out
    forged = 9,           ///< a middlebox resets a living session
    unacceptable = 10,    ///< its number fits nothing: a blind attack, or a broken middlebox
    staleSegment = 11,    ///< the answer to a segment of a connection that is over
};

/** Who sent a RST. The numbers are those of the field tcpstate.reset.origin. */
enum class ResetOrigin : std::uint8_t { none = 0, endpoint = 1, middlebox = 2, unknown = 3 };

/** Why a connection is half-open. The numbers are those of the field tcpstate.half_open. */
enum class HalfOpen : std::uint8_t {
    none = 0,
    peerRestarted = 1,        ///< the peer opens anew, or resets as if it knew nothing
    peerSilent = 2,           ///< data unanswered to the end of the evidence
    keepAlivesUnanswered = 3, ///< keep-alives unanswered
    finUnacknowledged = 4,    ///< a FIN that nobody acknowledges
    handshakeUnfinished = 5,  ///< a SYN-ACK that nobody answers
};

/** Things to say about one segment, as bits of Record::marks. */
namespace mark {
inline constexpr std::uint32_t midstream = 1U << 0;          ///< the handshake is not in the capture
inline constexpr std::uint32_t midstreamBegins = 1U << 1;    ///< the first segment of such a connection
inline constexpr std::uint32_t activeClose = 1U << 2;        ///< the FIN that starts the close, by the sender
inline constexpr std::uint32_t passiveClose = 1U << 3;       ///< the FIN that answers, by the sender
inline constexpr std::uint32_t simultaneousClose = 1U << 4;  ///< the second of two crossing FINs
inline constexpr std::uint32_t simultaneousOpen = 1U << 5;   ///< the second of two crossing SYNs
inline constexpr std::uint32_t halfCloseByClient = 1U << 6;  ///< shows the client's half-close in use
inline constexpr std::uint32_t halfCloseByServer = 1U << 7;  ///< shows the server's half-close in use
inline constexpr std::uint32_t halfClosed = 1U << 8;         ///< halfClose* below are valid
inline constexpr std::uint32_t duplicate = 1U << 9;          ///< a further sighting of a packet already seen
inline constexpr std::uint32_t unacceptableReset = 1U << 10; ///< a RST that a live receiver must refuse
inline constexpr std::uint32_t finUnacknowledged =
    1U << 11;                                            ///< the copy of a FIN at which it counts as never acknowledged
inline constexpr std::uint32_t verdict = 1U << 12;       ///< the evidence for the connection's verdict suffices here
inline constexpr std::uint32_t firewallShown = 1U << 13; ///< firewall* below are worth showing
inline constexpr std::uint32_t firewallExpired = 1U << 14; ///< the chosen firewall's entry was gone when this came
inline constexpr std::uint32_t firewallRisk = 1U << 15;    ///< the first segment that met that, half-closed
inline constexpr std::uint32_t keepAlive = 1U << 16;       ///< repeats the byte before SND.NXT
inline constexpr std::uint32_t finAcknowledged =
    1U << 17; ///< the first FIN has been acknowledged (for the firewall's timer)
inline constexpr std::uint32_t challengeAck = 1U << 18;  ///< answers a SYN or RST instead of obeying (RFC 5961)
inline constexpr std::uint32_t halfOpenLimit = 1U << 19; ///< one host holds more half-open connections than it should
inline constexpr std::uint32_t talksOn = 1U << 20; ///< new bytes of the alleged sender of a RST: it did not send that
} // namespace mark

/** The meaning of one segment. Trivially copyable; every later pass renders from it. */
struct Record {
    static constexpr unsigned maximumSteps = 7;

    Nanoseconds halfCloseDuration = 0;      ///< since the first FIN, with mark::halfClosed
    Nanoseconds firewallRemaining = 0;      ///< what was left of its timer when this came, with mark::firewallShown
    std::uint64_t halfCloseBytes = 0;       ///< new payload of the open side since it acknowledged the FIN
    std::uint32_t connection = 0;           ///< number of the connection in the Observer
    std::uint32_t marks = 0;                ///< bits of mark::
    std::uint32_t verdict = 0xffffffff;     ///< number of the verdict that this segment settles, with mark::verdict
    std::array<Step, maximumSteps> steps{}; ///< what changed, in order; stepCount of them
    std::uint8_t stepCount = 0;
    std::array<State, 2> states{}; ///< after this segment, by Side
    Phase phase = Phase::unknown;  ///< after this segment
    Side sender = Side::client;
    ResetAcceptance acceptance = ResetAcceptance::none; ///< of a RST, as known when it came
    ResetCause cause = ResetCause::none;                ///< of a RST
    ResetOrigin origin = ResetOrigin::none;             ///< of a RST
    HalfOpen halfOpen = HalfOpen::none;                 ///< where this segment shows it
    SessionPhase firewallPhase = SessionPhase::opening; ///< of the chosen firewall's entry after this segment

    [[nodiscard]] constexpr bool marked(std::uint32_t bit) const { return (marks & bit) != 0; }
    [[nodiscard]] constexpr State state(Side side) const { return states[index(side)]; }
};

} // namespace tcpstate
