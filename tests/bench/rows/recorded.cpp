// replay.parse, backtest: recorded data read as they lie, and through every core in one thread.
#include <fmt/format.h>

#include <vector>

#include "backtester/recorded.hpp"
#include "bench/harness/benchmark.hpp"
#include "bench/harness/market_ticks.hpp"
#include "bench/harness/pacing.hpp"
#include "bench/harness/processes.hpp"
#include "bench/harness/recorded_day.hpp"

namespace tickmesh::bench {
namespace {

using replay::Archive;
using replay::FileReader;

/// The quotes of one stock, a million rows, from the page cache to ticks. The floor is unpacking them alone.
class Parse final : public Benchmark {
 public:
  std::vector<RowName> rows() const override { return {{"replay.parse", "rows/s"}}; }
  void prepare() override {
    data_ = must(replay::find_data(day_.folder(), "lean", {"AIG"}));
    std::erase_if(data_.files, [](const replay::DataFile& file) { return !file.format.quotes(); });
  }
  Turn turn() override {
    const double rows = parse();  // also warms the page cache
    const double unpacked = in_child("unpack", [&] { return std::vector{static_cast<double>(rows_) * 1e9 / unpack()}; }).front();
    return {{unpacked}, {std::max(rows, parse())}};
  }
  std::vector<std::string> notes() const override { return {fmt::format("{} rows, unpacked, read and checked; one core", rows_)}; }

 private:
  double unpack() const {
    std::vector<char> buffer(64 << 10);
    const std::int64_t begin = now_ns();
    auto archive = must(Archive::open(data_.files.front().path));
    while (must(archive->read(buffer)) > 0) {
    }
    return static_cast<double>(now_ns() - begin);
  }
  double parse() {
    const std::int64_t begin = now_ns();
    FileReader reader{data_.files.front(), {}};
    std::int64_t sum = 0;
    while (must(reader.fill()))
      for (; !reader.empty(); reader.pop()) sum += reader.front().bid.raw();
    const double took = static_cast<double>(now_ns() - begin);
    rows_ = reader.parser().tally().rows;
    if (sum == 0 || reader.parser().tally().bad_rows() > 0) throw std::runtime_error("the rows are not what they were");
    return static_cast<double>(rows_) * 1e9 / took;
  }

  RecordedDay day_;
  replay::DataSet data_;
  std::uint64_t rows_{0};
};

/// A day of four stocks through all cores: `tickmesh-backtester run --data DIR --no-hash`, reading included. The floor is reading alone.
class Backtest final : public Benchmark {
 public:
  std::vector<RowName> rows() const override { return {{"backtest", "ticks/s"}}; }
  void prepare() override { recorded_ = must(backtest::open_recorded(day_.folder(), bench_config(), bench_instruments(), "lean", {})); }
  Turn turn() override {
    return {in_child("reading", [&] { return std::vector{floor()}; }), in_child("backtest", [&] { return std::vector{ours()}; })};
  }

 private:
  double floor() const {
    replay::Merge merge{recorded_.data.files, recorded_.instruments};
    replay::Rows rows;
    const std::int64_t begin = now_ns();
    while (must(merge.next(1024, rows)) > 0) rows.clear();
    return static_cast<double>(merge.given()) * 1e9 / static_cast<double>(now_ns() - begin);
  }
  double ours() const {
    backtest::SingleThreadMesh mesh{
        bench_config(), recorded_.instruments, recorded_.survey.first, {.hash = false, .epoch = recorded_.epoch}};
    backtest::RecordedSource source{recorded_};
    const auto summary = mesh.run(source);
    return static_cast<double>(summary.ticks) / (summary.market_s + summary.cores_s);
  }

  RecordedDay day_;
  backtest::Recorded recorded_;
};

}  // namespace

void add_recorded(Benchmarks& all, const Settings&) {
  if (!RecordedDay::there()) return;
  all.push_back(std::make_unique<Parse>());
  all.push_back(std::make_unique<Backtest>());
}

}  // namespace tickmesh::bench
