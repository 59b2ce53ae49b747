// -z tcpstate,firewall: which timer the firewalls have, from all connections together.
#pragma once

#include "plugin/statistics_listener.h"

namespace tcpstate {

[[nodiscard]] const Statistic &firewallStatistic();

} // namespace tcpstate
