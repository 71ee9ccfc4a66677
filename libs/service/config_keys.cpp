#include "service/config.hpp"

#include <fmt/format.h>

#include <deque>

#include "signals/signal_rule.hpp"

namespace tickmesh {
namespace {
using enum KeyType;
// clang-format off
constexpr Key kKeys[] = {
    {"mesh.instance", text, "A", 0, 0, "", "one of [0-9A-Z]: names this mesh in client order ids; two meshes on one account need two"},
    {"mesh.id_file", text, "var/mesh_id", 0, 0, "", "what names this mesh for ever, made at its first start; every service reads the same one"},
    {"mesh.lanes", integer, "1", 1, 64, "", "topics a stream is spread over; 1 on one machine"},
    {"mesh.transport", choice, "ipc", 0, 0, "ipc|tcp", "how services reach each other: files under run_dir, or the addresses of [mesh.endpoints]"},
    {"mesh.time", choice, "live", 0, 0, "live|arrival|event-time", "live: the clock when taken; recorded data at the time they bear: arrival, taken as they arrive; event-time, in the order of their time, as the backtester"},
    {"mesh.metrics_engines", integer, "1", 1, 16, "", "instances of metrics_engine, which share the partitions; change it by tickmeshctl scale"},
    {"mesh.ordinal", integer, "0", 0, 15, "", "which instance of its service a process is, from 0; given to each, never in the file"},
    {"mesh.epoch", integer, "0", 0, 1099511627776, "", "recorded data: the name of the run, as `tickmesh-backtester plan` tells it; 0: journals are named by when they begin"},
    {"mesh.start_ns", integer, "0", 0, 9e18, "", "recorded data: the time of the first tick, ns since 1970"},
    {"mesh.run_dir", text, "var/run", 0, 0, "", "sockets, halt file"},
    {"mesh.listen", text, "", 0, 0, "", "tcp: the address that a service's own sockets bind; empty: the one of [mesh.endpoints]"},
    {"mesh.trust_network", boolean, "false", 0, 0, "", "tcp: true takes addresses beyond this machine although frames are neither encrypted nor signed"},
    {"mesh.instruments", text, "deploy/config/instruments.toml", 0, 0, "", "what may be traded"},
    {"mesh.calendar_dir", text, "", 0, 0, "", "when it trades, a file a calendar that the instruments name; empty: calendars/ beside the instruments"},
    {"mesh.endpoints.tick_ingestor", list, "127.0.0.1:9201", 0, 0, "", "tcp: host:port, one an instance; the next port is taken too, for replay"},
    {"mesh.endpoints.bar_compressor", list, "127.0.0.1:9203", 0, 0, "", ""},
    {"mesh.endpoints.metrics_engine", list, "127.0.0.1:9205", 0, 0, "", ""},
    {"mesh.endpoints.position_manager", list, "127.0.0.1:9207", 0, 0, "", ""},
    {"mesh.endpoints.broker_gateway", list, "127.0.0.1:9209", 0, 0, "", ""},
    {"mesh.endpoints.api_gateway", list, "127.0.0.1:9211", 0, 0, "", ""},
    {"journal.dir", text, "var/journal", 0, 0, "", "one folder an instance below it"},
    {"journal.segment_bytes", integer, "16777216", 65536, 1073741824, "", "a record never spans segments; applies to new journals"},
    {"journal.snapshot_s", integer, "30", 1, 86400, "", "seconds between snapshots while inputs come"},
    {"journal.budget.perishable_bytes", integer, "1000000000", 0, 1e15, "", "journals of ticks, bars, metrics and signals: the oldest segments go beyond this; 0 keeps all"},
    {"journal.budget.depth_bytes", integer, "250000000", 0, 1e15, "", "of them, changes of books: the oldest go beyond this, and what stands in their segments beside them stays; 0: as long as ticks"},
    {"journal.budget.depth_days", integer, "0", 0, 36500, "", "and those older than this; 0: however old"},
    {"journal.budget.kept_bytes", integer, "500000000", 0, 1e15, "", "journals of orders, positions and commands: beyond this the oldest segments may go, once old enough and covered by a snapshot of every reader; 0 keeps all"},
    {"journal.budget.kept_days", integer, "30", 0, 36500, "", "what is younger stays, whatever the budget"},
    {"postgres.enabled", boolean, "true", 0, 0, "", "false: no projection, journals only"},
    {"postgres.dsn", text, "host=var/pg/sock port=5432 dbname=tickmesh", 0, 0, "", "without user and password: each service has its own role"},
    {"postgres.password_dir", text, "var/secrets", 0, 0, "", "a file a role, named by the role"},
    {"postgres.batch_rows", integer, "20000", 1, 100000, "", "events a transaction at most, while the tables are behind"},
    {"postgres.batch_ms", integer, "500", 1, 60000, "", "what there is goes to the tables this long after the first of it was said"},
    {"postgres.days_ahead", integer, "2", 1, 30, "", "daily partitions made before they are needed"},
    {"postgres.retention.ticks_days", integer, "3", 1, 36500, "", "daily partitions of ticks older than this are dropped"},
    {"postgres.retention.ticks_bytes", integer, "10000000000", 0, 1e15, "", "and the oldest of them while they take more than this, but for the newest two; 0: no limit"},
    {"postgres.retention.metrics_days", integer, "3", 1, 36500, "", "daily partitions of metrics older than this are dropped"},
    {"postgres.retention.book_days", integer, "3", 0, 36500, "", "books of every minute are deleted after this; 0: never. Changes of books lie in the journals alone: journal.budget.depth_bytes"},
    {"postgres.retention.signals_days", integer, "0", 0, 36500, "", "signals are deleted after this; 0: never, and every order can be traced to its reason"},
    {"postgres.retention.bars_days", integer, "0", 0, 36500, "", "bars shorter than an hour are deleted after this; 0: never"},
    {"health.address", text, "127.0.0.1", 0, 0, "", "where /healthz, /readyz, /metrics listen"},
    {"health.base_port", integer, "9101", 1, 65000, "", "ingestor; +1 bars, +2 metrics, +3 positions, +4 gateway, +5 api"},
    {"log.level", choice, "info", 0, 0, "debug|info|warn|error", "least level written"},
    {"feed.kind", choice, "demo", 0, 0, "demo|push|replay", "demo: the synthetic market; push: only POST /ticks; replay: recorded data"},
    {"feed.paced", boolean, "false", 0, 0, "", "true: the feed waits for the slowest of metrics, bars, positions, gateway (65,536 events ahead at most); live data never waits"},
    {"feed.depth_snapshot_s", integer, "60", 1, 86400, "", "seconds of event time between snapshots of a book that is said by its changes: who comes late goes on from there"},
    {"feed.push_token_file", text, "var/secrets/push_token", 0, 0, "", "bearer token that POST /ticks must show"},
    {"feed.demo.seed", integer, "1", 0, 4294967295, "", "same seed, same market"},
    {"feed.demo.rate", number, "200", 0.1, 5000000, "", "ticks a second, all instruments together"},
    {"feed.demo.instruments", list, "", 0, 0, "", "symbols of the demo market; empty: all that are listed on DEMO"},
    {"feed.demo.depth", integer, "5", 1, 10, "", "levels of its book"},
    {"feed.replay.data", text, "", 0, 0, "", "folder of recorded data: LEAN's layouts, CSV with columns.toml, Binance's streams, LOBSTER's messages"},
    {"feed.replay.layout", choice, "any", 0, 0, "any|lean|csv|binance|lobster", "any: each file's own"},
    {"feed.replay.speed", text, "max", 0, 0, "", "1: as it was; N times as fast; max: as fast as the slowest reader"},
    {"feed.replay.symbols", list, "", 0, 0, "", "AIG or AIG.USA; empty: all there are"},
    {"feed.replay.loop", boolean, "false", 0, 0, "", "begin again at the end, whole weeks later"},
    {"metrics.tick_clock", choice, "quote", 0, 0, "quote", "what counts as a tick of the windows"},
    {"metrics.filters", choice, "clean", 0, 0, "raw|clean", "clean drops repeats, crossed quotes and bad prints"},
    {"metrics.publish_ms", integer, "100", 1, 60000, "", "grid on which metrics are published, a symbol"},
    {"bars.lateness_ms", integer, "2000", 0, 3600000, "", "a trade up to this late corrects its bar as `late`, later as `revised`"},
    {"account.currency", text, "USD", 0, 0, "", ""},
    {"account.balance", number, "100000", 0, 1e10, "", "where the paper account starts"},
    {"sizing.allocation", number, "10000", 0, 1e9, "", "money a trade"},
    {"sizing.min_qty", number, "1", 0, 1e9, "", ""},
    {"sizing.max_qty", number, "10000", 0, 1e9, "", ""},
    {"sizing.kelly_fraction", number, "0.25", 0, 1, "", "of full Kelly; binds entries once enough trades of strategy and symbol closed"},
    {"sizing.kelly_min_trades", integer, "30", 30, 1e6, "", "fewer closed trades bind nothing"},
    {"sizing.kelly_max_risk", number, "0.02", 0, 1, "", "of equity, lost in a mean losing trade"},
    {"sizing.kelly_max_notional", number, "0.2", 0, 1, "", "of equity, in one symbol"},
    {"risk.min_confidence", number, "0.5", 0, 1, "", "entries need at least this score"},
    {"risk.max_positions", integer, "10", 0, 10000, "", "open at the same time"},
    {"risk.cooldown_s", integer, "30", 0, 86400, "", "after a position closes, before the same symbol is entered again"},
    {"risk.stale_ms", integer, "5000", 100, 3600000, "", "a quote older than this takes no new risk"},
    {"risk.entry_valid_ms", integer, "2000", 1, 3600000, "", "entries taken later than this are answered `expired`"},
    {"gateway.max_order_value", number, "25000", 0, 1e10, "", "hard limit an order"},
    {"gateway.max_order_units", number, "10000", 0, 1e9, "", "hard limit an order"},
    {"gateway.collar", number, "0.05", 0, 1, "", "an order's price may lie this far from the quote, as a fraction"},
    {"gateway.orders_per_s", integer, "10", 1, 100000, "", "entries a second"},
    {"gateway.max_gross", number, "200000", 0, 1e12, "", "hard limit of working entries and held value"},
    {"gateway.dead_man_ms", integer, "10000", 100, 3600000, "", "position_manager silent this long: working entries are cancelled, exits stay"},
    {"gateway.take_account", boolean, "false", 0, 0, "", "a person's word: take the account from whichever mesh holds it, and without PostgreSQL"},
    {"venue.paper.latency_ms", integer, "5", 0, 60000, "", "event time between an order and the market's answer"},
    {"venue.paper.commission_per_unit", number, "0.005", 0, 1e6, "", ""},
    {"venue.paper.commission_min", number, "1.00", 0, 1e6, "", "once an order"},
    {"venue.paper.seed", integer, "1", 0, 4294967295, "", ""},
    {"venue.paper.ledger", text, "var/venue/paper.ledger", 0, 0, "", "the paper venue's own record"},
    {"api.listen", text, "127.0.0.1:8080", 0, 0, "", "reads only, until sign-in exists"},
    {"api.socket", text, "var/run/api.sock", 0, 0, "", "commands; mode 0600"},
    {"api.predictions_token_file", text, "var/secrets/predictions_token", 0, 0, "", "bearer token that POST /api/v1/predictions must show over TCP; over the socket none is asked for"},
    {"api.web_dir", text, "dashboards/web", 0, 0, "", "pages"},
    {"api.state_file", text, "var/run/trading_state.json", 0, 0, "", "replaced at most once a second"},
    {"api.command_valid_ms", integer, "10000", 1, 3600000, "", "commands taken later are answered `expired`"},
};
// clang-format on

/// Rules declare their parameters themselves; each is a key signals.<rule>.<parameter>, behind the two that say which rules run and trade.
std::vector<Key> with_rules() {
  static std::deque<std::string> texts;  // what the keys' views look at
  const auto kept = [](std::string one) -> std::string_view { return texts.emplace_back(std::move(one)); };
  std::vector<Key> keys;
  for (const Key& key : kKeys) {
    keys.push_back(key);
    if (key.name != "metrics.publish_ms") continue;
    std::string names;
    for (const auto rule : signal_rule_names()) names += (names.empty() ? "" : "|") + std::string(rule);
    const auto rules = kept(std::move(names));
    keys.push_back({"signals.rules", list, "mean_reversion,prediction", 0, 0, rules,
                    "judged on every tick and said; what each is: GET /api/v1/signals"});
    keys.push_back(
        {"signals.traded", list, "mean_reversion", 0, 0, rules, "of them, those whose entries become orders; the others are shown"});
    for (const auto rule : signal_rule_names())
      for (const Parameter& p : signal_rule_parameters(rule))
        keys.push_back({kept(fmt::format("signals.{}.{}", rule, p.name)), number, kept(fmt::format("{}", p.standard)), p.least, p.most, "",
                        p.meaning});
  }
  return keys;
}
}  // namespace

std::span<const Key> config_keys() {
  static const std::vector<Key> keys = with_rules();
  return keys;
}

}  // namespace tickmesh
