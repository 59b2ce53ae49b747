// What the user may choose: Edit > Preferences > Protocols > TCP State, or -o tcpstate.NAME:VALUE.
#pragma once

#include "postdissector/inference/Settings.h"

namespace tcpstate {

/** Registers the preferences of the protocol. */
void registerPreferences(int protocol);

/** The preferences as they stand, in the engine's terms. */
[[nodiscard]] Settings settingsFromPreferences();

} // namespace tcpstate
