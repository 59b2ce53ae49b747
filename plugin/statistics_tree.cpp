#include "plugin/statistics_tree.h"

#include "plugin/statistics_listener.h"
#include "plugin/statistics_seen.h"
#include "plugin/statistics_text.h"
#include "plugin/wireshark_compat.h"

#include <epan/stats_tree.h>
#include <epan/tap.h>
#include <wsutil/report_message.h>

#include <algorithm>
#include <deque>
#include <exception>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tcpstate {

namespace {

/** What one connection adds; it is taken away again when it becomes something else. */
struct Contribution {
    CloseKind kind = CloseKind::open;
    CloseInitiator initiator = CloseInitiator::none;
    VerdictKind verdict = VerdictKind::none;
    Confidence confidence = Confidence::none;
    HalfOpen halfOpen = HalfOpen::none;
    bool halfCloseInUse = false;
    bool atRisk = false;
    Side closer = Side::client;

    bool operator==(const Contribution &) const = default;
};

/** A RST that was taken: what comes after it may show that its alleged sender had not sent it. */
struct AcceptedReset {
    ConnectionNumber connection;
    std::uint32_t frame;
    ResetCause cause;
    ResetOrigin origin;
};

/** The counts of one tree. Wireshark's nodes are set from them, so that a connection that changed is not counted twice. */
class Counts {
  public:
    explicit Counts(stats_tree *tree) : tree_(tree) { clear(); }

    [[nodiscard]] bool isOf(const stats_tree *tree) const { return tree_ == tree; }

    /** Begins anew: Wireshark has emptied the tree. */
    void clear();
    void add(const packet_info *pinfo, const Record &record);
    /** The end: each connection counts as what it has become. */
    void recountAll();

  private:
    [[nodiscard]] Contribution contributionOf(const Session &session, ConnectionNumber number) const;
    void recount(const Session &session, ConnectionNumber number);
    void count(const Contribution &contribution, int by);
    void countHosts(const Session &session);
    void countReset(const Record &record, std::uint32_t frame);
    void countReading(ResetCause cause, ResetOrigin origin, int by);
    void correctResets(const Session &session);
    int change(int parent, const std::string &name, bool hasChildren, int by);

