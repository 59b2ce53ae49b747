#include "plugin/statistics_firewall.h"

#include "plugin/statistics_evidence.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <tuple>

namespace tcpstate {

namespace {

using Kind = Column::Kind;

// --- networks ----------------------------------------------------------------------------------------------------

/** The network of an address: an IPv4 /24 or an IPv6 /64. */
Address networkOf(const Address &address) {
    Address network = address;
    const std::size_t kept = address.length == 4 ? 3 : 8;
    std::fill(network.bytes.begin() + static_cast<std::ptrdiff_t>(kept), network.bytes.end(), std::uint8_t{0});
    return network;
}

bool operator<(const Address &one, const Address &other) {
    return std::tie(one.length, one.bytes) < std::tie(other.length, other.bytes);
}

/** Two networks, whichever of them the clients are in. */
struct Path {
    Address one;
    Address other;
};

bool operator<(const Path &a, const Path &b) {
    return a.one < b.one || (!(b.one < a.one) && a.other < b.other);
}

std::string networkText(const Address &network) {
    return addressText(network) + (network.length == 4 ? "/24" : "/64");
}

std::string pathText(const Path &path) {
    return networkText(path.one) + " - " + networkText(path.other);
}

// --- what is known of the timers ---------------------------------------------------------------------------------

constexpr SessionPhase timedPhases[] = {SessionPhase::halfClosed, SessionPhase::established, SessionPhase::closing};

std::size_t indexOf(SessionPhase phase) {
    return phase == SessionPhase::halfClosed ? 0 : phase == SessionPhase::established ? 1 : 2;
}

const char *timerName(SessionPhase phase) {
    return phase == SessionPhase::established ? "idle" : name(phase);
}

using Estimates = std::array<TimerEstimate, std::size(timedPhases)>;

Estimates noEstimates() {
    return {TimerEstimate(timedPhases[0]), TimerEstimate(timedPhases[1]), TimerEstimate(timedPhases[2])};
}

/** All connections taken together, and those of each pair of networks. */
class Paths {
  public:
    /** Which timer's estimates have changed, and for which networks. */
    struct Change {
        Path path;
        SessionPhase phase = SessionPhase::established;
    };
    std::vector<Change> add(const Session &session, ConnectionNumber number) {
        const auto kill = killOf(session, number);
        std::vector<SurvivorEvidence> survived = survivalOf(session, number);
        // What it outlived before, its own kill holds already.
        std::erase_if(survived, [&kill](const SurvivorEvidence &each) { return kill && each.phase == kill->phase; });
        if (!kill && survived.empty()) {
            return {};
        }
        const Flow flow = session.observer().flowOf(number);
        Path path{networkOf(flow.source), networkOf(flow.destination)};
        if (path.other < path.one) {
            std::swap(path.one, path.other);
        }
        Estimates &here = byPath_.try_emplace(path, noEstimates()).first->second;
        std::vector<Change> changes;
        for (Estimates *const estimates : {&all_, &here}) {
            if (kill) {
                (*estimates)[indexOf(kill->phase)].addKill(kill->kill);
            }
            for (const SurvivorEvidence &each : survived) {
                (*estimates)[indexOf(each.phase)].addSurvivor(each.sinceFin, each.finSource, each.gap, each.gapSource);
            }
        }
        if (kill) {
            changes.push_back({path, kill->phase});
        }
        for (const SurvivorEvidence &each : survived) {
            changes.push_back({path, each.phase});
        }
        return changes;
    }

    [[nodiscard]] const Estimates &all() const { return all_; }
    [[nodiscard]] const std::map<Path, Estimates> &byPath() const { return byPath_; }

