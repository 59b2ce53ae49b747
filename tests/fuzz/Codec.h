// How a fuzzing input stands for what the engine is given: bytes to segments, and back for the seeds.
//
// A small world, so that the pieces meet: two hosts, four client ports, numbers near the initial ones, and those near a wrap.
#pragma once

#include "Icmp.h"
#include "Observer.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fuzz {

using namespace tcpstate;

/** What one step of an input is: a segment, or an ICMP error that quotes one. */
struct Step {
    bool isError = false;
    Flow flow;
    Segment segment;
    IcmpError error;
};

// The longest step leads from one end of all times to the other.
inline constexpr std::array<Nanoseconds, 4> timeUnits = {10'000, millisecond, 100 * millisecond, 140'000 * second};
inline constexpr Nanoseconds farthestTime = 4'500'000'000 * second;
inline constexpr std::array<std::uint8_t, 8> hopLimits = {64, 60, 55, 54, 50, 63, 128, 0};
inline constexpr std::array<std::uint16_t, 4> windows = {0x4000, 0, 1000, 0xffff};

inline Address address(std::uint8_t last, bool long_ = false) {
    Address result;
    result.bytes = {10, 0, 2, last};
    result.length = long_ ? 16 : 4;
    return result;
}

inline Flow flowOf(bool fromClient, unsigned connection, bool long_ = false) {
    const auto port = static_cast<std::uint16_t>(40000 + connection);
    const Address client = address(10, long_);
    const Address server = address(20, long_);
    return fromClient ? Flow{client, server, port, 80} : Flow{server, client, 80, port};
}

/** Reads an input; after its last byte come zeros. */
class Reader {
  public:
    Reader(const std::uint8_t *data, std::size_t size) : data_(data), size_(size) {
        const std::uint8_t first = next();
        settings_.evidenceCopies = 1 + (first & 7U);
        settings_.evidenceSpan = ((first & 8U) != 0 ? 2 : 20) * second;
        initial_ =
            (first & 16U) != 0 ? std::array<Sequence, 2>{0xfffffff0, 0xffffff9c} : std::array<Sequence, 2>{1000, 5000};
        settings_.halfOpenLimit = (first & 64U) != 0 ? 1 : settings_.halfOpenLimit;
        long_ = (first & 128U) != 0;
        const auto all = profiles();
        settings_.firewall = all[next() % all.size()];
        if ((first & 32U) != 0) {
            settings_.firewall = withTimeouts(settings_.firewall, next(), next(), next());
        }
    }

    [[nodiscard]] const Settings &settings() const { return settings_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

    Step step() {
        Step step;
        const std::uint8_t shape = next();
        const bool fromClient = (shape & 1U) != 0;
        step.flow = flowOf(fromClient, shape >> 1 & 3U, long_);
        const Nanoseconds passed = Nanoseconds{next16()} * timeUnits[shape >> 5 & 3U];
        time_ = std::clamp((shape & 16U) != 0 ? time_ - std::min(passed, farthestTime)
                                              : time_ + std::min(passed, farthestTime),
                           -farthestTime, farthestTime);
        ++frame_;
        const Sequence mine = initial_[fromClient ? 0 : 1];
        const Sequence theirs = initial_[fromClient ? 1 : 0];
        if ((shape & 0x80U) != 0) {
            step.isError = true;
            step.error.reason = static_cast<IcmpReason>(next() % 5U);
            step.error.seq = number(mine);
            step.error.time = time_;
            step.error.frame = frame_;
            step.error.sender = address(1);
            return step;
        }
        Segment &segment = step.segment;
        segment.time = time_;
        segment.frame = frame_;
        segment.interface = static_cast<InterfaceNumber>(shape >> 3 & 1U);
        segment.flags = next();
        segment.seq = number(mine);
        segment.ack = number(theirs);
        segment.length = next();
        if (segment.length == 0xff) {
            segment.length = next16();
        }
        const std::uint8_t more = next();
        segment.hopLimit = hopLimits[more & 7U];
        segment.identification = (more & 8U) != 0 ? next() : static_cast<std::uint16_t>(0x100 + frame_);
        segment.sackPermitted = (more & 16U) != 0;
        segment.windowScale = (more & 32U) != 0 ? std::int8_t{7} : std::int8_t{-1};
        segment.window = windows[0];
        if ((more & 64U) != 0) {
            const std::uint8_t kind = next();
            segment.window = kind < windows.size() ? windows[kind] : static_cast<std::uint16_t>(kind << 8 | next());
        }
        if ((more & 128U) != 0) {
            const std::uint8_t options = next();
            segment.hasTimestamps = (options & 128U) != 0;
            segment.vlan = (options & 4U) != 0 ? 10 : 0;
            segment.interface = static_cast<InterfaceNumber>(segment.interface + ((options & 8U) != 0 ? 300 : 0));
            segment.maximumSegment = (options & 16U) != 0 ? 1460 : 0;
            segment.checksum = (options & 32U) != 0 ? next() : std::uint16_t{0};
            if ((options & 64U) != 0) {
                (fromClient ? step.flow.destination : step.flow.source) = address(21, long_); // another server
            }
            segment.timestampValue = segment.hasTimestamps ? next() : 0;
            segment.sackCount = options & 3U;
            for (unsigned i = 0; i < segment.sackCount; ++i) {
                segment.sack[i].left = number(theirs);
                segment.sack[i].right = number(theirs);
            }
        }
        return step;
    }

  private:
    std::uint8_t next() {
        if (size_ == 0) {
            return 0;
        }
        --size_;
        return *data_++;
    }
    std::uint16_t next16() {
        const auto high = static_cast<std::uint16_t>(next() << 8);
        return high | next();
    }
    Sequence number(Sequence initial) {
        const std::uint8_t kind = next();
        const Sequence low = kind & 0x3fU;
        switch (kind >> 6) {
        case 0:
            return initial + low;
        case 1:
            return initial - low;
        case 2:
            return initial + (low << 16) + next16();
        default:
            return initial + (Sequence{next16()} << 16);
        }
    }

    const std::uint8_t *data_;
    std::size_t size_;
    Settings settings_;
    std::array<Sequence, 2> initial_{};
    Nanoseconds time_ = 1'000 * second;
    std::uint32_t frame_ = 0;
    bool long_ = false; // 16 bytes to an address, as IPv6 has
};

/** Writes what Reader reads, as near as its small world allows. */
class Writer {
  public:
    Writer(const Settings &settings, bool nearWrap) {
        const auto copies = static_cast<std::uint8_t>((settings.evidenceCopies - 1) & 7U);
        put(static_cast<std::uint8_t>(copies | (settings.evidenceSpan < 10 * second ? 8U : 0U) |
                                      (nearWrap ? 16U : 0U)));
        const auto all = profiles();
        std::size_t index = 0;
        while (index + 1 < all.size() && all[index].id != settings.firewall.id) {
            ++index;
        }
        put(static_cast<std::uint8_t>(index));
    }

