// What killed a connection, or what did not: the judgement with its evidence.
#pragma once

#include "Segment.h"
#include "State.h"

#include <array>
#include <cstdint>

namespace tcpstate {

/** The verdict. The numbers are those of the field tcpstate.verdict. */
enum class VerdictKind : std::uint8_t {
    none = 0,
    halfClosedTimer = 1,    ///< killed by a firewall's timer after the first FIN (TCP wait)
    idleTimer = 2,          ///< killed by a firewall's idle timer
    closingTimer = 3,       ///< killed by a firewall's timer after both FINs
    forgedReset = 4,        ///< reset by something between the ends, no timer involved
    rejected = 5,           ///< the opening was rejected by something between the ends
    sessionLost = 6,        ///< a firewall lost or withdrew the session without a timer
    hostResetLateData = 10, ///< the closer's own host resets what comes after its close
    peerGone = 11,          ///< the peer, or everything behind the same place, vanished
    pathOutage = 12,        ///< the path was interrupted and came back
    applicationSilent = 13, ///< the path and the peer's host work, its application does not answer
    windowClosed = 14,      ///< the receiver's window stayed closed
    pathMtu = 15,           ///< only large packets are lost
    peerTimer = 16,         ///< the peer closed by a timer of its own
};

/** True for the kinds that blame a firewall's timer. */
[[nodiscard]] constexpr bool isTimerKill(VerdictKind kind) {
    return kind >= VerdictKind::halfClosedTimer && kind <= VerdictKind::closingTimer;
}

/** True for the kinds that say that it was not a firewall. */
[[nodiscard]] constexpr bool isNotFirewall(VerdictKind kind) {
    return kind >= VerdictKind::hostResetLateData;
}

/** How sure. The numbers are those of the field tcpstate.verdict.confidence. */
enum class Confidence : std::uint8_t { none = 0, possible = 2, likely = 3, certain = 4 };

/** From where the timer counts. The numbers are those of the field tcpstate.verdict.timer_basis. */
enum class TimerBasis : std::uint8_t { none = 0, firstFin = 1, lastPacket = 2, both = 3 };

/** The signs that a verdict rests on, as bits. */
namespace sign {
inline constexpr std::uint32_t silence = 1U << 0;      ///< copies over a span without any answer
inline constexpr std::uint32_t gaveUp = 1U << 1;       ///< the speaker reset the connection itself
inline constexpr std::uint32_t keepAlives = 1U << 2;   ///< the unanswered segments are keep-alives
inline constexpr std::uint32_t peerAlive = 1U << 3;    ///< the silent side was heard on another connection
inline constexpr std::uint32_t stalePeer = 1U << 4;    ///< it still had the connection afterwards (challenge ACK)
inline constexpr std::uint32_t pastClock = 1U << 5;    ///< the loss lies past the chosen device's timer
inline constexpr std::uint32_t farHops = 1U << 6;      ///< a RST from another distance: three hops or more
inline constexpr std::uint32_t nearHops = 1U << 7;     ///< from another distance: one or two hops
inline constexpr std::uint32_t tooFast = 1U << 8;      ///< a RST faster than half the smallest round trip
inline constexpr std::uint32_t ownHops = 1U << 9;      ///< a RST from the host's own distance
inline constexpr std::uint32_t heardAgain = 1U << 10;  ///< the silent side was heard again, too late to prove anything
inline constexpr std::uint32_t prohibited = 1U << 11;  ///< ICMP: administratively prohibited
inline constexpr std::uint32_t unreachable = 1U << 12; ///< ICMP: host or network unreachable
inline constexpr std::uint32_t fragmentation = 1U << 13;  ///< ICMP: fragmentation needed, packet too big
inline constexpr std::uint32_t droppedBetween = 1U << 14; ///< seen at one interface and never at the next
inline constexpr std::uint32_t passedBoth = 1U << 15;     ///< the unanswered segments were seen at both interfaces
inline constexpr std::uint32_t neverSent = 1U << 16;      ///< a RST that the alleged sender's own interface never saw
inline constexpr std::uint32_t othersSilent = 1U << 17; ///< other connections of the peer fell silent at the same time
inline constexpr std::uint32_t recovered = 1U << 18;    ///< the peer answered again
inline constexpr std::uint32_t oneWay = 1U << 19;    ///< what the speaker sends does not arrive, what comes to it does
inline constexpr std::uint32_t onlyLarge = 1U << 20; ///< smaller segments passed
inline constexpr std::uint32_t sharedAddress =
    1U << 21; ///< the silent side is an IPv4 client: another host behind a translator may have given the sign of life
inline constexpr std::uint32_t copiedFields = 1U << 22; ///< a RST with fields copied from the packet that it answers
inline constexpr std::uint32_t orphanAge = 1U << 23;    ///< old enough for the closer to have left FIN-WAIT-2 by itself
inline constexpr std::uint32_t oneMoment = 1U << 24; ///< others died at the same moment at ages that no timer explains
inline constexpr std::uint32_t talksOn = 1U << 25;   ///< the alleged sender of a RST sent new bytes after it
inline constexpr std::uint32_t oneInterface = 1U << 26; ///< seen at one interface only, in a capture that has several
inline constexpr std::uint32_t quietInterface =
    1U
    << 27; ///< never seen at the next interface, and nothing else was since: the way there, or the capture, may have ended
inline constexpr std::uint32_t bothAtOnce = 1U << 28; ///< RSTs to both ends, sooner than word could pass between them
inline constexpr std::uint32_t nobodyHeard =
    1U << 29; ///< nobody at all spoke to the speaker any more, in an exchange either
inline constexpr std::uint32_t unsolicited = 1U << 30; ///< a RST that answers nothing
inline constexpr std::uint32_t largeElsewhere =
    1U << 31; ///< what is large goes unanswered on another connection of the peer as well, what is small does not
} // namespace sign

/** A judgement, and all numbers that its sentences need. */
struct Verdict {
    static constexpr unsigned maximumEvidence = 6;

