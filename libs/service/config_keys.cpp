#include "service/config.hpp"

namespace tickmesh {
namespace {
using enum KeyType;
// clang-format off
constexpr Key kKeys[] = {
    {"mesh.instance", text, "A", 0, 0, "", "one of [0-9A-Z]: names this mesh in client order ids; two meshes on one account need two"},
    {"mesh.id_file", text, "var/mesh_id", 0, 0, "", "what names this mesh for ever, made at its first start; every service reads the same one"},
    {"mesh.lanes", integer, "1", 1, 64, "", "topics a stream is spread over; 1 on one machine"},
    {"mesh.transport", choice, "ipc", 0, 0, "ipc", "how services reach each other on one machine"},
    {"mesh.time", choice, "live", 0, 0, "live", "live: the clock when taken"},
    {"mesh.run_dir", text, "var/run", 0, 0, "", "sockets, halt file"},
    {"mesh.instruments", text, "deploy/config/instruments.toml", 0, 0, "", "what may be traded"},
    {"journal.dir", text, "var/journal", 0, 0, "", "one folder an instance below it"},
    {"journal.segment_bytes", integer, "16777216", 65536, 1073741824, "", "a record never spans segments; applies to new journals"},
    {"journal.snapshot_s", integer, "30", 1, 86400, "", "seconds between snapshots while inputs come"},
    {"journal.budget.bytes", integer, "1000000000", 0, 1e15, "", "a journal's oldest segments go beyond this, unless still needed; 0 keeps all"},
    {"postgres.enabled", boolean, "true", 0, 0, "", "false: no projection, journals only"},
    {"postgres.dsn", text, "host=var/pg/sock port=5432 dbname=tickmesh", 0, 0, "", "without user and password: each service has its own role"},
    {"postgres.password_dir", text, "var/secrets", 0, 0, "", "a file a role, named by the role"},
    {"postgres.batch_rows", integer, "20000", 1, 100000, "", "events a transaction at most, while the tables are behind"},
    {"postgres.batch_ms", integer, "500", 1, 60000, "", "what there is goes to the tables this long after the first of it was said"},
    {"postgres.retention.ticks_days", integer, "3", 1, 36500, "", "daily partitions of ticks older than this are dropped"},
    {"health.address", text, "127.0.0.1", 0, 0, "", "where /healthz, /readyz, /metrics listen"},
    {"health.base_port", integer, "9101", 1, 65000, "", "ingestor; +1 bars, +2 metrics, +3 positions, +4 gateway, +5 api"},
    {"log.level", choice, "info", 0, 0, "debug|info|warn|error", "least level written"},
    {"feed.kind", choice, "demo", 0, 0, "demo|push", "demo: the synthetic market; push: only POST /ticks"},
    {"feed.paced", boolean, "false", 0, 0, "", "true: the feed waits for the slowest of metrics, bars, positions, gateway (65,536 events ahead at most); live data never waits"},
    {"feed.push_token_file", text, "var/secrets/push_token", 0, 0, "", "bearer token that POST /ticks must show"},
    {"feed.demo.seed", integer, "1", 0, 4294967295, "", "same seed, same market"},
    {"feed.demo.rate", number, "200", 0.1, 5000000, "", "ticks a second, all instruments together"},
    {"feed.demo.instruments", list, "", 0, 0, "", "symbols of the demo market; empty: all that are listed on DEMO"},
    {"feed.demo.depth", integer, "5", 1, 10, "", "levels of its book"},
    {"metrics.tick_clock", choice, "quote", 0, 0, "quote", "what counts as a tick of the windows"},
    {"metrics.filters", choice, "clean", 0, 0, "raw|clean", "clean drops repeats, crossed quotes and bad prints"},
    {"metrics.publish_ms", integer, "100", 1, 60000, "", "grid on which metrics are published, a symbol"},
    {"bars.lateness_ms", integer, "2000", 0, 3600000, "", "a trade up to this late corrects its bar as `late`, later as `revised`"},
    {"account.currency", text, "USD", 0, 0, "", ""},
    {"account.balance", number, "100000", 0, 1e10, "", "where the paper account starts"},
    {"sizing.allocation", number, "10000", 0, 1e9, "", "money a trade"},
    {"sizing.min_qty", number, "1", 0, 1e9, "", ""},
    {"sizing.max_qty", number, "10000", 0, 1e9, "", ""},
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
    {"api.web_dir", text, "dashboards/web", 0, 0, "", "pages"},
    {"api.state_file", text, "var/run/trading_state.json", 0, 0, "", "replaced at most once a second"},
    {"api.command_valid_ms", integer, "10000", 1, 3600000, "", "commands taken later are answered `expired`"},
};
// clang-format on
}  // namespace

std::span<const Key> config_keys() { return kKeys; }

}  // namespace tickmesh
