// bus.throughput.N: one publisher with its journal, N readers that decode, each a process; beside raw PUB/SUB of the same frames.
#include <atomic>

#include "bench/harness/benchmark.hpp"
#include "bench/harness/market_ticks.hpp"
#include "bench/harness/pacing.hpp"
#include "bench/harness/processes.hpp"
#include "bench/harness/raw_fanout.hpp"
#include "bench/harness/speaker.hpp"

namespace tickmesh::bench {
namespace {

constexpr std::size_t kDistinct = 262'144;

/// What processes tell each other, before and after what is timed.
struct Board {
  std::atomic<int> listening;
  std::atomic<int> done;
  std::int64_t begin;
  std::int64_t end[16];
};

class Throughput final : public Benchmark {
 public:
  Throughput(int readers, const Settings& settings)
      : readers_{readers}, count_{(settings.quick ? 100u : (readers == 1 ? 1000u : 500u)) * kTurn} {}
  std::vector<RowName> rows() const override { return {{"bus.throughput." + std::to_string(readers_), "ticks/s"}}; }
  void prepare() override {
    ticks_ = market_ticks(kDistinct);
    capture(ticks_, frames_);
  }
  Turn turn() override { return {{raw_fanout(frames_, readers_, count_)}, {ours()}}; }

 private:
  double ours() const {
    ScratchDir dir;
    Shared<Board> board;
    Crew crew;
    for (int r = 0; r < readers_; ++r)
      crew.start("reader", [&, r] {
        TickListener listener{dir.path(), "reader-" + std::to_string(r)};
        bool told = false;
        for (std::uint64_t heard = 0; heard < count_;) {
          heard += listener.listen(10, [](const Tick&) {});
          if (!told && listener.reader().caught_up()) told = true, ++board->listening;
        }
        board->end[r] = now_ns();
        if (listener.reader().lag(Stream::tick).lost > 0) throw std::runtime_error("ticks were lost");
        ++board->done;
      });
    crew.start("speaker", [&] {
      TickSpeaker speaker{dir.path()};
      wait_for("readers", [&] { return speaker.heartbeat(), board->listening == readers_; });
      board->begin = now_ns();
      for (std::size_t said = 0; said < count_; said += kTurn)
        speaker.say({ticks_.data() + said % kDistinct, kTurn}, ticks_[said % kDistinct].time);
      wait_for("the readers' end", [&] { return speaker.heartbeat(), board->done == readers_; });
    });
    crew.join();
    return rate(*board);
  }

  /// Until the last reader has the last tick.
  double rate(const Board& board) const {
    std::int64_t end = 0;
    for (int r = 0; r < readers_; ++r) end = std::max(end, board.end[r]);
    return static_cast<double>(count_) * 1e9 / static_cast<double>(end - board.begin);
  }

  int readers_;
  std::size_t count_;
  std::vector<Tick> ticks_;
  Shared<Frames> frames_;
};

}  // namespace

void add_bus_throughput(Benchmarks& all, const Settings& settings) {
  for (const int readers : {1, 4, 6}) all.push_back(std::make_unique<Throughput>(readers, settings));
}

}  // namespace tickmesh::bench
