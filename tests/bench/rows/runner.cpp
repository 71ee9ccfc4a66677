// runner: the whole mesh in one thread, the path of `tickmesh-backtester run --no-hash`; drawing the market is not its work.
#include "backtester/run.hpp"
#include "bench/harness/benchmark.hpp"
#include "bench/harness/market_ticks.hpp"
#include "bench/harness/pacing.hpp"
#include "bench/harness/processes.hpp"
#include "tick_ingestor/configure.hpp"

namespace tickmesh::bench {
namespace {

/// Nothing plain lies under the cores. Beside them stands the market alone, giving the same ticks to nobody.
class Runner final : public Benchmark {
 public:
  Runner(std::string name, double rate, double seconds) : name_{std::move(name)}, rate_{rate}, seconds_{seconds} {}
  std::vector<RowName> rows() const override { return {{name_, "ticks/s"}}; }
  Turn turn() override {
    return {in_child("market", [&] { return std::vector{floor()}; }), in_child("runner", [&] { return std::vector{ours()}; })};
  }

 private:
  Config config() const { return bench_config({{"feed.demo.rate", std::to_string(rate_)}}); }
  double floor() const {
    DemoMarket market = must(demo_market(config(), bench_instruments()));
    const auto length = static_cast<std::int64_t>(seconds_ * 1e9);
    std::uint64_t ticks = 0;
    const std::int64_t begin = now_ns();
    for (DemoItem item = market.next(); item.offset <= length; item = market.next()) ticks += item.is_event ? 0 : 1;
    return static_cast<double>(ticks) * 1e9 / static_cast<double>(now_ns() - begin);
  }
  double ours() const {
    backtest::SingleThreadMesh mesh{config(), bench_instruments(), Timestamp{1'735'828'200'000'000'000}, {.hash = false}};
    const auto summary = mesh.run(Duration{static_cast<std::int64_t>(seconds_ * 1e9)});
    return static_cast<double>(summary.ticks) / summary.cores_s;
  }

  std::string name_;
  double rate_, seconds_;
};

}  // namespace

void add_runner(Benchmarks& all, const Settings& settings) {
  all.push_back(std::make_unique<Runner>("runner", 200'000, settings.quick ? 1 : 8));
  all.push_back(std::make_unique<Runner>("runner.demo_rate", 200, settings.quick ? 300 : 3'600));
}

}  // namespace tickmesh::bench
