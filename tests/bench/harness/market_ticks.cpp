#include "bench/harness/market_ticks.hpp"

#include "bus/codec.hpp"
#include "tick_ingestor/configure.hpp"

namespace tickmesh::bench {
namespace {

constexpr Timestamp kStart{1'735'828'200'000'000'000};  // 2025-01-02T14:30:00Z

}  // namespace

Config bench_config(Config::Overrides overrides) {
  overrides.emplace_back("mesh.instruments", std::string(TICKMESH_SOURCE_DIR) + "/deploy/config/instruments.toml");
  char* nothing = nullptr;
  return must(Config::load("", overrides, &nothing));
}

Instruments bench_instruments() { return must(load_instruments(bench_config().text("mesh.instruments"))); }

std::vector<Tick> market_ticks(std::size_t count, double per_second) {
  DemoMarket market = must(demo_market(bench_config({{"feed.demo.rate", std::to_string(per_second)}}), bench_instruments()));
  std::vector<Tick> ticks;
  ticks.reserve(count);
  while (ticks.size() < count) {
    DemoItem item = market.next();
    if (item.is_event) continue;
    item.tick.event_time = item.tick.time = kStart + Duration{item.offset};
    ticks.push_back(item.tick);
  }
  return ticks;
}

std::vector<Bytes> encoded(const std::vector<Tick>& ticks) {
  std::vector<Bytes> all(ticks.size());
  for (std::size_t i = 0; i < ticks.size(); ++i) encode_tick(ticks[i], all[i]);
  return all;
}

}  // namespace tickmesh::bench
