// Which bytes of one direction have been seen, as far as the receiver's RCV.NXT depends on it.
#pragma once

#include "OnDemand.h"
#include "Sequence.h"

#include <array>
#include <cstdint>

namespace tcpstate {

/**
 * The end of the contiguous bytes seen, and up to three islands beyond a hole.
 *
 * Three islands are enough: a hole is closed by a retransmission or by the peer's acknowledgement, and when
 * more islands come the farthest is forgotten, which only delays what depends on it until the acknowledgement.
 */
class ByteRanges {
  public:
    /** Starts anew: everything before `next` counts as seen. */
    void begin(Sequence next) {
        contiguousEnd_ = next;
        count_ = 0;
    }

    /** Bytes from `from` up to, not including, `to` were seen. */
    void add(Sequence from, Sequence to) {
        if (!after(from, contiguousEnd_)) {
            if (after(to, contiguousEnd_)) {
                contiguousEnd_ = to;
                if (count_ != 0) {
                    absorb();
                }
            }
        } else {
            addIsland(from, to);
        }
    }

    /** The peer acknowledged everything before `ack`, seen or not. */
    void acknowledge(Sequence ack) {
        if (after(ack, contiguousEnd_)) {
            contiguousEnd_ = ack;
            if (count_ != 0) {
                absorb();
            }
        }
    }

    /** One past the last byte up to which nothing is missing. */
    [[nodiscard]] Sequence contiguousEnd() const { return contiguousEnd_; }
    /** True if bytes beyond a hole have been seen. */
    [[nodiscard]] bool hasHole() const { return count_ != 0; }

  private:
    struct Island {
        Sequence from;
        Sequence to;
    };

    void absorb();
    void addIsland(Sequence from, Sequence to);

    OnDemand<std::array<Island, 3>> islands_; // the first count_ of them; unordered, disjoint; kept for the next hole
    Sequence contiguousEnd_ = 0;
    std::uint8_t count_ = 0;
};

} // namespace tcpstate
