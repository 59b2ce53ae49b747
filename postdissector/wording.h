// The words for what a Record holds. Those that every packet needs are put together once, at registration.
#pragma once

#include "inference/Record.h"
#include "text.h"

namespace tcpstate {

/** Puts the common texts together; call it once before the others. */
void prepareWording();

/** Both states as one text, client first: "FIN-WAIT-2/CLOSE-WAIT". */
[[nodiscard]] const char *statesText(State client, State server);

/** The beginning of a subtree's line: "TCP State, client FIN-WAIT-2, server CLOSE-WAIT". */
[[nodiscard]] const char *titleText(State client, State server);

/** A transition in words. The pointers are into texts prepared before, or into its own. */
class TransitionWording {
  public:
    explicit TransitionWording(const Step &step);
    TransitionWording(const TransitionWording &) = delete;
    TransitionWording &operator=(const TransitionWording &) = delete;

    /** "server ESTABLISHED -> CLOSE-WAIT", with " (corrected)" where it is a correction. */
    [[nodiscard]] const char *value() const { return value_; }
    /** The same with the reason and the RFC's section, for the tree. */
    [[nodiscard]] const char *label() const { return label_; }

  private:
    Text ownValue_;
    Text ownLabel_;
    const char *value_;
    const char *label_;
};

/** What a segment is, beside the states that it leaves: "active close", "reset refused"; nothing for most. */
void appendMarks(const Record &record, Text &text);

/** A subtree's line: both states, and what else is to be said of the segment. */
void appendTitle(const Record &record, Text &title);

/**
 * For the Info column: the new state of one end, the sender's if it has one, and what the segment is, such as
 * "server FIN-WAIT-1, active close"; nothing for most.
 */
void appendInfo(const Record &record, Text &text);

} // namespace tcpstate