  private:
    Estimates all_ = noEstimates();
    std::map<Path, Estimates> byPath_;
};

// --- words -------------------------------------------------------------------------------------------------------

std::string bracketText(const TimerBracket &bracket) {
    if (bracket.empty()) {
        return "";
    }
    if (bracket.contradictory()) {
        return "none: over " + secondsText(bracket.minimum()) + ", up to " + secondsText(bracket.maximum());
    }
    if (bracket.maximum() == 0) {
        return "over " + secondsText(bracket.minimum());
    }
    if (bracket.minimum() == 0) {
        return "up to " + secondsText(bracket.maximum());
    }
    return secondsText(bracket.minimum()) + " to " + secondsText(bracket.maximum());
}

std::string timerText(const TimerBracket &bracket, const char *basis) {
    if (bracket.minimum() < second) { // no more than an ordinary pause
        return "at most " + secondsText(bracket.maximum()) + " s since " + basis;
    }
    return secondsText(bracket.middle()) + " s +/- " + secondsText(bracket.error()) + " s since " + basis;
}

std::string inferredText(const TimerEstimate &estimate) {
    const bool byFin = estimate.sinceFin().closed();
    const bool byLast = estimate.sinceLast().closed();
    std::string text;
    if (byFin) {
        text = timerText(estimate.sinceFin(), "the first FIN");
    }
    if (byLast) {
        text += (byFin ? ", or " : "") + timerText(estimate.sinceLast(), "the last packet");
    }
    return text.empty() && estimate.kills() != 0 ? "no one timer explains all kills" : text;
}

std::string sourceText(const Session &session, const BoundSource &source) {
    if (source.frame != 0 && session.framesAreNumbered()) {
        return "frame " + std::to_string(source.frame);
    }
    return source.stream == noStream ? "a connection" : "stream " + std::to_string(source.stream);
}

std::string refutationText(const Session &session, const ProfileReading &reading) {
    const char *const since = reading.basis == Refresh::never ? " s after the first FIN" : " s of silence";
    const std::string age = secondsText(reading.age) + since;
    const std::string by = sourceText(session, reading.source) + ": ";
    return reading.answer == ProfileReading::Answer::outlived
               ? by + (reading.basis == Refresh::never ? "still worked " : "worked again after ") + age
               : by + (reading.basis == Refresh::never ? "lost " : "lost after ") + age;
}

/** True if a variant says no more than what it is a variant of. */
bool saysNoMore(const FirewallProfile &profile, const TimerEstimate &estimate, const ProfileReading &reading) {
    if (profile.variantOf == nullptr) {
        return false;
    }
    const FirewallProfile *const base = findProfile(profile.variantOf);
    if (base == nullptr) {
        return false;
    }
    const ProfileReading other = estimate.read(*base);
    return other.timer != nullptr && other.timer->seconds == reading.timer->seconds && other.answer == reading.answer;
}

// --- the rows of the window, and of the terminal's first table ------------------------------------------------------

const std::vector<Column> &summaryColumns() {
    static const std::vector<Column> columns = {
        {"Networks", Kind::text},
        {"Timer", Kind::text},
        {"Kills", Kind::count},
        {"Survivors", Kind::count},
        {"Since the first FIN (s)", Kind::text},
        {"Since the last packet (s)", Kind::text},
        {"Inferred timer", Kind::text},
    };
    return columns;
}

Row summaryRow(const std::string &networks, const TimerEstimate &estimate) {
    return {networks,
            timerName(estimate.phase()),
            Cell::number(estimate.kills()),
            Cell::number(estimate.survivors()),
            bracketText(estimate.sinceFin()),
            bracketText(estimate.sinceLast()),
            inferredText(estimate)};
}

/** The ids of the profiles that fit, or that are refuted, in one line. */
std::string profileList(const TimerEstimate &estimate, bool refuted) {
    std::string list;
    for (const FirewallProfile &profile : profiles().subspan(1)) {
        const ProfileReading reading = estimate.read(profile);
        const bool wanted = refuted ? reading.refuted() : reading.answer == ProfileReading::Answer::fits;
        if (wanted && !saysNoMore(profile, estimate, reading)) {
            list += (list.empty() ? "" : ", ") + std::string(profile.id);
        }
    }
    return list;
}

const char *const allNetworks = "all";

const std::vector<Column> &windowColumns() {
    static const std::vector<Column> columns = [] {
        std::vector<Column> made = summaryColumns();
        made.push_back({"Profiles that fit", Kind::text});
        made.push_back({"Profiles refuted", Kind::text});
        return made;
    }();
    return columns;
}

class FirewallTable final : public GrowingTable {
  public:
    std::vector<std::size_t> add(const Session &session, const SeenConnections &, ConnectionNumber number) override {
        std::vector<std::size_t> changed;
        for (const auto &[path, phase] : paths_.add(session, number)) {
            changed.push_back(place(allNetworks, paths_.all()[indexOf(phase)]));
            changed.push_back(place(pathText(path), paths_.byPath().at(path)[indexOf(phase)]));
        }
        return changed;
    }

