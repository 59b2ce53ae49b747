// Wireshark's versions side by side: everything that differs between 4.0, 4.4 and 4.6 and concerns us is here.
#pragma once

#include <ws_version.h>

#include <epan/packet.h>

#include <cstdint>

#if WIRESHARK_VERSION_MAJOR < 4
#error "tcpstate needs Wireshark 4.0 or later: install that version's development files (Debian: wireshark-dev)"
#endif

namespace tcpstate::wireshark {

/** The API's boolean: gboolean, an int, up to 4.2; bool since 4.4. Preferences are stored in one. */
using Boolean = decltype(packet_info::fragmented);

// What plugin_describe() of Wireshark 4.4 and later answers; 4.0 neither asks nor has names for it.
inline constexpr std::uint32_t describesDissector = 1U << 0;

} // namespace tcpstate::wireshark
