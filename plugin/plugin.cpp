// What Wireshark looks for when it loads a plugin, and the order in which our parts come to life.
#include "plugin/preferences.h"
#include "plugin/statistics.h"
#include "plugin/wireshark_compat.h"
#include "postdissector/annotation.h"
#include "postdissector/fields.h"
#include "postdissector/session.h"
#include "postdissector/tee.h"
#include "postdissector/wording.h"

#include <epan/packet.h>

#include <cstdint>

// The declarations come first and are extern: a const at namespace scope is otherwise local to its file in C++, and
// Wireshark would find a plugin that exports nothing.
extern "C" {
WS_DLL_PUBLIC const char plugin_version[];
WS_DLL_PUBLIC const int plugin_want_major;
WS_DLL_PUBLIC const int plugin_want_minor;
WS_DLL_PUBLIC void plugin_register(void);
WS_DLL_PUBLIC std::uint32_t plugin_describe(void);
}

const char plugin_version[] = TCPSTATE_VERSION;
const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

namespace {

int protocol = -1; // Wireshark's number of ours; written once, at registration

// Wireshark calls this before it reads a file, and again when a preference changed or a protocol was enabled or disabled:
// we start clean each time. Without a session nothing is observed, and the tee only passes on.
void beginFile() {
    if (proto_is_protocol_enabled(find_protocol_by_id(protocol))) {
        tcpstate::beginSession(tcpstate::settingsFromPreferences());
    }
}

void registerProtocol() {
    tcpstate::prepareWording();
    protocol = tcpstate::registerFields();
    tcpstate::registerPreferences(protocol);
    tcpstate::registerTee(protocol);
    tcpstate::registerAnnotation(protocol);
    tcpstate::registerStatistics();
    register_init_routine(beginFile);
    register_postseq_cleanup_routine(tcpstate::finishSession);
    register_cleanup_routine(tcpstate::endSession);
}

void handOff() {
    tcpstate::handOffTee();
}

} // namespace

void plugin_register() {
    static proto_plugin plugin;
    plugin.register_protoinfo = registerProtocol;
    plugin.register_handoff = handOff;
    proto_register_plugin(&plugin);
}

std::uint32_t plugin_describe() {
    return tcpstate::wireshark::describesDissector;
}
