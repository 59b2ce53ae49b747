// The tee: sees every TCP header on its way from the IP dissector to the TCP dissector.
//
// A post-dissector could ask Wireshark for TCP's fields instead, but then a tree is built for every packet of the
// first pass, which costs half as much again as the whole dissection; and tap data do not exist in the first pass of
// `tshark -2` and in sharkd. So we stand in for TCP in the table "ip.proto", look, and pass on.
#pragma once

namespace tcpstate {

/** Registers the tee under a name of its own, which depends on TCP being enabled, not on us. */
void registerTee(int protocol);

/** Takes TCP's place in "ip.proto"; all built-in dissectors must have taken theirs. */
void handOffTee();

} // namespace tcpstate
