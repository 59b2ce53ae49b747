#include "Sentence.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace tcpstate {

void Sentence::append(const char *format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start is above
    const int wanted = std::vsnprintf(text_.data() + length_, text_.size() - length_, format, arguments);
    va_end(arguments);
    if (wanted > 0) {
        length_ = std::min(length_ + static_cast<std::size_t>(wanted), text_.size() - 1);
    }
}

void Sentence::span(Nanoseconds time) {
    if (time >= 0 && time < millisecond) {
        append("%u us", static_cast<unsigned>(time / microsecond));
        return;
    }
    const double seconds = static_cast<double>(time) / static_cast<double>(second);
    append(time < second ? "%.3f s" : "%.1f s", seconds);
}

void Sentence::frame(std::uint32_t number, bool withFrames) {
    if (withFrames && number != 0) {
        append(" (frame %u)", number);
    }
}

} // namespace tcpstate
