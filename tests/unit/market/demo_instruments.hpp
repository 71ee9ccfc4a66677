// The instruments of deploy/config/instruments.toml, for tests that read no files.
#pragma once
#include <vector>

#include "core/instrument.hpp"
#include "market/demo_market.hpp"

namespace tickmesh::testing {

struct DemoRow {
  const char* symbol;
  const char* reference;
  double volume, volatility, activity, spread;
};
inline constexpr DemoRow kDemoRows[] = {
    {"AAPL.DEMO", "201.28", 5.0e+07, 0.017, 1.6, 1.6},  {"AMZN.DEMO", "185.40", 4.0e+07, 0.019, 1.3, 1.7},
    {"DIA.DEMO", "421.10", 3.5e+06, 0.009, 0.6, 2.4},   {"GLD.DEMO", "242.60", 8.0e+06, 0.01, 0.7, 1.8},
    {"GOOGL.DEMO", "171.90", 2.8e+07, 0.018, 1.1, 1.7}, {"IWM.DEMO", "221.35", 2.6e+07, 0.013, 1.1, 1.5},
    {"META.DEMO", "512.75", 1.4e+07, 0.022, 1.0, 2.6},  {"MSFT.DEMO", "428.20", 2.1e+07, 0.015, 1.2, 2.0},
    {"NVDA.DEMO", "131.60", 2.5e+08, 0.03, 1.9, 1.4},   {"QQQ.DEMO", "487.15", 3.4e+07, 0.012, 1.4, 1.6},
    {"SLV.DEMO", "28.85", 1.6e+07, 0.018, 0.6, 1.2},    {"SPY.DEMO", "563.40", 6.0e+07, 0.009, 1.6, 1.5},
    {"TLT.DEMO", "93.75", 3.6e+07, 0.009, 0.8, 1.3},    {"TQQQ.DEMO", "74.20", 6.5e+07, 0.036, 1.0, 1.5},
    {"TSLA.DEMO", "248.90", 8.5e+07, 0.035, 1.5, 1.9},  {"XLE.DEMO", "89.30", 1.5e+07, 0.014, 0.7, 1.3},
    {"XLF.DEMO", "44.65", 3.8e+07, 0.011, 0.8, 1.2},
};

inline Instruments demo_instruments() {
  std::vector<Instrument> list;
  for (const DemoRow& row : kDemoRows)
    list.push_back({.symbol = *Symbol::parse(row.symbol),
                    .tick_size = *Price::parse("0.01"),
                    .lot = Quantity::from_units(1),
                    .multiplier = Quantity::from_units(1),
                    .currency = "USD",
                    .calendar = "24x7",
                    .reference_price = *Price::parse(row.reference),
                    .daily_volume = row.volume,
                    .daily_volatility = row.volatility});
  return *Instruments::make(std::move(list));
}

inline DemoOptions demo_options(std::uint64_t seed = 1) {
  DemoOptions options{.seed = seed};
  for (const DemoRow& row : kDemoRows)
    options.instruments.emplace_back(*Symbol::parse(row.symbol), DemoInstrument{row.activity, row.spread});
  return options;
}

}  // namespace tickmesh::testing
