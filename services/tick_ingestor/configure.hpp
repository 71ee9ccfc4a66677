// The demo market and the core's settings from the configuration: used by the service and by the backtester.
#pragma once
#include <algorithm>

#include "market/demo_market.hpp"
#include "service/config.hpp"
#include "tick_ingestor/core/ingest_core.hpp"

namespace tickmesh {

inline IngestOptions ingest_options(const Config& config) {
  IngestOptions options;
  options.depth_snapshot_every = seconds(config.integer("feed.depth_snapshot_s"));
  return options;
}

/// Error: a symbol of feed.demo.instruments that is not listed, or what the market itself refuses.
inline Result<DemoMarket> demo_market(const Config& config, const Instruments& instruments) {
  std::vector<Instrument> chosen;
  const auto wanted = config.list("feed.demo.instruments");
  for (const std::string& text : wanted) {
    auto symbol = instruments.resolve(text);
    if (!symbol) return bad_value("feed.demo.instruments", symbol.error().rule, symbol.error().message);
    chosen.push_back(*instruments.find(*symbol));
  }
  if (wanted.empty())
    for (const Instrument& i : instruments.list())
      if (i.symbol.view().ends_with(".DEMO")) chosen.push_back(i);
  auto market = Instruments::make(std::move(chosen));
  if (!market) return std::unexpected(market.error());
  DemoOptions options;
  options.seed = static_cast<std::uint64_t>(config.integer("feed.demo.seed"));
  options.ticks_per_second = config.number("feed.demo.rate");
  options.depth = static_cast<unsigned>(config.integer("feed.demo.depth"));
  auto extras = load_instrument_numbers(config.text("mesh.instruments"), "demo");
  if (!extras) return std::unexpected(extras.error());
  for (const auto& [symbol, numbers] : *extras) {
    if (market->find(symbol) == nullptr) continue;
    DemoInstrument demo;
    for (const auto& [name, value] : numbers) {
      if (name == "activity")
        demo.activity = value;
      else if (name == "spread_ticks")
        demo.spread_ticks = value;
      else
        return bad_value("demo." + name, "activity or spread_ticks", symbol.str());
    }
    options.instruments.emplace_back(symbol, demo);
  }
  return DemoMarket::make(*market, options);
}

}  // namespace tickmesh
