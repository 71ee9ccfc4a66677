// What the journals of a run must hold, read back from the disk when all are stopped.
#include <algorithm>
#include <tuple>

#include "broker_gateway/core/gateway_core.hpp"
#include "position_manager/core/position_core.hpp"
#include "runner/tail.hpp"
#include "simulation/planted.hpp"
#include "simulation/services.hpp"

namespace tickmesh::simulation {
namespace {

struct Record {
  RecordType type{};
  Lsn lsn{}, next{};
  Bytes body;
};
struct Said {
  Name name{};
  Event event{};
};
/// One node's journal, read and taken apart.
struct Book {
  const Node* node{nullptr};
  const ServiceSpec* spec{nullptr};
  std::vector<Record> records;
  std::vector<Said> said;  ///< ticks left out
  std::map<std::tuple<Stream, Partition, Epoch>, Sequence> kept;
};

const ServiceSpec& spec_of(const Node& node) {
  if (const auto* core = dynamic_cast<const CoreNode*>(&node)) return core->spec();
  return dynamic_cast<const SourceNode&>(node).spec();
}

Book read(Mesh& mesh, const Node& node) {
  Book book{&node, &spec_of(node), {}, {}, {}};
  for (const std::string& problem : verify_journal(node.dir(), mesh.machine).problems) mesh.verdict.fail(node.name() + ": " + problem);
  auto cursor = read_journal(node.dir(), mesh.machine);
  if (!cursor) {
    mesh.verdict.fail(node.name() + ": " + to_string(cursor.error()));
    return book;
  }
  for (;;) {
    auto record = (*cursor)->next();
    if (!record) {
      mesh.verdict.fail(node.name() + ": " + to_string(record.error()));
      return book;
    }
    if (!record->has_value()) break;
    const RecordView& view = **record;
    book.records.push_back({view.type, view.lsn, view.next, {view.body.begin(), view.body.end()}});
    SaidRecord said;
    if (view.type != RecordType::said || !decode(view.body, said)) continue;
    Name name = said.first;
    for (const ByteView bytes : said.events) {
      mesh.chronicle.heard(name, bytes, "in its journal");
      book.kept[{name.stream, name.partition, name.at.epoch}] = name.at.sequence;
      if (name.stream != Stream::tick) {
        Event event;
        if (auto ok = mesh.codec.decode(name.stream, bytes, event); !ok)
          mesh.verdict.fail(to_string(name) + " cannot be read: " + to_string(ok.error()));
        else
          book.said.push_back({name, std::move(event)});
      }
      ++name.at.sequence;
    }
  }
  if (book.records.empty() || book.records.back().type != RecordType::closed)
    mesh.verdict.fail(node.name() + ": its journal is not closed");
  return book;
}

/// What others heard of a stream that must be durable first is still there, whatever was cut; of the others, at least in the last epoch.
void check_kept(Mesh& mesh, const Book& book) {
  for (const auto& [key, heard] : mesh.chronicle.lives()) {
    const auto& [stream, partition, epoch] = key;
    if (std::ranges::find(book.spec->says, stream) == book.spec->says.end()) continue;
    const bool durable = std::ranges::find(book.spec->durable, stream) != book.spec->durable.end();
    if (!durable && epoch != book.node->token().epoch) continue;
    const auto it = book.kept.find(key);
    const Sequence kept = it == book.kept.end() ? 0 : it->second;
    if (kept < heard.size())
      mesh.verdict.fail(fmt::format("{}: {}.{} of epoch {} was heard up to {}, its journal holds {}", book.node->name(), to_string(stream),
                                    partition, epoch, heard.size(), kept));
  }
}

/// Each stream as this reader took it: next after next, but where it was told of a loss.
void check_taken(Mesh& mesh, const Book& book) {
  std::map<std::pair<Stream, Partition>, Position> at;
  const auto fail = [&](const Name& name, const Position& before) {
    mesh.verdict.fail(fmt::format("{}: took {} after {}/{}", book.node->name(), to_string(name), before.epoch, before.sequence));
  };
  for (const Record& record : book.records) {
    TakenRecord taken;
    if (record.type != RecordType::taken || !decode(record.body, taken)) continue;
    for (const TakenItem& item : taken.items) {
      if (item.first.stream == Stream::local) {
        Event event;
        if (!mesh.codec.decode(Stream::local, item.payload, event)) continue;
        const auto* gap = std::get_if<StreamGap>(&event);
        if (gap == nullptr) continue;
        Position& here = at[{gap->stream, gap->partition}];
        const bool ends = gap->to.sequence == 0;
        const Position from = ends ? gap->from : Position{gap->from.epoch, gap->from.sequence - 1};
        if (here != Position{} && from != here)
          mesh.verdict.fail(fmt::format("{}: was told that {}.{} was lost from {}/{} on, and stood at {}/{}", book.node->name(),
                                        to_string(gap->stream), gap->partition, gap->from.epoch, gap->from.sequence, here.epoch,
                                        here.sequence));
        here = gap->to;
        continue;
      }
      Position& here = at[{item.first.stream, item.first.partition}];
      const bool next = here.epoch == item.first.at.epoch
                            ? item.first.at.sequence == here.sequence + 1
                            : here.sequence == 0 && here.epoch < item.first.at.epoch && item.first.at.sequence == 1;
      if (!next) fail(item.first, here);
      here = {item.first.at.epoch, item.first.at.sequence + item.count - 1};
      if (item.by_reference) continue;
      const Bytes* original = mesh.chronicle.find(item.first);
      if (original == nullptr || as_text(*original) != as_text(item.payload))
        mesh.verdict.fail(fmt::format("{}: took {}, which nobody said so", book.node->name(), to_string(item.first)));
    }
  }
}

/// The same inputs again, in one thread, give the same bytes.
void check_again(Mesh& mesh, const Book& book) {
  const auto* node = dynamic_cast<const CoreNode*>(book.node);
  if (node == nullptr) return;
  const auto& lives = node->lives();
  const bool whole = std::ranges::none_of(lives, &LifeRecord::lossy);
  const auto feed = [&](TailRunner& tail, const Record& record) {
    if (auto ok = tail.feed({record.type, record.lsn, record.next, record.body}); !ok) {
      mesh.verdict.fail(node->name() + ": run again: " + to_string(ok.error()));
      return false;
    }
    return true;
  };
  if (whole) {
    const auto core = node->make_core();
    Machine machine{*core};
    TailRunner tail{machine, mesh.codec, mesh.chronicle};
    for (const Record& record : book.records)
      if (!feed(tail, record)) return;
    if (tail.recorded().all() != tail.derived().all() || !tail.unconfirmed().empty())
      mesh.verdict.fail(fmt::format("{}: run again it says {} events more, hash {:016x} instead of {:016x}", node->name(),
                                    tail.unconfirmed().size(), tail.derived().all(), tail.recorded().all()));
    return;
  }
  // Where inputs were lost, each life is run again from the state it began with.
  for (const LifeRecord& life : lives) {
    const auto core = node->make_core();
    Machine machine{*core};
    ByteReader state{life.state};
    if (!machine.load(state)) continue;
    TailRunner tail{machine, mesh.codec, mesh.chronicle};
    for (const Record& record : book.records) {
      if (record.lsn < life.begin) continue;
      if (record.lsn >= life.end || record.type == RecordType::started) break;
      if (record.type == RecordType::opened) {
        OpenedRecord opened;
        if (decode(record.body, opened) && opened.epoch != life.token.epoch) break;
      }
      if (!feed(tail, record)) return;
    }
  }
}

const Header* header_of(const Event& event) {
  return std::visit(
      [](const auto& e) -> const Header* {
        if constexpr (requires { e.header.cause; })
          return &e.header;
        else
          return nullptr;
      },
      event);
}

void check_causes(Mesh& mesh, const Book& book) {
  for (const Said& said : book.said) {
    const Header* header = header_of(said.event);
    if (header == nullptr || header->cause.name.stream == Stream::local) continue;
    const Bytes* cause = mesh.chronicle.find(header->cause.name);
    Event event;
    if (cause == nullptr || !mesh.codec.decode(header->cause.name.stream, *cause, event))
      mesh.verdict.fail(fmt::format("{} has a cause that does not exist: {}", to_string(said.name), to_string(header->cause.name)));
    else if (time_of(event) != header->cause.time)
      mesh.verdict.fail(fmt::format("{} tells another time of its cause {}", to_string(said.name), to_string(header->cause.name)));
  }
}

/// What went to the venue: asked for in time, by the gateway it was meant for, and on the disk before.
void check_orders(Mesh& mesh, const Book& book) {
  std::set<std::string> sending, canceling;
  for (const Said& said : book.said) {
    const auto* order = std::get_if<OrderEvent>(&said.event);
    if (order == nullptr) continue;
    if (order->kind == OrderEventKind::canceling) canceling.insert(order->order.client_order_id);
    if (order->kind != OrderEventKind::sending) continue;
    sending.insert(order->order.client_order_id);
    const bool first = order->attempt == 1;
    Event event;
    const Bytes* asked = first ? mesh.chronicle.find(order->header.cause.name) : nullptr;
    const bool read = asked != nullptr && mesh.codec.decode(order->header.cause.name.stream, *asked, event).has_value();
    if (read && std::holds_alternative<Intent>(event)) {
      const auto& intent = std::get<Intent>(event);
      if (intent.valid_until && order->header.time > intent.valid_until)
        mesh.verdict.fail(fmt::format("{} was sent {} ms after it had expired", intent.client_order_id,
                                      (order->header.time - intent.valid_until).ns / 1'000'000));
    } else if (first) {
      mesh.verdict.fail(order->order.client_order_id + " was sent and nobody had asked for it");
    }
  }
  for (const auto& arrival : mesh.venue->arrivals())
    if (!(arrival.cancel ? canceling : sending).contains(arrival.client_order_id))
      mesh.verdict.fail(fmt::format("the venue was asked to {} {}, and the gateway's journal does not know",
                                    arrival.cancel ? "cancel" : "take", arrival.client_order_id));
}

/// Each command is answered exactly once by position_manager; what waited for its answer when inputs were lost for good may be answered
/// anew.
void check_commands(Mesh& mesh, const Book& api, const Book& positions) {
  if (std::ranges::any_of(positions.node->lives(), &LifeRecord::lossy)) return;
  std::map<std::string, unsigned> answers;
  for (const Said& said : positions.said)
    if (const auto* risk = std::get_if<RiskEvent>(&said.event); risk != nullptr && risk->kind == RiskEventKind::command_answered)
      ++answers[risk->command_id];
  for (const Said& said : api.said)
    if (const auto* command = std::get_if<Command>(&said.event); command != nullptr && answers[command->id] != 1)
      mesh.verdict.fail(fmt::format("command {} ({}) was answered {} times", command->id, to_string(command->verb), answers[command->id]));
}

/// A row is taken at most once, and for good when its sender was told so.
void check_rows(Mesh& mesh, const Book& source) {
  std::map<std::pair<std::uint64_t, std::int64_t>, unsigned> taken;
  for (const Record& record : source.records) {
    SaidRecord said;
    if (record.type != RecordType::said || !decode(record.body, said) || said.first.stream != Stream::tick) continue;
    for (const ByteView bytes : said.events) {
      Event event;
      if (mesh.codec.decode(Stream::tick, bytes, event)) {
        const Tick& tick = std::get<Tick>(event);
        ++taken[{tick.instrument.value, tick.event_time.ns}];
      }
    }
  }
  for (const Mesh::Row& row : mesh.rows()) {
    const auto it = taken.find({row.tick.instrument.value, row.tick.event_time.ns});
    const unsigned times = it == taken.end() ? 0 : it->second;
    if (times > 1 || (row.kept && times != 1))
      mesh.verdict.fail(fmt::format("a pushed row{} was taken {} times", row.kept ? " that is kept" : "", times));
  }
}

template <class Wanted>
const Wanted* core_of(const Mesh& mesh, const char* service) {
  const Core* core = dynamic_cast<const CoreNode&>(*mesh.node(service)).core();
  if (const auto* planted = dynamic_cast<const PlantedCore*>(core)) core = &planted->inner();
  return dynamic_cast<const Wanted*>(core);
}

}  // namespace

void check_state(Mesh& mesh) {
  for (const auto& node : mesh.nodes) {
    if (!node->up()) mesh.verdict.fail(node->name() + " is not up though all is healed");
    if (const auto* core = dynamic_cast<const CoreNode*>(node.get()))
      if (const std::string missing = core->missing(); !missing.empty()) mesh.verdict.fail(missing);
  }
  const auto* positions = core_of<PositionCore>(mesh, "position_manager");
  const auto* gateway = core_of<GatewayCore>(mesh, "broker_gateway");
  if (positions == nullptr || gateway == nullptr) return;
  std::map<Symbol, Quantity> held;
  for (const PositionEvent& p : positions->positions()) held[p.symbol] += p.side == Side::sell ? -p.quantity : p.quantity;
  bool flat = true;
  for (const Instrument& i : mesh.setting.instruments.list()) {
    const auto nets = mesh.venue->nets();
    const Quantity filled = nets.contains(i.symbol) ? nets.at(i.symbol) : Quantity{};
    flat = flat && filled.is_zero();
    if (held[i.symbol] != filled)
      mesh.verdict.fail(
          fmt::format("{}: position_manager holds {}, the venue filled {}", i.symbol.view(), held[i.symbol].str(), filled.str()));
    if (gateway->net(i.symbol) != filled)
      mesh.verdict.fail(
          fmt::format("{}: broker_gateway counts {}, the venue filled {}", i.symbol.view(), gateway->net(i.symbol).str(), filled.str()));
  }
  if (!flat) mesh.verdict.fail("a person flattened and positions are left");
  if (flat && positions->account().realized_pnl != mesh.venue->cash())
    mesh.verdict.fail(fmt::format("all is flat and {} was made, position_manager says {}", mesh.venue->cash().str(),
                                  positions->account().realized_pnl.str()));
  if (gateway->working() > 0 || positions->working_orders() > 0)
    mesh.verdict.fail(
        fmt::format("orders are left: {} at the gateway, {} at position_manager", gateway->working(), positions->working_orders()));
}

void check_journals(Mesh& mesh) {
  std::map<std::string, Book> books;
  for (const auto& node : mesh.nodes) books.emplace(node->name(), read(mesh, *node));
  for (const auto& [name, book] : books) {
    check_kept(mesh, book);
    check_taken(mesh, book);
    check_again(mesh, book);
    check_causes(mesh, book);
  }
  check_orders(mesh, books.at("broker_gateway"));
  check_commands(mesh, books.at("api_gateway"), books.at("position_manager"));
  check_rows(mesh, books.at("tick_ingestor"));
}

}  // namespace tickmesh::simulation
