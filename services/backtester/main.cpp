// tickmesh-backtester: the very same cores in one thread. `run` a market, or `verify` what a mesh recorded.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "backtester/predictions.hpp"
#include "backtester/recorded.hpp"
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

constexpr Stream kHashed[] = {Stream::tick,   Stream::depth,  Stream::bar,   Stream::metrics,  Stream::profile, Stream::book,
                              Stream::signal, Stream::intent, Stream::order, Stream::position, Stream::account};

Json told(const CanonicalHash& hash) {
  Json hashes = Json::object();
  for (const Stream stream : kHashed) hashes[std::string(to_string(stream))] = fmt::format("{:016x}", hash.of(stream));
  return hashes;
}

void print(const CanonicalHash& hash, const CanonicalHash& fills) {
  for (const Stream stream : kHashed)
    fmt::print("  {:9} {:>9} events  hash {:016x}\n", to_string(stream), hash.count(stream), hash.of(stream));
  fmt::print("  {:9} {:>9} events  hash {:016x}\n", "fills", fills.count(Stream::order), fills.of(Stream::order));
}

int hashes(const std::string& journals, bool json) {
  const auto said = backtest::said_hashes(journals);
  if (!said) return fail(said.error(), json);
  if (!json) {
    print(said->hash, said->fills);
    return 0;
  }
  const Json data{{"hashes", told(said->hash)}, {"fills_hash", fmt::format("{:016x}", said->fills.of(Stream::order))}};
  std::cout << Json{{"ok", true}, {"data", data}}.dump() << '\n';
  return 0;
}

struct Run {
  std::string data{};  ///< folder of recorded data; empty: the demo market
  std::string layout{};
  std::vector<std::string> symbols{};
  std::string predictions{};  ///< file; empty: none
  double hours{1};
  bool hash{true};
};

