// -z tcpstate,connections: a row for each connection.
#pragma once

#include "plugin/statistics_listener.h"

namespace tcpstate {

[[nodiscard]] const Statistic &connectionStatistic();

} // namespace tcpstate
