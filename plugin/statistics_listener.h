// How a table of connections gets to the terminal and to the window.
#pragma once

#include "plugin/statistics_seen.h"
#include "plugin/statistics_text.h"
#include "postdissector/session.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace tcpstate {

/** The rows of a window; they grow with each connection, for the window does not say when it is going to show them. */
class GrowingTable {
  public:
    GrowingTable() = default;
    GrowingTable(const GrowingTable &) = delete;
    GrowingTable &operator=(const GrowingTable &) = delete;
    virtual ~GrowingTable() = default;

    /** A further connection; returns which rows are new or have changed. */
    virtual std::vector<std::size_t> add(const Session &session, const SeenConnections &seen,
                                         ConnectionNumber number) = 0;
    /** A connection that was added has turned out to be half-open. */
    virtual std::vector<std::size_t> change(const Session &, const SeenConnections &, ConnectionNumber) { return {}; }
    [[nodiscard]] virtual Row row(std::size_t index) const = 0;
};

/** A statistic that is a table. */
struct Statistic {
    const char *command;         ///< after -z, without a filter
    const char *title;           ///< in the menu
    std::vector<Column> columns; ///< of the window's table
    /** What the terminal shows, of several lines. */
    std::string (*text)(const Session &session, const SeenConnections &seen);
    std::unique_ptr<GrowingTable> (*table)();
};

/** Registers it: in the terminal as text, elsewhere (window, sharkd) as a table. `statistic` lives on. */
void registerStatistic(const Statistic &statistic);

/** True if we are in tshark, which shows a statistic once, at the end. */
[[nodiscard]] bool inTerminal();

} // namespace tcpstate