std::string iso(Timestamp t) {
  const std::int64_t seconds = t.ns / 1'000'000'000;
  return fmt::format("{}T{:02}:{:02}:{:02}Z", Date::from_days(static_cast<int>(seconds / 86'400)).str(), seconds / 3600 % 24,
                     seconds / 60 % 60, seconds % 60);
}

Json told(const replay::Tally& tally) {
  Json bad = Json::object();
  for (const auto& [rule, count] : tally.bad) bad[rule] = count;
  return {{"rows", tally.rows},           {"ticks", tally.ticks},
          {"depths", tally.depths},       {"suspicious", tally.suspicious},
          {"backwards", tally.backwards}, {"bad", bad}};
}

void print(const replay::Tally& tally) {
  fmt::print("rows {} · ticks {} · depths {} · suspicious {} · bad {} · back in time {}\n", tally.rows, tally.ticks, tally.depths,
             tally.suspicious, tally.bad_rows(), tally.backwards);
  for (const std::string& example : tally.examples) fmt::print("  {}\n", example);
}

int run(const Config& config, const Instruments& configured, const Run& options, bool json) {
  std::optional<backtest::Recorded> recorded;
  constexpr Timestamp fixed{1'735'828'200'000'000'000};  // 2025-01-02T14:30:00Z: a fixed moment, so that equal seeds give equal bytes
  Timestamp start = fixed;
  if (!options.data.empty()) {
    auto opened = backtest::open_recorded(options.data, config, configured, options.layout, options.symbols);
    if (!opened) return fail(opened.error(), json);
    recorded = std::move(*opened);
    start = recorded->survey.first;
  }
  const Instruments& instruments = recorded ? recorded->instruments : configured;
  backtest::RunOptions how{.hash = options.hash, .epoch = recorded ? recorded->epoch : 1};
  if (!options.predictions.empty()) {
    auto said = backtest::read_predictions(options.predictions, instruments);
    if (!said) return fail(said.error(), json);
    how.predictions = std::move(*said);
  }
  backtest::SingleThreadMesh mesh{config, instruments, start, std::move(how)};
  backtest::Summary s;
  replay::Tally tally;
  if (recorded) {
    backtest::RecordedSource source{*recorded};
    s = mesh.run(source);
    tally = source.tally();
  } else {
    s = mesh.run(Duration{static_cast<std::int64_t>(options.hours * 3600e9)});
  }
  const double first_entry = s.first_entry ? static_cast<double>((s.first_entry - s.start).ns) / 1e9 : -1;
  const double seconds = s.market_s + s.cores_s;
  const char* synthetic = recorded ? "" : " (SYNTHETIC)";
  if (json) {
    Json data{{"data", recorded ? "RECORDED" : "SYNTHETIC"},
              {"hours", static_cast<double>((s.end - s.start).ns) / 3600e9},
              {"ticks", s.ticks},
              {"depths", s.depths},
              {"signals", s.signals},
              {"intents", s.intents},
              {"fills", s.fills},
              {"opened", s.opened},
              {"closed", s.closed},
              {"won", s.won},
              {"first_entry_s", first_entry},
              {"realized_pnl", s.account.realized_pnl.str(2)},
              {"equity", s.account.equity.str(2)},
              {"hash", options.hash ? Json(fmt::format("{:016x}", s.hash.all())) : Json(nullptr)},
              {"seconds", seconds},
              {"market_seconds", s.market_s},
              {"cores_seconds", s.cores_s},
              {"ticks_per_s", static_cast<double>(s.ticks) / seconds}};
    if (options.hash) data["hashes"] = told(s.hash);
    if (recorded) {
      data["epoch"] = recorded->epoch;
      data["fills_hash"] = fmt::format("{:016x}", s.fills_hash.of(Stream::order));
      data["rows"] = told(tally);
    }
    std::cout << Json{{"ok", true}, {"data", data}}.dump() << '\n';
    return 0;
  }
  if (recorded) {
    fmt::print("recorded {} · {} files · {} to {} · epoch {}\n", options.data, recorded->data.files.size(), iso(recorded->survey.first),
               iso(recorded->survey.last), recorded->epoch);
    print(tally);
    fmt::print("{} ticks · read in {:.2f} s · run in {:.2f} s · {:.0f} ticks/s in all{}\n", s.ticks, s.market_s, s.cores_s,
               static_cast<double>(s.ticks) / seconds, options.hash ? ", every event hashed" : "");
  } else {
    fmt::print("SYNTHETIC seed {} · {} h of event time · {} ticks · drawn in {:.2f} s · run in {:.2f} s ({:.0f} ticks/s{})\n",
               config.integer("feed.demo.seed"), options.hours, s.ticks, s.market_s, s.cores_s, static_cast<double>(s.ticks) / s.cores_s,
               options.hash ? ", every event hashed" : "");
  }
  fmt::print("signals {} · intents {} · fills {} · positions opened {} closed {} ({} with gain) · first entry after {:.1f} s\n", s.signals,
             s.intents, s.fills, s.opened, s.closed, s.won, first_entry);
  fmt::print("realized {} · unrealized {} · equity {} {}{}\n", s.account.realized_pnl.str(2), s.account.unrealized_pnl.str(2),
             s.account.equity.str(2), s.account.currency, synthetic);
  if (!options.hash) return 0;
  print(s.hash, s.fills_hash);
  fmt::print("all events hash {:016x}\n", s.hash.all());
  return 0;
}

/// What a replay of `data` would be: for deploy/up, and to look before running.
int plan(const Config& config, const Instruments& configured, const Run& options, const std::string& instruments_file, bool json) {
  auto recorded = backtest::open_recorded(options.data, config, configured, options.layout, options.symbols);
  if (!recorded) return fail(recorded.error(), json);
  if (!instruments_file.empty() && !(std::ofstream{instruments_file} << replay::instruments_toml(recorded->instruments)))
    return fail({"bad_file", instruments_file, "a file that can be written", "it cannot be"}, json);
  const replay::Survey& survey = recorded->survey;
  const std::string name =
      fmt::format("{}-{:010x}", Date::from_days(static_cast<int>(survey.first.ns / 86'400'000'000'000)).str(), recorded->epoch);
  if (json) {
    Json symbols = Json::array();
    for (const auto& [symbol, seen] : survey.symbols)
      symbols.push_back({{"symbol", symbol.str()}, {"quotes", seen.quotes}, {"trades", seen.trades}, {"depths", seen.depths}});
    std::cout << Json{{"ok", true},
                      {"data",
                       {{"run", name},
                        {"epoch", recorded->epoch},
                        {"first_ns", survey.first.ns},
                        {"last_ns", survey.last.ns},
                        {"files", recorded->data.files.size()},
                        {"ignored", recorded->data.ignored},
                        {"symbols", symbols},
                        {"rows", told(survey.tally)}}}}
                     .dump()
              << '\n';
    return 0;
  }
  fmt::print("run {} · {} files · {} to {}\n", name, recorded->data.files.size(), iso(survey.first), iso(survey.last));
  print(survey.tally);
  for (const auto& [symbol, seen] : survey.symbols)
    fmt::print("  {:16} quotes {:>9}  trades {:>9}  depths {:>9}  {}\n", symbol.view(), seen.quotes, seen.trades, seen.depths,
               configured.find(symbol) == nullptr ? "derived from the data" : "as configured");
  for (const std::string& file : recorded->data.ignored) fmt::print("  ignored {}\n", file);
  fmt::print("epoch {}\nstart {}\n", recorded->epoch, survey.first.ns);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Runs the mesh's own cores in one thread.", "tickmesh-backtester"};
  std::string config_path, journals = "var/journal";
  std::vector<std::string> sets;
  bool json = false, version = false, no_hash = false;
  Run what;
  std::string instruments_file;
  app.add_option("--config", config_path, "configuration file (default: deploy/config/tickmesh.toml where it exists)");
  app.add_option("--set", sets, "override one key: --set feed.demo.seed=7 (repeatable)");
  app.add_flag("--json", json, "one JSON object");
  app.add_flag("--version", version, "print the version and stop");
  auto* run_verb =
      app.add_subcommand("run", "the demo market (SYNTHETIC) or recorded data through all cores; prints counts, P&L and canonical hashes");
  run_verb->add_option("--hours", what.hours, "of event time of the demo market")->check(CLI::Range(0.001, 10'000.0));
  run_verb->add_flag("--no-hash", no_hash, "do not encode and hash what is said: the speed of the cores alone");
  run_verb->add_option("--predictions", what.predictions,
                       "what a model said: rows of POST /api/v1/predictions, one a line, each heard at its as_of");
  auto* plan_verb = app.add_subcommand("plan", "read recorded data once: files, rows, instruments, the name and epoch of its run");
  for (CLI::App* verb : {run_verb, plan_verb}) {
    auto* data = verb->add_option("--data", what.data, "folder of recorded data: LEAN's layouts, or CSV with columns.toml");
    if (verb == plan_verb) data->required();
    verb->add_option("--layout", what.layout, "lean, csv, binance or lobster; otherwise each file's own");
    verb->add_option("--symbols", what.symbols, "only these: AIG,BAC or AIG.USA")->delimiter(',');
    verb->fallthrough();
  }
  plan_verb->add_option("--write-instruments", instruments_file, "file for the instruments, configured and derived");
  auto* verify_verb =
      app.add_subcommand("verify", "run recorded journals again in the order taken and compare every word; exit 1 when one differs");
  verify_verb->add_option("--journals", journals, "folder of the instances' journals");
  verify_verb->fallthrough();
  auto* hashes_verb = app.add_subcommand("hashes", "canonical hashes of what a mesh said; in event-time they are those of `run --data`");
  hashes_verb->add_option("--journals", journals, "folder of the instances' journals");
  hashes_verb->fallthrough();
  app.footer(
      "Examples:\n  tickmesh-backtester run --hours 1\n  tickmesh-backtester run --hours 6.5 --set feed.demo.seed=7\n  tickmesh-backtester "
      "run --hours 1 --no-hash\n  tickmesh-backtester run --data ../data/lean/equity/usa/tick --symbols AIG,BAC\n  tickmesh-backtester "
      "plan --data ../data/lean/forex\n  tickmesh-backtester "
      "verify --journals var/journal\n  tickmesh-backtester hashes --journals var/runs/2013-10-07-0123456789-event-time/journal");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  if (version) {
    std::cout << "tickmesh-backtester " << build_version() << '\n';
    return 0;
  }
  if (!run_verb->parsed() && !verify_verb->parsed() && !plan_verb->parsed() && !hashes_verb->parsed()) {
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
    if (hashes_verb->parsed()) return hashes(journals, json);
    if (verify_verb->parsed()) return verify(*config, *instruments, journals, json);
    if (plan_verb->parsed()) return plan(*config, *instruments, what, instruments_file, json);
    what.hash = !no_hash;
    return run(*config, *instruments, what, json);
  } catch (const std::exception& e) {
    return fail({"failed", "", "", e.what()}, json);
  }
}
