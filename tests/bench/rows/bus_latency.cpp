// bus.latency.R: one tick at a time, R a second, through journal and one hop, beside raw PUB/SUB of frames of the same size.
#include <algorithm>
#include <atomic>
#include <cstring>

#include "bench/harness/benchmark.hpp"
#include "bench/harness/market_ticks.hpp"
#include "bench/harness/pacing.hpp"
#include "bench/harness/processes.hpp"
#include "bench/harness/raw_zmq.hpp"
#include "bench/harness/speaker.hpp"

namespace tickmesh::bench {
namespace {

constexpr std::uint64_t kWarmUp = 500;  // messages before those that count
constexpr std::int64_t kBeat = 250'000'000;

struct Board {
  std::atomic<int> listening;
  std::atomic<int> done;
  std::size_t frame_bytes;
  double p50, p99;
};

class Latency final : public Benchmark {
 public:
  Latency(unsigned rate, const Settings& settings) : rate_{rate}, count_{(settings.quick ? 1u : 5u) * rate} {}
  std::vector<RowName> rows() const override {
    const std::string name = "bus.latency." + std::to_string(rate_);
    return {{name + ".p50", "us"}, {name + ".p99", "us"}};
  }
  void prepare() override {
    ticks_ = market_ticks(1'024);
    frame_bytes_ = capture();
  }
  Turn turn() override { return {floor(), ours()}; }

 private:
  /// The size of the frame that carries one tick.
  std::size_t capture() const {
    ScratchDir dir;
    Shared<Board> board;
    Crew crew;
    crew.start("capture", [&] {
      RawSub sub{speaker_endpoint(dir.path()).pub, topic(Stream::tick, 0)};
      if (!sub.receive(20'000)) throw std::runtime_error("no frame came");
      board->frame_bytes = sub.size();
      board->done = 1;
    });
    crew.start("speaker", [&] {
      TickSpeaker speaker{dir.path()};
      wait_for("a frame", [&] { return speaker.say({&ticks_[0], 1}, ticks_[0].time), board->done == 1; });
    });
    crew.join();
    return board->frame_bytes;
  }

  std::vector<double> floor() const {
    ScratchDir dir;
    const std::string endpoint = "ipc://" + (dir / "raw.pub");
    Shared<Board> board;
    Crew crew;
    crew.start("raw-sub", [&] {
      RawSub sub{endpoint, ""};
      Latencies latencies;
      latencies.reserve(count_);
      while (latencies.size() < count_) {
        if (!sub.receive()) throw std::runtime_error("receiving failed");
        const std::int64_t heard = now_ns();
        std::int64_t intended = 0;
        std::memcpy(&intended, sub.body(), sizeof intended);
        board->listening = 1;
        if (intended != 0) latencies.add(heard - intended);
      }
      tell(latencies, *board);
    });
    crew.start("raw-pub", [&] {
      RawPub pub{endpoint};
      std::vector<std::byte> body(frame_bytes_);
      wait_for("a reader", [&] { return pub.send_copy("tick.00", body.data(), body.size()), board->listening == 1; });
      at_rate([&](std::int64_t intended) {
        std::memcpy(body.data(), &intended, sizeof intended);
        pub.send_copy("tick.00", body.data(), body.size());
      });
      wait_for("the reader's end", [&] { return board->done == 1; });
    });
    crew.join();
    return {board->p50, board->p99};
  }

  std::vector<double> ours() const {
    ScratchDir dir;
    Shared<Board> board;
    Crew crew;
    crew.start("reader", [&] {
      TickListener listener{dir.path(), "reader-0"};
      Latencies latencies;
      latencies.reserve(count_);
      while (latencies.size() < count_) {
        listener.listen(10, [&](const Tick& tick) {
          const std::int64_t heard = now_ns();
          if (tick.event_time.ns != 0) latencies.add(heard - tick.event_time.ns);
        });
        if (listener.reader().caught_up()) board->listening = 1;
      }
      tell(latencies, *board);
    });
    crew.start("speaker", [&] {
      TickSpeaker speaker{dir.path()};
      wait_for("a reader", [&] { return speaker.heartbeat(), board->listening == 1; });
      std::size_t i = 0;
      std::int64_t next_beat = 0;
      at_rate([&](std::int64_t intended) {
        Tick tick = ticks_[i++ % ticks_.size()];
        tick.event_time = Timestamp{intended};
        const std::int64_t now = now_ns();
        speaker.say({&tick, 1}, Timestamp{now});
        if (now >= next_beat) {
          next_beat = now + kBeat;
          speaker.heartbeat();
        }
      });
      wait_for("the reader's end", [&] { return speaker.heartbeat(), board->done == 1; });
    });
    crew.join();
    return {board->p50, board->p99};
  }

  /// `send(intended)`, with 0 while warming up.
  template <class Send>
  void at_rate(Send&& send) const {
    MonotonicClock clock;
    const Schedule schedule{clock.now() + 1'000'000, static_cast<double>(rate_)};
    bench::at_rate(clock, schedule, kWarmUp + count_, [&](std::uint64_t i, std::int64_t intended) { send(i < kWarmUp ? 0 : intended); });
  }
  static void tell(const Latencies& latencies, Board& board) {
    board.p50 = static_cast<double>(latencies.percentile(0.5)) / 1e3;
    board.p99 = static_cast<double>(latencies.percentile(0.99)) / 1e3;
    board.done = 1;
  }

  unsigned rate_;
  std::size_t count_;
  std::size_t frame_bytes_{0};
  std::vector<Tick> ticks_;
};

}  // namespace

void add_bus_latency(Benchmarks& all, const Settings& settings) {
  for (const unsigned rate : {2'000u, 10'000u}) all.push_back(std::make_unique<Latency>(rate, settings));
}

}  // namespace tickmesh::bench
