#include "ByteRanges.h"

namespace tcpstate {

void ByteRanges::absorb() {
    auto &islands = islands_.edit();
    for (std::uint8_t i = 0; i < count_;) {
        if (after(islands[i].from, contiguousEnd_)) {
            ++i;
            continue;
        }
        const Sequence to = islands[i].to;
        islands[i] = islands[--count_];
        if (after(to, contiguousEnd_)) {
            contiguousEnd_ = to;
            i = 0; // it may touch an island that was passed over
        }
    }
}

void ByteRanges::addIsland(Sequence from, Sequence to) {
    auto &islands = islands_.edit();
    for (std::uint8_t i = 0; i < count_;) {
        if (after(from, islands[i].to) || before(to, islands[i].from)) {
            ++i;
            continue;
        }
        from = before(islands[i].from, from) ? islands[i].from : from;
        to = later(islands[i].to, to);
        islands[i] = islands[--count_];
        i = 0; // the union may touch an island that was passed over
    }
    if (count_ < islands.size()) {
        islands[count_++] = {from, to};
        return;
    }
    std::uint8_t farthest = 0;
    for (std::uint8_t i = 1; i < count_; ++i) {
        if (after(islands[i].from, islands[farthest].from)) {
            farthest = i;
        }
    }
    if (before(from, islands[farthest].from)) {
        islands[farthest] = {from, to};
    }
}

} // namespace tcpstate
