// tickmesh-backtester: the very same cores in one thread. `run` a market, or `verify` what a mesh recorded.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "backtester/run.hpp"
#include "backtester/verify.hpp"
#include "service/command_line.hpp"

using namespace tickmesh;
using Json = nlohmann::ordered_json;

namespace {

int fail(const Error& error, bool json) {
  if (json)
    std::cout << Json{{"ok", false},
                      {"error", {{"code", error.code}, {"field", error.field}, {"rule", error.rule}, {"message", error.message}}}}
                     .dump()
              << '\n';
  else
    std::cerr << "tickmesh-backtester: " << error.code << ": " << to_string(error) << '\n';
  return error.code == "bad_value" ? 2 : 1;
}

int verify(const Config& config, const Instruments& instruments, const std::string& journals, bool json) {
  auto all = backtest::verify(config, instruments, journals);
  if (!all) return fail(all.error(), json);
  bool equal = true;
  Json data = Json::array();
  for (const auto& v : *all) {
    equal &= v.recorded_hash == v.derived_hash;
    data.push_back({{"instance", v.instance},
                    {"inputs", v.inputs},
                    {"said", v.said},
                    {"copies_checked", v.copies_checked},
                    {"unrecorded", v.unrecorded},
                    {"recorded", fmt::format("{:016x}", v.recorded_hash)},
                    {"derived", fmt::format("{:016x}", v.derived_hash)}});
    if (!json)
      fmt::print("{:20} inputs {:>9}  said {:>9}  copies {:>8}  recorded {:016x}  run again {:016x}  {}\n", v.instance, v.inputs, v.said,
                 v.copies_checked, v.recorded_hash, v.derived_hash, v.recorded_hash == v.derived_hash ? "equal" : "DIFFERENT");
  }
  if (json) std::cout << Json{{"ok", equal}, {"data", data}}.dump() << '\n';
  return equal ? 0 : 1;
}

int run(const Config& config, const Instruments& instruments, double hours, bool hash, bool json) {
  constexpr Timestamp start{1'735'828'200'000'000'000};  // 2025-01-02T14:30:00Z: a fixed moment, so that equal seeds give equal bytes
  backtest::SingleThreadMesh mesh{config, instruments, start, {.hash = hash}};
  const backtest::Summary s = mesh.run(Duration{static_cast<std::int64_t>(hours * 3600e9)});
  const double first_entry = s.first_entry ? static_cast<double>((s.first_entry - s.start).ns) / 1e9 : -1;
  if (json) {
    std::cout << Json{{"ok", true},
                      {"data",
                       {{"data", "SYNTHETIC"},
                        {"hours", hours},
                        {"ticks", s.ticks},
                        {"signals", s.signals},
                        {"intents", s.intents},
                        {"fills", s.fills},
                        {"opened", s.opened},
                        {"closed", s.closed},
                        {"won", s.won},
                        {"first_entry_s", first_entry},
                        {"realized_pnl", s.account.realized_pnl.str(2)},
                        {"equity", s.account.equity.str(2)},
                        {"hash", hash ? Json(fmt::format("{:016x}", s.hash.all())) : Json(nullptr)},
                        {"seconds", s.market_s + s.cores_s},
                        {"market_seconds", s.market_s},
                        {"cores_seconds", s.cores_s}}}}
                     .dump()
              << '\n';
    return 0;
  }
  fmt::print("SYNTHETIC seed {} · {} h of event time · {} ticks · drawn in {:.2f} s · run in {:.2f} s ({:.0f} ticks/s{})\n",
             config.integer("feed.demo.seed"), hours, s.ticks, s.market_s, s.cores_s, static_cast<double>(s.ticks) / s.cores_s,
             hash ? ", every event hashed" : "");
  fmt::print("signals {} · intents {} · fills {} · positions opened {} closed {} ({} with gain) · first entry after {:.1f} s\n", s.signals,
             s.intents, s.fills, s.opened, s.closed, s.won, first_entry);
  fmt::print("realized {} · unrealized {} · equity {} {} (SYNTHETIC)\n", s.account.realized_pnl.str(2), s.account.unrealized_pnl.str(2),
             s.account.equity.str(2), s.account.currency);
  if (!hash) return 0;
  for (const Stream stream :
       {Stream::tick, Stream::bar, Stream::metrics, Stream::signal, Stream::intent, Stream::order, Stream::position, Stream::account})
    fmt::print("  {:9} {:>9} events  hash {:016x}\n", to_string(stream), s.hash.count(stream), s.hash.of(stream));
  fmt::print("all events hash {:016x}\n", s.hash.all());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Runs the mesh's own cores in one thread.", "tickmesh-backtester"};
  std::string config_path, journals = "var/journal";
  std::vector<std::string> sets;
  bool json = false, version = false, no_hash = false;
  double hours = 1;
  app.add_option("--config", config_path, "configuration file (default: deploy/config/tickmesh.toml where it exists)");
  app.add_option("--set", sets, "override one key: --set feed.demo.seed=7 (repeatable)");
  app.add_flag("--json", json, "one JSON object");
  app.add_flag("--version", version, "print the version and stop");
  auto* run_verb = app.add_subcommand("run", "the demo market through all cores; prints counts, P&L (SYNTHETIC) and canonical hashes");
  run_verb->add_option("--hours", hours, "of event time")->check(CLI::Range(0.001, 10'000.0));
  run_verb->add_flag("--no-hash", no_hash, "do not encode and hash what is said: the speed of the cores alone");
  auto* verify_verb =
      app.add_subcommand("verify", "run recorded journals again in the order taken and compare every word; exit 1 when one differs");
  verify_verb->add_option("--journals", journals, "folder of the instances' journals");
  run_verb->fallthrough();
  verify_verb->fallthrough();
  app.footer(
      "Examples:\n  tickmesh-backtester run --hours 1\n  tickmesh-backtester run --hours 6.5 --set feed.demo.seed=7\n  tickmesh-backtester "
      "run --hours 1 --no-hash\n  tickmesh-backtester "
      "verify --journals var/journal");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  if (version) {
    std::cout << "tickmesh-backtester " << build_version() << '\n';
    return 0;
  }
  if (!run_verb->parsed() && !verify_verb->parsed()) {
    std::cerr << app.help();
    return 2;
  }
  if (config_path.empty() && std::filesystem::exists("deploy/config/tickmesh.toml")) config_path = "deploy/config/tickmesh.toml";
  Config::Overrides overrides;
  for (const std::string& set : sets) {
    const auto equals = set.find('=');
    if (equals == std::string::npos) return fail({"bad_value", "--set", "key=value", set}, json);
    overrides.emplace_back(set.substr(0, equals), set.substr(equals + 1));
  }
  auto config = Config::load(config_path, overrides, environ);
  if (!config) return fail(config.error(), json);
  auto instruments = load_instruments(config->text("mesh.instruments"));
  if (!instruments) return fail(instruments.error(), json);
  try {
    return verify_verb->parsed() ? verify(*config, *instruments, journals, json) : run(*config, *instruments, hours, !no_hash, json);
  } catch (const std::exception& e) {
    return fail({"failed", "", "", e.what()}, json);
  }
}
