#include "plugin/statistics_connections.h"

#include <algorithm>
#include <unordered_map>

namespace tcpstate {

namespace {

const std::vector<Column> &columns() {
    using Kind = Column::Kind;
    static const std::vector<Column> all = {
        {"Stream", Kind::count},
        {"Client", Kind::text},
        {"Server", Kind::text},
        {"Start (s)", Kind::seconds},
        {"Duration (s)", Kind::seconds},
        {"Close", Kind::text},
        {"Initiator", Kind::text},
        {"Half-close (s)", Kind::seconds},
        {"Half-close bytes", Kind::count},
        {"End", Kind::text},
        {"Note", Kind::text},
        {"Verdict", Kind::text},
        {"Confidence", Kind::text},
        {"Needed (s)", Kind::seconds},
    };
    return all;
}

/** How much a connection deserves a look; the rows come in this order. */
enum class Rank : std::uint8_t { killed, atRisk, halfOpen, other };

Rank rankOf(const Session &session, const SeenConnections &seen, ConnectionNumber number) {
    const Verdict &verdict = session.verdictOf(number);
    if (verdict.kills()) {
        return Rank::killed;
    }
    if (isTimerKill(verdict.kind) || session.atRisk(number)) {
        return Rank::atRisk;
    }
    return seen.halfOpen(session, number) != HalfOpen::none ? Rank::halfOpen : Rank::other;
}

std::string noteOn(const Session &session, const SeenConnections &seen, ConnectionNumber number) {
    if (session.verdictOf(number).kills()) {
        return "killed";
    }
    if (session.atRisk(number)) {
        return "at risk";
    }
    const HalfOpen halfOpen = seen.halfOpen(session, number);
    return halfOpen == HalfOpen::none ? "" : std::string("half-open: ") + wordOf("tcpstate.half_open", halfOpen);
}

Row rowOf(const Session &session, const SeenConnections &seen, ConnectionNumber number) {
    const Connection &connection = session.connection(number);
    const Flow flow = session.observer().flowOf(number);
    const Verdict &verdict = session.verdictOf(number);
    const Nanoseconds halfClosed = halfClosedFor(connection);
    const bool judged = verdict.kind != VerdictKind::none;
    return {
        connection.stream() == noStream ? Cell("") : Cell::number(connection.stream()),
        endpointText(flow.source, flow.sourcePort),
        endpointText(flow.destination, flow.destinationPort),
        Cell::time(connection.firstTime() - seen.captureStart()),
        Cell::time(connection.lastTime() - connection.firstTime()),
        wordOf("tcpstate.close.kind", connection.closeKind()),
        wordOf("tcpstate.close.initiator", connection.closeInitiator()),
        halfClosed == 0 ? Cell("") : Cell::time(halfClosed),
        halfClosed == 0 ? Cell("")
                        : Cell::number(static_cast<std::uint32_t>(
                              std::min<std::uint64_t>(connection.halfClose().bytes, 0xffffffff))),
        std::string(name(connection.endpoint(Side::client).state)) + "/" +
            name(connection.endpoint(Side::server).state),
        noteOn(session, seen, number),
        judged ? wordOf("tcpstate.verdict", verdict.kind) : "",
        judged ? wordOf("tcpstate.verdict.confidence", verdict.confidence) : "",
        verdict.needed == 0 ? Cell("") : Cell::time(verdict.needed),
    };
}

std::string text(const Session &session, const SeenConnections &seen) {
    struct Place {
        Rank rank;
        Nanoseconds start;
        ConnectionNumber number;
    };
    std::vector<Place> order;
    for (const ConnectionNumber number : seen.numbers()) {
        order.push_back({rankOf(session, seen, number), session.connection(number).firstTime(), number});
    }
    std::sort(order.begin(), order.end(), [](const Place &a, const Place &b) {
        return a.rank != b.rank ? a.rank < b.rank : a.start != b.start ? a.start < b.start : a.number < b.number;
    });
    std::vector<Row> rows;
    rows.reserve(order.size());
    for (const Place &place : order) {
        rows.push_back(rowOf(session, seen, place.number));
    }
    return layOut(columns(), rows);
}

/** In the window: in the order of the packets; a click on a column sorts. */
class ConnectionTable final : public GrowingTable {
  public:
    std::vector<std::size_t> add(const Session &session, const SeenConnections &seen,
                                 ConnectionNumber number) override {
        places_.emplace(number, places_.size());
        return change(session, seen, number);
    }
    std::vector<std::size_t> change(const Session &session, const SeenConnections &seen,
                                    ConnectionNumber number) override {
        latest_ = rowOf(session, seen, number);
        return {places_.at(number)};
    }
    [[nodiscard]] Row row(std::size_t) const override { return latest_; }

  private:
    Row latest_;
    std::unordered_map<ConnectionNumber, std::size_t> places_;
};

std::unique_ptr<GrowingTable> table() {
    return std::make_unique<ConnectionTable>();
}

} // namespace

const Statistic &connectionStatistic() {
    static const Statistic statistic = {"tcpstate,connections", "TCP State: connections", columns(), text, table};
    return statistic;
}

} // namespace tcpstate
