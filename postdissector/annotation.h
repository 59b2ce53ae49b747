// What the reader sees: a subtree for each TCP segment of a packet, expert items, a mark in the Info column.
#pragma once

namespace tcpstate {

/** Registers the post-dissector that annotates each packet. */
void registerAnnotation(int protocol);

/** Whether packets that change a state say so in the Info column. */
void showStatesInInfoColumn(bool show);

} // namespace tcpstate
