#include "records.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace tcpstate {

namespace {

// A kept Record begins with a word of 64 bits: what every Record has, and which parts follow behind it. Without any it is
// the pointer itself. Bit 0 tells that from an address, which is even.
using Word = std::uint64_t;

/** Some bits of the word. */
struct Bits {
    unsigned first;
    unsigned count;

    [[nodiscard]] constexpr Word put(std::uint64_t value) const { return value << first; }
    [[nodiscard]] constexpr std::uint64_t take(Word word) const { return word >> first & ((Word{1} << count) - 1); }
};

constexpr Bits isPointer = {0, 1};
constexpr Bits clientState = {1, 4};
constexpr Bits serverState = {5, 4};
constexpr Bits phase = {9, 4};
constexpr Bits sender = {13, 1};
constexpr Bits midstream = {14, 1};
constexpr Bits firewallPhase = {15, 3};
constexpr Bits connection = {32, 32};
// What follows, in this order:
constexpr Bits steps = {18, 3}; // how many
static_assert(Record::maximumSteps < 1U << steps.count);
constexpr Bits marks = {21, 1}; // others than midstream
constexpr Bits verdict = {22, 1};
constexpr Bits reset = {23, 1};
constexpr Bits duration = {24, 1};
constexpr Bits bytes = {25, 1};
constexpr Bits remaining = {26, 1};
constexpr Word anythingFollows =
    steps.put(7) | marks.put(1) | verdict.put(1) | reset.put(1) | duration.put(1) | bytes.put(1) | remaining.put(1);

constexpr bool pointersAreWide = sizeof(std::uintptr_t) >= sizeof(Word);

/** What a RST has, and a half-open connection. */
struct ResetPart {
    ResetAcceptance acceptance;
    ResetCause cause;
    ResetOrigin origin;
    HalfOpen halfOpen;

    bool operator==(const ResetPart &) const = default;
};

Word wordOf(const Record &record) {
    // Names each member, so that it does not compile any more when Record gets another one, which has to be kept, too.
    const auto &[itsDuration, itsRemaining, itsBytes, itsConnection, itsMarks, itsVerdict, itsSteps, stepCount, states,
                 itsPhase, itsSender, acceptance, cause, origin, halfOpen, itsFirewallPhase] = record;
    static_cast<void>(itsSteps);
    const ResetPart ofReset = {acceptance, cause, origin, halfOpen};
    return clientState.put(static_cast<Word>(states[index(Side::client)])) |
           serverState.put(static_cast<Word>(states[index(Side::server)])) | phase.put(static_cast<Word>(itsPhase)) |
           sender.put(static_cast<Word>(itsSender)) | midstream.put(record.marked(mark::midstream) ? 1 : 0) |
           firewallPhase.put(static_cast<Word>(itsFirewallPhase)) | connection.put(itsConnection) |
           steps.put(stepCount) | marks.put((itsMarks & ~mark::midstream) != 0 ? 1 : 0) |
           verdict.put(itsVerdict != Record{}.verdict ? 1 : 0) | reset.put(ofReset != ResetPart{} ? 1 : 0) |
           duration.put(itsDuration != 0 ? 1 : 0) | bytes.put(itsBytes != 0 ? 1 : 0) |
           remaining.put(itsRemaining != 0 ? 1 : 0);
}

/** Writes the parts of a Record one behind the other. */
class Writer {
  public:
    template <typename Part> void put(const Part &part) {
        static_assert(std::is_trivially_copyable_v<Part>);
        std::memcpy(buffer_.data() + size_, &part, sizeof part);
        size_ += sizeof part;
    }
    [[nodiscard]] const std::byte *data() const { return buffer_.data(); }
    /** Bytes written, made even so that the next address is even as well. */
    [[nodiscard]] std::size_t size() const { return size_ + size_ % 2; }

  private:
    std::array<std::byte, sizeof(Word) + sizeof(Record)> buffer_; // NOLINT: what is read of it was written
    std::size_t size_ = 0;
};

/** Reads them in the same order. */
class Reader {
  public:
    explicit Reader(const void *from) : at_(static_cast<const std::byte *>(from)) {}

    template <typename Part> void take(Part &part) {
        std::memcpy(&part, at_, sizeof part);
        at_ += sizeof part;
    }

  private:
    const std::byte *at_;
};

Writer write(Word word, const Record &record) {
    Writer writer;
    writer.put(word);
    for (unsigned i = 0; i < record.stepCount; ++i) {
        writer.put(record.steps[i]);
    }
    if (marks.take(word) != 0) {
        writer.put(record.marks);
    }
    if (verdict.take(word) != 0) {
        writer.put(record.verdict);
    }
    if (reset.take(word) != 0) {
        writer.put(ResetPart{record.acceptance, record.cause, record.origin, record.halfOpen});
    }
    if (duration.take(word) != 0) {
        writer.put(record.halfCloseDuration);
    }
    if (bytes.take(word) != 0) {
        writer.put(record.halfCloseBytes);
    }
    if (remaining.take(word) != 0) {
        writer.put(record.firewallRemaining);
    }
    return writer;
}

Record ofWord(Word word) {
    Record record;
    record.states = {static_cast<State>(clientState.take(word)), static_cast<State>(serverState.take(word))};
    record.phase = static_cast<Phase>(phase.take(word));
    record.sender = static_cast<Side>(sender.take(word));
    record.marks = midstream.take(word) != 0 ? mark::midstream : 0;
    record.firewallPhase = static_cast<SessionPhase>(firewallPhase.take(word));
    record.connection = static_cast<std::uint32_t>(connection.take(word));
    return record;
}

Record read(const void *from) {
    Reader reader(from);
    Word word = 0;
    reader.take(word);
    Record record = ofWord(word);
    record.stepCount = static_cast<std::uint8_t>(steps.take(word));
    for (unsigned i = 0; i < record.stepCount; ++i) {
        reader.take(record.steps[i]);
    }
    if (marks.take(word) != 0) {
        reader.take(record.marks);
    }
    if (verdict.take(word) != 0) {
        reader.take(record.verdict);
    }
    if (reset.take(word) != 0) {
        ResetPart part{};
        reader.take(part);
        record.acceptance = part.acceptance;
        record.cause = part.cause;
        record.origin = part.origin;
        record.halfOpen = part.halfOpen;
    }
    if (duration.take(word) != 0) {
        reader.take(record.halfCloseDuration);
    }
    if (bytes.take(word) != 0) {
        reader.take(record.halfCloseBytes);
    }
    if (remaining.take(word) != 0) {
        reader.take(record.firewallRemaining);
    }
    return record;
}

} // namespace

void *Records::keep(const Record &record) {
    const Word word = wordOf(record);
    if (pointersAreWide && (word & anythingFollows) == 0) {
        return reinterpret_cast<void *>(static_cast<std::uintptr_t>(word | isPointer.put(1)));
    }
    const Writer written = write(word, record);
    if (used_ + written.size() > blockSize) {
        blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(blockSize));
        used_ = 0;
    }
    std::byte *const place = blocks_.back().get() + used_;
    std::copy_n(written.data(), written.size(), place);
    used_ += written.size();
    return place;
}

Record Records::load(const void *kept) {
    const auto word = static_cast<Word>(reinterpret_cast<std::uintptr_t>(kept));
    return isPointer.take(word) != 0 ? ofWord(word) : read(kept);
}

} // namespace tcpstate
