// Text for people, put together without an allocation.
#pragma once

#include "Segment.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcpstate {

/** A text of bounded length, without an allocation; what does not fit is cut. */
class Sentence {
  public:
    [[gnu::format(printf, 2, 3)]] void append(const char *format, ...);

    /** Appends a span of time as a reader would say it: "45.2 s", "0.031 s". */
    void span(Nanoseconds time);

    /** Appends " (frame 7)", unless frame numbers mean nothing (under a read filter) or there is none (0). */
    void frame(std::uint32_t number, bool withFrames);

    [[nodiscard]] const char *text() const { return text_.data(); }
    [[nodiscard]] std::size_t length() const { return length_; }
    [[nodiscard]] bool empty() const { return length_ == 0; }

  private:
    std::array<char, 1400> text_{};
    std::size_t length_ = 0;
};

} // namespace tcpstate
