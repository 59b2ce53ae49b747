// What is learned of one address over all its connections.
#pragma once

#include "OnDemand.h"
#include "Segment.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace tcpstate {

/** Number of a host in the HostTable. */
using HostNumber = std::uint32_t;

/**
 * How much farther away one packet comes from than another. A hop limit counts from one of the usual initial values 32,
 * 60, 64, 128 and 255, and a host's RSTs not always from the one that its other packets count from; of all that fit the
 * pair, those with the smallest difference are taken: it accuses nobody.
 */
struct HopDistance {
    static constexpr int longestPath = 30;
    static constexpr int unknown = 255; ///< one of them counts from a value of its own: a BGP speaker's 1, say

    /** Hops that `other` is farther away than `one`; negative: nearer. */
    [[nodiscard]] static int between(std::uint8_t one, std::uint8_t other);
};

/** A distance seen at one interface, and how often. */
struct HopCount {
    std::uint16_t seen = 0;
    InterfaceNumber interface = 0;
    std::uint8_t hopLimit = 0;
};

/** A packet of a host, as a sign that it was alive. */
struct Heard {
    Nanoseconds time = 0;
    std::uint32_t frame = 0; ///< 0: never
    std::uint32_t connection = 0xffffffff;
    InterfaceNumber interface = 0;
    std::uint8_t hopLimit = 0;
};

/** The longest quiet that a connection of a server has outlived, half-closes aside. */
struct Survivor {
    Nanoseconds quiet = 0;
    HostNumber client = 0xffffffff;
    std::uint16_t port = 0; ///< of the server
};

/** A RST of a host. */
struct HeardReset : Heard {
    Nanoseconds quiet = 0;   ///< of its connection before it
    bool byDistance = false; ///< its distance alone says that something else sent it
};

/** The latest connections, two at most, in which nothing but large segments goes unanswered, from the middle of an exchange on. */
class LargeLost {
  public:
    /** One was repeated. */
    void note(std::uint32_t connection, Nanoseconds time) {
        if (entries_[0].connection != connection) {
            entries_[1] = entries_[0];
        }
        entries_[0] = {time, connection};
    }
    /** It was answered after all. */
    void answered(std::uint32_t connection) {
        for (Entry &entry : entries_) {
            entry = entry.connection == connection ? Entry{} : entry;
        }
    }
    /** True if another connection has repeated one since `time`. */
    [[nodiscard]] bool elsewhere(std::uint32_t connection, Nanoseconds time) const {
        return std::ranges::any_of(entries_, [connection, time](const Entry &entry) {
            return entry.connection != noOne && entry.connection != connection && entry.time > time;
        });
    }

  private:
    static constexpr std::uint32_t noOne = 0xffffffff;
    struct Entry {
        Nanoseconds time = 0; ///< of the latest repetition
        std::uint32_t connection = noOne;
    };
    std::array<Entry, 2> entries_{};
};

/** Some connections in which segments go without an answer. */
class Unanswered {
  public:
    /** `midTraffic`: it fell silent in the middle of an exchange, which no timer explains. */
    void note(std::uint32_t connection, bool midTraffic) {
        for (unsigned i = 0; i < count_; ++i) {
            if (entries_[i].connection == connection) {
                return;
            }
        }
        if (count_ < entries_.size()) {
            entries_[count_++] = {connection, midTraffic};
        }
    }
    void clear() { count_ = 0; }
    /** True if another connection fell silent in the middle of an exchange. */
    [[nodiscard]] bool elsewhere(std::uint32_t connection) const {
        for (unsigned i = 0; i < count_; ++i) {
            if (entries_[i].connection != connection && entries_[i].midTraffic) {
                return true;
            }
        }
        return false;
    }

  private:
    struct Entry {
        std::uint32_t connection = 0xffffffff;
        bool midTraffic = false;
    };
    std::array<Entry, 4> entries_{};
    std::uint8_t count_ = 0;
};

/** What few hosts ever have: resets, and silence around them. */
struct Troubles {
    HeardReset lastReset{};         ///< its latest RST; frame 0: none
    HeardReset lastReceivedReset{}; ///< the latest RST to it; frame 0: none
    LargeLost largeLost{};          ///< where what is large does not reach it
    Unanswered silentIn;            ///< where it does not answer, since it was last heard anywhere
    Unanswered notAnswered;         ///< where nobody answers it, since anybody last spoke to it
};

/** One address. */
struct Host {
    Address address;
    std::uint16_t vlan = 0;              ///< of the packets that it sends; 0: none
    std::array<HopCount, 4> hopCounts{}; ///< of packets that are neither SYN nor RST, commonest distances
    std::array<Heard, 2> heard{};        ///< its latest packet, and the latest of another connection
    Survivor survivor{};                 ///< as a server
    Nanoseconds smallestRoundTrip = 0;   ///< from the place of the capture to it and back; with roundTrips
    std::uint32_t roundTrips = 0;        ///< number of samples
    bool handshakeTimed = false;         ///< one of them is of a handshake: no delayed ACK, no time to think
    OnDemand<Troubles> troubles;
    std::uint32_t halfOpen = 0;     ///< connections to it whose handshake is not over
    std::uint32_t halfClosed = 0;   ///< connections of it with its FIN acknowledged and the other's missing
    std::uint32_t mostHalfOpen = 0; ///< the most there were at one time
    std::uint32_t mostHalfClosed = 0;
    bool limitReported = false; ///< more half-open connections than the user allows: said once

