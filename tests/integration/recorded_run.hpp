// A run of recorded data through a mesh of processes: what is planned as deploy/up does it.
#pragma once
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "backtester/recorded.hpp"
#include "support/mesh.hpp"

namespace tickmesh::testing {

inline const std::string kSource = TICKMESH_SOURCE_DIR;
inline const std::string kRecordedDay = kSource + "/../shared/data/lean/equity/usa/tick";

/// A folder for the data or, of data that lie elsewhere, for the instruments derived from them.
struct Scratch {
  Scratch() {
    std::string pattern = "/tmp/tickmesh-days-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path = pattern;
  }
  ~Scratch() { std::filesystem::remove_all(path); }
  Scratch(const Scratch&) = delete;
  std::string path;
};

struct Planned {
  backtest::Recorded recorded;
  TestMesh::Settings settings;
};

/// Every key at its default but for `changed`, the calendars found from anywhere.
inline Config defaults(Config::Overrides changed = {}) {
  char* none[] = {nullptr};
  changed.emplace_back("mesh.calendar_dir", kSource + "/deploy/config/calendars");
  return *Config::load("", changed, none);
}

inline Planned plan(const std::string& data, const Scratch& scratch, const std::vector<std::string>& symbols = {}) {
  const Config config = defaults();
  auto configured = load_instruments(kSource + "/deploy/config/instruments.toml");
  auto recorded = backtest::open_recorded(data, config, *configured, "", symbols);
  if (!recorded) throw std::runtime_error(to_string(recorded.error()));
  std::ofstream{scratch.path + "/instruments.toml"} << replay::instruments_toml(recorded->instruments);
  std::string chosen;
  for (const std::string& symbol : symbols) chosen += (chosen.empty() ? "" : ",") + symbol;
  TestMesh::Settings settings{{"feed.kind", "replay"},
                              {"feed.replay.data", data},
                              {"feed.replay.symbols", chosen},
                              {"mesh.time", "arrival"},
                              {"mesh.epoch", std::to_string(recorded->epoch)},
                              {"mesh.start_ns", std::to_string(recorded->survey.first.ns)},
                              {"mesh.instruments", scratch.path + "/instruments.toml"}};
  return {std::move(*recorded), std::move(settings)};
}

/// Two stocks of a recorded day, under `root`, where they are. False: they are not on this machine.
inline bool link_recorded_day(const std::string& root) {
  namespace fs = std::filesystem;
  if (!fs::exists(kRecordedDay)) return false;
  for (const std::string symbol : {"bac", "ibm"})
    for (const std::string file : {"20131007_quote.zip", "20131007_trade.zip"}) {
      const std::string folder = root + "/equity/usa/tick/" + symbol + '/';
      fs::create_directories(folder);
      fs::create_symlink(fs::canonical(kRecordedDay + '/' + symbol + '/' + file), folder + file);
    }
  return true;
}

inline std::int64_t count(TestMesh& mesh, const std::string& sql) {
  const std::string cell = mesh.postgres().query("tickmesh", sql);
  return cell.empty() ? 0 : std::stoll(cell);
}

inline bool over(TestMesh& mesh, std::chrono::milliseconds limit) {
  return eventually([&] { return count(mesh, "select count(*) from tick_ingestor.feed_sessions where ended_at is not null") > 0; }, limit);
}

}  // namespace tickmesh::testing
