// The firewall's entry, the verdict and what they are worth saying: items of one segment's subtree, and expert items.
#pragma once

#include "inference/Record.h"

#include <epan/packet.h>

namespace tcpstate {

class Session;

/** Adds what the chosen firewall's session table holds, where it is worth showing. */
void addFirewall(proto_tree *tree, tvbuff_t *tvb, const Session &open, const Record &record);

/** Adds the connection's verdict: as far as known in a first pass, the final one later. */
void addVerdict(proto_tree *tree, tvbuff_t *tvb, const Session &open, const Record &record);

/** Adds the expert items about firewalls, half-open connections and verdicts that stand on this segment. */
void addVerdictExperts(packet_info *pinfo, proto_item *item, const Session &open, const Record &record);

} // namespace tcpstate