    VerdictKind kind = VerdictKind::none;
    Confidence confidence = Confidence::none;
    TimerBasis basis = TimerBasis::none;
    Side speaker = Side::client; ///< the side that was not answered, or that received the RST
    std::uint8_t evidenceCount = 0;
    std::uint8_t hopLimit = 0;      ///< of the RST
    std::uint8_t usualHopLimit = 0; ///< of its alleged sender's other packets
    std::uint8_t icmpCode = 0;
    bool byPeer = false;   ///< of a rejection: the ICMP message came from the host that was spoken to
    bool outlived = false; ///< of idleTimer: another connection of the two hosts to this port outlived a longer quiet
    bool onlyFin = false;  ///< of hostResetLateData: no byte of data was late, only a FIN
    bool inHandshake = false; ///< with sign::oneWay: what is repeated is the SYN-ACK
    std::uint32_t signs = 0;  ///< bits of sign::
    std::uint32_t copies = 0; ///< unanswered segments
    std::uint32_t frame = 0;  ///< where the evidence sufficed: of the connection, or of its successor's challenge ACK
    std::uint32_t aliveFrame = 0;       ///< the sign of life, with sign::peerAlive, heardAgain or talksOn
    std::uint32_t resetFrame = 0;       ///< an earlier RST, with sign::talksOn or sign::bothAtOnce
    InterfaceNumber interfaces[2] = {}; ///< with sign::droppedBetween: seen here, and not there
    std::array<std::uint32_t, maximumEvidence> evidence{}; ///< frames to look at, ascending
    Nanoseconds span = 0;                                  ///< from the first to the latest unanswered segment
    Nanoseconds sinceFin = 0;                              ///< from the first FIN to the first unanswered segment
    Nanoseconds sinceLast = 0;                             ///< from the packet before to the first unanswered segment
    Nanoseconds timerMinimum = 0;                          ///< the timer lies above this
    Nanoseconds timerMaximum = 0;                          ///< and at or below this; 0: no bracket
    Nanoseconds needed = 0;                                ///< at least this much timer would have been needed
    Nanoseconds reaction = 0;  ///< from the trigger, or the RST to the other end, to the RST
    Nanoseconds roundTrip = 0; ///< the smallest one to the alleged sender, or to either end

    [[nodiscard]] constexpr bool has(std::uint32_t bits) const { return (signs & bits) == bits; }
    /** True if every packet of the connection carries tcpstate.killed. */
    [[nodiscard]] constexpr bool kills() const { return isTimerKill(kind) && confidence >= Confidence::likely; }

    /** Says in which bracket the timer lies; an empty one (disordered times) is left out. */
    void setTimer(TimerBasis from, Nanoseconds minimum, Nanoseconds maximum) {
        if (maximum > minimum && minimum >= 0) {
            basis = from;
            timerMinimum = minimum;
            timerMaximum = maximum;
            needed = maximum;
        }
    }

    void addEvidence(std::uint32_t evidenceFrame) {
        if (evidenceFrame == 0 || evidenceCount == maximumEvidence) {
            return;
        }
        for (unsigned i = 0; i < evidenceCount; ++i) {
            if (evidence[i] == evidenceFrame) {
                return;
            }
        }
        // In the order of the capture, whatever the order in which the rules find them.
        unsigned at = evidenceCount++;
        for (; at > 0 && evidence[at - 1] > evidenceFrame; --at) {
            evidence[at] = evidence[at - 1];
        }
        evidence[at] = evidenceFrame;
    }
};

} // namespace tcpstate
