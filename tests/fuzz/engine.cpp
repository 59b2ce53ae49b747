// Any sequence of segments: the engine must neither crash nor claim what cannot be (libFuzzer).
#include "Observer.h"
#include "VerdictText.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

using namespace tcpstate;

/** Bytes to make segments of; after the last one, zeros. */
class Bytes {
  public:
    Bytes(const std::uint8_t *data, std::size_t size) : data_(data), size_(size) {}
    [[nodiscard]] bool empty() const { return size_ == 0; }
    std::uint8_t next() {
        if (size_ == 0) {
            return 0;
        }
        --size_;
        return *data_++;
    }
    std::uint16_t next16() { return static_cast<std::uint16_t>(next() << 8 | next()); }

  private:
    const std::uint8_t *data_;
    std::size_t size_;
};

void require(bool holds, const char *what) {
    if (!holds) {
        std::fprintf(stderr, "invariant broken: %s\n", what);
        std::abort();
    }
}

Address address(std::uint8_t last) {
    Address result;
    result.bytes = {192, 0, 2, last};
    result.length = 4;
    return result;
}

/** A small world, so that the pieces meet: two hosts, two pairs of ports, numbers near each other and near a wrap. */
Sequence number(Bytes &bytes) {
    const std::uint8_t kind = bytes.next();
    const Sequence base = (kind & 0x80) != 0 ? 0xfffffff0U : 1000U;
    return (kind & 0x40) != 0 ? base + bytes.next16() * 65536U : base + (kind & 0x3fU);
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
        state = step.after();
    }
    require(record.stepCount == Record::maximumSteps ||
                (before[0] == record.states[0] && before[1] == record.states[1]),
            "no state without a way to it");
}

void checkVerdict(const Verdict &verdict, const Settings &settings) {
    if (verdict.kind == VerdictKind::none) {
        return;
    }
    require(verdict.confidence >= Confidence::possible, "a verdict says how sure it is");
    require(verdict.evidenceCount != 0, "a verdict names its evidence");
    require(verdict.timerMaximum >= verdict.timerMinimum, "a bracket has its ends in order");
    Sentence sentence;
    writeSummary(sentence, verdict, settings.firewall, true);
    writeReason(sentence, verdict, settings.firewall, true);
    writeAdvice(sentence, verdict, settings.firewall);
    require(!sentence.empty(), "a verdict has words");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    Bytes bytes(data, size);
    Settings settings;
    settings.evidenceCopies = 1 + bytes.next() % 5U;
    const auto all = profiles();
    settings.firewall = all[bytes.next() % all.size()];
    Observer observer(settings);
    Nanoseconds time = second;
    std::uint32_t frame = 0;
    while (!bytes.empty()) {
        const std::uint8_t shape = bytes.next();
        const bool fromClient = (shape & 1U) != 0;
        const std::uint16_t port = (shape & 2U) != 0 ? 40000 : 40001;
        const Flow flow = fromClient ? Flow{address(1), address(2), port, 80} : Flow{address(2), address(1), 80, port};
        time += Nanoseconds{bytes.next16()} * millisecond * ((shape & 4U) != 0 ? 100 : 1) -
                ((shape & 8U) != 0 ? second : 0);
        if ((shape & 0xf0U) == 0xf0U) {
            IcmpError error;
            error.time = time;
            error.frame = ++frame;
            error.reason = static_cast<IcmpReason>(bytes.next() % 5U);
            error.sender = address(3);
            observer.observeError(flow, error);
            continue;
        }
        Segment segment;
        segment.time = time;
        segment.frame = ++frame;
        segment.interface = shape >> 4 & 1U;
        segment.flags = bytes.next();
        segment.seq = number(bytes);
        segment.ack = number(bytes);
        const std::uint8_t more = bytes.next();
        segment.length = more & 0x1fU;
        segment.identification = (more & 0x20U) != 0 ? static_cast<std::uint16_t>(frame) : std::uint16_t{7};
        segment.hopLimit = (more & 0x40U) != 0 ? 64 : 50;
        segment.window = (more & 0x80U) != 0 ? 1000 : 0;
        segment.sackPermitted = (shape & 0x20U) != 0;
        segment.windowScale = (shape & 0x40U) != 0 ? std::int8_t{7} : std::int8_t{-1};

        const std::uint32_t known = observer.connectionCount();
        static State states[1U << 16][2];
        const Record record = observer.observe(flow, segment);
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
        checkVerdict(observer.verdictOf(record.connection), settings);
    }
    observer.finish();
    for (ConnectionNumber each = 0; each < observer.connectionCount(); ++each) {
        checkVerdict(observer.verdictOf(each), settings);
        (void)observer.connection(each).closeKind();
        (void)observer.atRisk(each);
    }
    return 0;
}
