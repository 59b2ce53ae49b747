// A test as a transcript: one line a segment, with what is expected after it.
//
//     [time] side flags seq[:length] [ack N] [win N] [id N] [ttl N] [if N] [vlan N] [scale N] [sackok] [sack A-B]... | states | marks
//
//   time    seconds since the start; without one, a millisecond after the line before
//   side    c (client, port 40000) or s (server, port 80); with a digit behind it another connection of the same hosts
//   flags   as tcpdump prints them: S S. . P. F. FP. R R. (SF, 0 and FPU for a scan)
//   win     the window; without it 0x4000, and 0 of a bare RST, whose sender has no connection
//   seq     relative to that side's initial sequence number; length is payload
//   states  client's and server's: "ESTABLISHED CLOSE-WAIT"; "- -" or nothing: not looked at
//   marks   in any order: active, passive, simultaneous-close, simultaneous-open, half-close:client, duplicate,
//           midstream-begins, fin-unacknowledged, unacceptable-reset, accepted, unproven, refused, phase:NAME, risk,
//           expired, remaining:SECONDS, verdict:KIND:CONFIDENCE, no-verdict, cause:NAME, origin:NAME, half-open:NAME,
//           duration:SECONDS, bytes:N, steps:N, and step:SIDE:FROM>TO (with a ! behind it for a correction).
//           "only" forbids every close marker that is not named.
//
// A line "! profile NAME", "! timeouts HALF-CLOSED IDLE TIME-WAIT", "! evidence COPIES SECONDS" sets what the user may set.
// A line "icmp REASON side seq [from N]" is an ICMP error of host N (10 client, 20 server, else a router) that quotes a segment. A line
// "first-reset | marks" looks at the first RST again, as later passes show it. A line "= initiator kind [verdict
// confidence [MIN MAX basis]]" states what is known of the connection (of the line before) at that point, one with "=="
// after the end of the capture. A line that begins with # is a comment. Every transcript runs with initial sequence
// numbers on both sides of every wrap that matters.
#pragma once

namespace transcript {

/** Runs `script` with all initial sequence numbers; failures name the line and the numbers. */
void run(const char *script);

} // namespace transcript
