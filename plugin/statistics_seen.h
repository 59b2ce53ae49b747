// The connections that a statistic counts: those with a packet that passes its filter.
#pragma once

#include "postdissector/inference/Record.h"
#include "postdissector/session.h"

#include <epan/packet_info.h>

#include <cstdint>
#include <vector>

namespace tcpstate {

class SeenConnections {
  public:
    /** Wireshark is about to read a file, or to dissect it anew: connections are numbered from 0 again. */
    static void beginFile() { ++filesBegun; }

    /** What a packet brought. */
    struct News {
        bool isNew = false;                      ///< its connection was not seen before
        ConnectionNumber changed = noConnection; ///< this one, perhaps another, has turned out to be half-open
    };
    /** Notes the connection of a packet. Throws std::bad_alloc. */
    News add(const packet_info *pinfo, const Record &record);

    /** Forgets all of them. */
    void clear();

    /** The connections, in the order in which they were seen first. */
    [[nodiscard]] const std::vector<ConnectionNumber> &numbers() const { return numbers_; }

    /** Why a connection is half-open now, of all that its packets showed; none if it is not. */
    [[nodiscard]] HalfOpen halfOpen(const Session &session, ConnectionNumber number) const;

    /** The time that Wireshark counts from, mostly that of the first packet of the file. */
    [[nodiscard]] Nanoseconds captureStart() const { return captureStart_; }

  private:
    ConnectionNumber noteHalfOpen(const Record &record);

    static unsigned filesBegun;

    static constexpr std::uint8_t unseen = 0xff;

    std::vector<ConnectionNumber> numbers_;
    std::vector<std::uint8_t> halfOpen_; // by connection: the latest HalfOpen of its packets, or unseen
    Nanoseconds captureStart_ = 0;
    unsigned file_ = 0;
};

/**
 * How long a connection was or is half-closed: from the first FIN, once that is acknowledged, to the other one, or else
 * to its last packet. 0 if it never was.
 */
[[nodiscard]] Nanoseconds halfClosedFor(const Connection &connection);

} // namespace tcpstate
