// One incarnation of a connection: two endpoints, and what passes between them.
#pragma once

#include "Close.h"
#include "Endpoint.h"
#include "FirewallEntry.h"
#include "HalfClose.h"
#include "KeepAlive.h"
#include "OnDemand.h"
#include "Record.h"
#include "Reset.h"
#include "Segment.h"
#include "Settings.h"
#include "Silence.h"
#include "Unheard.h"
#include "Wait.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tcpstate {

/** How a connection first shows itself. */
enum class Opening : std::uint8_t {
    syn,       ///< by the client's SYN
    synAck,    ///< by the server's SYN-ACK: the SYN is not in the capture
    midstream, ///< by anything else: the roles are a guess from the ports
};

/** Number of a connection in the Observer; noConnection for none. */
using ConnectionNumber = std::uint32_t;
inline constexpr ConnectionNumber noConnection = 0xffffffff;

/** Verdict::... number of a connection that has none. */
inline constexpr std::uint32_t noVerdict = 0xffffffff;

/** tcp.stream of a connection that has none (yet). */
inline constexpr std::uint32_t noStream = 0xffffffff;

/** One end's receive window has been closed. */
struct ZeroWindow {
    Nanoseconds since = 0;     ///< when it was first announced; 0: the window is open
    std::uint32_t frame = 0;   ///< where
    std::uint32_t answers = 0; ///< how many segments have announced it
    Side receiver = Side::client;
};

/** Segments of one side that were seen at one interface and then at another. */
struct SecondSightings {
    std::uint16_t count = 0;    ///< saturating
    InterfaceNumber first = 0;  ///< where they were seen first
    InterfaceNumber second = 0; ///< and then
    bool latest = false;        ///< its latest segment was seen a second time
    bool missed = false;        ///< one was seen at the second interface, and not at the first

    /** Enough for a segment that is missing there to mean anything. */
    [[nodiscard]] bool established() const { return count >= 3; }
};

/** What few connections ever have. */
struct Rarities {
    LatestReset latestReset;
    ZeroWindow zeroWindow;
    KeepAlives keepAlives;
    Unheard unheard;
    std::array<SecondSightings, 2> sightings{}; ///< by Side
};

/**
 * A connection as an observer in the middle sees it.
 *
 * What it can know has limits. A state is the state after a segment has taken effect at both ends: it was sent,
 * and it is taken as received until a later segment proves that it was not. A capture begins late, ends early, lacks
 * packets and shows some twice. So the two machines are moved by what is proven where there is proof, and by
 * presumption elsewhere, and a presumption that is disproved is corrected at the segment that disproves it.
 */
class Connection {
  public:
    Connection() = default;

    /** Begins with the segment that shows it first; that segment is then given to observe(). */
    void begin(const Segment &first, Side sender, Opening opening);

    /**
     * Takes in the next segment, in capture order, and writes what it meant. Returns the round trip, from the place of
     * the capture to the sender and back, if this segment acknowledges one that was timed; else 0.
     */
    Nanoseconds observe(const Segment &segment, Side sender, const Settings &settings, Record &record);

    /** The RST of a later incarnation closed the end that still had this one (RFC 9293 figure 9). */
    void resetByLaterIncarnation();

    /** A further sighting of a segment already taken in, first seen at interface `first`: it moves nothing. */
    void observeDuplicate(const Segment &segment, Side sender, InterfaceNumber first, Record &record);

    /** The end of the capture: what silence decides is decided. `captureEnd` is the time of its last packet. */
    void finish(Nanoseconds captureEnd, const Settings &settings);

    /** The peer of a SYN answers with an ACK from an older incarnation, of which `old` was its end. */
    void revive(Side side, const Endpoint &old, Record &record);

