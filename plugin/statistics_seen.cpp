#include "plugin/statistics_seen.h"

#include "postdissector/segment_reader.h"

#include <algorithm>

namespace tcpstate {

namespace {

Nanoseconds startOfCapture(const packet_info *pinfo) {
    return std::clamp(readTime(pinfo->abs_ts) - readTime(pinfo->rel_ts), -farthestTime, farthestTime);
}

} // namespace

unsigned SeenConnections::filesBegun = 0;

SeenConnections::News SeenConnections::add(const packet_info *pinfo, const Record &record) {
    if (file_ != filesBegun) {
        clear();
        file_ = filesBegun;
    }
    if (numbers_.empty()) {
        captureStart_ = startOfCapture(pinfo);
    }
    if (record.connection >= halfOpen_.size()) {
        halfOpen_.resize(std::max<std::size_t>(record.connection + 1UL, halfOpen_.size() * 2), unseen);
    }
    std::uint8_t &noted = halfOpen_[record.connection];
    const bool isNew = noted == unseen;
    if (isNew) {
        numbers_.push_back(record.connection);
        noted = 0;
    }
    return {isNew, record.halfOpen == HalfOpen::none ? noConnection : noteHalfOpen(record)};
}

ConnectionNumber SeenConnections::noteHalfOpen(const Record &record) {
    ConnectionNumber number = record.connection;
    const Session *const open = session();
    if (record.halfOpen == HalfOpen::peerRestarted && record.phase == Phase::opening && open != nullptr) {
        // It shows while the restarted peer calls again; half-open is the connection before.
        number = open->connection(number).previous();
    }
    if (number >= halfOpen_.size() || halfOpen_[number] == unseen) {
        return noConnection;
    }
    halfOpen_[number] = static_cast<std::uint8_t>(record.halfOpen);
    return number;
}

void SeenConnections::clear() {
    numbers_.clear();
    halfOpen_.clear();
}

HalfOpen SeenConnections::halfOpen(const Session &session, ConnectionNumber number) const {
    const Connection &connection = session.connection(number);
    if (connection.unacknowledgedFinFrame() != 0) {
        return HalfOpen::finUnacknowledged;
    }
    // What a packet showed may have been mended by a later one.
    const auto noted = static_cast<HalfOpen>(halfOpen_[number]);
    switch (noted) {
    case HalfOpen::peerSilent:
    case HalfOpen::keepAlivesUnanswered:
        return connection.silence().copies != 0 ? noted : HalfOpen::none;
    case HalfOpen::handshakeUnfinished:
        return connection.endpoint(Side::server).state == State::synReceived ? noted : HalfOpen::none;
    case HalfOpen::finUnacknowledged:
        for (const Side side : {Side::client, Side::server}) {
            const Fin &fin = connection.endpoint(side).fin;
            if (fin.sent && !fin.acknowledged) {
                return noted;
            }
        }
        return HalfOpen::none;
    case HalfOpen::peerRestarted:
        // Its peer talks on: the RST that seemed to show it was somebody else's.
        return session.verdictOf(number).has(sign::talksOn) ? HalfOpen::none : noted;
    case HalfOpen::none:
        break;
    }
    return noted;
}

Nanoseconds halfClosedFor(const Connection &connection) {
    const Nanoseconds acknowledgedAt = connection.halfClose().acknowledgedAt;
    const Fin &first = connection.endpoint(connection.firstFin()).fin;
    const Fin &other = connection.endpoint(peer(connection.firstFin())).fin;
    // A FIN that is itself the first to acknowledge the other one leaves no half-closed time.
    if (acknowledgedAt == 0 || (other.sent && other.time <= acknowledgedAt)) {
        return 0;
    }
    return (other.sent ? other.time : connection.lastTime()) - first.time;
}

} // namespace tcpstate
