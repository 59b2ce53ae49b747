#include "wording.h"

#include <cstddef>

namespace tcpstate {

namespace {

// Room for the longest names, what stands between them, and the end mark.
constexpr std::size_t statesLength = 32;
constexpr std::size_t titleLength = 64;

char statesTexts[stateCount][stateCount][statesLength];
char titleTexts[stateCount][stateCount][titleLength];

struct PreparedTransition {
    Text value;
    Text label;
};

// By row of the state machine, and side.
PreparedTransition transitions[restoredRow][2];

void writeTransition(const Step &step, Text &value, Text &label) {
    value.append("%s %s -> %s%s", name(step.where()), name(step.before()), name(step.after()),
                 step.corrected != 0 ? " (corrected)" : "");
    const char *const clause = section(step);
    const bool inRfc = clause[0] >= '0' && clause[0] <= '9';
    label.append("Transition: %s: %s%s%s", value.get(), reason(step), inRfc ? ", RFC 9293 section " : "",
                 inRfc ? clause : "");
}

void prepareTransition(unsigned row, unsigned side) {
    const Transition &transition = transitionRow(static_cast<TransitionNumber>(row));
    Step step;
    step.side = side & 1U;
    step.corrected = transition.corrected;
    step.from = static_cast<unsigned>(transition.from) & 0xfU;
    step.to = static_cast<unsigned>(transition.to) & 0xfU;
    step.row = row & restoredRow;
    writeTransition(step, transitions[row][side].value, transitions[row][side].label);
}

const char *acceptanceText(ResetAcceptance acceptance) {
    switch (acceptance) {
    case ResetAcceptance::accepted:
        return "reset accepted";
    case ResetAcceptance::unproven:
        return "reset unproven";
    case ResetAcceptance::refused:
        return "reset refused";
    case ResetAcceptance::none:
        break;
    }
    return nullptr;
}

} // namespace

void prepareWording() {
    for (unsigned client = 0; client < stateCount; ++client) {
        for (unsigned server = 0; server < stateCount; ++server) {
            const char *const clientName = name(static_cast<State>(client));
            const char *const serverName = name(static_cast<State>(server));
            std::snprintf(statesTexts[client][server], statesLength, "%s/%s", clientName, serverName);
            std::snprintf(titleTexts[client][server], titleLength, "TCP State, client %s, server %s", clientName,
                          serverName);
        }
    }
    for (unsigned row = 0; row < transitionCount(); ++row) {
        prepareTransition(row, index(Side::client));
        prepareTransition(row, index(Side::server));
    }
}

const char *statesText(State client, State server) {
    return statesTexts[static_cast<unsigned>(client)][static_cast<unsigned>(server)];
}

const char *titleText(State client, State server) {
    return titleTexts[static_cast<unsigned>(client)][static_cast<unsigned>(server)];
}

TransitionWording::TransitionWording(const Step &step) {
    if (step.row < transitionCount()) {
        const PreparedTransition &prepared = transitions[step.row][index(step.where())];
        value_ = prepared.value.get();
        label_ = prepared.label.get();
        return;
    }
    // A state put back is whatever it was before: too many pairs to prepare, and rare.
    writeTransition(step, ownValue_, ownLabel_);
    value_ = ownValue_.get();
    label_ = ownLabel_.get();
}

void appendMarks(const Record &record, Text &text) {
    if (record.marked(mark::duplicate)) {
        text.item("duplicate");
    }
    if (record.marked(mark::simultaneousOpen)) {
        text.item("simultaneous open");
    }
    if (record.marked(mark::simultaneousClose)) {
        text.item("simultaneous close");
    } else if (record.marked(mark::activeClose)) {
        text.item("active close");
    }
    if (record.marked(mark::passiveClose)) {
        text.item("passive close");
    }
    if (record.marked(mark::halfCloseByClient | mark::halfCloseByServer)) {
        text.item("half-close in use");
    }
    if (const char *const acceptance = acceptanceText(record.acceptance)) {
        text.item(acceptance);
    }
}

void appendTitle(const Record &record, Text &title) {
    title.add(titleText(record.state(Side::client), record.state(Side::server)));
    if (record.marked(mark::halfClosed)) {
        title.item("half-closed ");
        title.duration(record.halfCloseDuration);
    }
    appendMarks(record, title);
}

void appendInfo(const Record &record, Text &text) {
    bool changed[2] = {};
    for (unsigned number = 0; number < record.stepCount; ++number) {
        changed[index(record.steps[number].where())] = true;
    }
    const Side side = changed[index(record.sender)] ? record.sender : peer(record.sender);
    if (changed[index(side)]) {
        text.add(name(side));
        text.add(" ");
        text.add(name(record.state(side)));
    }
    appendMarks(record, text);
}

} // namespace tcpstate
