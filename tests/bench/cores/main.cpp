// bench_cores: nanoseconds a tick by core, each run alone on what it takes in one run of the whole mesh; then all of them in one thread.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bench/cores/recording.hpp"
#include "broker_gateway/configure.hpp"
#include "service/host.hpp"
#include "tick_ingestor/configure.hpp"
#include "unit/codec/allocations.hpp"

using namespace tickmesh;
using namespace tickmesh::bench;
using Json = nlohmann::ordered_json;

namespace {

constexpr Timestamp kStart{1'735'828'200'000'000'000};  // 2025-01-02T14:30:00Z, as the backtester

using Clock = std::chrono::steady_clock;
double ns_since(Clock::time_point begin) { return std::chrono::duration<double, std::nano>(Clock::now() - begin).count(); }

struct Run {
  double ns{0};  ///< a unit
  std::uint64_t said{0};
  double allocations{0};  ///< a unit
};

/// Drives `core` with its recorded inputs: timers are among them, so what it asks for is let go.
Run run_alone(Core& core, const Taken& taken, std::uint64_t ticks) {
  Outbox out;
  out.set_epoch(1);
  Event tick_event{Tick{}};
  Tick& tick = std::get<Tick>(tick_event);
  Run run;
  const std::size_t before = testing::allocations();
  const auto begin = Clock::now();
  for (const Taken::One& in : taken.inputs) {
    if (in.is_tick) tick = taken.ticks[in.at];
    const Event& event = in.is_tick ? tick_event : taken.others[in.at];
    out.begin(in.now, {in.name, in.is_tick ? tick.time : in.name.stream == Stream::local ? in.now : time_of(event)});
    core.apply({in.now, in.name, event}, out);
    run.said += out.said().size();
    out.said().clear();
    out.wakes().clear();
  }
  run.ns = ns_since(begin) / static_cast<double>(ticks);
  run.allocations = static_cast<double>(testing::allocations() - before) / static_cast<double>(ticks);
  return run;
}

/// What driving a core costs by itself.
class Nothing final : public Core {
 public:
  std::uint32_t version() const override { return 1; }
  void apply(const Input&, Outbox&) override {}
  void save(ByteWriter&) const override {}
  void load(ByteReader&) override {}
};

/// The ticks that `taken` holds, as the feed gave them.
Taken as_fed(const Taken& taken) {
  Taken fed;
  for (const Taken::One& in : taken.inputs)
    if (in.is_tick) fed.inputs.push_back({in.now, {}, in.at, true});
  fed.ticks = taken.ticks;
  return fed;
}

Run run_venue(const Config& config, const Instruments& instruments, const VenueTold& told, const Taken& gateway) {
  auto venue = PaperVenue::open(instruments, paper_config(config), "");
  if (!venue) throw StartError(venue.error());
  std::vector<VenueReport> reports;
  Run run;
  const std::size_t before = testing::allocations();
  const auto begin = Clock::now();
  for (const VenueTold::One& call : told.calls) {
    if (call.is_tick)
      (*venue)->on_tick(gateway.ticks[call.at], call.name);
    else
      perform(told.orders[call.at], **venue);
    (*venue)->advance(call.now);
    (*venue)->poll(reports);
    run.said += reports.size();
    reports.clear();
  }
  run.ns = ns_since(begin) / static_cast<double>(gateway.ticks.size());
  run.allocations = static_cast<double>(testing::allocations() - before) / static_cast<double>(gateway.ticks.size());
  return run;
}

Run run_market(const Config& config, const Instruments& instruments, std::uint64_t ticks) {
  auto market = demo_market(config, instruments);
  if (!market) throw StartError(market.error());
  Run run;
  const std::size_t before = testing::allocations();
  const auto begin = Clock::now();
  for (std::uint64_t i = 0; i < ticks; ++i) run.said += market->next().is_event ? 0 : 1;
  run.ns = ns_since(begin) / static_cast<double>(ticks);
  run.allocations = static_cast<double>(testing::allocations() - before) / static_cast<double>(ticks);
  return run;
}

Run run_mesh(const Config& config, const Instruments& instruments, Duration length, bool hash) {
  backtest::SingleThreadMesh mesh{config, instruments, kStart, {.hash = hash}};
  const std::size_t before = testing::allocations();
  const backtest::Summary s = mesh.run(length);
  const auto ticks = static_cast<double>(s.ticks);
  return {1e9 * s.cores_s / ticks, s.ticks, static_cast<double>(testing::allocations() - before) / ticks};
}

struct Row {
  std::string name;
  std::string what;
  double budget;  ///< ns a tick; 0: none
  std::function<Run()> run;
  std::vector<Run> runs{};
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"What each core costs a tick, one core of the machine, no journal, no bus.", "bench_cores"};
  std::string config_path;
  std::vector<std::string> sets, only;
  double minutes = 30;
  int runs = 5;
  bool json = false;
  app.add_option("--config", config_path, "configuration file");
  app.add_option("--set", sets, "override one key: --set feed.demo.rate=20000 (repeatable)");
  app.add_option("--only", only, "rows by name, otherwise all");
  app.add_option("--minutes", minutes, "of event time")->check(CLI::Range(0.01, 600.0));
  app.add_option("--runs", runs, "the median is shown")->check(CLI::Range(1, 99));
  app.add_flag("--json", json, "rows as one JSON array: name, value, unit, floor, ratio, runs, min, max");
  app.footer(
      "Examples:\n  bench_cores\n  bench_cores --json --runs 7\n  bench_cores --only metrics_engine --set feed.demo.rate=20000 --minutes "
      "1");
  CLI11_PARSE(app, argc, argv);
  Config::Overrides overrides;
  for (const std::string& set : sets) overrides.emplace_back(set.substr(0, set.find('=')), set.substr(set.find('=') + 1));
  auto config = Config::load(config_path, overrides, nullptr);
  if (!config) return std::cerr << to_string(config.error()) << '\n', 2;
  auto instruments = load_instruments(config->text("mesh.instruments"));
  if (!instruments) return std::cerr << to_string(instruments.error()) << '\n', 2;
  try {
    const Duration length{static_cast<std::int64_t>(minutes * 60e9)};
    const Recorded recorded = record(*config, *instruments, kStart, length);
    const std::uint64_t ticks = recorded.summary.ticks;
    const Taken& gateway = recorded.cores.at("broker_gateway");
    const Taken fed = as_fed(gateway);
    const auto alone = [&](const std::string& service) {
      return [&, service] {
        const auto core = make_core(service, *config, *instruments);
        const Run run = run_alone(*core, recorded.cores.at(service), ticks);
        TM_INVARIANT(run.said == recorded.cores.at(service).said, "a core says alone what it says among the others");
        return run;
      };
    };
    std::vector<Row> rows{
        {"core.market", "the demo market, drawn", 0, [&] { return run_market(*config, *instruments, ticks); }},
        {"core.none", "a core that does nothing: what driving costs, in all that follow", 0,
         [&] {
           Nothing core;
           return run_alone(core, fed, ticks);
         }},
        {"core.tick_ingestor", "checked and numbered", 0,
         [&] {
           IngestCore core{*instruments};
           return run_alone(core, fed, ticks);
         }},
        {"core.metrics_engine", "metrics and signals", 150, alone("metrics_engine")},
        {"core.bar_compressor", "bars", 50, alone("bar_compressor")},
        {"core.position_manager", "rules", 50, alone("position_manager")},
        {"core.broker_gateway", "limits' quotes", 0, alone("broker_gateway")},
        {"core.venue", "the paper exchange", 40, [&] { return run_venue(*config, *instruments, recorded.venue, gateway); }},
        {"runner", "all of them in one thread, in order", 500, [&] { return run_mesh(*config, *instruments, length, false); }},
        {"runner.hashed", "the same, every event encoded and hashed", 0, [&] { return run_mesh(*config, *instruments, length, true); }},
    };
    if (!only.empty())
      std::erase_if(
          rows, [&](const Row& row) { return std::ranges::none_of(only, [&](const std::string& o) { return row.name.ends_with(o); }); });
    // Interleaved, so that a slow spell of the machine falls on all rows.
    for (int i = 0; i < runs; ++i)
      for (Row& row : rows) row.runs.push_back(row.run());
    Json array = Json::array();
    if (!json)
      fmt::print("{} ticks of {} min of event time, median of {} runs\n{:24} {:>9} {:>9} {:>9} {:>9} {:>9} {:>11}\n", ticks, minutes, runs,
                 "core", "ns/tick", "min", "max", "budget", "said/tick", "allocs/tick");
    for (const Row& row : rows) {
      std::vector<double> ns, allocations;
      for (const Run& run : row.runs) ns.push_back(run.ns), allocations.push_back(run.allocations);
      const auto [least, most] = std::ranges::minmax(ns);
      const double mid = median(ns);
      const bool rate = row.name.starts_with("runner");
      if (json)
        array.push_back({{"name", row.name},
                         {"value", rate ? 1e9 / mid : mid},
                         {"unit", rate ? "ticks/s" : "ns/tick"},
                         {"floor", nullptr},
                         {"ratio", nullptr},
                         {"runs", runs},
                         {"min", rate ? 1e9 / most : least},
                         {"max", rate ? 1e9 / least : most},
                         {"allocations", median(allocations)}});
      else
        fmt::print("{:24} {:9.1f} {:9.1f} {:9.1f} {:>9} {:9.3f} {:11.4f}  {}{}\n", row.name, mid, least, most,
                   row.budget > 0 ? fmt::format("{:.0f}", row.budget) : "-",
                   static_cast<double>(row.runs[0].said) / static_cast<double>(ticks), median(allocations), row.what,
                   rate ? fmt::format(" ({:.2f} M ticks/s)", 1e3 / mid) : "");
    }
    if (json) std::cout << array.dump() << '\n';
  } catch (const std::exception& e) {
    std::cerr << "bench_cores: " << e.what() << '\n';
    return 1;
  }
  return 0;
}
