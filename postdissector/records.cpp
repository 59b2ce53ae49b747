#include "records.h"

#include <cstdint>

namespace tcpstate {

namespace {

using Word = std::uintptr_t;

// The bits of a pointer that is a Record itself. Bit 0 tells it from the address of one, which is even.
constexpr unsigned clientBit = 1;
constexpr unsigned serverBit = 5;
constexpr unsigned phaseBit = 9;
constexpr unsigned senderBit = 13;
constexpr unsigned midstreamBit = 14;
constexpr unsigned connectionBit = 32;
constexpr Word fourBits = 0xf;

constexpr bool pointersAreWide = sizeof(Word) >= sizeof(std::uint64_t);
static_assert(alignof(Record) > 1, "the lowest bit of an address must be free");

bool isPlain(const Record &record) {
    // Names each member, so that it does not compile any more when Record gets another one: that one has to be packed,
    // or to be absent from what is plain.
    const auto &[duration, remaining, bytes, connection, marks, verdict, steps, stepCount, states, phase, sender,
                 acceptance, cause, origin, halfOpen, firewallPhase] = record;
    static_cast<void>(connection);
    static_cast<void>(steps);
    static_cast<void>(states);
    static_cast<void>(phase);
    static_cast<void>(sender);
    // Without their marks these have no meaning.
    static_cast<void>(remaining);
    static_cast<void>(verdict);
    static_cast<void>(firewallPhase);
    static_cast<void>(cause);
    static_cast<void>(origin);
    return stepCount == 0 && (marks & ~mark::midstream) == 0 && acceptance == ResetAcceptance::none &&
           halfOpen == HalfOpen::none && duration == 0 && bytes == 0;
}

Word pack(const Record &record) {
    return Word{1} | static_cast<Word>(record.state(Side::client)) << clientBit |
           static_cast<Word>(record.state(Side::server)) << serverBit | static_cast<Word>(record.phase) << phaseBit |
           static_cast<Word>(record.sender) << senderBit | Word{record.marked(mark::midstream)} << midstreamBit |
           static_cast<Word>(std::uint64_t{record.connection} << connectionBit);
}

Record unpack(Word word) {
    Record record;
    record.states[index(Side::client)] = static_cast<State>(word >> clientBit & fourBits);
    record.states[index(Side::server)] = static_cast<State>(word >> serverBit & fourBits);
    record.phase = static_cast<Phase>(word >> phaseBit & fourBits);
    record.sender = static_cast<Side>(word >> senderBit & 1U);
    record.marks = (word >> midstreamBit & 1U) != 0 ? mark::midstream : 0;
    record.connection = static_cast<std::uint32_t>(std::uint64_t{word} >> connectionBit);
    return record;
}

} // namespace

void *Records::keep(const Record &record) {
    if (pointersAreWide && isPlain(record)) {
        return reinterpret_cast<void *>(pack(record));
    }
    if (used_ == blockSize) {
        blocks_.push_back(std::make_unique<Record[]>(blockSize));
        used_ = 0;
    }
    Record &place = blocks_.back()[used_++];
    place = record;
    return &place;
}

Record Records::load(const void *kept) {
    const auto word = reinterpret_cast<Word>(kept);
    return (word & 1U) != 0 ? unpack(word) : *static_cast<const Record *>(kept);
}

} // namespace tcpstate
