// What a firewall's session table does with a TCP connection: its timers, as parameters of one model, with their sources.
#pragma once

#include "Segment.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tcpstate {

/** What the last event that a session table reacts to was: each phase may load a timer of its own. */
enum class SessionPhase : std::uint8_t {
    opening = 0,     ///< a SYN was seen
    handshake = 1,   ///< and the SYN-ACK
    established = 2, ///< the handshake is over: the idle timer
    halfClosed = 3,  ///< the first FIN, of either side
    closing = 4,     ///< both FINs
    closed = 5,      ///< the last FIN is acknowledged; few devices tell this from the phase before
    reset = 6,       ///< a RST that the device believes
};

/** Number of values of SessionPhase. */
inline constexpr std::size_t sessionPhaseCount = 7;

/** "opening", "handshake", "established", "half-closed", "closing", "closed" or "reset". */
[[nodiscard]] const char *name(SessionPhase phase);

/** Which packets load a running timer again without changing the phase. */
enum class Refresh : std::uint8_t {
    unknown,       ///< no source says so: compute both deadlines
    everyPacket,   ///< an idle timer: it counts from the last packet of either side
    never,         ///< a hard timer: it counts from the event that began the phase
    outbound,      ///< only packets from the inside
    eachDirection, ///< one timer for each direction, loaded by its own packets; the first that runs out ends the session
};

/** What a packet meets that comes after its session's entry has gone. */
enum class AfterExpiry : std::uint8_t {
    unknown,
    silence,  ///< it is dropped without a word
    reset,    ///< its sender gets a RST in the peer's name; some devices send it at the expiry already
    icmp,     ///< its sender gets an ICMP error
    pickUp,   ///< from the inside it makes a new entry and nothing is noticed; from the outside the rules drop it
    natReset, ///< the translation is gone: the NAT's own stack, or the peer that sees another port, answers with a RST
};

/** One timer of a session table. The strings live as long as the program, or as whoever made a profile of his own says. */
struct FirewallTimer {
    std::uint32_t seconds =
        0; ///< default, in seconds; 0: none of its own (or none published), the timer before goes on
    std::uint32_t minimum = 0; ///< least value that can be set, in seconds; 0: not known
    std::uint32_t maximum = 0; ///< greatest value, in seconds; 0: not known. Both equal to seconds: cannot be changed
    Refresh refresh = Refresh::unknown;
    const char *name = nullptr;    ///< the vendor's own name of it
    const char *command = nullptr; ///< how to change it, see writeCommand; nullptr: not known, or no command line
    const char *menu = nullptr;    ///< where it is in the vendor's user interface; nullptr: not known
    const char *source = nullptr;  ///< where the numbers are from
    bool fromFirstFin = false;     ///< counts from the first FIN even in a later phase (a defect of some versions)

    [[nodiscard]] constexpr bool exists() const { return seconds != 0; }
    [[nodiscard]] constexpr bool isFixed() const { return exists() && minimum == seconds && maximum == seconds; }
    /** True if the device takes this value, as far as its range is known. */
    [[nodiscard]] constexpr bool allows(std::uint32_t value) const {
        return value >= minimum && (maximum == 0 || value <= maximum);
    }
};

/**
 * One kind of device. A plain value: a profile of the user's own (from preferences or a table row) is made by filling
 * one in; its strings must outlive it.
 *
 * Every timer is an upper bound: with a full table devices expire earlier.
 */
struct FirewallProfile {
    const char *id = nullptr;                  ///< short and stable, for the command line: "panos-6.1"
    const char *name = nullptr;                ///< for menus and sentences: "Palo Alto PAN-OS 6.1 and later"
    const char *vendor = nullptr;              ///< "Palo Alto Networks"
    FirewallTimer timers[sessionPhaseCount]{}; ///< by phase
    FirewallTimer halfClosedAcknowledged{};    ///< where the acknowledgement of the first FIN loads another timer
    AfterExpiry afterExpiry = AfterExpiry::unknown;
    const char *narrower = nullptr;  ///< how to change it for one application or service only; nullptr: not known
    const char *variantOf = nullptr; ///< id of the profile that this one differs from in a detail; nullptr: none

