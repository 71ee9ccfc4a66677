// journal.sustained: 200,000 ticks a second for a minute, in a ring of segments, beside write(2) at the same rate in the same minute.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "bench/harness/benchmark.hpp"
#include "bench/harness/journals.hpp"
#include "bench/harness/market_ticks.hpp"
#include "bench/harness/pacing.hpp"
#include "bench/harness/processes.hpp"

namespace tickmesh::bench {
namespace {

constexpr double kAppends = 1'000;  // a second
constexpr std::size_t kTicks = 200;
constexpr std::uint64_t kBudget = 512u << 20;
constexpr unsigned kMaxWindows = 64;

/// A minute cut into windows, each with its own percentiles.
struct Windows {
  double p999[kMaxWindows], max[kMaxWindows], call_max[kMaxWindows];
};

class Sustained final : public Benchmark {
 public:
  explicit Sustained(const Settings& settings)
      : seconds_{settings.quick ? 5u : 60u}, windows_{std::clamp(settings.runs, 1u, kMaxWindows)} {}
  std::vector<RowName> rows() const override { return {{"journal.sustained.p999", "us"}, {"journal.sustained.max", "us"}}; }
  unsigned turns(unsigned) const override { return windows_; }
  void prepare() override {
    const auto ticks = encoded(market_ticks(65'536));
    // Both at once: what the disk does to one it does to the other.
    Crew crew;
    crew.start("append", [&] {
      ScratchDir dir;
      const auto journal = open_journal(dir / "journal", "tick_ingestor-0", kBudget);
      TickRecords records{ticks, journal->epoch()};
      paced(*ours_, [&] { journal->append(RecordType::said, records.next(kTicks)); });
    });
    crew.start("write", [&] {
      ScratchDir dir;
      const int fd = ::open((dir / "raw").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
      const Bytes bytes(64u << 10, std::byte{0x5a});
      TickRecords records{ticks, 1};
      std::uint64_t written = 0;
      paced(*floor_, [&] {
        const std::size_t size = records.next(kTicks).size();
        if (written + size > kBudget) written = 0;  // over and over, as the ring of segments
        if (::pwrite(fd, bytes.data(), size, static_cast<off_t>(written)) != static_cast<ssize_t>(size))
          throw std::runtime_error("pwrite failed");
        written += size;
      });
      ::close(fd);
    });
    crew.join(std::chrono::seconds{seconds_ + 60});
  }
  Turn turn() override {
    const unsigned w = next_++;
    return {{floor_->p999[w], floor_->max[w]}, {ours_->p999[w], ours_->max[w]}};
  }
  std::vector<std::string> notes() const override {
    return {fmt::format(
        "{} s in {} windows; worst of all, from the intended time: {:.0f} us (floor {:.0f}); of the call alone: {:.0f} us (floor {:.0f})",
        seconds_, windows_, worst(ours_->max), worst(floor_->max), worst(ours_->call_max), worst(floor_->call_max))};
  }

 private:
  double worst(const double* windows) const { return *std::max_element(windows, windows + windows_); }

  template <class Append>
  void paced(Windows& told, Append&& append) const {
    MonotonicClock clock;
    const auto total = static_cast<std::uint64_t>(kAppends * seconds_), each = total / windows_;
    std::vector<Latencies> latencies(windows_), calls(windows_);
    for (auto& l : latencies) l.reserve(each + 1);
    for (auto& l : calls) l.reserve(each + 1);
    at_rate(clock, Schedule{clock.now() + 1'000'000, kAppends}, each * windows_, [&](std::uint64_t i, std::int64_t intended) {
      const std::int64_t begin = clock.now();
      append();
      const std::int64_t end = clock.now();
      latencies[i / each].add(end - intended);
      calls[i / each].add(end - begin);
    });
    for (unsigned w = 0; w < windows_; ++w) {
      told.p999[w] = static_cast<double>(latencies[w].percentile(0.999)) / 1e3;
      told.max[w] = static_cast<double>(latencies[w].max()) / 1e3;
      told.call_max[w] = static_cast<double>(calls[w].max()) / 1e3;
    }
  }

  unsigned seconds_, windows_, next_{0};
  Shared<Windows> ours_, floor_;
};

}  // namespace

void add_journal_sustained(Benchmarks& all, const Settings& settings) { all.push_back(std::make_unique<Sustained>(settings)); }

}  // namespace tickmesh::bench
