#include "tickmeshctl/rebuild.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "broker_gateway/configure.hpp"
#include "broker_gateway/venues/paper_ledger.hpp"
#include "bus/bus.hpp"
#include "bus/codec.hpp"
#include "position_manager/configure.hpp"
#include "runner/runner.hpp"
#include "service/clock.hpp"
#include "service/endpoints.hpp"
#include "service/identity.hpp"
#include "service/mesh_id.hpp"
#include "store/ownership.hpp"
#include "store/projector.hpp"
#include "tickmeshctl/output.hpp"

namespace tickmesh::ctl {
namespace {

/// A service that trades: its core, and what it reads.
struct Trader {
  std::unique_ptr<Core> core;
  std::vector<std::pair<std::string, std::vector<Stream>>> reads;
};

/// What the tables say, beside what the venue tells itself.
struct Tables {
  std::set<std::string> said;                            ///< executions, by execution id; orders that ended, by client order id
  std::map<std::string, std::pair<Price, Price>> plans;  ///< stop and target by position id
  std::vector<OrderEvent> on_their_way;                  ///< orders that have not ended
  Position intents{};                                    ///< the last intent a gateway answered
};

class NoReferences final : public ReferenceSource {
 public:
  Result<void> fetch(const Name& first, std::uint32_t, std::vector<ByteView>&) override {
    return std::unexpected(Error{"trimmed", "", "", to_string(first)});
  }
};

std::string line_of(const std::string& path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  return line;
}

std::string dsn_of(const Config& config, const std::string& service) {
  const std::string role = "tickmesh_" + service;
  const std::string password = line_of(config.text("postgres.password_dir") + "/" + role);
  return config.text("postgres.dsn") + " user=" + role + (password.empty() ? "" : " password=" + password);
}

Result<Trader> trader(const std::string& service, const Config& config, const Instruments& instruments) {
  if (service == "position_manager")
    return Trader{std::make_unique<PositionCore>(position_config(config, instruments)),
                  {{"tick_ingestor", {Stream::tick, Stream::feed}},
                   {"metrics_engine", {Stream::signal}},
                   {"broker_gateway", {Stream::order}},  // which session is open is learned from `venue`, read again from its beginning
                   {"api_gateway", {Stream::control}}}};
  if (service == "broker_gateway")
    return Trader{std::make_unique<GatewayCore>(gateway_config(config, instruments)),
                  {{"tick_ingestor", {Stream::tick, Stream::feed}}, {"api_gateway", {Stream::control}}}};
  return bad_value("service", "position_manager or broker_gateway", "the others have nothing to rebuild: they start anew by themselves");
}

template <class Number>
Number decimal(std::string_view text) {
  const auto value = Number::parse(text);
  return value ? *value : Number{};
}

Result<void> read_plans(const Config& config, Tables& tables) {
  const std::string dsn = dsn_of(config, "position_manager");
  auto session = Session::open(dsn, "rebuild");
  if (!session) return std::unexpected(session.error());
  const auto rows = (*session)->exec("select id, coalesce(stop_loss, 0), coalesce(take_profit, 0) from position_manager.positions");
  for (int i = 0; i < rows.size(); ++i)
    tables.plans[std::string(rows.text(i, 0))] = {decimal<Price>(rows.text(i, 1)), decimal<Price>(rows.text(i, 2))};
  return {};
}

Result<void> read_orders(const Config& config, Tables& tables) {
  const std::string dsn = dsn_of(config, "broker_gateway");
  auto session = Session::open(dsn, "rebuild");
  if (!session) return std::unexpected(session.error());
  const auto fills = (*session)->exec("select execution_id from broker_gateway.executions");
  for (int i = 0; i < fills.size(); ++i) tables.said.emplace(fills.text(i, 0));
  const auto orders = (*session)->exec(
      "select client_order_id, status, symbol, side, order_type, purpose, quantity, coalesce(price, 0), coalesce(position_id, ''),"
      " coalesce(strategy, ''), attempt from broker_gateway.orders order by created_at, client_order_id");
  for (int i = 0; i < orders.size(); ++i) {
    const std::string id{orders.text(i, 0)}, status{orders.text(i, 1)};
    if (status == "FILLED" || status == "CANCELED" || status == "REJECTED" || status == "EXPIRED") {
      tables.said.insert(id);
      continue;
    }
    OrderEvent e;
    e.kind = OrderEventKind::sending;
    e.attempt = static_cast<std::uint32_t>(orders.number(i, 10));
    Intent& o = e.order;
    o.kind = IntentKind::place;
    o.client_order_id = id;
    o.symbol = Symbol::parse(orders.text(i, 2)).value_or(Symbol{});
    o.side = orders.text(i, 3) == "BUY" ? Side::buy : Side::sell;
    o.type = orders.text(i, 4) == "LIMIT" ? OrderType::limit : orders.text(i, 4) == "STOP" ? OrderType::stop : OrderType::market;
    o.purpose = orders.text(i, 5) == "EXIT" ? Purpose::exit : Purpose::entry;
    o.quantity = decimal<Quantity>(orders.text(i, 6));
    (o.type == OrderType::stop ? o.stop_price : o.limit_price) = decimal<Price>(orders.text(i, 7));
    o.position_id = orders.text(i, 8);
    o.strategy = orders.text(i, 9);
    o.valid_until = Timestamp{1};  // long over: an entry that never reached the venue stays away from it
    tables.on_their_way.push_back(std::move(e));
  }
  const auto last = (*session)->exec(
      "select cause_epoch, max(cause_sequence) from broker_gateway.order_events where cause_stream = 'intent'"
      " group by cause_epoch order by cause_epoch desc limit 1");
  if (last.size() == 1) tables.intents = {static_cast<Epoch>(last.number(0, 0)), static_cast<Sequence>(last.number(0, 1))};
  return {};
}

/// How far a publisher has come: asked, or read from its journal when it is down. Nothing when neither is there.
std::optional<std::pair<Epoch, Outbox::Heads>> heads_of(zmq::context_t& context, const Config& config, const std::string& service) {
  if (const auto at = reader_endpoint(config, service, 0))
    if (const auto heads = ReplayClient{context, "rebuild", *at}.heads(1000)) return std::pair{heads->token.epoch, heads->last};
  const auto cursor = read_journal(config.text("journal.dir") + "/" + service + "-0", real_disk());
  if (!cursor) return std::nullopt;
  std::optional<std::pair<Epoch, Outbox::Heads>> at;
  for (auto record = (*cursor)->next(); record && *record; record = (*cursor)->next()) {
    OpenedRecord opened;
    SaidRecord said;
    if ((*record)->type == RecordType::opened && decode((*record)->body, opened))
      at = {opened.epoch, opened.heads};
    else if ((*record)->type == RecordType::said && at && decode((*record)->body, said))
      at->second[static_cast<std::size_t>(said.first.stream)][said.first.partition] = said.first.at.sequence + said.events.size() - 1;
  }
  return at;
}

/// What a ledger's fact says of an order; kind none: nothing.
OrderEvent event_of(const PaperFact& fact, std::map<std::string, OrderEvent>& orders) {
  const auto it = fact.kind == PaperFactKind::order || fact.kind == PaperFactKind::reject
                      ? orders.try_emplace(fact.client_order_id, OrderEvent{.order = fact.order}).first
                      : orders.find(fact.client_order_id);
  if (it == orders.end()) return {};
  OrderEvent& e = it->second;
  e.header.event_time = fact.time;
  e.venue_order_id = fact.venue_order_id.empty() ? e.venue_order_id : fact.venue_order_id;
  e.fill = {};
  e.reason = fact.reason;
  e.order.client_order_id = fact.client_order_id;
  switch (fact.kind) {
    case PaperFactKind::order: e.kind = OrderEventKind::accepted; break;
    case PaperFactKind::reject: e.kind = OrderEventKind::rejected; break;
    case PaperFactKind::cancel: e.kind = OrderEventKind::canceled; break;
    case PaperFactKind::fill:
      e.fill = fact.fill;
      e.filled += fact.fill.quantity;
      e.kind = e.filled >= e.order.quantity ? OrderEventKind::filled : OrderEventKind::partially_filled;
      break;
    default: return {};
  }
  e.remaining = e.order.quantity - e.filled;
  e.attempt = 1;
  return e;
}

/// In the venue's order, then what the tables alone know.
Result<std::vector<Rebuilt>> history(const Config& config, const Tables& tables) {
  std::vector<Rebuilt> all;
  std::map<std::string, OrderEvent> orders;
  const auto take = [&](const LedgerEntry& entry) {
    Rebuilt r{.order = event_of(entry.fact, orders)};
    if (r.order.kind == OrderEventKind::none) return;
    const std::string& id = r.order.order.client_order_id;
    const std::string& execution = r.order.fill.execution_id;
    r.said = !execution.empty() ? tables.said.contains(execution) : r.order.kind == OrderEventKind::accepted || tables.said.contains(id);
    if (const auto plan = tables.plans.find(r.order.order.position_id); plan != tables.plans.end())
      std::tie(r.stop, r.target) = plan->second;
    all.push_back(std::move(r));
  };
  if (auto read = PaperLedger::read(config.text("venue.paper.ledger"), take); !read) return std::unexpected(read.error());
  for (const OrderEvent& e : tables.on_their_way)
    if (!orders.contains(e.order.client_order_id)) all.push_back({.order = e, .said = true});
  return all;
}

Result<Json> make(const Config& config, const std::string& service) {
  auto instruments = load_instruments(config.text("mesh.instruments"));
  if (!instruments) return std::unexpected(instruments.error());
  auto made = trader(service, config, *instruments);
  if (!made) return std::unexpected(made.error());
  const std::string instance = service + "-0", dir = config.text("journal.dir") + "/" + instance;
  if (std::ranges::any_of(real_disk().list(dir), [](const std::string& name) { return name.ends_with(".tmj"); }))
    return std::unexpected(Error{"refused", "journal.dir", "only a lost journal is rebuilt", dir + " holds one: move it away first"});
  zmq::context_t context{1};
  const auto own = reader_endpoint(config, service, 0);
  if (!own) return std::unexpected(own.error());
  if (ReplayClient{context, "rebuild", *own}.heads(300))
    return std::unexpected(Error{"refused", "service", "it is stopped", service + " is running"});

  const Identity identity{config.text("mesh.run_dir"), dir, instance};
  Epoch floor = identity.known().value_or(Token{}).epoch;
  Tables tables;
  if (config.boolean("postgres.enabled")) {
    const std::string dsn = dsn_of(config, service);
    const auto mesh = mesh_id(config);
    if (!mesh) return std::unexpected(mesh.error());
    if (auto ours = claim_database(dsn, *mesh); !ours) return std::unexpected(ours.error());
    const auto at = projected_at(dsn, service, instance);
    if (!at) return std::unexpected(at.error());
    if (*at) floor = std::max(floor, (*at)->epoch);
    try {
      if (auto done = read_plans(config, tables); !done) return std::unexpected(done.error());
      if (auto done = read_orders(config, tables); !done) return std::unexpected(done.error());
    } catch (const SqlError& thrown) {
      return std::unexpected(database_error(thrown, dsn));
    }
  }
  // Where the streams stand comes first: what happens after it is heard, and what both tell is dropped as known.
  std::map<std::string, std::pair<Epoch, Outbox::Heads>> heads;
  for (const auto& [publisher, streams] : made->reads)
    if (const auto at = heads_of(context, config, publisher)) heads[publisher] = *at;
  const auto told = history(config, tables);
  if (!told) return std::unexpected(told.error());

  JournalOptions options;
  options.dir = dir;
  options.instance = instance;
  options.core_version = made->core->version();
  options.segment_bytes = static_cast<std::uint64_t>(config.integer("journal.segment_bytes"));
  auto journal = Journal::open(options, real_disk(), Timestamp{system_ns()}, line_of("/proc/sys/kernel/random/boot_id"), floor);
  if (!journal) return std::unexpected(journal.error());
  const ProtoCodec codec;
  Runner runner{*made->core, **journal, codec, {}};
  NoReferences none;
  const Timestamp now{system_ns()};
  if (auto begun = runner.recover(none, now); !begun) return std::unexpected(begun.error());
  for (const Rebuilt& r : *told) runner.step_local(now, r);
  runner.step_local(now, Rebuilt{});
  for (const auto& [publisher, streams] : made->reads)
    for (const Stream stream : streams)
      for (unsigned p = 0; heads.contains(publisher) && p < kPartitions; ++p)
        if (const Sequence last = heads[publisher].second[static_cast<std::size_t>(stream)][p]; last > 0)
          runner.machine().stand_at(stream, static_cast<Partition>(p), {heads[publisher].first, last});
  if (service == "broker_gateway" && tables.intents.sequence > 0) runner.machine().stand_at(Stream::intent, 0, tables.intents);
  runner.snapshot();
  (*journal)->close();

  Json data{{"service", service}, {"epoch", (*journal)->epoch()}, {"orders_events", told->size()}, {"open_positions", Json::array()}};
  if (const auto* positions = dynamic_cast<const PositionCore*>(made->core.get()))
    for (const PositionEvent& p : positions->positions())
      if (!p.quantity.is_zero())
        data["open_positions"].push_back({{"symbol", p.symbol.str()}, {"side", to_string(p.side)}, {"quantity", p.quantity.str()}});
  return data;
}

}  // namespace

int rebuild(const Config& config, const std::string& service, bool json) {
  const auto data = make(config, service);
  if (!data) return failed(json, data.error());
  std::string text = fmt::format("{}: a new journal in epoch {}, from {} things that happened to orders\n", service,
                                 (*data)["epoch"].dump(), (*data)["orders_events"].dump());
  for (const Json& p : (*data)["open_positions"])
    text += fmt::format("  {} {} {}\n", p["symbol"].get<std::string>(), p["side"].get<std::string>(), p["quantity"].get<std::string>());
  return done(json, *data, text + "It starts REDUCING: look at positions and orders, then tickmeshctl resume\n");
}

}  // namespace tickmesh::ctl
