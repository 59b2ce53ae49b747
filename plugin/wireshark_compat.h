// Wireshark's versions side by side: everything that differs between 4.0, 4.4 and 4.6 and concerns us is here.
#pragma once

#include <ws_version.h>

#include <epan/packet.h>
#include <epan/stat_tap_ui.h>
#include <epan/stats_tree.h>
#include <epan/uat.h>

#include <cstdint>
#include <type_traits>

#if WIRESHARK_VERSION_MAJOR < 4
#error "tcpstate needs Wireshark 4.0 or later: install that version's development files (Debian: wireshark-dev)"
#endif

namespace tcpstate::wireshark {

/** The API's boolean: gboolean, an int, up to 4.2; bool since 4.4. Preferences are stored in one. */
using Boolean = decltype(packet_info::fragmented);

// What plugin_describe() of Wireshark 4.4 and later answers; 4.0 neither asks nor has names for it.
inline constexpr std::uint32_t describesDissector = 1U << 0;

/** What a statistic that is asked for with -z answers: up to 4.4 nothing, from 4.6 on whether it went well. */
using Requested = std::invoke_result_t<stat_tap_init_cb, const char *, void *>;

/** What the check of a cell of a table in the preferences answers: gboolean in 4.0, bool since 4.4. */
using CellCheck = decltype(uat_fld_chk_str(nullptr, nullptr, 0, nullptr, nullptr, nullptr));

} // namespace tcpstate::wireshark

// Separates the parts of a stats tree's name, which is a path in the menu; 4.0 has no name for it.
#ifndef STATS_TREE_MENU_SEPARATOR
#define STATS_TREE_MENU_SEPARATOR "/"
#endif
