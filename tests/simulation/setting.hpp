// The configuration every simulated mesh has, and three of its instruments.
#pragma once
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "simulation/mesh.hpp"

namespace tickmesh::simulation {

inline Result<Setting> load_setting(const std::string& source) {
  const Config::Overrides overrides{{"mesh.instruments", source + "/deploy/config/instruments.toml"},
                                    {"risk.cooldown_s", "1"},
                                    {"metrics.publish_ms", "1000"},
                                    {"gateway.dead_man_ms", "4000"}};
  char* none[] = {nullptr};
  auto config = Config::load("", overrides, none);
  if (!config) return std::unexpected(config.error());
  auto all = load_instruments(config->text("mesh.instruments"));
  if (!all) return std::unexpected(all.error());
  std::vector<Instrument> few;
  for (const char* name : {"AAPL.DEMO", "AMZN.DEMO", "DIA.DEMO"}) {
    auto symbol = all->resolve(name);
    if (!symbol) return std::unexpected(symbol.error());
    few.push_back(*all->find(*symbol));
  }
  auto instruments = Instruments::make(std::move(few));
  if (!instruments) return std::unexpected(instruments.error());
  return Setting{std::move(*config), std::move(*instruments)};
}

}  // namespace tickmesh::simulation
