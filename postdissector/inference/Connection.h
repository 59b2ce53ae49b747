// One incarnation of a connection: two endpoints, and what passes between them.
#pragma once

#include "Close.h"
#include "Endpoint.h"
#include "HalfClose.h"
#include "Record.h"
#include "Reset.h"
#include "Segment.h"
#include "Settings.h"
#include "Silence.h"

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

/** tcp.stream of a connection that has none (yet). */
inline constexpr std::uint32_t noStream = 0xffffffff;

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

    /** Takes in the next segment, in capture order, and writes what it meant. */
    void observe(const Segment &segment, Side sender, const Settings &settings, Record &record);

    /** The RST of a later incarnation closed the end that still had this one (RFC 9293 figure 9). */
    void resetByLaterIncarnation();

    /** A further sighting of a segment already taken in: it moves nothing. */
    void observeDuplicate(const Segment &segment, Side sender, Record &record);

    /** The end of the capture: what silence decides is decided. `captureEnd` is the time of its last packet. */
    void finish(Nanoseconds captureEnd, const Settings &settings);

    /** The peer of a SYN answers with an ACK from an older incarnation, of which `old` was its end. */
    void revive(Side side, const Endpoint &old, Record &record);

    [[nodiscard]] CloseInitiator closeInitiator() const { return initiator_; }
    [[nodiscard]] CloseKind closeKind() const;
    [[nodiscard]] bool midstream() const { return midstream_; }
    [[nodiscard]] Phase phase() const;
    [[nodiscard]] const Endpoint &endpoint(Side side) const { return ends_[index(side)]; }
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
    /** True once both ends are CLOSED or TIME-WAIT: any SYN begins a new incarnation. */
    [[nodiscard]] bool isOver() const;

  private:
    Endpoint &end(Side side) { return ends_[index(side)]; }

    // Connection.cpp: what every segment goes through.
    bool apply(Side side, Event event, Record &record);
    void restore(Side side, State state, Record &record);
    void onSegment(const Segment &segment, Side sender, const Settings &settings, Record &record);
    void takeAcknowledgement(const Segment &segment, Side sender, Record &record);
    void takePayload(const Segment &segment, Side sender, std::uint32_t newBytes, Record &record);
    void noteNumbers(const Segment &segment, Side sender);
    void complete(Side sender, Record &record) const;

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
    void followSilence(const Segment &segment, Side sender, std::uint32_t newBytes, const Settings &settings,
                       Record &record);

    // ConnectionReset.cpp: RSTs, and what later proves that they were or were not accepted.
    void onReset(const Segment &segment, Side sender, Record &record);
    void closeByReset(Side side, Event event, Record &record);
    void undoReset(const Segment &segment, Side sender, std::uint32_t newBytes, Record &record);

    std::array<Endpoint, 2> ends_{};
    HalfClose halfClose_;
    Silence silence_;
    LatestReset latestReset_;
    Nanoseconds firstTime_ = 0;
    Nanoseconds lastTime_ = 0;
    std::uint32_t firstFrame_ = 0;
    std::uint32_t stream_ = noStream;
    std::uint32_t unacknowledgedFinFrame_ = 0;
    ConnectionNumber previous_ = noConnection;
    CloseInitiator initiator_ = CloseInitiator::none;
    Side firstFin_ = Side::client; ///< whose FIN came first, once there is one
    bool midstream_ : 1 = false;
    bool simultaneousOpen_ : 1 = false;
    bool simultaneousClose_ : 1 = false;
    bool threeSegments_ : 1 = false;
    bool reset_ : 1 = false;         ///< a RST was accepted (or silence decided so) before both ends were done
    bool resetAfterFin_ : 1 = false;
    bool finMarked_ : 1 = false;     ///< mark::finUnacknowledged was given
    bool tcpWaitMarked_ : 1 = false; ///< mark::tcpWaitExpired was given
};

} // namespace tcpstate
