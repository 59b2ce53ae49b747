#include "plugin/statistics.h"

#include "plugin/statistics_connections.h"
#include "plugin/statistics_firewall.h"
#include "plugin/statistics_listener.h"
#include "plugin/statistics_seen.h"
#include "plugin/statistics_tree.h"
#include "plugin/wireshark_compat.h"

namespace tcpstate {

void registerStatistics() {
    register_init_routine(SeenConnections::beginFile);
    registerStatisticsTree();
    registerStatistic(connectionStatistic());
    registerStatistic(firewallStatistic());
}

} // namespace tcpstate
