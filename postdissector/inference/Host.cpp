#include "Host.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace tcpstate {

namespace {

// Fewer packets are no baseline.
constexpr std::uint16_t enoughPackets = 3;

} // namespace

std::uint8_t hopsAway(std::uint8_t hopLimit) {
    constexpr std::uint8_t initials[] = {32, 60, 64, 128, 255};
    for (const std::uint8_t initial : initials) {
        if (hopLimit <= initial) {
            return static_cast<std::uint8_t>(initial - hopLimit);
        }
    }
    return 0;
}

void Host::noteHops(const Segment &segment) {
    const auto interface = static_cast<std::uint8_t>(segment.interface);
    HopCount *rarest = hopCounts.data();
    for (HopCount &count : hopCounts) {
        if (count.seen != 0 && count.hopLimit == segment.hopLimit && count.interface == interface) {
            if (count.seen != std::numeric_limits<decltype(count.seen)>::max()) {
                ++count.seen;
            }
            return;
        }
        if (count.seen < rarest->seen) {
            rarest = &count;
        }
    }
    *rarest = {1, hopsAway(segment.hopLimit), segment.hopLimit, interface};
}

Host::HopComparison Host::compareHops(const Segment &segment) const {
    HopComparison result;
    const auto interface = static_cast<std::uint8_t>(segment.interface);
    const std::uint8_t hops = hopsAway(segment.hopLimit);
    unsigned seen = 0;
    unsigned nearest = std::numeric_limits<std::uint8_t>::max();
    for (const HopCount &count : hopCounts) {
        if (count.seen == 0 || count.interface != interface) {
            continue;
        }
        seen += count.seen;
        // Near an initial value two hop limits beside each other count from different ones: 61 and 60.
        const unsigned byHops = count.hops > hops ? count.hops - hops : hops - count.hops;
        const unsigned byLimit =
            count.hopLimit > segment.hopLimit ? count.hopLimit - segment.hopLimit : segment.hopLimit - count.hopLimit;
        const unsigned difference = std::min(byHops, byLimit);
        result.own = result.own || (count.hopLimit == segment.hopLimit && count.seen > 1);
        if (difference < nearest) {
            nearest = difference;
            result.usualHopLimit = count.hopLimit;
        }
    }
    result.known = seen >= enoughPackets && segment.hopLimit != 0;
    result.difference = static_cast<std::uint8_t>(nearest);
    return result;
}

std::size_t HostTable::Hash::operator()(const Address &address) const {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, address.bytes.data(), 8);
    std::memcpy(&low, address.bytes.data() + 8, 8);
    std::uint64_t hash = (high ^ (low * 0xff51afd7ed558ccdULL)) * 0x9e3779b97f4a7c15ULL;
    return hash ^ (hash >> 32);
}

HostNumber HostTable::numberOf(const Address &address) {
    const auto [found, added] = numbers_.try_emplace(address, static_cast<HostNumber>(hosts_.size()));
    if (added) {
        hosts_.emplace_back();
        hosts_.back().address = address;
    }
    return found->second;
}

} // namespace tcpstate
