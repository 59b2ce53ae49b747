// Any sequence of segments: the engine must neither crash nor claim what cannot be (libFuzzer).
#include "Codec.h"
#include "Observer.h"
#include "TimerEstimate.h"
#include "VerdictText.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

namespace {

using namespace tcpstate;

void require(bool holds, const char *what) {
    if (!holds) {
        std::fprintf(stderr, "invariant broken: %s\n", what);
        std::abort();
    }
}

void checkSteps(const Record &record, State before[2]) {
    for (unsigned i = 0; i < record.stepCount; ++i) {
        const Step step = record.steps[i];
        State &state = before[index(step.where())];
        require(step.before() == state, "a step begins where the one before ended");
        require(step.row == restoredRow ||
                    (transitionRow(static_cast<TransitionNumber>(step.row)).from == step.before() &&
                     transitionRow(static_cast<TransitionNumber>(step.row)).to == step.after()),
                "a step is a row of the machine");
        require(reason(step)[0] != '\0' && section(step)[0] != '\0', "a step says why");
        state = step.after();
    }
    require(before[0] == record.states[0] && before[1] == record.states[1], "no state without a way to it");
}

void checkVerdict(const Verdict &verdict, const Settings &settings, std::uint32_t frames) {
    if (verdict.kind == VerdictKind::none) {
        return;
    }
    require(verdict.confidence >= Confidence::possible, "a verdict says how sure it is");
    require(verdict.evidenceCount != 0, "a verdict names its evidence");
    for (unsigned i = 0; i < verdict.evidenceCount; ++i) {
        require(verdict.evidence[i] != 0 && verdict.evidence[i] <= frames, "evidence is a packet that was seen");
    }
    require(verdict.timerMaximum >= verdict.timerMinimum, "a bracket has its ends in order");
    require(verdict.kills() == (isTimerKill(verdict.kind) && verdict.confidence >= Confidence::likely) &&
                !(isTimerKill(verdict.kind) && isNotFirewall(verdict.kind)),
            "a kill blames a firewall");
    for (const bool withFrames : {true, false}) {
        Sentence sentence;
        writeSummary(sentence, verdict, settings.firewall, withFrames);
        writeReason(sentence, verdict, settings.firewall, withFrames);
        writeAdvice(sentence, verdict, settings.firewall);
        require(!sentence.empty(), "a verdict has words");
    }
    require(name(verdict.basis)[0] != '\0' && name(verdict.confidence)[0] != '\0', "its values have names");
}

/** All connections together: what they say of one timer. */
void checkEstimate(const Observer &observer) {
    TimerEstimate idle(SessionPhase::established);
    TimerEstimate half(SessionPhase::halfClosed);
    std::vector<Death> deaths;
    for (ConnectionNumber each = 0; each < observer.connectionCount(); ++each) {
        const Verdict &verdict = observer.verdictOf(each);
        const Connection &connection = observer.connection(each);
        if (isTimerKill(verdict.kind)) {
            TimerKill kill;
            kill.finMinimum = kill.lastMinimum = verdict.timerMinimum;
            kill.finMaximum = verdict.basis == TimerBasis::lastPacket ? 0 : verdict.timerMaximum;
            kill.lastMaximum = verdict.basis == TimerBasis::firstFin ? 0 : verdict.timerMaximum;
            (verdict.kind == VerdictKind::idleTimer ? idle : half).addKill(kill);
        } else {
            idle.addSurvivor(0, {}, connection.survivedGap(), {});
            half.addSurvivor(connection.survivedGap(), {}, connection.survivedGap(), {});
        }
        deaths.push_back({connection.firstTime(), connection.lastTime(), each});
    }
    for (const TimerEstimate *const estimate : {&idle, &half}) {
        require(!estimate->sinceFin().closed() || !estimate->sinceFin().contradictory(),
                "a bracket is closed or empty");
        for (const FirewallProfile &profile : profiles()) {
            const ProfileReading reading = estimate->read(profile);
            require(!(reading.refuted() && reading.early()), "a profile is read in one way");
        }
    }
    std::size_t grouped = 0;
    for (const CommonDeath &group : commonDeaths(deaths)) {
        require(group.after < group.upTo && group.connections.size() >= 3, "a common death has a moment and members");
        grouped += group.connections.size();
    }
    require(grouped <= deaths.size(), "a death is in one group only");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    fuzz::Reader input(data, size);
    const Settings &settings = input.settings();
    Observer observer(settings);
    std::vector<std::pair<Record, std::uint32_t>> resets;
    while (!input.empty()) {
        const fuzz::Step step = input.step();
        if (step.isError) {
            observer.observeError(step.flow, step.error);
            continue;
        }
        const std::uint32_t known = observer.connectionCount();
        static State states[1U << 16][2];
        const Record record = observer.observe(step.flow, step.segment);
        require(record.connection < observer.connectionCount(), "a record belongs to a connection");
        require(observer.connectionCount() <= known + 1, "a segment begins at most one connection");
        if (record.connection < 1U << 16) {
            State *const before = states[record.connection];
            if (record.connection >= known) {
                // What a connection begins with: the first step tells, or nothing happened to this end.
                before[0] = record.states[0];
                before[1] = record.states[1];
                for (unsigned i = record.stepCount; i > 0; --i) {
                    before[index(record.steps[i - 1].where())] = record.steps[i - 1].before();
                }
            }
            checkSteps(record, before);
            before[0] = record.states[0];
            before[1] = record.states[1];
        }
        require(name(record.state(Side::client))[0] != '\0' && name(record.sender)[0] != '\0' &&
                    name(record.firewallPhase)[0] != '\0',
                "states and phases have names");
        checkVerdict(observer.verdictOf(record.connection), settings, step.segment.frame);
        if (record.marked(mark::firewallRisk)) {
            Sentence sentence;
            writeRisk(sentence, record.halfCloseDuration, settings.firewall);
        }
        if (step.segment.isRst()) {
            resets.push_back({record, step.segment.frame});
        }
        observer.setStream(record.connection, record.connection);
    }
    observer.finish();
    for (const auto &[record, frame] : resets) {
        Record corrected = record;
        observer.correct(corrected, frame);
        require(corrected.states == record.states && corrected.acceptance == record.acceptance,
                "what is learned of a RST's sender changes nothing else");
    }
    checkEstimate(observer);
    for (ConnectionNumber each = 0; each < observer.connectionCount(); ++each) {
        checkVerdict(observer.verdictOf(each), settings, 0xffffffff);
        (void)observer.connection(each).closeKind();
        const Flow flow = observer.flowOf(each);
        require(flow.source != flow.destination || flow.sourcePort != flow.destinationPort,
                "a connection has two ends");
        (void)observer.atRisk(each);
    }
    return 0;
}
