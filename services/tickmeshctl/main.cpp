// tickmeshctl: what a person asks of the mesh from a shell.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>

#include "service/command_line.hpp"
#include "service/mesh_id.hpp"
#include "store/migrate.hpp"
#include "tickmeshctl/journal_verbs.hpp"
#include "tickmeshctl/latency_verb.hpp"
#include "tickmeshctl/mesh_verbs.hpp"
#include "tickmeshctl/rebuild.hpp"
#include "tickmeshctl/scale.hpp"

using namespace tickmesh;
using namespace tickmesh::ctl;

namespace {

/// The configuration of the mesh that is asked: where deploy/up replays recorded data, that run has journals of its own, and `replay` in
/// the data folder names them. What this process has in its own environment comes after.
Result<Config> load_config(const std::string& path, const Config::Overrides& flags) {
  auto config = Config::load(path, flags, environ);
  if (!config) return config;
  std::ifstream run{std::filesystem::path(config->text("api.socket")).parent_path() / ".." / "replay"};
  if (!run) return config;
  std::vector<std::string> lines;
  for (std::string line; std::getline(run, line);) lines.push_back(line);
  std::vector<char*> environment;
  for (std::string& line : lines) environment.push_back(line.data());
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) environment.push_back(*variable);
  environment.push_back(nullptr);
  return Config::load(path, flags, environment.data());
}

int config_show(const Config& config, bool json) {
  Json data = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const Key& key : config_keys()) {
    const auto& entry = config.entries().find(key.name)->second;
    data.push_back({{"key", std::string(key.name)},
                    {"value", entry.value},
                    {"source", entry.source},
                    {"default", std::string(key.fallback)},
                    {"help", std::string(key.help)}});
    rows.push_back({std::string(key.name), entry.value, entry.source, std::string(key.help)});
  }
  return done(json, data, table({"KEY", "VALUE", "FROM", "MEANING"}, rows));
}

/// The sample file: every key at its default, commented. deploy/config/tickmesh.toml is this, and a test holds it to that.
int config_sample() {
  std::cout << "# Tickmesh's configuration. Every key is here, at its default; a key left out has that default.\n"
               "# Environment: TICKMESH__SERVICE__NAME=value. Command line: --service.name=value.\n";
  std::string table_now;
  for (const Key& key : config_keys()) {
    const std::string name{key.name};
    const auto dot = name.rfind('.');
    if (name.substr(0, dot) != table_now) {
      table_now = name.substr(0, dot);
      std::cout << "\n[" << table_now << "]\n";
    }
    std::string comment{key.help};
    if (!key.choices.empty()) comment += (comment.empty() ? "" : " ") + fmt::format("({})", key.choices);
    if (key.min != 0 || key.max != 0) comment += (comment.empty() ? "" : " ") + fmt::format("({} to {})", key.min, key.max);
    if (!comment.empty()) std::cout << "# " << comment << '\n';
    std::string value{key.fallback};
    if (key.type == KeyType::text || key.type == KeyType::choice) value = '"' + value + '"';
    if (key.type == KeyType::list) {
      for (auto at = value.find(','); at != std::string::npos; at = value.find(',', at + 4)) value.replace(at, 1, "\", \"");
      value = value.empty() ? "[]" : "[\"" + value + "\"]";
    }
    std::cout << name.substr(dot + 1) << " = " << value << '\n';
  }
  return kDone;
}

