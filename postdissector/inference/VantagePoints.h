// The places that a capture was taken at, and between which of them packets pass.
#pragma once

#include "Segment.h"

#include <array>

namespace tcpstate {

/**
 * When a packet, seen at one interface, was last seen at another one: then the way between them worked, and both captures were
 * running. A few ways are enough; of more nothing is known, which proves nothing against anybody.
 */
class VantagePoints {
  public:
    /** A packet came by at `to` at `time`, which had been seen at `from` before. */
    void pass(InterfaceNumber from, InterfaceNumber to, Nanoseconds time) {
        for (Way &way : ways_) {
            if (!way.used) {
                way = {time, from, to, true};
                return;
            }
            if (way.from == from && way.to == to) {
                way.time = time;
                return;
            }
        }
    }

    /** True if one did so after `time`. */
    [[nodiscard]] bool passedSince(InterfaceNumber from, InterfaceNumber to, Nanoseconds time) const {
        for (const Way &way : ways_) {
            if (way.used && way.from == from && way.to == to) {
                return way.time > time;
            }
        }
        return false;
    }

  private:
    struct Way {
        Nanoseconds time = 0;
        InterfaceNumber from = 0;
        InterfaceNumber to = 0;
        bool used = false;
    };

    std::array<Way, 16> ways_{};
};

} // namespace tcpstate
