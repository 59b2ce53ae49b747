#include "Reset.h"

namespace tcpstate {

namespace {

// Where the shift is not known, nothing above can be excluded: the largest one (RFC 7323 section 2.3).
constexpr unsigned largestShift = 14;

std::uint32_t receiveWindow(const Endpoint &receiver, const Endpoint &sender) {
    const std::uint32_t window = receiver.window;
    if (!receiver.heard()) {
        return 0xffffU << largestShift;
    }
    if (!receiver.sawOptions || !sender.sawOptions) {
        return window << largestShift;
    }
    const bool scaled = receiver.windowScale >= 0 && sender.windowScale >= 0;
    return scaled ? window << receiver.windowScale : window;
}

/** In SYN-SENT a RST counts if it acknowledges the SYN (RFC 9293 section 3.10.7.3). */
bool acknowledgesSyn(const Segment &segment, const Endpoint &receiver) {
    return segment.isAck() && after(segment.ack, receiver.initial) && !after(segment.ack, receiver.next);
}

} // namespace

ResetAcceptance acceptance(const Segment &segment, const Endpoint &sender, const Endpoint &receiver) {
    switch (receiver.state) {
    case State::unknown:
        return ResetAcceptance::unproven; // not seen is not known
    case State::closed:
    case State::listen:
        return ResetAcceptance::refused; // nothing there to reset
    case State::synSent:
        return acknowledgesSyn(segment, receiver) ? ResetAcceptance::accepted : ResetAcceptance::refused;
    case State::synReceived:
    case State::established:
    case State::finWait1:
    case State::finWait2:
    case State::closeWait:
    case State::lastAck:
    case State::closing:
    case State::timeWait:
        break;
    }
    if (receiver.revived || !sender.known) {
        // It answered from numbers of which only its own acknowledgement is known.
        if (!receiver.hasAckSent) {
            return ResetAcceptance::unproven;
        }
        return segment.seq == receiver.lastAck ? ResetAcceptance::accepted : ResetAcceptance::refused;
    }
    const Sequence highest = sender.bytes.contiguousEnd();
    if (segment.seq == highest) {
        return ResetAcceptance::accepted;
    }
    const bool sackAgreed = sender.sackPermitted && receiver.sackPermitted;
    if (sackAgreed && sender.bytes.hasHole() && segment.seq == sender.next) {
        return ResetAcceptance::accepted;
    }
    if (sender.fin.received && segment.seq == sender.fin.end - 1) {
        // A host that has closed completely answers data that was under way with the number of its own FIN.
        return receiver.recentlyAcknowledged(segment.seq) ? ResetAcceptance::accepted : ResetAcceptance::unproven;
    }
    const Sequence lowest = receiver.hasAckSent ? receiver.ackSent : highest;
    if (before(segment.seq, lowest)) {
        return ResetAcceptance::refused;
    }
    const Sequence windowEnd = lowest + receiveWindow(receiver, sender);
    return before(segment.seq, later(windowEnd, highest)) ? ResetAcceptance::unproven : ResetAcceptance::refused;
}

bool orphanTakes(const Segment &segment, const Endpoint &sender, const Endpoint &receiver, ResetAcceptance verdict) {
    return verdict == ResetAcceptance::unproven && receiver.state == State::finWait2 && sender.known &&
           after(segment.seq, sender.bytes.contiguousEnd());
}

} // namespace tcpstate