int run_migrations(const Config& config, const std::string& dsn, const std::string& sql_dir, const std::string& password_dir,
                   bool take_over, bool json) {
  MigrationOptions options;
  options.password_dir = password_dir;
  const auto mesh = mesh_id(config);
  if (!mesh) return failed(json, mesh.error());
  options.mesh = *mesh;
  options.take_over = take_over;
  auto report = migrate(dsn, sql_dir, options);
  if (!report) return failed(json, report.error());
  auto text = fmt::format("{} migrations applied, {} were there\n", report->applied.size(), report->already);
  for (const auto& [service, outcome] : report->timescale) text += fmt::format("TimescaleDB, {}: {}\n", service, outcome);
  return done(json, {{"applied", report->applied.size()}, {"already", report->already}, {"timescale", report->timescale}}, text);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Asks and commands a Tickmesh mesh.", "tickmeshctl"};
  app.require_subcommand(0, 1);  // a missing verb is told below, so that an unknown flag is named first
  app.set_version_flag("--version", "tickmeshctl " + build_version(), "print the version and stop");
  std::string config_path;
  std::vector<std::string> sets;
  bool json = false;
  app.add_option("--config", config_path, "configuration file (default: deploy/config/tickmesh.toml where it exists)");
  app.add_option("--set", sets, "override one key: --set api.socket=/path (repeatable)");
  app.add_flag("--json", json, "one JSON object, or one a line for tail and watch");
  app.footer(
      "Exit codes: 0 done, 1 condition not met, 2 usage, 3 unreachable, 4 refused by a rule, 5 outcome unknown.\n\n"
      "Examples:\n"
      "  tickmeshctl status\n  tickmeshctl watch\n  tickmeshctl tail signal --symbol AAPL --from earliest\n"
      "  tickmeshctl open AAPL 10 --stop 195 --target 210\n  tickmeshctl open AAPL -10          # sells short\n  tickmeshctl close AAPL\n"
      "  tickmeshctl halt                   # no new risk, exits go on\n  tickmeshctl resume\n  tickmeshctl journal verify\n"
      "  tickmeshctl scale metrics_engine 2 # the number of its instances");

  std::function<int(const Config&, const MeshClient&)> action;
  const auto verb = [&](CLI::App* parent, const char* name, const char* help, std::function<int(const Config&, const MeshClient&)> run) {
    CLI::App* sub = parent->add_subcommand(name, help);
    sub->fallthrough();
    sub->callback([&action, run = std::move(run)] { action = run; });
    return sub;
  };
  bool all = false, hard = false, once = false, no_follow = false, yes = false;
  std::string at;
  std::string symbol, quantity, limit, stop, target, id, service;
  std::uint64_t count = 0;
  DumpOptions dump;
  TailOptions tails;
  LatencyOptions hops;
  ScaleOptions scaling;
  std::string dsn, sql_dir = "sql", password_dir = "var/secrets", instance;

  verb(&app, "status", "every service: state, readiness and why not, rates, lag", [&](auto&, auto& mesh) { return status(mesh, json); });
  auto* w = verb(&app, "watch", "quotes, metrics, signals, positions; refreshes every second",
                 [&](auto&, auto& mesh) { return watch(mesh, json, once ? 1 : count); });
  w->add_flag("--once", once, "show it once and stop");
  w->add_option("--count", count, "stop after so many");
  verb(&app, "positions", "open positions", [&](auto&, auto& mesh) { return positions(mesh, json); });
  verb(&app, "trades", "closed positions", [&](auto&, auto& mesh) { return trades(mesh, json); });
  auto* o = verb(&app, "orders", "working orders", [&](auto&, auto& mesh) { return orders(mesh, json, all); });
  o->add_flag("--all", all, "finished ones too");
  verb(&app, "strategies", "which rules run and trade, what each says of a symbol and why, what its closed trades let it stake (Kelly)",
       [&](auto&, auto& mesh) { return strategies(mesh, json); });
  verb(&app, "account", "balance, P&L, risk state and its reason", [&](auto&, auto& mesh) { return account(mesh, json); });

  auto* open = verb(&app, "open", "open a position: SYMBOL QTY, negative sells short", [&](auto&, auto& mesh) {
    if (quantity.starts_with('~')) quantity[0] = '-';
    Json body{{"verb", "open"}, {"symbol", symbol}, {"quantity", quantity}};
    if (!limit.empty()) body["limit"] = limit;
    if (!stop.empty()) body["stop"] = stop;
    if (!target.empty()) body["target"] = target;
    return command(mesh, body, json);
  });
  open->add_option("symbol", symbol, "AAPL or AAPL.DEMO")->required();
  open->add_option("quantity", quantity, "units; negative sells short")->required();
  open->add_option("--limit", limit, "limit price; without it a market order");
  open->add_option("--stop", stop, "stop loss");
  open->add_option("--target", target, "take profit");
  auto* close = verb(&app, "close", "close the position of SYMBOL",
                     [&](auto&, auto& mesh) { return command(mesh, {{"verb", "close"}, {"symbol", symbol}}, json); });
  close->add_option("symbol", symbol, "AAPL or AAPL.DEMO")->required();
  auto* cancel = verb(&app, "cancel", "cancel one working order, or --all", [&](auto&, auto& mesh) {
    if (!all && id.empty()) return failed(json, {"bad_value", "id", "an order's client id, or --all", "neither is given"});
    return command(mesh, all ? Json{{"verb", "cancel_all"}} : Json{{"verb", "cancel"}, {"client_order_id", id}}, json);
  });
  cancel->add_option("id", id, "client order id");
  cancel->add_flag("--all", all, "all working orders");
  verb(&app, "reduce", "no new risk; exits go on", [&](auto&, auto& mesh) { return command(mesh, {{"verb", "reduce"}}, json); });
  auto* h = verb(&app, "halt", "no new risk and working entries cancelled; --hard stops automatic exits too",
                 [&](auto& config, auto& mesh) { return halt(config, mesh, hard, json); });
  h->add_flag("--hard", hard, "HALTED: no automatic order at all");
  verb(&app, "resume", "back to ACTIVE", [&](auto& config, auto& mesh) { return resume(config, mesh, json); });
  verb(&app, "flatten", "close every position", [&](auto&, auto& mesh) { return command(mesh, {{"verb", "flatten"}}, json); });

  auto* t = verb(&app, "tail", "events of one stream as they are said, from its publisher's journal", [&](auto& config, auto&) {
    tails.follow = !no_follow;
    tails.json = json;
    return tail(config, tails);
  });
  t->add_option("stream", tails.stream, "tick, latest, feed, bar, metrics, signal, intent, position, account, risk, order, venue, control")
      ->required();
  t->add_option("--symbol", tails.symbol, "only this instrument");
  t->add_option("--from", tails.from, "earliest, latest (default) or a time like 2025-01-20T12:40:14Z");
  t->add_option("--count", tails.count, "stop after so many");
  t->add_flag("--no-follow", no_follow, "stop at the end");

  auto* way = verb(&app, "latency", "from a tick to metric, signal, intent and order: p50, p95, p99", [&](auto& config, auto&) {
    hops.json = json;
    return latency(config, hops);
  });
  way->add_option("--symbol", hops.symbol, "only this instrument, from the journals");
  way->add_option("--last", hops.last, "the last so many of each hop, from the journals (with --symbol default 1000)");

  auto* journal = app.add_subcommand("journal", "the journals' files");
  journal->require_subcommand(1);
  journal->fallthrough();
  verb(journal, "ls", "every instance's journal", [&](auto& config, auto&) { return journal_ls(config, json); });
  verb(journal, "verify", "every record's checksum", [&](auto& config, auto&) {
    return journal_verify(config, instance, json);
  })->add_option("instance", instance, "broker_gateway-0; default all");
  auto* d = verb(journal, "dump", "records as JSON, one a line", [&](auto& config, auto&) {
    dump.json = json;
    return journal_dump(config, dump);
  });
  d->add_option("instance", dump.instance, "broker_gateway-0")->required();
  d->add_option("--from", dump.from, "first Lsn");
  d->add_option("--limit", dump.limit, "records at most");

  auto* skip = verb(journal, "skip", "never apply one input again: for a service that stands HALTED over it",
                    [&](auto& config, auto&) { return journal_skip(config, instance, at, yes, json); });
  skip->add_option("instance", instance, "position_manager-0")->required();
  skip->add_option("--at", at, "RECORD.NUMBER, as the service's readiness reason names it")->required();
  skip->add_flag("--yes", yes, "say so; without it only shown");

  auto* config_verb = app.add_subcommand("config", "the effective configuration");
  config_verb->require_subcommand(1);
  config_verb->fallthrough();
  verb(config_verb, "show", "every key, its value and where it came from", [&](auto& config, auto&) { return config_show(config, json); });
  verb(config_verb, "check", "0 when the configuration is sound", [&](auto& config, auto&) {
    auto instruments = load_instruments(config.text("mesh.instruments"));
    if (!instruments) return failed(json, instruments.error());
    return done(json, {{"hash", fmt::format("{:016x}", config.hash())}},
                fmt::format("sound, hash {:016x}, {} instruments\n", config.hash(), instruments->list().size()));
  });
  verb(config_verb, "sample", "the sample file, every key at its default", [&](auto&, auto&) { return config_sample(); });
  auto* m = verb(&app, "migrate", "create or bring up to date the tables and roles (as the database's owner)",
                 [&](auto& config, auto&) { return run_migrations(config, dsn, sql_dir, password_dir, all, json); });
  m->add_option("--dsn", dsn, "of the owner")->required();
  m->add_option("--sql", sql_dir, "folder of migrations");
  m->add_flag("--take-over", all, "the database is this mesh's from now on, whosever it was");
  m->add_option("--passwords", password_dir, "a file a role, named by the role");
  verb(&app, "rebuild", "a new journal for position_manager or broker_gateway, whose own is lost, from venue and tables",
       [&](auto& config, auto&) { return rebuild(config, service, json); })
      ->add_option("service", service, "position_manager or broker_gateway, stopped")
      ->required();
  auto* sc = verb(&app, "scale", "another number of instances of metrics_engine: stops the mesh in order, hands partitions over, starts it",
                  [&](auto& config, auto&) {
                    scaling.service = service;
                    scaling.config_path = config_path;
                    return scale(config, scaling, json);
                  });
  sc->add_option("service", service, "metrics_engine")->required();
  sc->add_option("instances", scaling.to, "1 to 16")->required()->check(CLI::Range(1, 16));
  sc->add_flag("--handover", scaling.handover,
               "only hand over: its instances have been stopped in order, and who stopped them starts them");
  auto* l = verb(&app, "logs", "a service's log", [&](auto& config, auto&) {
    const std::string path = std::filesystem::path(config.text("mesh.run_dir")).parent_path() / "log" / (service + ".log");
    if (!std::filesystem::exists(path)) return failed(json, {"not_met", "service", "has a log", path});
    std::vector<std::string> words{"tail", "-n", "100"};
    if (all) words.emplace_back("-f");
    words.push_back(path);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execvp("tail", arguments.data());
    return static_cast<int>(kUnreachable);
  });
  l->add_option("service", service, "tick_ingestor, …")->required();
  l->add_flag("-f,--follow", all, "go on");
  verb(&app, "version", "what this program is",
       [&](auto&, auto&) { return done(json, {{"version", build_version()}}, "tickmeshctl " + build_version() + '\n'); });

  try {
    std::vector<std::string> words(argv + 1, argv + argc);
    // A negative quantity is a value, not a flag: the parser is shown `~10` for `-10`.
    for (std::string& word : words)
      if (word.size() > 1 && word[0] == '-' && std::isdigit(static_cast<unsigned char>(word[1])) != 0) word[0] = '~';
    std::ranges::reverse(words);
    app.parse(words);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kDone : kUsage;
  }
  if (!action) {
    std::cerr << "tickmeshctl: a verb is required\n" << app.help();
    return kUsage;
  }
  if (config_path.empty() && std::filesystem::exists("deploy/config/tickmesh.toml")) config_path = "deploy/config/tickmesh.toml";
  Config::Overrides overrides;
  for (const std::string& set : sets) {
    const auto equals = set.find('=');
    if (equals == std::string::npos) return failed(json, {"bad_value", "--set", "key=value", set});
    overrides.emplace_back(set.substr(0, equals), set.substr(equals + 1));
  }
  auto config = load_config(config_path, overrides);
  if (!config) return failed(json, config.error());
  const MeshClient mesh{*config};
  try {
    return action(*config, mesh);
  } catch (const std::exception& e) {
    return failed(json, {"unreachable", "", "", e.what()});
  }
}
