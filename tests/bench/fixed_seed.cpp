// Makes Wireshark's hash tables the same in every run.
//
// Wireshark seeds its hash functions at random, so that the number of collisions, and with it the number of
// instructions, differs from run to run by half a percent. Preloaded, this gives the same numbers each time.
#include <cstdint>

extern "C" std::uint32_t g_random_int() {
    static std::uint64_t state = 0x853c49e6748fea9b;
    state = state * 6364136223846793005 + 1442695040888963407;
    return static_cast<std::uint32_t>(state >> 32);
}