    /** Its latest packet on a connection other than `connection`; frame 0 if there is none. */
    [[nodiscard]] Heard heardElsewhere(std::uint32_t connection) const {
        return heard[0].connection != connection ? heard[0] : heard[1];
    }

    /**
     * Notes its RST after a quiet of `quiet`, and tells in which other connection it sent one less than a second ago;
     * 0xffffffff: in none.
     */
    std::uint32_t resets(const Segment &segment, std::uint32_t connection, Nanoseconds quiet, bool byDistance) {
        HeardReset &latest = troubles.edit().lastReset;
        const bool burst =
            latest.frame != 0 && latest.connection != connection && nearEachOther(segment.time, latest.time);
        const std::uint32_t other = burst ? latest.connection : 0xffffffff;
        latest = {heardAs(segment, connection), quiet, byDistance};
        return other;
    }

    /** Notes a RST to it after a quiet of `quiet`, and gives the one before it. */
    HeardReset receivesReset(const Segment &segment, std::uint32_t connection, Nanoseconds quiet) {
        const HeardReset before = troubles->lastReceivedReset;
        troubles.edit().lastReceivedReset = {heardAs(segment, connection), quiet, false};
        return before;
    }

    /** Notes a packet of it. */
    void hear(const Segment &segment, std::uint32_t connection) {
        if (heard[0].connection != connection) {
            heard[1] = heard[0];
        }
        heard[0] = heardAs(segment, connection);
        if (troubles.edited()) {
            troubles.edit().silentIn.clear();
        }
        passBy(segment);
    }

    /** Notes that somebody speaks to it. */
    void spokenTo() {
        if (troubles.edited()) {
            troubles.edit().notAnswered.clear();
        }
    }

    /** Notes how far away it is where a packet of it comes by, for the first time or once more. */
    void passBy(const Segment &segment) {
        if (segment.hopLimit != 0 && (segment.flags & (Flags::syn | Flags::rst)) == 0) {
            noteHops(segment);
        }
    }

    /** Notes a round trip to it. */
    void noteRoundTrip(Nanoseconds roundTrip, bool ofHandshake) {
        handshakeTimed = handshakeTimed || ofHandshake;
        if (roundTrips == 0 || roundTrip < smallestRoundTrip) {
            smallestRoundTrip = roundTrip;
        }
        ++roundTrips;
    }

    /** How long its answers take at most, by its smallest round trip; `unknown` if that is not known. */
    [[nodiscard]] Nanoseconds longestAnswer(Nanoseconds unknown) const {
        return roundTrips != 0 ? 4 * std::min(smallestRoundTrip, 60 * second) + 200 * millisecond : unknown;
    }

    /** How the distance of a packet compares with the host's own. */
    struct HopComparison {
        bool known = false; ///< at least three packets of it were seen at this interface
        bool own = false;   ///< this very hop limit is its own: seen there more than once
        std::uint8_t difference =
            0;                ///< in hops, to the nearest of its own; 0: the same, perhaps from another initial value
        bool farther = false; ///< and it is farther away than that
        std::uint8_t usualHopLimit = 0; ///< hop limit of its own packets
    };
    [[nodiscard]] HopComparison compareHops(const Segment &segment) const;

  private:
    static Heard heardAs(const Segment &segment, std::uint32_t connection) {
        return {segment.time, segment.frame, connection, segment.interface, segment.hopLimit};
    }
    void noteHops(const Segment &segment);
};

/** All hosts of a capture. In two VLANs one address is two hosts: customers may use the same. */
class HostTable {
  public:
    /** `seed` goes into the hash of an address. */
    explicit HostTable(std::uint64_t seed = 0) : numbers_(0, Hash{seed}) {}

    /** The number of an address in a VLAN (0: in none), given one if it has none. */
    [[nodiscard]] HostNumber numberOf(const Address &address, std::uint16_t vlan);

    /** The host with a number that numberOf() gave; it stays where it is. */
    [[nodiscard]] Host &operator[](HostNumber number) {
        return blocks_[number >> blockBits][number & ((1U << blockBits) - 1)];
    }
    [[nodiscard]] const Host &operator[](HostNumber number) const {
        return blocks_[number >> blockBits][number & ((1U << blockBits) - 1)];
    }
    [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(numbers_.size()); }

  private:
    static constexpr unsigned blockBits = 6;

    struct Place {
        Address address;
        std::uint16_t vlan;

        bool operator==(const Place &) const = default;
    };
    struct Hash {
        std::uint64_t seed;
        std::size_t operator()(const Place &place) const;
    };

    std::unordered_map<Place, HostNumber, Hash> numbers_;
    std::vector<std::unique_ptr<Host[]>> blocks_;
};

} // namespace tcpstate
