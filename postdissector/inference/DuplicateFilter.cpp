#include "DuplicateFilter.h"

#include "Hash.h"

namespace tcpstate {

namespace {

constexpr std::size_t tableSize = 1U << 13;
constexpr Nanoseconds samePlace = 10 * millisecond;
constexpr Nanoseconds otherPlace = 250 * millisecond;

/** What one packet keeps wherever it is seen. */
std::uint64_t keyOf(std::uint64_t flowHash, const Segment &segment) {
    std::uint64_t key = mix(flowHash, (std::uint64_t{segment.length} << 8) | segment.flags);
    if (segment.identification != 0) {
        return mix(key, std::uint64_t{segment.identification} << 48);
    }
    key = mix(key, (std::uint64_t{segment.seq} << 32) | segment.ack);
    key = mix(key, (std::uint64_t{segment.timestampValue} << 32) | segment.timestampEcho);
    return mix(key, segment.checksum);
}

} // namespace

DuplicateFilter::DuplicateFilter() : seen_(tableSize) {
}

Sighting DuplicateFilter::see(std::uint64_t flowHash, const Segment &segment) {
    const std::uint64_t key = keyOf(flowHash, segment);
    Seen &seen = seen_[(key >> 20) & (tableSize - 1)];
    Sighting sighting = Sighting::first;
    if (seen.key == key) {
        const bool elsewhere = seen.interface != segment.interface || seen.hopLimit != segment.hopLimit;
        const Nanoseconds limit = seen.interface != segment.interface ? otherPlace : samePlace;
        const Nanoseconds apart = segment.time - seen.time;
        if (apart <= limit && apart >= -limit && (elsewhere || segment.identification != 0)) {
            const bool equal = seen.seq == segment.seq && seen.ack == segment.ack && seen.window == segment.window;
            if (equal) {
                sighting = Sighting::again;
            } else if (elsewhere && (seen.seq != segment.seq || seen.ack != segment.ack)) {
                sighting = Sighting::rewritten;
            }
        }
    }
    firstInterface_ = seen.interface;
    if (sighting == Sighting::first) {
        seen = {key, segment.time, segment.seq, segment.ack, segment.interface, segment.window, segment.hopLimit};
    }
    return sighting;
}

} // namespace tcpstate
