#include "annotation.h"

#include "fields.h"
#include "inference/Record.h"
#include "inference/VerdictText.h"
#include "plugin/wireshark_compat.h"
#include "session.h"
#include "verdict_items.h"
#include "wording.h"

#include <epan/column-utils.h>
#include <epan/expert.h>
#include <epan/packet.h>
#include <epan/proto_data.h>
#include <epan/tap.h>

// Wireshark's exceptions are longjmps: no object with a destructor may be alive here while its functions are called.
// Text and TransitionWording have none.

namespace tcpstate {

namespace {

// Written at registration, and when preferences are applied.
int protocolNumber = -1;
int tapNumber = 0;
bool infoColumnShown = false;

/** Where the items of one segment go; all null where no tree is wanted. */
struct Items {
    proto_item *top = nullptr;
    proto_item *activeClose = nullptr;
    proto_item *halfClose = nullptr;
    proto_item *simultaneousClose = nullptr;
    proto_item *midstream = nullptr;
    proto_item *resetAcceptance = nullptr;
};

proto_item *generated(proto_item *item) {
    proto_item_set_generated(item);
    return item;
}

/** For filters and columns: in the tree it would say what stands there already, or nothing. */
void hide(proto_item *item) {
    proto_item_set_hidden(item);
}

void addTransition(proto_tree *tree, tvbuff_t *tvb, const Step &step) {
    const TransitionWording wording(step);
    generated(proto_tree_add_string_format(tree, fields.transition, tvb, 0, 0, wording.value(), "%s", wording.label()));
}

void addHalfClose(proto_tree *tree, tvbuff_t *tvb, const Record &record) {
    nstime_t duration;
    duration.secs = static_cast<time_t>(record.halfCloseDuration / second);
    duration.nsecs = static_cast<int>(record.halfCloseDuration % second);
    generated(proto_tree_add_time(tree, fields.halfCloseDuration, tvb, 0, 0, &duration));
    generated(proto_tree_add_uint64(tree, fields.halfCloseBytes, tvb, 0, 0, record.halfCloseBytes));
}

/** Its keep-alives, and whether the chosen firewall would have kept the session for them. */
void addKeepAlive(proto_tree *tree, tvbuff_t *tvb, const Session &open, const Record &record) {
    const KeepAlives &seen = open.connection(record.connection).keepAlives();
    nstime_t quiet;
    quiet.secs = static_cast<time_t>(seen.longestQuiet / second);
    quiet.nsecs = static_cast<int>(seen.longestQuiet % second);
    generated(proto_tree_add_uint(tree, fields.keepAlive, tvb, 0, 0, seen.sent));
    generated(proto_tree_add_uint(tree, fields.keepAliveAnswered, tvb, 0, 0, seen.answered));
    generated(proto_tree_add_time(tree, fields.keepAliveQuiet, tvb, 0, 0, &quiet));
    const FirewallProfile &profile = open.settings().firewall;
    const FirewallTimer *const timer =
        runningTimer(profile, record.firewallPhase, record.marked(mark::finAcknowledged));
    if (timer == nullptr || timer->refresh == Refresh::unknown || timer->refresh == Refresh::outbound) {
        return; // nobody knows whether that device counts them
    }
    const bool sufficient =
        timer->refresh != Refresh::never && seen.longestQuiet < Nanoseconds{timer->seconds} * second;
    generated(proto_tree_add_boolean_format(tree, fields.keepAliveSufficient, tvb, 0, 0, sufficient ? 1 : 0,
                                            "Keep-alives often enough: %s (%s, %u s%s)", sufficient ? "True" : "False",
                                            timer->name, timer->seconds,
                                            timer->refresh == Refresh::never ? ", which no packet starts again" : ""));
}

/** The fields that only some segments carry. */
void addMarks(proto_tree *tree, tvbuff_t *tvb, const Record &record, Items &items) {
    const guint32 sender = sideValue(record.sender);
    if (record.marked(mark::midstream)) {
        items.midstream = generated(proto_tree_add_boolean(tree, fields.midstream, tvb, 0, 0, 1));
    }
    if (record.marked(mark::duplicate)) {
        generated(proto_tree_add_boolean(tree, fields.duplicate, tvb, 0, 0, 1));
    }
    if (record.marked(mark::simultaneousOpen)) {
        generated(proto_tree_add_boolean(tree, fields.simultaneousOpen, tvb, 0, 0, 1));
    }
    if (record.marked(mark::activeClose)) {
        items.activeClose = generated(proto_tree_add_uint(tree, fields.activeClose, tvb, 0, 0, sender));
    }
    if (record.marked(mark::passiveClose)) {
        generated(proto_tree_add_uint(tree, fields.passiveClose, tvb, 0, 0, sender));
    }
    if (record.marked(mark::simultaneousClose)) {
        items.simultaneousClose = generated(proto_tree_add_boolean(tree, fields.simultaneousClose, tvb, 0, 0, 1));
    }
    if (record.marked(mark::halfCloseByClient | mark::halfCloseByServer)) {
        const Side closer = record.marked(mark::halfCloseByClient) ? Side::client : Side::server;
        items.halfClose = generated(proto_tree_add_uint(tree, fields.halfClose, tvb, 0, 0, sideValue(closer)));
    }
    if (record.marked(mark::halfClosed)) {
        addHalfClose(tree, tvb, record);
    }
    if (record.halfOpen != HalfOpen::none) {
        generated(proto_tree_add_uint(tree, fields.halfOpen, tvb, 0, 0, static_cast<guint32>(record.halfOpen)));
    }
    if (record.cause != ResetCause::none) {
        generated(proto_tree_add_uint(tree, fields.resetCause, tvb, 0, 0, static_cast<guint32>(record.cause)));
        generated(proto_tree_add_uint(tree, fields.resetOrigin, tvb, 0, 0, static_cast<guint32>(record.origin)));
    }
    if (record.acceptance != ResetAcceptance::none) {
        items.resetAcceptance = generated(
            proto_tree_add_uint(tree, fields.resetAcceptance, tvb, 0, 0, static_cast<guint32>(record.acceptance)));
    }
}

proto_item *addTop(proto_tree *root, tvbuff_t *tvb, const Record &record, const Verdict &verdict) {
    const bool judged = verdict.kind != VerdictKind::none;
    if (record.marks == 0 && record.acceptance == ResetAcceptance::none && !judged) {
        // Most packets: their line is ready.
        return proto_tree_add_protocol_format(root, protocolNumber, tvb, 0, 0, "%s",
                                              titleText(record.state(Side::client), record.state(Side::server)));
    }
    Text title;
    appendTitle(record, title);
    if (judged) {
        title.item(name(verdict.confidence));
        title.add(" ");
        title.add(name(verdict.kind));
    }
    return proto_tree_add_protocol_format(root, protocolNumber, tvb, 0, 0, "%s", title.get());
}

Items addSubtree(proto_tree *root, tvbuff_t *tvb, const Session &open, const Record &record) {
    const Connection &connection = open.connection(record.connection);
    Items items;
    items.top = addTop(root, tvb, record, open.verdictOf(record.connection));
    // Whatever this is in a tree that nobody looks at: the leaves are added all the same, for a column or a filter may
    // want one of them.
    proto_tree *const tree = proto_item_add_subtree(items.top, subtree);

    const State client = record.state(Side::client);
    const State server = record.state(Side::server);
    generated(proto_tree_add_uint(tree, fields.clientState, tvb, 0, 0, static_cast<guint32>(client)));
    generated(proto_tree_add_uint(tree, fields.serverState, tvb, 0, 0, static_cast<guint32>(server)));
    hide(generated(proto_tree_add_string(tree, fields.states, tvb, 0, 0, statesText(client, server))));
    for (unsigned number = 0; number < record.stepCount; ++number) {
        addTransition(tree, tvb, record.steps[number]);
    }
    generated(proto_tree_add_uint(tree, fields.sender, tvb, 0, 0, sideValue(record.sender)));
    generated(proto_tree_add_uint(tree, fields.phase, tvb, 0, 0, static_cast<guint32>(record.phase)));
    addMarks(tree, tvb, record, items);
    if (record.marked(mark::keepAlive)) {
        addKeepAlive(tree, tvb, open, record);
    }
    proto_item *const initiator = generated(
        proto_tree_add_uint(tree, fields.closeInitiator, tvb, 0, 0, static_cast<guint32>(connection.closeInitiator())));
    if (connection.closeInitiator() == CloseInitiator::none) {
        hide(initiator);
    }
    proto_item *const kind =
        generated(proto_tree_add_uint(tree, fields.closeKind, tvb, 0, 0, static_cast<guint32>(connection.closeKind())));
    if (connection.closeKind() == CloseKind::open) {
        hide(kind);
    }
    addFirewall(tree, tvb, open, record);
    addVerdict(tree, tvb, open, record);
    return items;
}

/** Expert items go to the expert window and to taps as well, so they are added whether or not there is a tree. */
void addExpertItems(packet_info *pinfo, const Record &record, const Items &items, const Session &open) {
    const auto anchor = [&items](proto_item *item) { return item != nullptr ? item : items.top; };
    if (record.marked(mark::midstreamBegins)) {
        expert_add_info(pinfo, anchor(items.midstream), &experts.midstream);
    }
    if (record.marked(mark::activeClose)) {
        expert_add_info_format(pinfo, anchor(items.activeClose), &experts.activeClose,
                               "Active close: the %s closes first", name(record.sender));
    }
    if (record.marked(mark::simultaneousClose)) {
        expert_add_info(pinfo, anchor(items.simultaneousClose), &experts.simultaneousClose);
    }
    if (record.marked(mark::halfCloseByClient | mark::halfCloseByServer)) {
        const Side closer = record.marked(mark::halfCloseByClient) ? Side::client : Side::server;
        expert_add_info_format(pinfo, anchor(items.halfClose), &experts.halfClose,
                               "Half-close in use: the %s goes on after the %s has closed", name(peer(closer)),
                               name(closer));
    }
    if (record.marked(mark::unacceptableReset)) {
        expert_add_info(pinfo, anchor(items.resetAcceptance), &experts.unacceptableReset);
    }
    addVerdictExperts(pinfo, items.top, open, record);
}

void addInfo(packet_info *pinfo, const Record &record) {
    Text text;
    appendInfo(record, text);
    if (!text.empty()) {
        // In front: the Flow Graph shows the beginning of the Info text, and becomes a ladder of states by it.
        col_prepend_fence_fstr(pinfo->cinfo, COL_INFO, "[%s] ", text.get());
    }
}

/**
 * True if somebody looks at our items: the tree is shown, or a filter, a column or -e names one of our fields. Asking for
 * the protocol itself does not tell, for a protocol is always wanted in a tree whose protocols are not faked.
 */
bool isWanted(proto_tree *tree) {
    static const header_field_info *const protocol = proto_registrar_get_nth(static_cast<guint>(protocolNumber));
    return proto_field_is_referenced(tree, fields.states) || protocol->ref_type != HF_REF_TYPE_NONE;
}

void annotateSegment(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const Session &open, const Record &record) {
    const Connection &connection = open.connection(record.connection);
    Items items;
    if (tree != nullptr && isWanted(tree)) {
        items = addSubtree(tree, tvb, open, record);
    }
    if (record.marks != 0 || record.halfOpen != HalfOpen::none || connection.verdictNumber() != noVerdict) {
        addExpertItems(pinfo, record, items, open);
    }
    // Silence to the end is known only there: later passes show it on the last copy of the FIN.
    const bool neverAcknowledged = open.finished() && connection.unacknowledgedFinFrame() == pinfo->num;
    if (neverAcknowledged || record.marked(mark::finUnacknowledged)) {
        expert_add_info(pinfo, items.top, &experts.finUnacknowledged);
    }
    if (infoColumnShown) {
        addInfo(pinfo, record);
    }
}

/** For statistics; like expert items, whether or not there is a tree. */
void queueForStatistics(packet_info *pinfo, const Record &record) {
    auto *const queued = wmem_new(pinfo->pool, Record);
    *queued = record;
    tap_queue_packet(tapNumber, pinfo, queued);
}

int annotate(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *) {
    Session *const open = session();
    if (open == nullptr) {
        return 0;
    }
    open->resolveStream();
    const bool tapped = have_tap_listener(tapNumber);
    for (guint32 layer = 0; layer == 0 || open->hasSeveralLayers(); ++layer) {
        const void *const kept = p_get_proto_data(wmem_file_scope(), pinfo, protocolNumber, layer);
        if (kept == nullptr) {
            break;
        }
        Record record = Records::load(kept);
        open->correct(record, pinfo->num);
        if (tapped) {
            queueForStatistics(pinfo, record);
        }
        annotateSegment(tvb, pinfo, tree, *open, record);
    }
    // Nothing dissected: we add no layer to the packet.
    return 0;
}

} // namespace

void registerAnnotation(int protocol) {
    protocolNumber = protocol;
    tapNumber = register_tap("tcpstate");
    register_postdissector(register_dissector("tcpstate", annotate, protocol));
}

void showStatesInInfoColumn(bool show) {
    infoColumnShown = show;
}

} // namespace tcpstate
