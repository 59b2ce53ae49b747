// Keys of tables that a hostile capture fills.
#pragma once

#include <cstdint>

namespace tcpstate {

/**
 * Stirs `b` into the hash `a`. Begun with a seed that the writer of a capture cannot know, keys that fall together cannot be
 * chosen: what one step makes of a difference depends on everything before it.
 */
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    std::uint64_t hash = (a ^ b) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 32;
    hash *= 0xd1342543de82ef95ULL;
    return hash ^ (hash >> 29);
}

} // namespace tcpstate
