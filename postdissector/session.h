// What lives as long as an open capture file: the engine, and the Records that it has given.
#pragma once

#include "inference/Observer.h"
#include "inference/Segment.h"
#include "inference/Settings.h"
#include "records.h"

#include <cstdint>
#include <vector>

namespace tcpstate {

/** One pass over one capture file, and what is remembered of it. */
class Session {
  public:
    explicit Session(const Settings &settings);
    Session(const Session &) = delete;
    Session &operator=(const Session &) = delete;

    /**
     * Gives a segment to the engine and keeps its Record; for the first visit of a frame only. `layer` counts the
     * segments of the frame from 0 upwards. Returns what Records::load() understands, or nullptr if there was no
     * memory, in which case nothing is observed any more.
     */
    [[nodiscard]] void *observe(const Flow &flow, const Segment &segment, unsigned layer) noexcept;

    /** Gives the engine an ICMP error that quotes a segment; for the first visit of a frame only. */
    void observeError(const Flow &quoted, const IcmpError &error) noexcept;

    /** The ICMP message around what is dissected now, noted for the segment that it may quote. */
    void noteIcmp(const IcmpError &message) { icmp_ = message; }
    [[nodiscard]] const IcmpError &icmp() const { return icmp_; }

    /** Tells the engine the tcp.stream of a connection that has begun, once the TCP dissector has chosen it. */
    void resolveStream();

    /** The end of the first pass: nothing follows. */
    void finish() noexcept;

    /** True if the frame with this number may have been observed: no other has been since. */
    [[nodiscard]] bool isLastFrame(std::uint32_t frame) const {
        return !lastFrame_.empty() && lastFrame_.front().segment.frame == frame;
    }

    /** True once a frame held more than one segment. */
    [[nodiscard]] bool hasSeveralLayers() const { return hasSeveralLayers_; }

    [[nodiscard]] bool finished() const { return finished_; }
    /** False under a read filter: frames that it rejects share their numbers with others. */
    [[nodiscard]] bool framesAreNumbered() const { return framesAreNumbered_; }
    [[nodiscard]] const Observer &observer() const { return observer_; }
    /** Amends the Record of the RST in `frame` by what has been learned since. */
    void correct(Record &record, std::uint32_t frame) const {
        if (framesAreNumbered_) {
            observer_.correct(record, frame);
        }
    }
    [[nodiscard]] const Verdict &verdictOf(std::uint32_t number) const { return observer_.verdictOf(number); }
    /** A verdict by its number in a Record. */
    [[nodiscard]] const Verdict &settled(std::uint32_t number) const { return observer_.verdict(number); }
    [[nodiscard]] bool atRisk(std::uint32_t number) const { return observer_.atRisk(number); }
    [[nodiscard]] const Settings &settings() const { return settings_; }
    [[nodiscard]] const Connection &connection(std::uint32_t number) const { return observer_.connection(number); }

  private:
    // A segment of the frame observed last.
    struct Seen {
        Flow flow;
        Segment segment;
        void *kept;
    };

    // A connection that has begun, and how many streams there were before the TCP dissector saw its segment.
    struct Beginning {
        Flow flow;
        std::uint32_t connection = noConnection;
        std::uint32_t streams = 0;
        std::uint32_t frame = 0;
    };

    [[nodiscard]] void *seenBefore(const Flow &flow, const Segment &segment, unsigned layer) const;
    void remember(const Seen &seen, unsigned layer);
    void giveUp(std::uint32_t frame);

    Settings settings_;
    Observer observer_;
    Records records_;
    std::vector<Seen> lastFrame_;
    Beginning beginning_;
    IcmpError icmp_;
    std::uint32_t lastNumber_ = 0;
    bool framesAreNumbered_ = true;
    bool hasSeveralLayers_ = false;
    bool finished_ = false;
    bool gaveUp_ = false;
};

// Wireshark's callbacks carry no context of ours, so the session is found here.

/** The session of the open file; nullptr if there is none. */
[[nodiscard]] Session *session();

/** Begins a session and forgets the one before. */
void beginSession(const Settings &settings);

/** The first pass is over. */
void finishSession();

/** The file is closed, or about to be dissected anew. */
void endSession();

} // namespace tcpstate
