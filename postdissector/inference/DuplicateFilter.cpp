#include "DuplicateFilter.h"

#include "Hash.h"

namespace tcpstate {

namespace {

constexpr std::size_t places = 1U << 11;
constexpr Nanoseconds samePlace = 10 * millisecond;
constexpr Nanoseconds otherPlace = 250 * millisecond;

/** What one packet keeps wherever it is seen, its flow aside. */
std::uint64_t contentOf(const Segment &segment) {
    const std::uint64_t shape = std::uint64_t{segment.length} << 24 | std::uint64_t{segment.flags} << 16;
    if (segment.identification != 0) {
        return mix(0, shape | segment.identification);
    }
    const std::uint64_t numbers = mix(shape | segment.checksum, std::uint64_t{segment.seq} << 32 | segment.ack);
    return mix(numbers, std::uint64_t{segment.timestampValue} << 32 | segment.timestampEcho);
}

} // namespace

DuplicateFilter::DuplicateFilter() : seen_(places) {
}

Sighting DuplicateFilter::see(std::uint64_t flowHash, const Segment &segment) {
    // The place follows from the packet alone: the flow's hash is another one in each run, and what is forgotten must not be.
    const std::uint64_t content = contentOf(segment);
    const std::uint64_t key = mix(flowHash, content);
    Place &place = seen_[content >> 32 & (places - 1)];
    Seen *same = nullptr;
    for (Seen &seen : place.entries) {
        same = seen.key == key ? &seen : same;
    }
    Sighting sighting = Sighting::first;
    if (same != nullptr) {
        const bool elsewhere = same->interface != segment.interface || same->hopLimit != segment.hopLimit;
        const Nanoseconds limit = same->interface != segment.interface ? otherPlace : samePlace;
        const Nanoseconds apart = segment.time - same->time;
        if (apart <= limit && apart >= -limit && (elsewhere || segment.identification != 0)) {
            const bool equal = same->seq == segment.seq && same->ack == segment.ack && same->window == segment.window;
            if (equal) {
                sighting = Sighting::again;
            } else if (elsewhere && (same->seq != segment.seq || same->ack != segment.ack)) {
                sighting = Sighting::rewritten;
            }
        }
        firstInterface_ = same->interface;
    }
    if (sighting == Sighting::first) {
        Seen &entry = same != nullptr ? *same : place.entries[place.next++ % place.entries.size()];
        entry = {key, segment.time, segment.seq, segment.ack, segment.interface, segment.window, segment.hopLimit};
    }
    return sighting;
}

} // namespace tcpstate
