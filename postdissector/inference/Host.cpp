#include "Host.h"

#include "Hash.h"

#include <cstdlib>
#include <limits>
#include <span>

namespace tcpstate {

namespace {

// Fewer packets are no baseline.
constexpr std::uint16_t enoughPackets = 3;

/** The smallest difference of two hop limits that count from any of the initial values; unknown if none fits. */
int smallestDifference(std::uint8_t one, std::uint8_t other, std::span<const std::uint8_t> initials) {
    int nearest = HopDistance::unknown;
    for (const int oneInitial : initials) {
        for (const int otherInitial : initials) {
            const int oneHops = oneInitial - one;
            const int otherHops = otherInitial - other;
            const bool plausible = oneHops >= 0 && otherHops >= 0 && oneHops <= HopDistance::longestPath &&
                                   otherHops <= HopDistance::longestPath;
            if (plausible && std::abs(otherHops - oneHops) < std::abs(nearest)) {
                nearest = otherHops - oneHops;
            }
        }
    }
    return nearest;
}

} // namespace

int HopDistance::between(std::uint8_t one, std::uint8_t other) {
    static constexpr std::uint8_t usual[] = {32, 64, 128, 255};
    static constexpr std::uint8_t all[] = {32, 60, 64, 128, 255};
    // Hardly anybody counts from 60. It explains a difference that might be one of 64 and 60, and no greater one.
    const int difference = smallestDifference(one, other, usual);
    const bool explained = std::abs(difference) <= 64 - 60 || difference == unknown;
    return explained ? smallestDifference(one, other, all) : difference;
}

void Host::noteHops(const Segment &segment) {
    HopCount *rarest = hopCounts.data();
    for (HopCount &count : hopCounts) {
        if (count.seen != 0 && count.hopLimit == segment.hopLimit && count.interface == segment.interface) {
            if (count.seen != std::numeric_limits<decltype(count.seen)>::max()) {
                ++count.seen;
            }
            return;
        }
        if (count.seen < rarest->seen) {
            rarest = &count;
        }
    }
    *rarest = {1, segment.interface, segment.hopLimit};
}

Host::HopComparison Host::compareHops(const Segment &segment) const {
    HopComparison result;
    unsigned seen = 0;
    int nearest = HopDistance::unknown;
    for (const HopCount &count : hopCounts) {
        if (count.seen == 0 || count.interface != segment.interface) {
            continue;
        }
        seen += count.seen;
        result.own = result.own || (count.hopLimit == segment.hopLimit && count.seen > 1);
        int difference = HopDistance::between(count.hopLimit, segment.hopLimit);
        // Near an initial value two hop limits beside each other count from different ones: 61 and 60.
        const int byLimit = count.hopLimit - segment.hopLimit;
        if (difference != HopDistance::unknown && std::abs(byLimit) < std::abs(difference)) {
            difference = byLimit;
        }
        if (std::abs(difference) < std::abs(nearest)) {
            nearest = difference;
            result.usualHopLimit = count.hopLimit;
        }
    }
    result.known = seen >= enoughPackets && segment.hopLimit != 0 && nearest != HopDistance::unknown;
    result.difference = static_cast<std::uint8_t>(std::abs(nearest));
    result.farther = nearest > 0;
    return result;
}

std::size_t HostTable::Hash::operator()(const Place &place) const {
    const Address::Words words = place.address.words();
    return mix(mix(mix(seed, words[0]), words[1]), place.vlan);
}

HostNumber HostTable::numberOf(const Address &address, std::uint16_t vlan) {
    const HostNumber next = count();
    if (next == blocks_.size() << blockBits) {
        blocks_.push_back(std::make_unique<Host[]>(1U << blockBits));
    }
    const auto [found, added] = numbers_.try_emplace({address, vlan}, next);
    if (added) {
        (*this)[next].address = address;
        (*this)[next].vlan = vlan;
    }
    return found->second;
}

} // namespace tcpstate
