// Words, numbers and tables of the statistics.
#pragma once

#include "postdissector/inference/Segment.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tcpstate {

/** The name of a field's value, as the packets show it: one place for the words. */
[[nodiscard]] const char *wordOf(const char *field, std::uint32_t value);

template <typename Enumeration> [[nodiscard]] const char *wordOf(const char *field, Enumeration value) {
    return wordOf(field, static_cast<std::uint32_t>(value));
}

/** "192.0.2.1" or "2001:db8::1". */
[[nodiscard]] std::string addressText(const Address &address);
/** "192.0.2.1:80" or "[2001:db8::1]:80". */
[[nodiscard]] std::string endpointText(const Address &address, std::uint16_t port);
/** "45.000": seconds with milliseconds. */
[[nodiscard]] std::string secondsText(Nanoseconds time);

/** A column of a table. */
struct Column {
    enum class Kind : std::uint8_t { text, count, seconds };
    const char *title;
    Kind kind;
};

/** A cell; where it is empty, a number is 0. */
struct Cell {
    std::string text;        ///< for the terminal
    std::uint32_t count = 0; ///< for the window, in a column of counts
    double seconds = 0;      ///< in a column of seconds

    Cell(const char *words) : text(words) {}
    Cell(std::string words) : text(std::move(words)) {}
    [[nodiscard]] static Cell number(std::uint32_t count);
    [[nodiscard]] static Cell time(Nanoseconds time);
};

using Row = std::vector<Cell>;

/** The table with aligned columns, numbers to the right; "-" for an empty cell; no blanks at the end of a line. */
[[nodiscard]] std::string layOut(const std::vector<Column> &columns, const std::vector<Row> &rows);

} // namespace tcpstate
