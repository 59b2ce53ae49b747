#include "TimerEstimate.h"

#include <algorithm>
#include <functional>

namespace tcpstate {

void TimerBracket::outlived(Nanoseconds age, const BoundSource &source) {
    if (age > minimum_) {
        minimum_ = age;
        minimumSource_ = source;
    }
}

void TimerBracket::lost(Nanoseconds age, const BoundSource &source) {
    if (age > 0 && (maximum_ == 0 || age < maximum_)) {
        maximum_ = age;
        maximumSource_ = source;
    }
}

void TimerEstimate::addKill(const TimerKill &kill) {
    ++kills_;
    if (kill.finMaximum != 0) {
        sinceFin_.outlived(kill.finMinimum, kill.passed);
        sinceFin_.lost(kill.finMaximum, kill.lost);
    }
    if (kill.lastMaximum != 0) {
        // Which packet ended the gap that it outlived is not known.
        sinceLast_.outlived(kill.lastMinimum, {0, kill.lost.stream});
        sinceLast_.lost(kill.lastMaximum, kill.lost);
    }
}

void TimerEstimate::addSurvivor(Nanoseconds sinceFin, const BoundSource &finSource, Nanoseconds gap,
                                const BoundSource &gapSource) {
    ++survivors_;
    sinceFin_.outlived(sinceFin, finSource);
    sinceLast_.outlived(gap, gapSource);
}

namespace {

using Answer = ProfileReading::Answer;

ProfileReading readBasis(const FirewallTimer &timer, Refresh basis, const TimerBracket &bracket) {
    ProfileReading reading;
    reading.timer = &timer;
    reading.basis = basis;
    if (bracket.empty()) {
        return reading;
    }
    const Nanoseconds length = Nanoseconds{timer.seconds} * second;
    if (length <= bracket.minimum()) {
        reading.answer = Answer::outlived;
        reading.age = bracket.minimum();
        reading.source = bracket.minimumSource();
    } else if (bracket.maximum() == 0) {
        reading.answer = Answer::possible;
    } else if (fits(timer, basis, bracket.minimum(), bracket.maximum())) {
        reading.answer = Answer::fits;
    } else {
        reading.answer = Answer::early;
        reading.age = bracket.maximum();
        reading.source = bracket.maximumSource();
    }
    return reading;
}

} // namespace

ProfileReading TimerEstimate::read(const FirewallProfile &profile) const {
    const FirewallTimer *const timer = runningTimer(profile, phase_);
    if (timer == nullptr) {
        return {};
    }
    switch (timer->refresh) {
    case Refresh::never:
        return readBasis(*timer, Refresh::never, sinceFin_);
    case Refresh::everyPacket:
    case Refresh::outbound:
        return readBasis(*timer, Refresh::everyPacket, sinceLast_);
    case Refresh::unknown:
    case Refresh::eachDirection:
        break;
    }
    // Nobody says what loads it again: it is refuted where it is by both.
    const ProfileReading hard = readBasis(*timer, Refresh::never, sinceFin_);
    const ProfileReading refreshed = readBasis(*timer, Refresh::everyPacket, sinceLast_);
    if (hard.answer == Answer::fits || refreshed.answer == Answer::untested) {
        return hard;
    }
    if (refreshed.answer == Answer::fits || hard.refuted() || hard.answer == Answer::untested) {
        return refreshed;
    }
    return hard;
}

std::vector<CommonDeath> commonDeaths(std::span<const Death> deaths, std::size_t least) {
    std::vector<Death> left(deaths.begin(), deaths.end());
    // Times out of order leave no moment at which it can have died.
    std::erase_if(left, [](const Death &death) { return death.lost <= death.passed; });
    std::sort(left.begin(), left.end(), [](const Death &a, const Death &b) {
        return a.passed != b.passed ? a.passed < b.passed : a.connection < b.connection;
    });
    std::vector<CommonDeath> groups;
    while (left.size() >= least) {
        // A moment that the most of them share lies just after one's last passed packet.
        std::size_t most = 0;
        Nanoseconds best = 0;
        std::vector<Nanoseconds>
            ends; // of those that are dead by none of the moments so far, a heap with the first on top
        for (const Death &death : left) {
            while (!ends.empty() && ends.front() <= death.passed) {
                std::pop_heap(ends.begin(), ends.end(), std::greater<>());
                ends.pop_back();
            }
            ends.push_back(death.lost);
            std::push_heap(ends.begin(), ends.end(), std::greater<>());
            if (ends.size() > most) {
                most = ends.size();
                best = death.passed;
            }
        }
        if (most < least) {
            break;
        }
        CommonDeath group;
        group.after = best;
        const auto together = [best](const Death &death) { return death.passed <= best && death.lost > best; };
        for (const Death &death : left) {
            if (together(death)) {
                group.upTo = group.connections.empty() ? death.lost : std::min(group.upTo, death.lost);
                group.connections.push_back(death.connection);
            }
        }
        std::erase_if(left, together);
        std::sort(group.connections.begin(), group.connections.end());
        groups.push_back(std::move(group));
    }
    return groups;
}

} // namespace tcpstate
