// A RST: whether its receiver must take it (RFC 9293 section 3.10.7, RFC 5961 section 3.2).
#pragma once

#include "Endpoint.h"
#include "Record.h"
#include "Segment.h"

namespace tcpstate {

/**
 * Whether `receiver` takes `segment`, a RST that `sender` sent or is alleged to have sent.
 *
 * An observer knows RCV.NXT only as an interval: from the highest acknowledgement number the receiver has sent to the
 * end of the contiguous bytes seen on their way to it. Its upper end is taken for RCV.NXT, as long as nothing
 * says that the last bytes were lost. Two numbers beside it are decided by the receiver's kind and not by the RFC:
 * the end of the bytes received out of order, which Linux accepts where SACK was agreed (a stricter receiver asks
 * with a challenge ACK and is then told the exact number), and the number of a FIN already received, which Linux
 * accepts too.
 */
[[nodiscard]] ResetAcceptance acceptance(const Segment &segment, const Endpoint &sender, const Endpoint &receiver);

/**
 * Whether a RST of which `acceptance` says `unproven` moves the states all the same, until a challenge ACK disproves it:
 * beyond RCV.NXT in the window of a receiver in FIN-WAIT-2. One that has closed completely keeps no socket to ask with
 * and takes such a RST (Linux, tcp_timewait_state_process), and more receivers have closed than only shut down.
 */
[[nodiscard]] bool orphanTakes(const Segment &segment, const Endpoint &sender, const Endpoint &receiver,
                               ResetAcceptance verdict);

/** The latest RST that was accepted, or may have been; what follows may decide otherwise. */
struct LatestReset {
    Sequence senderNext = 0; ///< the sender's SND.NXT when it came: what is acknowledged beyond it was sent later
    Sequence number = 0;     ///< its sequence number: a host that sent it sends no bytes beyond that
    std::uint32_t frame = 0; ///< 0: there is none, or it was refused
    Side sender = Side::client;
    ResetAcceptance acceptance = ResetAcceptance::none;
    InterfaceNumber interface = 0; ///< where it was first seen
    bool seenAgain = false;        ///< it was also seen at another interface
};

} // namespace tcpstate
