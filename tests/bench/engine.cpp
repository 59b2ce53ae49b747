// The engine alone: segments per second, for traffic that is kind to caches and traffic that is not.
#include "Observer.h"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

namespace {

using namespace tcpstate;

struct Packet {
    Flow flow;
    Segment segment;
};

/** Makes the packets of one connection: handshake, `exchanges` data segments each acknowledged, close. */
class Maker {
  public:
    explicit Maker(std::uint32_t number) {
        client_.length = server_.length = 4;
        client_.bytes = {10, static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
                         static_cast<std::uint8_t>(number >> 8)};
        server_.bytes = {192, 0, 2, 1};
        port_ = static_cast<std::uint16_t>(1024 + (number & 0xff));
    }

    void open(std::vector<Packet> &out) {
        add(out, true, Flags::syn, 0);
        add(out, false, Flags::syn | Flags::ack, 0);
        add(out, true, Flags::ack, 0);
    }
    void exchange(std::vector<Packet> &out) {
        add(out, false, Flags::ack | Flags::psh, 1448);
        add(out, true, Flags::ack, 0);
    }
    void close(std::vector<Packet> &out) {
        add(out, true, Flags::fin | Flags::ack, 0);
        add(out, false, Flags::fin | Flags::ack, 0);
        add(out, true, Flags::ack, 0);
    }

  private:
    void add(std::vector<Packet> &out, bool fromClient, std::uint8_t flags, std::uint32_t length) {
        Packet packet;
        Sequence &mine = next_[fromClient ? 0 : 1];
        packet.flow = fromClient ? Flow{client_, server_, port_, 80} : Flow{server_, client_, 80, port_};
        packet.segment.seq = mine;
        packet.segment.ack = next_[fromClient ? 1 : 0];
        packet.segment.flags = flags;
        packet.segment.length = length;
        packet.segment.window = 500;
        packet.segment.hopLimit = 64;
        packet.segment.hasTimestamps = true;
        packet.segment.identification = ++identification_;
        mine += packet.segment.end() - packet.segment.seq;
        out.push_back(packet);
    }

    Address client_;
    Address server_;
    std::uint16_t port_ = 0;
    std::uint16_t identification_ = 0;
    Sequence next_[2] = {1000, 2000};
};

std::vector<Packet> bulk() {
    std::vector<Packet> packets;
    Maker maker(1);
    maker.open(packets);
    for (unsigned i = 0; i < 5000; ++i) {
        maker.exchange(packets);
    }
    maker.close(packets);
    return packets;
}

std::vector<Packet> shortConnections() {
    std::vector<Packet> packets;
    for (std::uint32_t i = 0; i < 20000; ++i) {
        Maker maker(i);
        maker.open(packets);
        maker.exchange(packets);
        maker.close(packets);
    }
    return packets;
}

std::vector<Packet> interleaved() {
    std::vector<Packet> packets;
    std::vector<Maker> makers;
    for (std::uint32_t i = 0; i < 20000; ++i) {
        makers.emplace_back(i);
        makers.back().open(packets);
    }
    for (unsigned round = 0; round < 10; ++round) {
        for (auto &maker : makers) {
            maker.exchange(packets);
        }
    }
    for (auto &maker : makers) {
        maker.close(packets);
    }
    return packets;
}

void run(benchmark::State &state, std::vector<Packet> packets) {
    Nanoseconds time = second;
    std::uint32_t frame = 0;
    for (auto &packet : packets) {
        packet.segment.time = time += 10 * microsecond;
        packet.segment.frame = ++frame;
    }
    for (auto _ : state) {
        Observer observer{Settings{}};
        for (const auto &packet : packets) {
            benchmark::DoNotOptimize(observer.observe(packet.flow, packet.segment));
        }
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(packets.size()));
}

} // namespace

BENCHMARK_CAPTURE(run, bulk, bulk())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(run, short_connections, shortConnections())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(run, interleaved, interleaved())->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