    [[nodiscard]] CloseInitiator closeInitiator() const { return initiator_; }
    [[nodiscard]] CloseKind closeKind() const;
    [[nodiscard]] bool midstream() const { return midstream_; }
    /** Where it is as a whole, after the latest segment. */
    [[nodiscard]] Phase phase() const { return phase_; }
    [[nodiscard]] const Endpoint &endpoint(Side side) const { return ends_[index(side)]; }
    /** The side that closed first, if either has. */
    [[nodiscard]] Side firstFin() const { return firstFin_; }
    [[nodiscard]] bool anyFin() const { return ends_[0].fin.sent || ends_[1].fin.sent; }
    [[nodiscard]] bool bothFins() const { return ends_[0].fin.sent && ends_[1].fin.sent; }
    [[nodiscard]] const HalfClose &halfClose() const { return halfClose_; }
    /** What waits for an answer. */
    [[nodiscard]] const Silence &silence() const { return silence_; }
    /** The longest gap, in the present phase, after which the connection still worked. */
    [[nodiscard]] Nanoseconds survivedGap() const { return survivedGap_; }
    /** The same before any FIN was acknowledged. */
    [[nodiscard]] Nanoseconds survivedIdle() const {
        return std::max(survivedIdle_, halfClose_.acknowledgedAt == 0 ? survivedGap_ : 0);
    }
    [[nodiscard]] const ZeroWindow &zeroWindow() const { return rare_->zeroWindow; }
    /** What has arrived and is repeated all the same. */
    [[nodiscard]] const Unheard &unheard() const { return rare_->unheard; }
    [[nodiscard]] const KeepAlives &keepAlives() const { return rare_->keepAlives; }
    /** Who spoke last, and what has been seen of the connection since. */
    [[nodiscard]] const Wait &wait() const { return wait_; }
    /** Where the segments of a side were seen a second time. */
    [[nodiscard]] const SecondSightings &secondSightings(Side side) const { return rare_->sightings[index(side)]; }
    /** False for most: nothing of Rarities has happened. */
    [[nodiscard]] bool isUnusual() const { return rare_.edited(); }
    [[nodiscard]] const LatestReset &latestReset() const { return rare_->latestReset; }

    /** What its latest RST turned out to be, for further sightings of that packet. */
    void noteReset(const Record &record) {
        resetCause_ = record.cause;
        resetOrigin_ = record.origin;
        resetAcceptance_ = record.acceptance;
    }

    /** A sign of life of the silent side, elsewhere, before the latest unanswered segment. */
    void noteSignOfLife(std::uint32_t frame) { silence_.aliveFrame = frame; }
    /** Others have passed the two places since, before the latest unanswered segment, which was seen at the first of them. */
    void noteOthersPassed() { silence_.othersPassed = true; }

    /** Its latest RST came from where its sender's later packets come from, too. */
    void acquitReset() { resetAcquitted_ = true; }
    [[nodiscard]] bool resetAcquitted() const { return resetAcquitted_; }

    void setHosts(HostNumber client, HostNumber server) {
        ends_[0].host = client;
        ends_[1].host = server;
    }
    void setHost(Side side, HostNumber host) { end(side).host = host; }
    FirewallEntry &firewallEntry() { return firewallEntry_; }
    /** Number of its verdict in the Observer; noVerdict if it has none. */
    [[nodiscard]] std::uint32_t verdictNumber() const { return verdict_; }
    void setVerdictNumber(std::uint32_t number) { verdict_ = number; }

    [[nodiscard]] Nanoseconds firstTime() const { return firstTime_; }
    [[nodiscard]] Nanoseconds lastTime() const { return lastTime_; }
    [[nodiscard]] std::uint32_t firstFrame() const { return firstFrame_; }
    /** Frame of the last copy of a FIN that nobody acknowledged to the end of the capture, found by finish(); 0: none. */
    [[nodiscard]] std::uint32_t unacknowledgedFinFrame() const { return unacknowledgedFinFrame_; }

    /** tcp.stream as the dissector knows it; noStream if it told none. */
    [[nodiscard]] std::uint32_t stream() const { return stream_; }
    void setStream(std::uint32_t stream) { stream_ = stream; }

    /** The incarnation before this one on the same addresses and ports, or noConnection. */
    [[nodiscard]] ConnectionNumber previous() const { return previous_; }
    void setPrevious(ConnectionNumber previous) { previous_ = previous; }

    /** True if the segment's numbers are near those that its sender uses in this incarnation. */
    [[nodiscard]] bool plausible(const Segment &segment, Side sender) const;
    /** True if neither number of the segment is anywhere near this incarnation's: it belongs to one that began unseen. */
    [[nodiscard]] bool foreign(const Segment &segment, Side sender) const;
    /** True once both ends are CLOSED or TIME-WAIT: any SYN begins a new incarnation. */
    [[nodiscard]] bool isOver() const;