    /** The timer that this phase loads; check exists(). */
    [[nodiscard]] constexpr const FirewallTimer &timer(SessionPhase phase) const {
        return timers[static_cast<std::size_t>(phase)];
    }
};

/** All profiles, `any` first, then the devices; a variant stands behind what it is a variant of. */
[[nodiscard]] std::span<const FirewallProfile> profiles();

/** The profile of that id; `panos` means `panos-6.1`. nullptr if there is none. */
[[nodiscard]] const FirewallProfile *findProfile(std::string_view id);

/** The default: no device, but a clock to show: 30 s from the first FIN and PAN-OS's other timers. */
[[nodiscard]] const FirewallProfile &anyProfile();

/**
 * The timer that runs in a phase: its own, else that of the phases before it (a device without a timer for half-closed
 * sessions goes on with its idle timer).
 * @param finAcknowledged  whether the first FIN was acknowledged
 * @return nullptr if nothing is known: an opening without a published timer, or a RST that loads none (then whatever
 *         ran before goes on)
 */
[[nodiscard]] const FirewallTimer *runningTimer(const FirewallProfile &profile, SessionPhase phase,
                                                bool finAcknowledged = true);

/**
 * The base profile with timers of the user's own, in seconds; 0 keeps the base's. The id and the name of the result
 * are "custom" if anything is replaced; commands, ranges and refresh stay the base device's.
 * @param halfClosed  replaces the timer of half-closed sessions, both of them where the device has two
 * @param idle        replaces the timer of established sessions
 * @param timeWait    replaces the timer after both FINs
 */
[[nodiscard]] FirewallProfile withTimeouts(const FirewallProfile &base, std::uint32_t halfClosed, std::uint32_t idle,
                                           std::uint32_t timeWait);

/**
 * True if the timer may have run out within (after, upTo].
 * @param basis  what the two ends of the bracket count from: Refresh::never, the event that began the phase;
 *               Refresh::everyPacket, the last packet; Refresh::unknown, either. A timer of which it is not known what
 *               loads it again, or which counts for each direction, fits both.
 */
[[nodiscard]] bool fits(const FirewallTimer &timer, Refresh basis, Nanoseconds after, Nanoseconds upTo);

/** A device, and its timer that lies in the bracket. */
struct TimerFit {
    const FirewallProfile *profile = nullptr;
    const FirewallTimer *timer = nullptr;
};

/** The devices that fit, in the order of profiles(). */
struct TimerFits {
    std::array<TimerFit, 16> entries{};
    std::uint8_t count = 0;     ///< how many of entries are filled
    std::uint8_t omitted = 0;   ///< how many more would have fitted: the bracket says little
    std::uint32_t shortest = 0; ///< seconds of the shortest of all that fit; 0: none does

    [[nodiscard]] const TimerFit *begin() const { return entries.data(); }
    [[nodiscard]] const TimerFit *end() const { return entries.data() + count; }
};

/**
 * The devices whose timer of this phase (runningTimer) lies in (after, upTo]. `any` is no device and never among them;
 * a variant is left out if what it is a variant of fits with the same number.
 * @param basis  as for a single timer
 */
[[nodiscard]] TimerFits fits(SessionPhase phase, Refresh basis, Nanoseconds after, Nanoseconds upTo,
                             bool finAcknowledged = true);

/**
 * Writes the timer's command with a value in it: %u in the command stands for seconds, %m for whole minutes (rounded
 * up), %t for hours:minutes:seconds. " / " separates the lines of a command of several lines.
 * @param seconds  the value to set
 * @return characters written without the closing NUL; 0 if there is no command or it does not fit into the buffer
 */
std::size_t writeCommand(std::span<char> buffer, const FirewallTimer &timer, std::uint32_t seconds);

} // namespace tcpstate
