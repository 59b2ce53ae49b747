// -z tcpstate,tree: how connections close, resets, verdicts, half-open connections, as counts.
#pragma once

namespace tcpstate {

void registerStatisticsTree();

} // namespace tcpstate
