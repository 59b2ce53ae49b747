// Where the Records of a capture live, small enough that a million packets cost little.
#pragma once

#include "inference/Record.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace tcpstate {

/**
 * Keeps Records until the file is closed, and hands out one pointer for each, which is never null and goes into the
 * frame's proto data.
 *
 * Most segments change nothing and carry no mark. Where a pointer has 64 bits, the meaning of such a segment fits
 * into the pointer itself and takes no other memory. Of the rest is kept what each holds, one behind the other in blocks
 * that never move: a third of a Record on average. A Record comes back as it was.
 */
class Records {
  public:
    Records() = default;
    Records(const Records &) = delete;
    Records &operator=(const Records &) = delete;

    /** Keeps a Record. Throws std::bad_alloc. */
    [[nodiscard]] void *keep(const Record &record);

    /** The Record behind a pointer that keep() gave; its Records must still be alive. */
    [[nodiscard]] static Record load(const void *kept);

  private:
    static constexpr std::size_t blockSize = 16'384; // bytes

    std::vector<std::unique_ptr<std::byte[]>> blocks_;
    std::size_t used_ = blockSize; // bytes in use of the last block
};

} // namespace tcpstate
