// What a segment proves about the fate of its connection, and of others: when which judge is asked.
#include "Judge.h"
#include "Observer.h"

#include <algorithm>

namespace tcpstate {

namespace {

/** True if nothing but the distance says that something else sent a RST. */
constexpr bool byDistance(std::uint32_t signs) {
    return (signs & (sign::farHops | sign::nearHops)) != 0 &&
           (signs & (sign::tooFast | sign::bothAtOnce | sign::copiedFields)) == 0;
}

/** True if a RST after a timer is what a verdict rests on. */
constexpr bool endsByTimer(const Verdict &verdict) {
    return isTimerKill(verdict.kind) && !verdict.has(sign::silence);
}

/** Connections that were quiet for as long as each other may have run out together. */
constexpr bool sameAge(Nanoseconds one, Nanoseconds other) {
    const Nanoseconds apart = one > other ? one - other : other - one;
    return apart <= std::max<Nanoseconds>(second, std::max(one, other) / 10);
}

/** Others were reset with it after other pauses: a device did it, but no timer. */
void resetAtOneMoment(Verdict &verdict) {
    verdict.kind = VerdictKind::forgedReset;
    verdict.confidence = std::min(verdict.confidence, Confidence::likely);
    verdict.signs = (verdict.signs | sign::oneMoment) & ~sign::pastClock;
    verdict.timerMinimum = verdict.timerMaximum = verdict.needed = 0;
    verdict.basis = TimerBasis::none;
}

} // namespace

void Observer::settle(ConnectionNumber number, const Verdict &verdict, Record *record) {
    Connection &connection = edit(number);
    const Verdict &reported = verdictOf(number);
    if (!outweighs(verdict, reported)) {
        return;
    }
    if (verdict.kind == reported.kind && verdict.confidence == reported.confidence) {
        // The same event, better founded: it stays where it was said.
        const std::uint32_t frame = reported.frame;
        verdicts_[connection.verdictNumber()] = verdict;
        verdicts_[connection.verdictNumber()].frame = frame;
        return;
    }
    const auto verdictNumber = static_cast<std::uint32_t>(verdicts_.size());
    verdicts_.push_back(verdict);
    connection.setVerdictNumber(verdictNumber);
    if (record != nullptr) {
        record->marks |= mark::verdict;
        record->verdict = verdictNumber;
    }
}

/** The judgements that a RST may bring about, of this connection and of others that were reset with it. */
void Observer::judgeRst(ConnectionNumber number, const Segment &segment, Side sender, const BeforeReset &before,
                        const Silence &ended, Record &record) {
    Connection &connection = edit(number);
    const Silence &silence = connection.silence();
    const Matter matter = matterOf(number);
    const ResetReading reading = readReset(connection, before, segment, sender, record, hosts_, settings_);
    record.cause = reading.cause;
    record.origin = reading.origin;
    connection.noteReset(record);
    if (reading.cause == ResetCause::halfOpenPeer) {
        record.halfOpen = HalfOpen::peerRestarted;
    }
    if (ended.copies != 0 && record.origin == ResetOrigin::endpoint && reading.prompt) {
        settle(number, judgeRecovery(matter, ended, segment), &record); // the host itself answers the last copy
    }
    Verdict verdict = judgeReset(matter, reading, before, segment, sender);
    Host &resetter = hosts_[connection.endpoint(sender).host];
    const HeardReset previous = resetter.troubles->lastReset;
    const std::uint32_t together = resetter.resets(segment, number, reading.gap, byDistance(reading.signs));
    if (together != noConnection && verdictOf(together).kind == VerdictKind::peerTimer) {
        edit(together).setVerdictNumber(noVerdict);
    }
    const HeardReset received =
        hosts_[connection.endpoint(peer(sender)).host].receivesReset(segment, number, reading.gap);
    for (const HeardReset &other : {previous, received}) {
        const bool atOnce = other.frame != 0 && other.connection != number && nearEachOther(segment.time, other.time);
        if (!atOnce || !endsByTimer(verdict) || sameAge(other.quiet, reading.gap)) {
            continue;
        }
        resetAtOneMoment(verdict);
        if (endsByTimer(verdictOf(other.connection))) {
            verdicts_.push_back(verdictOf(other.connection));
            resetAtOneMoment(verdicts_.back());
            edit(other.connection).setVerdictNumber(static_cast<std::uint32_t>(verdicts_.size() - 1));
        }
    }
    // Several at once have not run out together: an application ended.
    if (verdict.kind != VerdictKind::peerTimer || together == noConnection) {
        settle(number, verdict, &record);
    }
    if (silence.copies > 1 && silence.speaker == sender && before.phase != Phase::reset) {
        Verdict silenceOfPeer = judgeSilence(matter, {true, 0, false});
        silenceOfPeer.frame = segment.frame;
        settle(number, silenceOfPeer, &record);
    }
    const Wait &wait = connection.wait();
    const Side waits = connection.anyFin() ? connection.firstFin() : wait.speaker;
    if (sender == waits && before.phase != Phase::reset && record.origin != ResetOrigin::middlebox) {
        Verdict silenceOfApplication = judgeWait(matter, true);
        silenceOfApplication.frame = segment.frame;
        settle(number, silenceOfApplication, &record);
    }
}

bool Observer::mayMatter(const Connection &connection, const Segment &segment, const Host &speaking,
                         const Silence &ended, const Record &record) {
    return connection.verdictNumber() != noVerdict || connection.silence().repeats != 0 || ended.copies != 0 ||
           connection.isUnusual() || (record.marks & (mark::talksOn | mark::finUnacknowledged)) != 0 ||
           segment.isSyn() || speaking.troubles.edited();
}

/** The judgements that any other segment may bring about. */
void Observer::judgeLiving(ConnectionNumber number, const Segment &segment, Side sender, const Silence &ended,
                           bool acknowledges, Record &record) {
    Connection &connection = edit(number);
    const Silence &silence = connection.silence();
    if (connection.verdictNumber() != noVerdict && acknowledges) {
        const Verdict &reported = verdictOf(number);
        const bool refutable = (reported.signs & (sign::prohibited | sign::unreachable | sign::oneWay)) != 0;
        if (refutable && reported.speaker != sender) {
            connection.setVerdictNumber(noVerdict); // it goes on all the same
        }
    }
    Host &speaking = hosts_[connection.endpoint(sender).host];
    if (acknowledges && speaking.troubles.edited()) {
        speaking.troubles.edit().largeLost.answered(number); // it only took its time
    }
    if (record.marked(mark::talksOn)) {
        settle(number, judgeTalksOn(matterOf(number), segment), &record);
    }
    if (ended.copies != 0) {
        settle(number, judgeRecovery(matterOf(number), ended, segment), &record);
    }
    if (silence.repeats != 0 && silence.speaker == sender) {
        const bool midTraffic = silence.gap() < second;
        hosts_[connection.endpoint(peer(sender)).host].troubles.edit().silentIn.note(number, midTraffic);
        hosts_[connection.endpoint(sender).host].troubles.edit().notAnswered.note(number, midTraffic);
        if (midTraffic && silence.smallest >= largeSegment) {
            hosts_[connection.endpoint(peer(sender)).host].troubles.edit().largeLost.note(number, segment.time);
        }
        const SecondSightings &pairs = connection.secondSightings(sender);
        if (pairs.established() && vantagePoints_.passedSince(pairs.first, pairs.second, silence.first + second)) {
            connection.noteOthersPassed();
        }
        if (silence.aliveFrame == 0) {
            connection.noteSignOfLife(signOfLife(matterOf(number)));
        }
        if (silence.copies >= std::min<std::uint32_t>(settings_.evidenceCopies, 3)) {
            const Verdict verdict = judgeSilence(matterOf(number), {});
            if (verdict.kind != VerdictKind::none && connection.verdictNumber() == noVerdict) {
                record.halfOpen = verdict.has(sign::keepAlives) ? HalfOpen::keepAlivesUnanswered : HalfOpen::peerSilent;
            }
            settle(number, verdict, &record);
        }
    }
    if (connection.unheard().copies != 0 && connection.unheard().repeater == sender) {
        settle(number, judgeUnheard(matterOf(number)), &record);
    }
    const ZeroWindow &zero = connection.zeroWindow();
    if (zero.since != 0 && zero.receiver == sender && connection.verdictNumber() == noVerdict) {
        settle(number, judgeZeroWindow(matterOf(number)), &record);
    }
    if (record.marked(mark::finUnacknowledged)) {
        record.halfOpen = HalfOpen::finUnacknowledged;
    }
    constexpr std::uint8_t unfinishedCopies = 3;
    if (segment.isSyn() && segment.isAck() && connection.endpoint(sender).synCopies == unfinishedCopies) {
        record.halfOpen = HalfOpen::handshakeUnfinished;
    }
}

/** What the distance of a host's latest RST said, its later packets refute. */
void Observer::acquitPath(Host &host) {
    HeardReset &reset = host.troubles.edit().lastReset;
    reset.byDistance = false;
    Connection &connection = edit(reset.connection);
    connection.acquitReset();
    if (verdictOf(reset.connection).frame == reset.frame) {
        connection.setVerdictNumber(noVerdict);
    }
}

void Observer::correct(Record &record, std::uint32_t frame) const {
    if (record.cause == ResetCause::none) {
        return;
    }
    const Verdict &verdict = verdictOf(record.connection);
    if (connection(record.connection).resetAcquitted() && record.origin == ResetOrigin::middlebox) {
        record.cause = ResetCause::abort;
        record.origin = ResetOrigin::unknown;
    }
    if (verdict.has(sign::oneMoment) && verdict.frame == frame && record.cause == ResetCause::afterIdleExpiry) {
        record.cause = ResetCause::forged;
    }
    if (verdict.has(sign::neverSent) && verdict.frame == frame && verdict.confidence >= Confidence::likely) {
        record.cause = isTimerKill(verdict.kind) ? record.cause : ResetCause::forged;
        record.origin = ResetOrigin::middlebox;
        record.halfOpen = HalfOpen::none;
    }
    if (verdict.resetFrame == frame && (verdict.signs & (sign::talksOn | sign::bothAtOnce)) != 0) {
        record.cause = isTimerKill(verdict.kind) ? ResetCause::afterIdleExpiry : ResetCause::forged;
        record.origin = ResetOrigin::middlebox;
        record.halfOpen = HalfOpen::none;
    }
}

} // namespace tcpstate
