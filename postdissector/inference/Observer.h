// The entry point: all connections of one capture.
#pragma once

#include "Connection.h"
#include "DuplicateFilter.h"
#include "Host.h"
#include "Icmp.h"
#include "Record.h"
#include "Segment.h"
#include "Settings.h"
#include "VantagePoints.h"
#include "Verdict.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace tcpstate {

struct BeforeReset;
struct Matter;

/**
 * Watches a capture, segment by segment, in capture order.
 *
 * Connections are found by their addresses and ports, whichever way round, never by an interface: the same
 * packet may be captured on several. A new incarnation of the same addresses and ports gets a number of its own.
 */
class Observer {
  public:
    /** `seed` goes into its hash tables and changes nothing that it says; whoever reads foreign captures takes a random one. */
    explicit Observer(const Settings &settings, std::uint64_t seed = 0);

    /** Takes in one live segment and says what it meant. Throws nothing but std::bad_alloc. */
    [[nodiscard]] Record observe(const Flow &flow, const Segment &segment);

    /** Takes in an ICMP error that quotes a segment of `flow`. */
    void observeError(const Flow &flow, const IcmpError &error);

    /** The end of the capture: decides what only silence to the end can decide. May be called once. */
    void finish();

    [[nodiscard]] std::uint32_t connectionCount() const { return count_; }
    [[nodiscard]] const Connection &connection(ConnectionNumber number) const;

    [[nodiscard]] const HostTable &hosts() const { return hosts_; }
    [[nodiscard]] const Settings &settings() const { return settings_; }

    /** The verdict of a connection, as far as it is known; kind none if there is none. */
    [[nodiscard]] const Verdict &verdictOf(ConnectionNumber number) const;
    /** A verdict by its number in a Record. */
    [[nodiscard]] const Verdict &verdict(std::uint32_t number) const { return verdicts_[number]; }
    /** Amends the Record of the RST in `frame` by what later segments have shown of its sender. */
    void correct(Record &record, std::uint32_t frame) const;
    /** True if nothing is lost yet but the chosen firewall's entry has run out: it would drop the next packet. */
    [[nodiscard]] bool atRisk(ConnectionNumber number) const;
    /** The flow of a connection, from client to server. */
    [[nodiscard]] Flow flowOf(ConnectionNumber number) const;

    /** Tells the tcp.stream of a connection. */
    void setStream(ConnectionNumber number, std::uint32_t stream);

  private:
    struct Key; // the flow, turned so that both directions are the same

    struct Slot {
        std::uint32_t hash = 0;
        ConnectionNumber number = noConnection;
    };

    struct Entry;  // a connection and its key
    struct Halves; // which of its ends counts among the half-open and the half-closed ones

    static constexpr unsigned blockBits = 6;

    Entry &entry(ConnectionNumber number) const;
    Connection &edit(ConnectionNumber number);
    ConnectionNumber find(const Key &key, std::uint32_t hash) const;
    ConnectionNumber add(const Key &key, std::uint32_t hash, bool clientIsLower, ConnectionNumber previous);
    void insert(std::uint32_t hash, ConnectionNumber number, ConnectionNumber replaces);
    void grow();
    ConnectionNumber incarnation(const Key &key, std::uint32_t hash, const Segment &segment, bool fromLower,
                                 ConnectionNumber current);
    ConnectionNumber open(const Key &key, std::uint32_t hash, const Segment &segment, bool fromLower,
                          ConnectionNumber previous);

    [[nodiscard]] Matter matterOf(ConnectionNumber number) const;
    void acquitPath(Host &host);
    void settle(ConnectionNumber number, const Verdict &verdict, Record *record);
    void judgeRst(ConnectionNumber number, const Segment &segment, Side sender, const BeforeReset &before,
                  const Silence &ended, Record &record);
    /** False for most segments: they bring no judgement about. */
    [[nodiscard]] static bool mayMatter(const Connection &connection, const Segment &segment, const Host &speaking,
                                        const Silence &ended, const Record &record);
    void judgeLiving(ConnectionNumber number, const Segment &segment, Side sender, const Silence &ended,
                     bool acknowledges, Record &record);
    void passFirewall(Connection &connection, const Segment &segment, Phase before, Record &record) const;
    void noteSurvivor(const Entry &it);
    void observeAgain(ConnectionNumber number, const Segment &segment, Side sender, Record &record);
    void placeHost(Entry &it, Side sender, const Segment &segment);
    void countHalves(const Connection &connection, const Halves &before, Record &record);
    void noteHeardAgain(ConnectionNumber number);
    void separateFailovers();
    void loseAtOneMoment(ConnectionNumber number, bool anyPeerAlive);

    Settings settings_;
    std::uint64_t seed_;
    DuplicateFilter duplicates_;
    HostTable hosts_;
    std::vector<Verdict> verdicts_;
    std::vector<Slot> slots_;
    std::vector<std::unique_ptr<Entry[]>> blocks_;
    std::uint32_t count_ = 0;
    std::uint32_t used_ = 0;                 // slots in use
    ConnectionNumber latest_ = noConnection; // of the segment before: bulk traffic comes in runs
    Nanoseconds lastTime_ = 0;
    InterfaceNumber interface_ = 0; // of the latest segment
    bool severalInterfaces_ = false;
    VantagePoints vantagePoints_;

  public:
    ~Observer();
    Observer(const Observer &) = delete;
    Observer &operator=(const Observer &) = delete;
};

} // namespace tcpstate
