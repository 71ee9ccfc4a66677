// bus.throughput.N: one publisher with its journal, N readers that decode, each a process; beside raw PUB/SUB of the same frames.
#include <fmt/format.h>
#include <sys/resource.h>

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

/// Processor time of this process or of this thread alone.
std::int64_t used_ns(int whose) {
  rusage used{};
  ::getrusage(whose, &used);
  const auto ns = [](const timeval& t) { return std::int64_t{t.tv_sec} * 1'000'000'000 + std::int64_t{t.tv_usec} * 1'000; };
  return ns(used.ru_utime) + ns(used.ru_stime);
}
struct Used {
  std::int64_t process, thread;
  static Used now() { return {used_ns(RUSAGE_SELF), used_ns(RUSAGE_THREAD)}; }
  Used since(const Used& before) const { return {process - before.process, thread - before.thread}; }
};

/// What processes tell each other, before and after what is timed.
struct Board {
  Used speaker, reader;
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
  std::vector<std::string> notes() const override { return notes_; }

 private:
  double ours() {
    ScratchDir dir;
    Shared<Board> board;
    Crew crew;
    for (int r = 0; r < readers_; ++r)
      crew.start("reader", [&, r] {
        TickListener listener{dir.path(), "reader-" + std::to_string(r)};
        bool told = false;
        Used before{};
        for (std::uint64_t heard = 0; heard < count_;) {
          heard += listener.listen(10, [](const Tick&) {});
          if (!told && listener.reader().caught_up()) told = true, before = Used::now(), ++board->listening;
        }
        board->end[r] = now_ns();
        if (r == 0) board->reader = Used::now().since(before);
        if (listener.reader().lag(Stream::tick).lost > 0) throw std::runtime_error("ticks were lost");
        ++board->done;
      });
    crew.start("speaker", [&] {
      TickSpeaker speaker{dir.path()};
      wait_for("readers", [&] { return speaker.heartbeat(), board->listening == readers_; });
      const Used before = Used::now();
      board->begin = now_ns();
      for (std::size_t said = 0; said < count_; said += kTurn)
        speaker.say({ticks_.data() + said % kDistinct, kTurn}, ticks_[said % kDistinct].time);
      const Used said = Used::now();
      wait_for("the readers' end", [&] { return speaker.heartbeat(), board->done == readers_; });
      board->speaker = {Used::now().since(before).process, said.since(before).thread};
    });
    crew.join();
    const auto each = [&](std::int64_t ns) { return static_cast<double>(ns) / static_cast<double>(count_); };
    notes_.push_back(fmt::format("processor ns a tick: publisher {:.0f}, of it speaking {:.0f}; a reader {:.0f}, of it reading {:.0f}",
                                 each(board->speaker.process), each(board->speaker.thread), each(board->reader.process),
                                 each(board->reader.thread)));
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
  std::vector<std::string> notes_;
};

}  // namespace

void add_bus_throughput(Benchmarks& all, const Settings& settings) {
  for (const int readers : {1, 4, 6}) all.push_back(std::make_unique<Throughput>(readers, settings));
}

}  // namespace tickmesh::bench