    stats_tree *tree_;
    SeenConnections seen_;
    std::map<ConnectionNumber, Contribution> counted_;
    std::map<std::pair<int, std::string>, int> values_;          // by the parent's number and the name
    std::map<std::pair<ResetCause, ResetOrigin>, int> readings_; // of RSTs; in the terminal counted at the end
    std::vector<AcceptedReset> accepted_;
    int connections_ = 0;
    int halfCloses_ = 0;
    int halfOpen_ = 0;
    int atRisk_ = 0;
    int verdicts_ = 0;
    int resets_ = 0;
    int mostHalfOpen_ = 0;
    int mostHalfClosed_ = 0;
    bool hostsCounted_ = false;
};

constexpr const char *connectionsName = "Connections, by kind of close and initiator";
constexpr const char *halfClosesName = "Half-closes in use, by who closed first";
constexpr const char *halfOpenName = "Half-open connections";
constexpr const char *atRiskName = "Half-closed beyond the firewall's timer, nothing lost yet";
constexpr const char *verdictsName = "Verdicts, by confidence";
constexpr const char *resetsName = "Resets";
constexpr const char *mostHalfOpenName = "Most half-open connections at one time, by host (whole capture)";
constexpr const char *mostHalfClosedName = "Most half-closed connections at one time, by host (whole capture)";

void Counts::clear() {
    const auto branch = [this](const char *name) { return stats_tree_create_node(tree_, name, 0, STAT_DT_INT, true); };
    connections_ = branch(connectionsName);
    halfCloses_ = branch(halfClosesName);
    halfOpen_ = branch(halfOpenName);
    atRisk_ = branch(atRiskName);
    resets_ = branch(resetsName);
    verdicts_ = branch(verdictsName);
    mostHalfOpen_ = branch(mostHalfOpenName);
    mostHalfClosed_ = branch(mostHalfClosedName);
    seen_.clear();
    counted_.clear();
    values_.clear();
    readings_.clear();
    accepted_.clear();
    hostsCounted_ = false;
}

/** Changes a node's value and returns the node's number. */
int Counts::change(int parent, const std::string &name, bool hasChildren, int by) {
    int &value = values_[{parent, name}];
    value += by;
    return stats_tree_manip_node_int(MN_SET, tree_, name.c_str(), parent, hasChildren, value);
}

Contribution Counts::contributionOf(const Session &session, ConnectionNumber number) const {
    const Connection &connection = session.connection(number);
    const Verdict &verdict = session.verdictOf(number);
    Contribution made;
    made.kind = connection.closeKind();
    made.initiator = connection.closeInitiator();
    made.verdict = verdict.kind;
    made.confidence = verdict.confidence;
    made.halfOpen = seen_.halfOpen(session, number);
    made.halfCloseInUse = connection.halfClose().inUse;
    made.atRisk = session.atRisk(number);
    made.closer = connection.firstFin();
    return made;
}

void Counts::count(const Contribution &contribution, int by) {
    constexpr int root = 0;
    change(root, connectionsName, true, by);
    const int kind = change(connections_, wordOf("tcpstate.close.kind", contribution.kind), true, by);
    if (contribution.initiator != CloseInitiator::none) {
        change(kind, std::string("by ") + wordOf("tcpstate.close.initiator", contribution.initiator), false, by);
    }
    if (contribution.halfCloseInUse) {
        change(root, halfClosesName, true, by);
        change(halfCloses_, name(contribution.closer), false, by);
    }
    if (contribution.halfOpen != HalfOpen::none) {
        change(root, halfOpenName, true, by);
        change(halfOpen_, wordOf("tcpstate.half_open", contribution.halfOpen), false, by);
    }
    if (contribution.atRisk) {
        change(root, atRiskName, true, by);
    }
    if (contribution.verdict != VerdictKind::none) {
        change(root, verdictsName, true, by);
        const int verdict = change(verdicts_, wordOf("tcpstate.verdict", contribution.verdict), true, by);
        change(verdict, wordOf("tcpstate.verdict.confidence", contribution.confidence), false, by);
    }
}

/** The hosts with the most half-open and half-closed connections; more than these nobody reads. */
void Counts::countHosts(const Session &session) {
    if (hostsCounted_) {
        return;
    }
    hostsCounted_ = true;
    constexpr std::size_t shown = 20;
    const HostTable &hosts = session.observer().hosts();
    const auto list = [&](int branch, const char *branchName, std::uint32_t Host::*most) {
        std::vector<HostNumber> order;
        for (HostNumber number = 0; number < hosts.count(); ++number) {
            if (hosts[number].*most != 0) {
                order.push_back(number);
            }
        }
        const auto last = order.begin() + static_cast<std::ptrdiff_t>(std::min(shown, order.size()));
        std::partial_sort(order.begin(), last, order.end(), [&](HostNumber a, HostNumber b) {
            return hosts[a].*most != hosts[b].*most ? hosts[a].*most > hosts[b].*most : a < b;
        });
        for (auto number = order.begin(); number != last; ++number) {
            const int value = static_cast<int>(hosts[*number].*most);
            if (number == order.begin()) {
                change(0, branchName, true, value); // the percentages are of the greatest
            }
            change(branch, addressText(hosts[*number].address), false, value);
        }
    };
    list(mostHalfOpen_, mostHalfOpenName, &Host::mostHalfOpen);
    list(mostHalfClosed_, mostHalfClosedName, &Host::mostHalfClosed);
}

void Counts::add(const packet_info *pinfo, const Record &record) {
    const Session *const open = session();
    if (open == nullptr) {
        return;
    }
    const SeenConnections::News news = seen_.add(pinfo, record);
    if (record.acceptance != ResetAcceptance::none) {
        countReset(record, pinfo->num);
    }
    if (inTerminal()) {
        return; // all at the end
    }
    // The window does not say when it is going to show the tree. Once the whole file was read all is known at a
    // connection's first packet.
    if (news.isNew || !open->finished()) {
        recount(*open, record.connection);
    }
    if (news.changed != noConnection) {
        recount(*open, news.changed);
    }
    if (open->finished()) {
        countHosts(*open);
    }
}

void Counts::countReset(const Record &record, std::uint32_t frame) {
    change(0, resetsName, true, 1);
    const int acceptances = change(resets_, "by acceptance", true, 1);
    change(acceptances, wordOf("tcpstate.reset.acceptance", record.acceptance), false, 1);
    if (!inTerminal()) {
        countReading(record.cause, record.origin, 1);
        return;
    }
    ++readings_[{record.cause, record.origin}];
    if (record.acceptance == ResetAcceptance::accepted) {
        accepted_.push_back({record.connection, frame, record.cause, record.origin});
    }
}

void Counts::countReading(ResetCause cause, ResetOrigin origin, int by) {
    if (cause != ResetCause::none) {
        change(change(resets_, "by cause", true, by), wordOf("tcpstate.reset.cause", cause), false, by);
    }
    if (origin != ResetOrigin::none) {
        change(change(resets_, "by origin", true, by), wordOf("tcpstate.reset.origin", origin), false, by);
    }
}

/** In one pass a RST is read before its alleged sender talks on. */
void Counts::correctResets(const Session &session) {
    for (const AcceptedReset &reset : accepted_) {
        Record record;
        record.connection = reset.connection;
        record.cause = reset.cause;
        record.origin = reset.origin;
        session.correct(record, reset.frame);
        --readings_[{reset.cause, reset.origin}];
        ++readings_[{record.cause, record.origin}];
    }
    accepted_.clear();
}

void Counts::recount(const Session &session, ConnectionNumber number) {
    const Contribution contribution = contributionOf(session, number);
    const auto [place, added] = counted_.try_emplace(number, contribution);
    if (!added && place->second == contribution) {
        return;
    }
    if (!added) {
        count(place->second, -1);
        place->second = contribution;
    }
    count(contribution, 1);
}

void Counts::recountAll() {
    const Session *const open = session();
    if (open == nullptr) {
        return;
    }
    for (const ConnectionNumber number : seen_.numbers()) {
        recount(*open, number);
    }
    correctResets(*open);
    for (const auto &[reading, times] : readings_) {
        if (times != 0) {
            countReading(reading.first, reading.second, times);
        }
    }
    readings_.clear();
    if (!seen_.numbers().empty()) {
        countHosts(*open);
    }
}

std::deque<Counts> trees;

void complain() {
    report_failure(
        "tcpstate: out of memory; the counts are incomplete. Give the statistic a display filter, or split the "
        "capture (editcap -c 1000000 IN OUT).");
}

tap_packet_status packet(stats_tree *tree, packet_info *pinfo, epan_dissect_t *, const void *record, tap_flags_t) {
    try {
        for (Counts &counts : trees) {
            if (counts.isOf(tree)) {
                counts.add(pinfo, *static_cast<const Record *>(record));
            }
        }
    } catch (const std::exception &) {
        complain();
        return TAP_PACKET_FAILED;
    }
    return TAP_PACKET_REDRAW;
}

/** tshark is about to print the tree: the listener that was registered last draws first. */
void beforeDrawing(void *tree) {
    finishSession();
    try {
        for (Counts &counts : trees) {
            if (counts.isOf(static_cast<stats_tree *>(tree))) {
                counts.recountAll();
            }
        }
    } catch (const std::exception &) {
        complain();
    }
}

void begin(stats_tree *tree) {
    try {
        for (Counts &counts : trees) {
            if (counts.isOf(tree)) {
                counts.clear();
                return;
            }
        }
        trees.emplace_back(tree);
        if (inTerminal()) {
            // With one pass nobody says that the file is over but by drawing, and Wireshark draws the tree itself.
            GString *const error = register_tap_listener("tcpstate", tree, nullptr, TL_IS_DISSECTOR_HELPER, nullptr,
                                                         nullptr, beforeDrawing, nullptr);
            if (error != nullptr) {
                g_string_free(error, TRUE);
            }
        }
    } catch (const std::exception &) {
        complain();
    }
}

void end(stats_tree *tree) {
    std::erase_if(trees, [tree](const Counts &counts) { return counts.isOf(tree); });
}

} // namespace

void registerStatisticsTree() {
    stats_tree_register_plugin("tcpstate", "tcpstate",
                               "TCP State" STATS_TREE_MENU_SEPARATOR "Closes, resets and verdicts", TL_REQUIRES_NOTHING,
                               packet, begin, end);
}

} // namespace tcpstate
