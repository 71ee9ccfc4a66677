// analytics: METRICS.md sections 1 and 2 tick by tick, in metrics_engine's own state of an instrument.
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "bench/harness/benchmark.hpp"
#include "bench/harness/pacing.hpp"
#include "bench/harness/processes.hpp"
#include "metrics_engine/core/metrics_core.hpp"
#include "service/huge_heap.hpp"

namespace tickmesh::bench {
namespace {

constexpr std::size_t kSymbols = 5'000;

struct Made {
  std::uint32_t symbol;
  Tick tick;
};

MetricsConfig metrics_config(std::size_t symbols) {
  std::vector<Instrument> list;
  for (std::size_t i = 0; i < symbols; ++i) {
    Instrument one;
    one.symbol = *Symbol::parse(fmt::format("S{}.BENCH", i));
    one.tick_size = Price::from_raw(1'000'000);
    one.lot = one.multiplier = Quantity::from_units(1);
    one.calendar = "24x7";
    one.daily_volume = 5e6;
    one.daily_volatility = 0.02;
    list.push_back(one);
  }
  MetricsConfig config;
  config.instruments = *Instruments::make(std::move(list));
  return config;
}

/// SplitMix64 (Steele, Lea & Flood 2014).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_{seed} {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

/// Quotes that walk, three in four of which move a price; every tenth tick is a trade at the quote. Symbols by Zipf(1), the rarer ones
/// spread over the list so that neighbours in memory are not neighbours in rank.
std::vector<Made> make_ticks(const MetricsConfig& config, std::size_t count) {
  const auto& list = config.instruments.list();
  std::vector<double> bounds;
  double sum = 0;
  for (std::size_t rank = 1; rank <= list.size(); ++rank) bounds.push_back(sum += 1.0 / static_cast<double>(rank));
  std::vector<std::int64_t> bid(list.size(), 10'000);
  std::vector<Made> ticks;
  ticks.reserve(count);
  Dice dice{1};
  Timestamp now{1'735'828'200'000'000'000};
  for (std::size_t i = 0; i < count; ++i) {
    now.ns += 20'000;
    const auto rank = static_cast<std::size_t>(std::ranges::lower_bound(bounds, dice.unit() * sum) - bounds.begin());
    const std::size_t symbol = std::min(rank, list.size() - 1) * 2'633 % list.size();
    Tick t;
    t.time = t.event_time = now;
    t.instrument = list[symbol].id();
    t.feed = FeedKind::replay;
    if (dice.between(0, 3) != 0) bid[symbol] = std::clamp<std::int64_t>(bid[symbol] + dice.between(-1, 1), 5'000, 20'000);
    t.bid = Price::from_raw(bid[symbol] * 1'000'000);
    t.ask = Price::from_raw((bid[symbol] + dice.between(1, 3)) * 1'000'000);
    t.bid_size = Quantity::from_units(100 * dice.between(1, 20));
    t.ask_size = Quantity::from_units(100 * dice.between(1, 20));
    t.kind = TickKind::quote;
    if (i % 10 == 9) {
      t.kind = TickKind::trade;
      t.price = dice.between(0, 1) == 0 ? t.bid : t.ask;
      t.size = t.bid_size;
    }
    ticks.push_back({static_cast<std::uint32_t>(symbol), t});
  }
  return ticks;
}

/// Nanoseconds that `work(batch)` takes for all of them, batch after batch. A batch lies in the cache, as it does where it comes from the
/// bus: bringing it there is not timed.
template <class Work>
std::int64_t in_batches(std::span<const Made> ticks, Work&& work) {
  constexpr std::size_t kBatch = 512;
  std::vector<Made> batch;
  std::int64_t took = 0;
  for (; !ticks.empty(); ticks = ticks.subspan(batch.size())) {
    batch.assign(ticks.begin(), ticks.begin() + static_cast<std::ptrdiff_t>(std::min(kBatch, ticks.size())));
    const std::int64_t begin = now_ns();
    work(std::span<const Made>{batch});
    took += now_ns() - begin;
  }
  return took;
}

/// Ticks a second with nothing said: what every tick costs before anyone asks.
double learn_rate(std::size_t symbols, std::size_t count) {
  huge_heap(symbols * SymbolMetrics::kUsualBytes);  // as metrics_engine does
  const MetricsConfig config = metrics_config(symbols);
  std::vector<SymbolMetrics> state;
  state.reserve(symbols);
  for (const Instrument& one : config.instruments.list()) state.emplace_back(config, one);
  const auto ticks = make_ticks(config, count);
  std::uint64_t good = 0;
  const auto pass = [&](std::span<const Made> batch) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      // Whose turn it is next is known, and memory can be asked for meanwhile, as the runner does (Foresight).
      if (symbols > 1 && i + Foresight::kFar < batch.size()) {
        const Made& far = batch[i + Foresight::kFar];
        const Made& near = batch[i + Foresight::kNear];
        state[far.symbol].prefetch_state(far.tick.kind);
        state[near.symbol].prefetch_windows(near.tick);
      }
      const Made& made = batch[i];
      SymbolMetrics& one = state[made.symbol];
      good += (made.tick.kind == TickKind::trade ? one.learn_trade(made.tick) : one.learn(made.tick)) ? 1 : 0;
    }
  };
  const std::span<const Made> all{ticks};
  in_batches(all.first(count / 4), pass);  // warm
  const double seconds = static_cast<double>(in_batches(all.subspan(count / 4), pass)) / 1e9;
  return good == 0 ? 0 : static_cast<double>(count - count / 4) / seconds;
}

/// The same through the core: the signal judged on every quote, metrics said on the 100 ms grid of event time.
double core_rate(std::size_t symbols, std::size_t count) {
  if (symbols > MetricsCore::kCached) huge_heap(symbols * SymbolMetrics::kUsualBytes);
  const MetricsConfig config = metrics_config(symbols);
  auto core = std::make_unique<MetricsCore>(config);
  const auto ticks = make_ticks(config, count);
  Outbox out;
  out.set_epoch(1);
  core->apply({ticks.front().tick.time, {}, Event{Started{{1, 1}}}}, out);
  core->apply({ticks.front().tick.time, {}, Event{WentLive{}}}, out);
  Event event{Tick{}};
  std::uint64_t sequence = 0;
  const auto pass = [&](std::span<const Made> batch) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (core->looks_ahead() && i + Foresight::kFar < batch.size()) {
        core->far(batch[i + Foresight::kFar].tick);
        core->near(batch[i + Foresight::kNear].tick);
      }
      const Tick& tick = *std::get_if<Tick>(&event) = batch[i].tick;
      const Name name{Stream::tick, tick.instrument.partition(), {1, ++sequence}};
      out.begin(tick.time, {name, tick.time}, tick.time);
      core->apply({tick.time, name, event}, out);
      out.said().clear();
      out.wakes().clear();
    }
  };
  const std::span<const Made> all{ticks};
  in_batches(all.first(count / 4), pass);
  return static_cast<double>(count - count / 4) * 1e9 / static_cast<double>(in_batches(all.subspan(count / 4), pass));
}

