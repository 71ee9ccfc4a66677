// On the tick path metrics_engine's core takes nothing from the heap once warm: real flow, all bar lengths, every value there.
#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <string_view>

#include "core/metric_values.hpp"
#include "metrics_engine/core/metrics_core.hpp"
#include "unit/analytics/random_ticks.hpp"
#include "unit/codec/allocations.hpp"

namespace tickmesh {
namespace {

using testing::allocations;
using testing_ticks::SplitMix;

constexpr std::size_t kInstruments = 3;
constexpr Timestamp kStart{1'735'830'000'000'000'000};

MetricsConfig all_values() {
  std::vector<Instrument> list;
  for (const char* symbol : {"A.TEST", "B.TEST", "C.TEST"}) {
    Instrument one;
    one.symbol = *Symbol::parse(symbol);
    one.tick_size = *Price::parse("0.01");
    one.lot = one.multiplier = Quantity::from_units(1);
    one.calendar = "24x7";
    one.daily_volume = 5e6;
    one.daily_volatility = 0.02;
    one.volume_share = 0.5;
    one.profile_row = *Price::parse("0.10");  // the first rows hold the whole walk: reaching more takes memory, by the way
    list.push_back(one);
  }
  MetricsConfig config;
  config.instruments = *Instruments::make(std::move(list));
  config.bar_lengths = {seconds(1), seconds(10), seconds(60)};
  config.signals[0].parameters["entry_z"] = 7;  // said in words at the start alone
  return config;
}

struct Counted {
  std::size_t ticks{0}, metrics{0}, allocations{0};
  Metrics last{};
  std::map<std::int64_t, BarIndicators> bars{};  ///< the last of each length: they are said when they close
};

/// Two hours of one tick every 20 ms; what the second hour takes, on ticks that brought about no words. `planted`: a tick in 1,000 takes
/// one.
Counted run(bool planted) {
  const MetricsConfig config = all_values();
  MetricsCore core{config};
  Outbox out;
  out.set_epoch(1);
  core.apply({kStart, {}, Event{Started{{1, 1}}}}, out);
  core.apply({kStart, {}, Event{WentLive{}}}, out);
  SplitMix random{5};
  std::int64_t bid[kInstruments] = {10'000, 20'000, 5'000};
  Event event{Tick{}};
  Counted counted;
  std::unique_ptr<int> plant;
  for (std::uint64_t i = 0; i < 360'000; ++i) {
    const auto which = static_cast<std::size_t>(random.between(0, kInstruments - 1));
    Tick& t = *std::get_if<Tick>(&event);
    t = {};
    t.time = t.event_time = kStart + milliseconds(static_cast<std::int64_t>(i) * 20);
    t.instrument = config.instruments.list()[which].id();
    t.feed = FeedKind::replay;
    bid[which] += random.between(-1, 1);
    t.kind = random.between(0, 4) == 0 ? TickKind::trade : TickKind::quote;
    t.bid = Price::from_raw(bid[which] * 1'000'000);
    t.ask = Price::from_raw((bid[which] + random.between(1, 3)) * 1'000'000);
    t.bid_size = Quantity::from_units(random.between(1, 9) * 100);
    t.ask_size = Quantity::from_units(random.between(1, 9) * 100);
    t.price = random.between(0, 1) == 0 ? t.bid : t.ask;
    t.size = t.bid_size;
    const Name name{Stream::tick, t.instrument.partition(), {1, i + 1}};
    out.begin(t.time, {name, t.time}, t.time);
    const std::size_t before = allocations();
    core.apply({t.time, name, event}, out);
    if (planted && i % 1'000 == 0) plant = std::make_unique<int>(1);
    const std::size_t taken = allocations() - before;
    bool words = false;
    // What is said in words or rows is copied out: signals, and what a profile says when its nodes are found anew.
    for (const auto& said : out.said()) words |= !std::holds_alternative<Metrics>(said.event);
    if (i >= 180'000 && !words) {
      ++counted.ticks;
      counted.allocations += taken;
      for (const auto& said : out.said()) {
        ++counted.metrics;
        counted.last = std::get<Metrics>(said.event);
        for (const BarIndicators& bars : counted.last.bars)
          if (bars.length.ns != 0) counted.bars[bars.length.ns] = bars;
      }
    }
    out.said().clear();
    out.wakes().clear();
  }
  return counted;
}

TEST(MetricsAllocations, NoneOnATickOnceWarmWithEveryValueThere) {
  const Counted counted = run(false);
  EXPECT_GT(counted.ticks, 150'000u);
  EXPECT_GT(counted.metrics, 50'000u);
  EXPECT_EQ(counted.allocations, 0u);
  const auto of_depth = [](std::string_view name) { return name.starts_with("depth_"); };  // there is none
  // A profile of one peak has no node below it, a price at its end none beyond.
  const auto of_nodes = [](std::string_view name) { return name.starts_with("hvn_") || name.starts_with("lvn_"); };
  for (const auto& one : kMetricValues) {
    const Value& value = counted.last.*one.value;
    if (of_depth(one.name)) continue;
    EXPECT_NE(value.status, Status::warmup) << one.name;
    if (of_nodes(one.name)) continue;
    // The slope has its half-life where neighbours are alike, UP and DOWN disagree where there are any: what a walk need not have.
    if (std::string_view{one.name} != "half_life" && std::string_view{one.name} != "regime_disagree") {
      EXPECT_TRUE(value.has_value) << one.name;
    }
  }
  EXPECT_EQ(counted.bars.size(), all_values().bar_lengths.size());
  for (const auto& [length, bars] : counted.bars)
    for (const auto& one : kBarValues) EXPECT_TRUE((bars.*one.value).has_value) << length << ' ' << one.name;
}

TEST(MetricsAllocations, OnePlantedInAThousandTicksIsFound) { EXPECT_GE(run(true).allocations, 100u); }

}  // namespace
}  // namespace tickmesh
