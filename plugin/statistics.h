// Statistics over the connections of a capture: -z tcpstate,tree, -z tcpstate,connections and -z tcpstate,firewall in the
// terminal; the same under Statistics > TCP State in the window.
#pragma once

namespace tcpstate {

/** Registers all of them; call it once, after the tap. */
void registerStatistics();

} // namespace tcpstate