    void error(const IcmpError &error, bool fromClient, unsigned connection, Sequence mine) {
        begin(0x80, error.time, fromClient, connection);
        put(static_cast<std::uint8_t>(error.reason));
        number(error.seq - mine);
    }

    void segment(const Segment &segment, bool fromClient, unsigned connection, Sequence mine, Sequence theirs) {
        begin(segment.interface != 0 ? 8 : 0, segment.time, fromClient, connection);
        put(segment.flags);
        number(segment.seq - mine);
        number(segment.isAck() ? segment.ack - theirs : 0);
        if (segment.length < 0xff) {
            put(static_cast<std::uint8_t>(segment.length));
        } else {
            put(0xff);
            put16(static_cast<std::uint16_t>(segment.length));
        }
        std::uint8_t hops = 0;
        while (hops + 1U < hopLimits.size() && hopLimits[hops] != segment.hopLimit) {
            ++hops;
        }
        const bool window = segment.window != windows[0];
        const bool options = segment.hasTimestamps || segment.sackCount != 0;
        put(static_cast<std::uint8_t>(hops | 8U | (segment.sackPermitted ? 16U : 0U) |
                                      (segment.windowScale >= 0 ? 32U : 0U) | (window ? 64U : 0U) |
                                      (options ? 128U : 0U)));
        put(static_cast<std::uint8_t>(segment.identification));
        if (window) {
            putWindow(segment.window);
        }
        if (options) {
            put(static_cast<std::uint8_t>((segment.hasTimestamps ? 128U : 0U) | (segment.sackCount & 3U)));
            if (segment.hasTimestamps) {
                put(static_cast<std::uint8_t>(segment.timestampValue));
            }
            for (unsigned i = 0; i < (segment.sackCount & 3U); ++i) {
                number(segment.sack[i].left - theirs);
                number(segment.sack[i].right - theirs);
            }
        }
    }

    [[nodiscard]] const std::vector<std::uint8_t> &bytes() const { return bytes_; }

  private:
    void begin(unsigned shape, Nanoseconds time, bool fromClient, unsigned connection) {
        const bool back = time < time_;
        const Nanoseconds passed = back ? time_ - time : time - time_;
        unsigned unit = 0;
        while (unit + 1 < timeUnits.size() && passed / timeUnits[unit] > 0xffff) {
            ++unit;
        }
        std::uint16_t steps = static_cast<std::uint16_t>(std::min<Nanoseconds>(passed / timeUnits[unit], 0xffff));
        if (unit == 3 &&
            passed < timeUnits[unit]) { // hours: more than the third unit can say, too little for the fourth
            unit = 2;
            steps = 0xffff;
        }
        time_ = time;
        put(static_cast<std::uint8_t>(shape | (fromClient ? 1U : 0U) | (connection & 3U) << 1 | (back ? 16U : 0U) |
                                      unit << 5));
        put16(steps);
    }
    void put(std::uint8_t byte) { bytes_.push_back(byte); }
    void put16(std::uint16_t word) {
        put(static_cast<std::uint8_t>(word >> 8));
        put(static_cast<std::uint8_t>(word & 0xffU));
    }
    void putWindow(std::uint16_t window) {
        for (std::uint8_t kind = 0; kind < windows.size(); ++kind) {
            if (windows[kind] == window) {
                put(kind);
                return;
            }
        }
        const auto high = static_cast<std::uint8_t>(window >> 8);
        put(high < windows.size() ? std::uint8_t{2} : high); // too small a window is written as 1000
        if (high >= windows.size()) {
            put(static_cast<std::uint8_t>(window & 0xffU));
        }
    }
    void number(Sequence offset) {
        if (offset < 0x40) {
            put(static_cast<std::uint8_t>(offset));
        } else if (-offset < 0x40) {
            put(static_cast<std::uint8_t>(0x40U | -offset));
        } else if (offset < 0x400000) {
            put(static_cast<std::uint8_t>(0x80U | offset >> 16));
            put16(static_cast<std::uint16_t>(offset & 0xffffU));
        } else {
            put(0xc0);
            put16(static_cast<std::uint16_t>(offset >> 16));
        }
    }

    std::vector<std::uint8_t> bytes_;
    Nanoseconds time_ = 1'000 * second;
};

} // namespace fuzz