  private:
    Endpoint &end(Side side) { return ends_[index(side)]; }

    // Connection.cpp: what every segment goes through.
    [[nodiscard]] Phase phaseOfEnds() const;
    bool apply(Side side, Event event, Record &record);
    void restore(Side side, State state, Record &record);
    Nanoseconds onSegment(const Segment &segment, Side sender, const Settings &settings, Record &record);
    void takeAcknowledgement(const Segment &segment, Side sender, Record &record);
    void takePayload(const Segment &segment, Side sender, std::uint32_t newBytes, Record &record);
    void noteNumbers(const Segment &segment, Side sender);
    [[nodiscard]] Nanoseconds timeRoundTrip(const Segment &segment, Side sender, std::uint32_t newBytes);
    void complete(Side sender, Record &record);

    // ConnectionOpen.cpp: SYN, SYN-ACK, and what proves that an end is open.
    void onSyn(const Segment &segment, Side sender, Record &record);
    void onSynAck(const Segment &segment, Side sender, Record &record);
    void appear(Side sender, Record &record);
    void proveOpening(const Segment &segment, Side sender, Record &record);
    void answerFromListen(const Segment &segment, Side sender, Record &record);

    // ConnectionClose.cpp: FINs, who began, half-closes.
    void takeFirstFin(const Segment &segment, Side sender, bool firstAcknowledged, Record &record);
    void takeRepeatedFin(const Segment &segment, Side sender, const Settings &settings, Record &record);
    [[nodiscard]] Covers coversPeerFin(const Segment &segment, Side sender) const;
    void finArrives(Side sender, Record &record);
    void finAcknowledged(const Segment &segment, Side sender, Record &record);
    void takeFinBack(Side side, Record &record);
    void followHalfClose(const Segment &segment, Side sender, Phase before, std::uint32_t newBytes, bool hadFin,
                         const Settings &settings, Record &record);

    // ConnectionSilence.cpp: what goes without an answer.
    void followWait(const Segment &segment, Side sender, std::uint32_t newBytes);
    void followSilence(const Segment &segment, Side sender, std::uint32_t newBytes, Record &record);
    void followUnheard(const Segment &segment, Side sender, std::uint32_t newBytes);
    void noteRepetition(const Segment &segment, Side sender);
    void followWindow(const Segment &segment, Side sender);

    // ConnectionReset.cpp: RSTs, and what later proves that they were or were not accepted.
    void onReset(const Segment &segment, Side sender, Record &record);
    void closeByReset(Side side, Event event, Record &record);
    void undoReset(const Segment &segment, Side sender, std::uint32_t newBytes, Record &record);

    std::array<Endpoint, 2> ends_{};
    HalfClose halfClose_;
    Silence silence_;
    OnDemand<Rarities> rare_;
    Wait wait_;
    FirewallEntry firewallEntry_;
    Nanoseconds survivedGap_ = 0;
    Nanoseconds survivedIdle_ = 0;
    Nanoseconds firstTime_ = 0;
    Nanoseconds lastTime_ = 0;
    std::uint32_t firstFrame_ = 0;
    std::uint32_t stream_ = noStream;
    std::uint32_t unacknowledgedFinFrame_ = 0;
    ConnectionNumber previous_ = noConnection;
    std::uint32_t verdict_ = noVerdict;
    Phase phase_ = Phase::unknown;
    ResetCause resetCause_ = ResetCause::none;
    ResetOrigin resetOrigin_ = ResetOrigin::none;
    ResetAcceptance resetAcceptance_ = ResetAcceptance::none;
    CloseInitiator initiator_ = CloseInitiator::none;
    Side firstFin_ = Side::client; ///< whose FIN came first, once there is one
    bool midstream_ : 1 = false;
    bool simultaneousOpen_ : 1 = false;
    bool simultaneousClose_ : 1 = false;
    bool threeSegments_ : 1 = false;
    bool reset_ : 1 = false; ///< a RST was accepted (or silence decided so) before both ends were done
    bool resetAfterFin_ : 1 = false;
    bool resetAcquitted_ : 1 = false;
    bool finMarked_ : 1 = false; ///< mark::finUnacknowledged was given
};

} // namespace tcpstate
