#include "ByteRanges.h"

namespace tcpstate {

void ByteRanges::absorb() {
    for (std::uint8_t i = 0; i < count_;) {
        if (after(islands_[i].from, contiguousEnd_)) {
            ++i;
            continue;
        }
        const Sequence to = islands_[i].to;
        islands_[i] = islands_[--count_];
        if (after(to, contiguousEnd_)) {
            contiguousEnd_ = to;
            i = 0; // it may touch an island that was passed over
        }
    }
}

void ByteRanges::addIsland(Sequence from, Sequence to) {
    for (std::uint8_t i = 0; i < count_;) {
        if (after(from, islands_[i].to) || before(to, islands_[i].from)) {
            ++i;
            continue;
        }
        from = before(islands_[i].from, from) ? islands_[i].from : from;
        to = later(islands_[i].to, to);
        islands_[i] = islands_[--count_];
        i = 0; // the union may touch an island that was passed over
    }
    if (count_ < islands_.size()) {
        islands_[count_++] = {from, to};
        return;
    }
    std::uint8_t farthest = 0;
    for (std::uint8_t i = 1; i < count_; ++i) {
        if (after(islands_[i].from, islands_[farthest].from)) {
            farthest = i;
        }
    }
    if (before(from, islands_[farthest].from)) {
        islands_[farthest] = {from, to};
    }
}

} // namespace tcpstate
