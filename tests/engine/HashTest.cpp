// Whoever writes a capture may choose its addresses, and must not thereby choose what falls together in our tables.
#include "Hash.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>

namespace tcpstate {

namespace {

/** The number that gives 1 with an odd `factor`, modulo 2^64 (Newton). */
constexpr std::uint64_t inverse(std::uint64_t factor) {
    std::uint64_t result = factor;
    for (int i = 0; i < 6; ++i) {
        result *= 2 - factor * result;
    }
    return result;
}

/** The `b` for which mix(a, b) is `hash`: each step of mix, backwards. */
constexpr std::uint64_t unmix(std::uint64_t a, std::uint64_t hash) {
    hash ^= hash >> 29 ^ hash >> 58;
    hash *= inverse(0xd1342543de82ef95ULL);
    hash ^= hash >> 32;
    return hash * inverse(0x9e3779b97f4a7c15ULL) ^ a;
}

} // namespace

// Keys of two words with one and the same hash can be worked out for a known seed. With another seed they are spread.
TEST(Hash, KeysChosenForOneSeedAreSpreadByAnother) {
    constexpr std::uint64_t wanted = 0x1234567800000000ULL;
    constexpr unsigned keys = 10'000;
    std::set<std::uint64_t> known;
    std::set<std::uint32_t> unknown;
    for (std::uint64_t first = 0; first < keys; ++first) {
        const std::uint64_t last = unmix(mix(mix(0, first), 7), wanted);
        known.insert(mix(mix(mix(0, first), 7), last));
        unknown.insert(static_cast<std::uint32_t>(mix(mix(mix(0x243f6a8885a308d3ULL, first), 7), last) >> 32));
    }
    EXPECT_EQ(1U, known.size());
    EXPECT_GT(unknown.size(), keys - 100); // of 2^32 places
}

// Neither do neighbours in two words at once, such as an address and a port.
TEST(Hash, DifferencesInTwoWordsDoNotCancel) {
    std::set<std::uint64_t> hashes;
    for (std::uint64_t address = 0; address < 256; ++address) {
        for (std::uint64_t port = 0; port < 256; ++port) {
            hashes.insert(mix(mix(5, address << 24), port << 24));
        }
    }
    EXPECT_EQ(256U * 256U, hashes.size());
}

} // namespace tcpstate
