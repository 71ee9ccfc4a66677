// States of every core as somebody may have left them: loaded whole or refused, and a refusal leaves the core loadable.
#include <memory>

#include "api_gateway/core/api_core.hpp"
#include "bar_compressor/core/bar_core.hpp"
#include "broker_gateway/core/gateway_core.hpp"
#include "bus/codec.hpp"
#include "fuzz/targets.hpp"
#include "metrics_engine/core/metrics_core.hpp"
#include "position_manager/core/position_core.hpp"
#include "runner/machine.hpp"
#include "tick_ingestor/core/ingest_core.hpp"
#include "unit/codec/random_events.hpp"

namespace tickmesh::fuzz {
namespace {

constexpr Timestamp kStart{1'737'376'814'000'000'000};
constexpr unsigned kCores = 6;

Instruments instruments() {
  std::vector<Instrument> list;
  for (const char* name : {"AAPL.DEMO", "MSFT.DEMO"})
    list.push_back({.symbol = *Symbol::parse(name),
                    .tick_size = *Price::parse("0.01"),
                    .lot = Quantity::from_units(1),
                    .multiplier = Quantity::from_units(1),
                    .currency = "USD",
                    .calendar = "24x7",
                    .reference_price = Price::from_units(200),
                    .daily_volume = 1e6,
                    .daily_volatility = 0.02});
  return *Instruments::make(std::move(list));
}

/// A core with whom it needs.
struct Made {
  std::unique_ptr<DemoFeed> demo;
  std::unique_ptr<Core> core;
};
Made make(unsigned which) {
  static const Instruments listed = instruments();
  static const ProtoCodec codec;
  switch (which) {
    case 0: return {nullptr, std::make_unique<MetricsCore>(MetricsConfig{.instruments = listed})};
    case 1: return {nullptr, std::make_unique<BarCore>(BarConfig{.instruments = listed})};
    case 2: return {nullptr, std::make_unique<PositionCore>(PositionConfig{.instruments = listed})};
    case 3: return {nullptr, std::make_unique<GatewayCore>(GatewayConfig{.instruments = listed})};
    case 4: return {nullptr, std::make_unique<ApiCore>(ApiConfig{}, codec)};
    default: {
      auto demo = std::make_unique<DemoFeed>(*DemoMarket::make(listed, {}));
      auto core = std::make_unique<IngestCore>(listed, IngestOptions{}, demo.get());
      return {std::move(demo), std::move(core)};
    }
  }
}

Bytes state_of(const Core& core) {
  Bytes out;
  ByteWriter w{out};
  core.save(w);
  return out;
}
Bytes state_of(const Machine& machine) {
  Bytes out;
  ByteWriter w{out};
  machine.save(w);
  return out;
}
bool load(Core& core, ByteView state) {
  ByteReader in{state};
  core.load(in);
  return true;
}
bool load(Machine& machine, ByteView state) {
  ByteReader in{state};
  return machine.load(in).has_value();
}

template <class T>
void hostile(T& subject, ByteView state) {
  const Bytes untouched = state_of(subject);
  bool loaded = false;
  try {
    loaded = load(subject, state);
  } catch (const InvariantError&) {
  }
  if (loaded) {
    const Bytes once = state_of(subject);
    promise(load(subject, once), "what was saved is loaded");
    promise(as_text(state_of(subject)) == as_text(once), "a loaded state is saved as it was");
  }
  promise(load(subject, untouched), "after a refusal another state can be loaded");
  promise(as_text(state_of(subject)) == as_text(untouched), "and is whole");
}

/// One byte: which core, and whether with what surrounds it; the rest is the state.
void run(ByteView input) {
  Feeder feed{input};
  const auto which = feed.number(1);
  const Made made = make(static_cast<unsigned>(which % kCores));
  if (which < 128) return hostile(*made.core, feed.rest());
  Machine machine{*made.core};
  hostile(machine, feed.rest());
}

/// A life of quotes, commands, intents and reports, so that there is something to save.
void live(Machine& machine, unsigned which) {
  const Token self{9, 1}, manager{5, 1};
  Timestamp now = kStart;
  Sequence ticks = 0, others = 0;
  const auto local = [&](const Event& event) { machine.apply(now, Name{}, event), machine.said().clear(); };
  const auto take = [&](Stream stream, const Event& event) {
    machine.apply(now, {stream, 0, {5, ++others}}, event), machine.said().clear();
  };
  const auto quote = [&](const char* symbol, std::int64_t cents) {
    Tick tick{.time = now, .event_time = now, .instrument = instrument_id(symbol), .kind = TickKind::quote, .feed = FeedKind::push};
    tick.bid = Price::from_raw(cents * 1'000'000), tick.ask = Price::from_raw((cents + 1) * 1'000'000);
    tick.bid_size = tick.ask_size = Quantity::from_units(100);
    if (which == 5) return local(tick);
    machine.apply(now, {Stream::tick, tick.instrument.partition(), {7, ++ticks}}, tick);
    machine.said().clear();
  };
  if (which != 5) {
    local(Started{self}), local(WentLive{});
    local(PeerChanged{"position_manager", true, manager}), local(PeerChanged{"broker_gateway", true, self});
  }
  for (std::int64_t i = 0; i < 300; ++i, now = now + milliseconds(40)) {
    quote("AAPL.DEMO", 20'000 + (i * 7) % 11);
    quote("MSFT.DEMO", 30'000 - (i * 5) % 13);
  }
  if (which == 3) {
    local(VenueReport{.kind = VenueReportKind::reconcile_begin, .time = now});
    local(VenueReport{.kind = VenueReportKind::reconcile_end, .time = now});
    Intent intent{.kind = IntentKind::place, .client_order_id = "TA1", .symbol = *Symbol::parse("AAPL.DEMO"), .side = Side::buy};
    intent.type = OrderType::market, intent.purpose = Purpose::entry, intent.quantity = Quantity::from_units(10);
    intent.reference_price = Price::from_units(200), intent.valid_until = now + seconds(2), intent.manager = manager, intent.gateway = self;
    take(Stream::intent, intent);
    local(VenueReport{.kind = VenueReportKind::accepted, .client_order_id = "TA1", .venue_order_id = "P-1", .time = now});
    VenueReport fill{.kind = VenueReportKind::filled, .client_order_id = "TA1", .venue_order_id = "P-1", .time = now};
    fill.fill = {.execution_id = "x1", .price = Price::from_units(200), .quantity = Quantity::from_units(4), .time = now};
    local(fill);
  }
  if (which == 2) {
    take(Stream::venue, VenueEvent{.kind = VenueEventKind::session_opened, .venue = "paper", .gateway = self, .state = RiskState::active});
    take(Stream::control, Command{.id = "c1",
                                  .verb = Verb::open,
                                  .symbol = *Symbol::parse("AAPL.DEMO"),
                                  .quantity = Quantity::from_units(5),
                                  .issuer = "seed",
                                  .valid_until = now + seconds(9)});
    take(Stream::control, Command{.id = "c2", .verb = Verb::reduce, .issuer = "seed", .valid_until = now + seconds(9)});
  }
  if (which == 4) {
    testing::Rng rng{7};
    for (std::size_t type = 0; type < testing::kEventTypes; ++type) {
      const Event event = testing::random_event(type, rng);
      if (stream_of(event) != Stream::local) take(stream_of(event), event);
    }
  }
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> out;
  for (unsigned which = 0; which < kCores; ++which) {
    const Made made = make(which);
    Machine machine{*made.core};
    for (const bool lived : {false, true}) {
      if (lived) live(machine, which);
      for (const bool whole : {false, true}) {
        Bytes seed{static_cast<std::byte>(whole ? which + 132 : which)};
        const Bytes state = whole ? state_of(machine) : state_of(*made.core);
        seed.insert(seed.end(), state.begin(), state.end());
        if (whole && !lived) continue;  // it is the other one behind eight kilobytes of nothing
        out.push_back(std::move(seed));
      }
    }
  }
  return out;
}

}  // namespace

const Target kSnapshots{"snapshots", run, seeds};

}  // namespace tickmesh::fuzz
