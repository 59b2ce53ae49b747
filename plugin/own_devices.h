// The table of the user's own devices: Preferences > Protocols > TCP State > Own devices.
#pragma once

#include "postdissector/inference/FirewallProfile.h"

#include <epan/prefs.h>

namespace tcpstate {

/** Registers the table (a Wireshark UAT, kept in the file tcpstate_devices of the profile). */
void registerOwnDevices(module_t *module);

/** The first ticked row as a profile, or nullptr. It is valid until the table changes. */
[[nodiscard]] const FirewallProfile *ownDevice();

} // namespace tcpstate
