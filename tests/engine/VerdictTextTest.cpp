// The sentences of a verdict: what must be said beside the kind and the confidence.
#include "VerdictText.h"
#include "FirewallProfile.h"

#include <gtest/gtest.h>

#include <string>

namespace tcpstate {

namespace {

std::string reasonOf(std::uint32_t signs) {
    Verdict verdict;
    verdict.kind = VerdictKind::halfClosedTimer;
    verdict.confidence = Confidence::likely;
    verdict.signs = sign::silence | signs;
    verdict.copies = 8;
    verdict.span = 25 * second;
    verdict.sinceFin = verdict.sinceLast = 45 * second;
    verdict.setTimer(TimerBasis::firstFin, 0, 45 * second);
    Sentence out;
    writeReason(out, verdict, anyProfile(), true);
    return out.text();
}

bool says(std::uint32_t signs, const char *words) {
    return reasonOf(signs).find(words) != std::string::npos;
}

} // namespace

TEST(VerdictText, NamesWhatIsNotExcluded) {
    EXPECT_TRUE(says(0, "Not excluded: peer gone"));
    EXPECT_FALSE(says(sign::peerAlive, "peer gone"));
    EXPECT_TRUE(says(sign::orphanAge, "it left FIN-WAIT-2 by its own timer"));
}

// A living peer says nothing about the size of the packets that its path takes.
TEST(VerdictText, NamesPathMtuEvenIfThePeerLives) {
    EXPECT_FALSE(says(0, "path MTU"));
    EXPECT_TRUE(says(sign::onlyLarge, "Not excluded: path MTU"));
    EXPECT_TRUE(says(sign::onlyLarge | sign::peerAlive, "Not excluded: path MTU"));
}

TEST(VerdictText, NamesPathMtuWhereAnotherConnectionShowsIt) {
    EXPECT_TRUE(says(sign::largeElsewhere | sign::onlyLarge, "path MTU, for large segments go unanswered on another"));
    EXPECT_FALSE(says(sign::largeElsewhere | sign::onlyLarge, "passed before"));
}

TEST(VerdictText, DoesNotDenyThatThePeerWasHeardAgain) {
    EXPECT_TRUE(says(0, "nothing was heard of it since"));
    EXPECT_FALSE(says(sign::heardAgain, "nothing was heard"));
    EXPECT_TRUE(says(sign::heardAgain, "Not excluded: an outage of the path or of the peer"));
}

TEST(VerdictText, SaysThatTranslatedSidesAreNotPaired) {
    EXPECT_FALSE(says(0, "could not be paired"));
    EXPECT_TRUE(says(sign::oneInterface, "could not be paired"));
}

} // namespace tcpstate
