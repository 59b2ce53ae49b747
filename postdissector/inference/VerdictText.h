// A verdict in words: what happened and why we think so, and what to change.
#pragma once

#include "FirewallProfile.h"
#include "Sentence.h"
#include "Verdict.h"

namespace tcpstate {

/** "killed by a firewall's half-closed timer (TCP wait)". */
[[nodiscard]] const char *name(VerdictKind kind);
/** As short as a column wants it: "half-closed timer". */
[[nodiscard]] const char *shortName(VerdictKind kind);
/** "possible", "likely", "certain". */
[[nodiscard]] const char *name(Confidence confidence);
/** "first FIN", "last packet", "first FIN or last packet". */
[[nodiscard]] const char *name(TimerBasis basis);

/**
 * Why: a sentence or two with the numbers and frames that prove it, and what is not excluded.
 * @param withFrames  false where frame numbers mean nothing (under a read filter)
 */
void writeReason(Sentence &out, const Verdict &verdict, const FirewallProfile &chosen, bool withFrames);

/** All of it in one line of less than 240 characters, which is what Wireshark shows of an expert item. */
void writeSummary(Sentence &out, const Verdict &verdict, const FirewallProfile &chosen, bool withFrames);

/**
 * A warning before the fact: the connection is half-closed beyond the chosen timer. Under the default it says which
 * known devices would have dropped it by now and which not yet.
 * @param age  since the first FIN
 */
void writeRisk(Sentence &out, Nanoseconds age, const FirewallProfile &chosen);

/** What to change: the exact command with the number that this connection needs, and the alternatives. */
void writeAdvice(Sentence &out, const Verdict &verdict, const FirewallProfile &chosen);

} // namespace tcpstate