    [[nodiscard]] Row row(std::size_t index) const override {
        const auto &[networks, estimate] = rows_[index];
        Row row = summaryRow(networks, *estimate);
        row.emplace_back(profileList(*estimate, false));
        row.emplace_back(profileList(*estimate, true));
        return row;
    }

  private:
    std::size_t place(const std::string &networks, const TimerEstimate &estimate) {
        const auto [found, added] = places_.try_emplace({networks, estimate.phase()}, rows_.size());
        if (added) {
            rows_.emplace_back(networks, &estimate); // a map's elements stay where they are
        }
        return found->second;
    }

    Paths paths_;
    std::map<std::pair<std::string, SessionPhase>, std::size_t> places_;
    std::vector<std::pair<std::string, const TimerEstimate *>> rows_;
};

std::unique_ptr<GrowingTable> table() {
    return std::make_unique<FirewallTable>();
}

// --- the terminal ------------------------------------------------------------------------------------------------

std::string countsText(const Session &session, const SeenConnections &seen) {
    unsigned byConfidence[5] = {};
    unsigned kills = 0;
    for (const ConnectionNumber number : seen.numbers()) {
        const Verdict &verdict = session.verdictOf(number);
        if (isTimerKill(verdict.kind)) {
            ++kills;
            ++byConfidence[static_cast<std::size_t>(verdict.confidence)];
        }
    }
    const auto count = [&byConfidence](Confidence confidence) {
        return std::to_string(byConfidence[static_cast<std::size_t>(confidence)]);
    };
    std::string text =
        "Connections: " + std::to_string(seen.numbers().size()) + "; killed by a timer: " + std::to_string(kills);
    if (kills != 0) {
        text += " (certain " + count(Confidence::certain) + ", likely " + count(Confidence::likely) + ", possible " +
                count(Confidence::possible) + ")";
    }
    text += "\n";
    if (byConfidence[static_cast<std::size_t>(Confidence::possible)] != 0) {
        text += "What is only possible counts neither as a kill nor as a survivor below.\n";
    }
    return text;
}

std::string summaryText(const Paths &paths) {
    std::vector<Row> rows;
    for (const auto &[path, estimates] : paths.byPath()) {
        for (const TimerEstimate &estimate : estimates) {
            if (!estimate.empty()) {
                rows.push_back(summaryRow(pathText(path), estimate));
            }
        }
    }
    if (paths.byPath().size() > 1) {
        for (const TimerEstimate &estimate : paths.all()) {
            if (!estimate.empty()) {
                rows.push_back(summaryRow(allNetworks, estimate));
            }
        }
    }
    return rows.empty()
               ? "No connection was killed by a timer, and none came back after more than a second: nothing can "
                 "be said about a timer.\n"
               : "\nTimers\n" + layOut(summaryColumns(), rows);
}

std::string killsText(const Session &session, const SeenConnections &seen) {
    static const std::vector<Column> columns = {
        {"Stream", Kind::count},
        {"Client", Kind::text},
        {"Server", Kind::text},
        {"Timer", Kind::text},
        {"Lost", Kind::text},
        {"Since the first FIN (s)", Kind::text},
        {"Since the last packet (s)", Kind::text},
        {"Confidence", Kind::text},
    };
    std::vector<std::pair<Nanoseconds, Row>> found;
    for (const ConnectionNumber number : seen.numbers()) {
        const auto evidence = killOf(session, number);
        if (!evidence) {
            continue;
        }
        TimerEstimate own(evidence->phase);
        own.addKill(evidence->kill);
        const Connection &connection = session.connection(number);
        const Flow flow = session.observer().flowOf(number);
        found.emplace_back(connection.firstTime(),
                           Row{connection.stream() == noStream ? Cell("") : Cell::number(connection.stream()),
                               endpointText(flow.source, flow.sourcePort),
                               endpointText(flow.destination, flow.destinationPort), timerName(evidence->phase),
                               sourceText(session, evidence->kill.lost), bracketText(own.sinceFin()),
                               bracketText(own.sinceLast()),
                               wordOf("tcpstate.verdict.confidence", session.verdictOf(number).confidence)});
    }
    if (found.empty()) {
        return "";
    }
    std::stable_sort(found.begin(), found.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
    std::vector<Row> rows;
    rows.reserve(found.size());
    for (auto &[start, row] : found) {
        rows.push_back(std::move(row));
    }
    return "\nKills\n" + layOut(columns, rows);
}

std::string profilesText(const Session &session, const std::string &networks, const TimerEstimate &estimate) {
    static const std::vector<Column> fitColumns = {
        {"Profile", Kind::text}, {"Timer", Kind::text}, {"Seconds", Kind::count}, {"Device", Kind::text}};
    static const std::vector<Column> refutedColumns = {
        {"Profile", Kind::text}, {"Timer", Kind::text}, {"Seconds", Kind::count}, {"Refuted by", Kind::text}};
    static const std::vector<Column> longerColumns = {
        {"Profile", Kind::text}, {"Timer", Kind::text}, {"Seconds", Kind::count}, {"Lost before", Kind::text}};
    std::vector<Row> fitting;
    std::vector<Row> refuted;
    std::vector<Row> longer;
    for (const FirewallProfile &profile : profiles().subspan(1)) {
        const ProfileReading reading = estimate.read(profile);
        const bool fits = reading.answer == ProfileReading::Answer::fits;
        if ((!fits && !reading.refuted() && !reading.early()) || saysNoMore(profile, estimate, reading)) {
            continue;
        }
        Row row = {profile.id, reading.timer->name == nullptr ? "" : reading.timer->name,
                   Cell::number(reading.timer->seconds),
                   fits ? std::string(profile.name) : refutationText(session, reading)};
        (fits ? fitting : reading.early() ? longer : refuted).push_back(std::move(row));
    }
    const std::string what = std::string(timerName(estimate.phase())) + " timer, " + networks;
    std::string text;
    if (!fitting.empty()) {
        text += "\nProfiles that fit: " + what + "\n" + layOut(fitColumns, fitting);
    } else if (estimate.kills() != 0) {
        text += "\nProfiles that fit: " + what + "\nNone with its default timers.\n";
    }
    if (!refuted.empty()) {
        text += "\nProfiles refuted: " + what + "\n" + layOut(refutedColumns, refuted);
    }
    if (!longer.empty()) {
        text +=
            "\nProfiles that wait longer, unless their table is full: " + what + "\n" + layOut(longerColumns, longer);
    }
    return text;
}

std::string profilesText(const Session &session, const Paths &paths) {
    const auto each = [&session](const std::string &networks, const Estimates &estimates) {
        std::string text;
        for (const TimerEstimate &estimate : estimates) {
            if (!estimate.empty()) {
                text += profilesText(session, networks, estimate);
            }
        }
        return text;
    };
    std::string text;
    for (const auto &[path, estimates] : paths.byPath()) {
        const bool killed = std::any_of(estimates.begin(), estimates.end(),
                                        [](const TimerEstimate &estimate) { return estimate.kills() != 0; });
        // Networks without a kill would repeat what stands under all of them.
        if (killed || paths.byPath().size() == 1) {
            text += each(pathText(path), estimates);
        }
    }
    return paths.byPath().size() > 1 ? text + each("all networks", paths.all()) : text;
}

std::string commonDeathsText(const Session &session, const SeenConnections &seen) {
    std::vector<Death> deaths;
    for (const ConnectionNumber number : seen.numbers()) {
        if (const auto death = lostSession(session, number)) {
            deaths.push_back(*death);
        }
    }
    std::string text;
    for (const CommonDeath &group : commonDeaths(deaths)) {
        text += "\nLost at one time, between " + secondsText(group.after - seen.captureStart()) + " s and " +
                secondsText(group.upTo - seen.captureStart()) +
                " s: a failover, a flush or a new policy, no timer. Streams";
        const char *separator = " ";
        for (const ConnectionNumber number : group.connections) {
            const std::uint32_t stream = session.connection(number).stream();
            text += separator + (stream == noStream ? std::string("-") : std::to_string(stream));
            separator = ", ";
        }
        text += ".\n";
    }
    return text;
}

std::string text(const Session &session, const SeenConnections &seen) {
    Paths paths;
    for (const ConnectionNumber number : seen.numbers()) {
        paths.add(session, number);
    }
    return countsText(session, seen) + summaryText(paths) + killsText(session, seen) + commonDeathsText(session, seen) +
           profilesText(session, paths);
}

} // namespace

const Statistic &firewallStatistic() {
    static const Statistic statistic = {"tcpstate,firewall", "TCP State: firewall timers", windowColumns(), text,
                                        table};
    return statistic;
}

} // namespace tcpstate
