// What only the end of the capture decides, and what only all connections together show.
#include "Judge.h"
#include "Observer.h"

#include <algorithm>
#include <queue>
#include <set>
#include <vector>

namespace tcpstate {

namespace {

/** A connection that fell silent for good: the moment of its death lies in (passed, lost]. */
struct Death {
    ConnectionNumber number;
    Nanoseconds passed; ///< the silent side's latest packet
    Nanoseconds lost;   ///< the first packet known to be lost
    bool halfClosed;
    bool peerAlive;
    Nanoseconds aboveSinceFin; ///< a timer that counts from the first FIN lies above this, with halfClosed
    Nanoseconds upToSinceFin;  ///< and at or below this
    Nanoseconds aboveSinceLast;
    Nanoseconds upToSinceLast;
};

Death deathOf(ConnectionNumber number, const Connection &connection, const Verdict &verdict) {
    const Silence &silence = connection.silence();
    const Nanoseconds passed = connection.endpoint(peer(silence.speaker)).lastTime;
    const Fin &fin = connection.endpoint(connection.firstFin()).fin;
    return {number,
            passed,
            silence.first,
            fin.acknowledged,
            verdict.has(sign::peerAlive),
            passed - fin.time,
            silence.first - fin.time,
            connection.survivedGap(),
            silence.gap()};
}

/** Deaths that may have been at one moment, of which some come and others go as the moment moves on. */
class Together {
  public:
    void add(const Death &death) {
        halfClosed_ += death.halfClosed ? 1U : 0U;
        alive_ += death.peerAlive ? 1U : 0U;
        sinceFin_.add(death.aboveSinceFin, death.upToSinceFin);
        sinceLast_.add(death.aboveSinceLast, death.upToSinceLast);
    }
    void remove(const Death &death) {
        halfClosed_ -= death.halfClosed ? 1U : 0U;
        alive_ -= death.peerAlive ? 1U : 0U;
        sinceFin_.remove(death.aboveSinceFin, death.upToSinceFin);
        sinceLast_.remove(death.aboveSinceLast, death.upToSinceLast);
    }
    [[nodiscard]] std::size_t count() const { return sinceLast_.count(); }
    [[nodiscard]] bool anyPeerAlive() const { return alive_ != 0; }
    /** True if one timer, counted from the first FIN or from the last packet, explains all of them. */
    [[nodiscard]] bool oneTimerFits() const {
        return sinceLast_.intersect() || (halfClosed_ == count() && sinceFin_.intersect());
    }

  private:
    /** Brackets that a timer lies in, above the one end and up to the other. */
    class Brackets {
      public:
        void add(Nanoseconds above, Nanoseconds upTo) {
            above_.insert(above);
            upTo_.insert(upTo);
        }
        void remove(Nanoseconds above, Nanoseconds upTo) {
            above_.erase(above_.find(above));
            upTo_.erase(upTo_.find(upTo));
        }
        [[nodiscard]] std::size_t count() const { return above_.size(); }
        [[nodiscard]] bool intersect() const { return *upTo_.begin() > std::max<Nanoseconds>(0, *above_.rbegin()); }

      private:
        std::multiset<Nanoseconds> above_;
        std::multiset<Nanoseconds> upTo_;
    };

    Brackets sinceFin_;
    Brackets sinceLast_;
    std::size_t halfClosed_ = 0;
    std::size_t alive_ = 0;
};

/** True where a failover would explain the silence as well. */
bool mayBeFailover(const Verdict &verdict) {
    const bool unexplained = verdict.kind == VerdictKind::peerGone || verdict.kind == VerdictKind::sessionLost;
    return verdict.has(sign::silence) && (isTimerKill(verdict.kind) || unexplained) &&
           verdict.confidence != Confidence::certain && !verdict.has(sign::passedBoth);
}

} // namespace

/**
 * Deaths at one moment whose timers cannot be one timer: no timer, but a failover, a flush or a new policy. Three
 * connections are needed for it. Where none of the silent sides was heard again it may as well be the path, so that it
 * is only possible.
 */
void Observer::separateFailovers() {
    constexpr std::size_t several = 3;
    std::vector<Death> deaths;
    for (ConnectionNumber number = 0; number < count_; ++number) {
        if (mayBeFailover(verdictOf(number))) {
            deaths.push_back(deathOf(number, connection(number), verdictOf(number)));
        }
    }
    std::sort(deaths.begin(), deaths.end(), [](const Death &a, const Death &b) { return a.passed < b.passed; });

    const auto lostLater = [](const Death *a, const Death *b) { return a->lost > b->lost; };
    std::priority_queue<const Death *, std::vector<const Death *>, decltype(lostLater)> byLoss(lostLater);
    std::vector<const Death *> unjudged; // those of `together` that no moment has explained yet, and some that are gone
    Together together;
    for (const Death &latest : deaths) {
        const Nanoseconds moment = latest.passed; // just after it
        while (!byLoss.empty() && byLoss.top()->lost <= moment) {
            together.remove(*byLoss.top());
            byLoss.pop();
        }
        if (latest.lost <= moment) {
            continue;
        }
        together.add(latest);
        byLoss.push(&latest);
        unjudged.push_back(&latest);
        if (together.count() < several || together.oneTimerFits()) {
            continue;
        }
        for (const Death *const death : unjudged) {
            if (death->lost > moment) {
                loseAtOneMoment(death->number, together.anyPeerAlive());
            }
        }
        unjudged.clear();
    }
}

/** It died with others, at an age that no timer explains. */
void Observer::loseAtOneMoment(ConnectionNumber number, bool anyPeerAlive) {
    Verdict verdict = verdictOf(number);
    verdict.kind = VerdictKind::sessionLost;
    verdict.confidence = anyPeerAlive ? Confidence::likely : Confidence::possible;
    verdict.signs |= sign::oneMoment;
    verdict.timerMinimum = verdict.timerMaximum = verdict.needed = 0;
    verdict.basis = TimerBasis::none;
    verdicts_.push_back(verdict);
    edit(number).setVerdictNumber(static_cast<std::uint32_t>(verdicts_.size() - 1));
}

/** It must not be said that nobody was heard since, where somebody was. */
void Observer::noteHeardAgain(ConnectionNumber number) {
    const std::uint32_t verdictNumber = connection(number).verdictNumber();
    if (verdictNumber == noVerdict) {
        return;
    }
    Verdict &verdict = verdicts_[verdictNumber];
    if (!verdict.has(sign::silence) || verdict.has(sign::peerAlive) || verdict.has(sign::recovered)) {
        return;
    }
    if (const std::uint32_t frame = heardAgain(matterOf(number), verdict); frame != 0) {
        verdict.signs |= sign::heardAgain;
        verdict.aliveFrame = frame;
        verdict.addEvidence(frame);
    }
}

void Observer::finish() {
    for (ConnectionNumber number = 0; number < count_; ++number) {
        Connection &ended = edit(number);
        ended.finish(lastTime_, settings_);
        const Matter matter = matterOf(number);
        if (ended.silence().copies > 1) {
            settle(number, judgeSilence(matter, {false, 0, true}), nullptr);
        }
        noteHeardAgain(number);
        settle(number, judgeUnsentReset(matter, verdictOf(number)), nullptr);
        if (verdictOf(number).kind == VerdictKind::none && ended.phase() == Phase::halfClosed) {
            settle(number, judgeWait(matter, false), nullptr);
        }
    }
    separateFailovers();
}

} // namespace tcpstate
