// What timer a firewall has, from the connections that it killed and those that it let live.
#pragma once

#include "FirewallProfile.h"
#include "Segment.h"

#include <cstdint>
#include <span>
#include <vector>

namespace tcpstate {

/** Where a bound comes from: a packet if one is known, else the connection. */
struct BoundSource {
    std::uint32_t frame = 0;           ///< 0: not known
    std::uint32_t stream = 0xffffffff; ///< tcp.stream of the connection; 0xffffffff: it has none
};

/**
 * What all connections together say about one timer, counted from one kind of event. Each of them narrows the bracket:
 * the timer is longer than what a connection outlived, and no longer than it took until a packet was lost.
 */
class TimerBracket {
  public:
    /** A connection still worked so long after the event. */
    void outlived(Nanoseconds age, const BoundSource &source);
    /** A packet so long after the event was lost. */
    void lost(Nanoseconds age, const BoundSource &source);

    /** The timer lies above this; 0 if nothing says more. */
    [[nodiscard]] Nanoseconds minimum() const { return minimum_; }
    /** And at or below this; 0 if nothing was lost. */
    [[nodiscard]] Nanoseconds maximum() const { return maximum_; }
    [[nodiscard]] const BoundSource &minimumSource() const { return minimumSource_; }
    [[nodiscard]] const BoundSource &maximumSource() const { return maximumSource_; }

    /** Nothing is known. */
    [[nodiscard]] bool empty() const { return minimum_ == 0 && maximum_ == 0; }
    /** A connection outlived what another one did not: one timer that counts from this event cannot explain both. */
    [[nodiscard]] bool contradictory() const { return maximum_ != 0 && maximum_ <= minimum_; }
    /** The bracket is closed, so there is a timer to be named. */
    [[nodiscard]] bool closed() const { return maximum_ != 0 && maximum_ > minimum_; }

    /** The middle of a closed bracket. */
    [[nodiscard]] Nanoseconds middle() const { return minimum_ + (maximum_ - minimum_) / 2; }
    /** How far the timer can be from there. */
    [[nodiscard]] Nanoseconds error() const { return (maximum_ - minimum_ + 1) / 2; }

  private:
    Nanoseconds minimum_ = 0;
    Nanoseconds maximum_ = 0;
    BoundSource minimumSource_;
    BoundSource maximumSource_;
};

/** A kill: what one connection says about both bases. A maximum of 0 says nothing. */
struct TimerKill {
    Nanoseconds finMinimum = 0;  ///< it still worked so long after the first FIN
    Nanoseconds finMaximum = 0;  ///< and was dead so long after it
    Nanoseconds lastMinimum = 0; ///< it outlived a gap as long as this
    Nanoseconds lastMaximum = 0; ///< and not this one
    BoundSource passed;          ///< the last packet known to have passed
    BoundSource lost;            ///< the first one known to be lost
};

/** Why a profile cannot be the device, or that it can. */
struct ProfileReading {
    enum class Answer : std::uint8_t {
        untested, ///< nothing is known of its timer, or the evidence says nothing about it
        fits,     ///< its timer lies in a closed bracket
        possible, ///< nothing was lost by which its timer could be told, and nothing refutes it
        outlived, ///< refuted: a connection still worked when its timer had run out
        early,    ///< a packet was lost before its timer ran out: only a device with a full table does that
    };
    Answer answer = Answer::untested;
    Refresh basis = Refresh::unknown; ///< never: counted from the first FIN; everyPacket: from the last packet
    Nanoseconds age = 0;              ///< with outlived and early: how long after that event
    BoundSource source;               ///< with outlived and early: the packet that refutes it
    const FirewallTimer *timer = nullptr;

    /** Outliving a timer refutes it; dying early does not, for devices expire sessions early under table pressure. */
    [[nodiscard]] bool refuted() const { return answer == Answer::outlived; }
    [[nodiscard]] bool early() const { return answer == Answer::early; }
};

/** One timer of the firewalls between two places, or of all of them: the timer of one phase. */
class TimerEstimate {
  public:
    explicit TimerEstimate(SessionPhase phase) : phase_(phase) {}

    void addKill(const TimerKill &kill);
    /** A connection that still worked so long after the first FIN, and after so long a gap; 0 says nothing. */
    void addSurvivor(Nanoseconds sinceFin, const BoundSource &finSource, Nanoseconds gap, const BoundSource &gapSource);

    [[nodiscard]] SessionPhase phase() const { return phase_; }
    [[nodiscard]] std::uint32_t kills() const { return kills_; }
    [[nodiscard]] std::uint32_t survivors() const { return survivors_; }
    [[nodiscard]] const TimerBracket &sinceFin() const { return sinceFin_; }
    [[nodiscard]] const TimerBracket &sinceLast() const { return sinceLast_; }
    [[nodiscard]] bool empty() const { return kills_ == 0 && survivors_ == 0; }

    /** Whether the device can be what stands on the path. */
    [[nodiscard]] ProfileReading read(const FirewallProfile &profile) const;

  private:
    SessionPhase phase_;
    std::uint32_t kills_ = 0;
    std::uint32_t survivors_ = 0;
    TimerBracket sinceFin_;
    TimerBracket sinceLast_;
};

/** A connection that died between two packets. */
struct Death {
    Nanoseconds passed = 0; ///< time of the last packet known to have passed
    Nanoseconds lost = 0;   ///< time of the first one known to be lost
    std::uint32_t connection = 0;
};

/** Connections that may all have died at one moment. */
struct CommonDeath {
    Nanoseconds after = 0; ///< the moment lies above this
    Nanoseconds upTo = 0;  ///< and at or below this
    std::vector<std::uint32_t> connections;
};

/**
 * Groups deaths that have a moment in common, the largest group first; a death is in one group only. What dies together
 * dies of a failover, a flush or a new policy. Fewer than `least` are no group.
 */
[[nodiscard]] std::vector<CommonDeath> commonDeaths(std::span<const Death> deaths, std::size_t least = 3);

} // namespace tcpstate
