// Distances of hosts, counted by hand from the usual initial hop limits 32, 60, 64, 128 and 255.
#include "Host.h"

#include <gtest/gtest.h>

namespace tcpstate {

TEST(HopDistance, CountsFromTheSameInitialValue) {
    EXPECT_EQ(HopDistance::between(118, 123), -5); // 128 - 10, 128 - 5: five hops nearer
    EXPECT_EQ(HopDistance::between(123, 118), 5);
    EXPECT_EQ(HopDistance::between(64, 64), 0);
}

TEST(HopDistance, TakesTheInitialValuesThatAccuseLeast) {
    EXPECT_EQ(HopDistance::between(250, 59), 0);  // 255 - 5, 64 - 5: one host, another socket option
    EXPECT_EQ(HopDistance::between(50, 54), 0);   // 60 - 10, 64 - 10
    EXPECT_EQ(HopDistance::between(50, 53), 1);   // 60 - 10, 64 - 11
    EXPECT_EQ(HopDistance::between(57, 62), -5);  // 64 - 7, 64 - 2: 60 explains four hops, and these are more
    EXPECT_EQ(HopDistance::between(50, 60), -10); // and ten are more still
}

TEST(HopDistance, IsUnknownFromAValueOfItsOwn) {
    EXPECT_EQ(HopDistance::between(200, 60), HopDistance::unknown); // 55 hops from 255
}

// Two customers may use the same address in two VLANs.
TEST(HostTable, TellsVlansApart) {
    HostTable hosts;
    Address address;
    address.bytes = {192, 0, 2, 1};
    address.length = 4;
    const HostNumber first = hosts.numberOf(address, 10);
    EXPECT_NE(hosts.numberOf(address, 20), first);
    EXPECT_EQ(hosts.numberOf(address, 10), first);
    EXPECT_EQ(hosts.count(), 2U);
}

} // namespace tcpstate
