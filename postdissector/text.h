// A short text that is put together without an allocation, and so without a destructor.
#pragma once

#include "inference/Segment.h"

#include <algorithm>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstring>

namespace tcpstate {

/** Text of bounded length; what does not fit is cut. */
class Text {
  public:
    Text() { text_[0] = '\0'; }
    explicit Text(const char *start) : Text() { add(start); }

    /** Appends a text as it is, which costs a tenth of append("%s"). */
    void add(const char *text) {
        const std::size_t size = std::min(std::strlen(text), sizeof text_ - 1 - length_);
        std::memcpy(text_ + length_, text, size);
        length_ += size;
        text_[length_] = '\0';
    }

    [[gnu::format(printf, 2, 3)]] void append(const char *format, ...) {
        std::va_list arguments;
        va_start(arguments, format);
        const int wanted = std::vsnprintf(text_ + length_, sizeof text_ - length_, format, arguments);
        va_end(arguments);
        if (wanted > 0) {
            length_ = std::min(length_ + static_cast<std::size_t>(wanted), sizeof text_ - 1);
        }
    }

    /** Appends an item of a list: a comma stands before all but the first. */
    void item(const char *text) {
        if (length_ != 0) {
            add(", ");
        }
        add(text);
    }

    /** Appends a span of time: milliseconds where they matter. */
    void duration(Nanoseconds span) {
        const double seconds = static_cast<double>(span) / static_cast<double>(second);
        append(span < 10 * second ? "%.3f s" : "%.1f s", seconds);
    }

    [[nodiscard]] const char *get() const { return text_; }
    [[nodiscard]] bool empty() const { return length_ == 0; }

  private:
    char text_[256];
    std::size_t length_ = 0;
};

} // namespace tcpstate
