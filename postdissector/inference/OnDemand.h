// Parts of a connection that few connections need.
#pragma once

#include <memory>

namespace tcpstate {

/**
 * A part that most owners leave as it begins: until it is first edited it takes the room of a pointer, and reads as a
 * new Part. There may be millions of owners.
 */
template <typename Part> class OnDemand {
  public:
    [[nodiscard]] const Part &operator*() const { return part_ ? *part_ : unedited; }
    [[nodiscard]] const Part *operator->() const { return &**this; }

    /** The part, to be changed. Throws std::bad_alloc. */
    [[nodiscard]] Part &edit() {
        if (!part_) {
            part_ = std::make_unique<Part>();
        }
        return *part_;
    }
    /** True once it has been edited. */
    [[nodiscard]] bool edited() const { return part_ != nullptr; }

  private:
    static inline const Part unedited{};

    std::unique_ptr<Part> part_;
};

} // namespace tcpstate