double heap_bytes() { return static_cast<double>(::mallinfo2().uordblks + ::mallinfo2().hblkhd); }

/// What one more symbol takes from memory, all its windows and the rows of its profile included.
double state_bytes() {
  const MetricsConfig config = metrics_config(kSymbols);
  std::vector<SymbolMetrics> state;
  state.reserve(kSymbols);
  const double before = heap_bytes();
  for (const Instrument& one : config.instruments.list()) state.emplace_back(config, one);
  Tick trade;
  trade.event_time = Timestamp{1'735'828'200'000'000'000};
  trade.kind = TickKind::trade;
  trade.price = Price::from_raw(10'000'000'000);
  trade.size = Quantity::from_units(1);
  for (SymbolMetrics& one : state) one.learn_trade(trade);
  return (heap_bytes() - before) / static_cast<double>(kSymbols) + static_cast<double>(sizeof(SymbolMetrics));
}

/// Nothing plain lies under it; beside Zipf's rows stands one symbol alone, in the same minute.
class Analytics final : public Benchmark {
 public:
  explicit Analytics(std::size_t ticks) : ticks_{ticks} {}
  std::vector<RowName> rows() const override {
    return {{"analytics.one", "ticks/s"},
            {"analytics.zipf5000", "ticks/s"},
            {"analytics.core.one", "ticks/s"},
            {"analytics.core.zipf5000", "ticks/s"},
            {"analytics.state", "bytes/symbol"}};
  }
  Turn turn() override {
    const auto measured = [](const char* name, const std::function<double()>& work) {
      return in_child(name, [&] { return std::vector{work()}; }).at(0);
    };
    const double one = measured("one", [&] { return learn_rate(1, ticks_); });
    const double many = measured("zipf", [&] { return learn_rate(kSymbols, ticks_); });
    const double core_one = measured("core one", [&] { return core_rate(1, ticks_); });
    const double core_many = measured("core zipf", [&] { return core_rate(kSymbols, ticks_); });
    const double bytes = measured("state", [] { return state_bytes(); });
    return {{one, one, core_one, core_one, static_cast<double>(sizeof(SymbolMetrics))}, {one, many, core_one, core_many, bytes}};
  }

 private:
  std::size_t ticks_;
};

}  // namespace

void add_analytics(Benchmarks& all, const Settings& settings) {
  all.push_back(std::make_unique<Analytics>(settings.quick ? 400'000 : 4'000'000));
}

}  // namespace tickmesh::bench
