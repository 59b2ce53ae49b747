#include "verdict_items.h"

#include "fields.h"
#include "inference/Observer.h"
#include "inference/VerdictText.h"
#include "session.h"
#include "text.h"

#include <epan/expert.h>

#include <cstring>

// Wireshark's exceptions are longjmps: no object with a destructor may be alive here while its functions are called.
// Sentence and Text have none.

namespace tcpstate {

namespace {

proto_item *generated(proto_item *item) {
    proto_item_set_generated(item);
    return item;
}

nstime_t toWireshark(Nanoseconds span) {
    nstime_t result;
    result.secs = static_cast<time_t>(span / second);
    result.nsecs = static_cast<int>(span % second);
    return result;
}

void addSpan(proto_tree *tree, tvbuff_t *tvb, int field, Nanoseconds span) {
    nstime_t time = toWireshark(span);
    generated(proto_tree_add_time(tree, field, tvb, 0, 0, &time));
}

/** One item a sentence: Wireshark shows no more than 240 characters of an item. */
void addSentences(proto_tree *tree, tvbuff_t *tvb, int field, const char *text) {
    while (*text != '\0') {
        const char *const stop = std::strstr(text, ". ");
        const std::size_t length = stop == nullptr ? std::strlen(text) : static_cast<std::size_t>(stop + 1 - text);
        Sentence sentence;
        sentence.append("%.*s", static_cast<int>(length), text);
        generated(proto_tree_add_string(tree, field, tvb, 0, 0, sentence.text()));
        text += length;
        text += std::strspn(text, " ");
    }
}

const expert_field *expertOf(const Verdict &verdict) {
    const bool possible = verdict.confidence == Confidence::possible;
    switch (verdict.kind) {
    case VerdictKind::none:
        return nullptr;
    case VerdictKind::halfClosedTimer:
        return possible ? &experts.tcpWaitPossible : &experts.tcpWaitExpired;
    case VerdictKind::idleTimer:
        return possible ? &experts.idlePossible : &experts.idleExpired;
    case VerdictKind::closingTimer:
        return possible ? &experts.tcpWaitPossible : &experts.closingExpired;
    case VerdictKind::forgedReset:
        return &experts.forgedReset;
    case VerdictKind::rejected:
    case VerdictKind::sessionLost:
        return &experts.sessionLost;
    case VerdictKind::hostResetLateData:
    case VerdictKind::peerGone:
    case VerdictKind::pathOutage:
    case VerdictKind::applicationSilent:
    case VerdictKind::windowClosed:
    case VerdictKind::pathMtu:
    case VerdictKind::peerTimer:
        return &experts.notFirewall;
    }
    return nullptr;
}

void addVerdictExpert(packet_info *pinfo, proto_item *item, const Session &open, const Verdict &verdict) {
    const expert_field *const expert = expertOf(verdict);
    if (expert == nullptr) {
        return;
    }
    Sentence text;
    writeSummary(text, verdict, open.settings().firewall, open.framesAreNumbered());
    // expert.h takes a pointer to a non-const field, and does not write to it.
    expert_add_info_format(pinfo, item, const_cast<expert_field *>(expert), "%s", text.text());
}

} // namespace

void addFirewall(proto_tree *tree, tvbuff_t *tvb, const Session &open, const Record &record) {
    const FirewallProfile &profile = open.settings().firewall;
    proto_tree *entry = tree;
    if (record.marked(mark::firewallShown)) {
        const FirewallTimer *const timer =
            runningTimer(profile, record.firewallPhase, record.marked(mark::finAcknowledged));
        Text line;
        line.add("Firewall: ");
        line.add(name(record.firewallPhase));
        line.add(" session");
        if (timer != nullptr) {
            line.append(", %s %u s, ", timer->name, timer->seconds);
            line.duration(record.firewallRemaining < 0 ? -record.firewallRemaining : record.firewallRemaining);
            line.add(record.firewallRemaining < 0 ? " overdue (" : " left (");
        } else {
            line.add(" (");
        }
        line.add(&anyProfile() == findProfile(profile.id) ? "no device chosen" : profile.name);
        line.add(")");
        proto_item *item = nullptr;
        entry = proto_tree_add_subtree(tree, tvb, 0, 0, firewallSubtree, &item, line.get());
        generated(item);
        generated(proto_tree_add_string(entry, fields.firewallProfile, tvb, 0, 0, profile.id));
        generated(proto_tree_add_string(entry, fields.firewallPhase, tvb, 0, 0, name(record.firewallPhase)));
        if (timer != nullptr) {
            generated(proto_tree_add_string(entry, fields.firewallTimer, tvb, 0, 0, timer->name));
            addSpan(entry, tvb, fields.firewallTimeout, Nanoseconds{timer->seconds} * second);
            addSpan(entry, tvb, fields.firewallRemaining, record.firewallRemaining);
        }
        if (record.marked(mark::firewallExpired)) {
            generated(proto_tree_add_boolean(entry, fields.firewallExpired, tvb, 0, 0, 1));
        }
    }
    if (open.atRisk(record.connection)) {
        // Said of the connection: on packets too that say nothing of the session's entry.
        generated(proto_tree_add_boolean(entry, fields.firewallAtRisk, tvb, 0, 0, 1));
    }
}

void addVerdict(proto_tree *tree, tvbuff_t *tvb, const Session &open, const Record &record) {
    const Verdict &verdict = open.verdictOf(record.connection);
    proto_item *const item =
        generated(proto_tree_add_uint(tree, fields.verdict, tvb, 0, 0, static_cast<guint32>(verdict.kind)));
    if (verdict.kind == VerdictKind::none) {
        proto_item_set_hidden(item); // for filters and columns; in the tree it says nothing
        return;
    }
    proto_tree *const details = proto_item_add_subtree(item, verdictSubtree);
    proto_item_append_text(item, ", %s", name(verdict.confidence));
    Text summary;
    summary.append("%s, %s", shortName(verdict.kind), name(verdict.confidence));
    proto_item_set_hidden(generated(proto_tree_add_string(details, fields.verdictSummary, tvb, 0, 0, summary.get())));
    generated(
        proto_tree_add_uint(details, fields.verdictConfidence, tvb, 0, 0, static_cast<guint32>(verdict.confidence)));
    Sentence reason;
    writeReason(reason, verdict, open.settings().firewall, open.framesAreNumbered());
    addSentences(details, tvb, fields.verdictReason, reason.text());
    Sentence advice;
    writeAdvice(advice, verdict, open.settings().firewall);
    addSentences(details, tvb, fields.verdictAdvice, advice.text());
    if (open.framesAreNumbered()) {
        for (unsigned i = 0; i < verdict.evidenceCount; ++i) {
            generated(proto_tree_add_uint(details, fields.verdictEvidence, tvb, 0, 0, verdict.evidence[i]));
        }
    }
    if (verdict.timerMaximum != 0) {
        addSpan(details, tvb, fields.verdictTimerMinimum, verdict.timerMinimum);
        addSpan(details, tvb, fields.verdictTimerMaximum, verdict.timerMaximum);
        generated(
            proto_tree_add_uint(details, fields.verdictTimerBasis, tvb, 0, 0, static_cast<guint32>(verdict.basis)));
        addSpan(details, tvb, fields.verdictNeeded, verdict.needed);
    }
    if (verdict.kills()) {
        generated(proto_tree_add_boolean(tree, fields.killed, tvb, 0, 0, 1));
    }
}

void addVerdictExperts(packet_info *pinfo, proto_item *item, const Session &open, const Record &record) {
    if (record.marked(mark::firewallRisk)) {
        Sentence risk;
        writeRisk(risk, record.halfCloseDuration, open.settings().firewall);
        expert_add_info_format(pinfo, item, &experts.tcpWaitRisk, "%s", risk.text());
    }
    if (record.halfOpen == HalfOpen::peerRestarted && record.acceptance == ResetAcceptance::none) {
        expert_add_info_format(pinfo, item, &experts.halfOpen,
                               "Half-open: the %s still has an older connection, the other side has begun anew",
                               name(record.sender));
    } else if (record.halfOpen == HalfOpen::handshakeUnfinished) {
        expert_add_info_format(pinfo, item, &experts.halfOpen, "Half-open: the SYN-ACK stays unanswered");
    }
    if (record.marked(mark::halfOpenLimit)) {
        expert_add_info_format(pinfo, item, &experts.halfOpenLimit, "The %s holds more than %u half-open connections",
                               name(record.sender), open.settings().halfOpenLimit);
    }
    const Verdict &verdict = open.verdictOf(record.connection);
    if (!open.finished() || !open.framesAreNumbered()) {
        if (record.marked(mark::verdict) && (!open.finished() || verdict.kind != VerdictKind::none)) {
            addVerdictExpert(pinfo, item, open, open.settled(record.verdict));
        }
        return;
    }
    // Later passes say what was right in the end, once, where its evidence sufficed: not what has been refuted or outdone since.
    if (verdict.kind != VerdictKind::none && verdict.frame == pinfo->num && !record.marked(mark::duplicate)) {
        addVerdictExpert(pinfo, item, open, verdict);
    }
    // And what it shows of the connection before on the same ports: its peer still had that one.
    const ConnectionNumber older = open.connection(record.connection).previous();
    if (record.marked(mark::verdict) && older != noConnection &&
        open.connection(older).verdictNumber() == record.verdict) {
        addVerdictExpert(pinfo, item, open, open.settled(record.verdict));
    }
}

} // namespace tcpstate
