#include "store/projections/ticks_projection.hpp"

#include <fmt/format.h>

namespace tickmesh {
namespace {

using enum SqlType;

std::string_view word(TickKind kind) {
  switch (kind) {
    case TickKind::none: return "none";
    case TickKind::quote: return "quote";
    case TickKind::trade: return "trade";
    case TickKind::bust: return "bust";
  }
  return "none";
}

std::string_view word(FeedEventKind kind) {
  switch (kind) {
    case FeedEventKind::none: return "none";
    case FeedEventKind::session_started: return "session_started";
    case FeedEventKind::session_ended: return "session_ended";
    case FeedEventKind::gap: return "gap";
    case FeedEventKind::halted: return "halted";
    case FeedEventKind::resumed: return "resumed";
    case FeedEventKind::clock_stepped: return "clock_stepped";
  }
  return "none";
}

/// Ticks are kept as the feed gave them: doubles will do, and a missing side is NULL.
template <class Tag>
std::optional<double> as_double(Fixed<Tag> value) {
  return value.is_zero() ? std::nullopt : std::optional{value.to_double()};
}

}  // namespace

TicksProjection::TicksProjection(const Instruments& instruments, const ProjectionOptions& options)
    : instruments_{instruments},
      symbols_{batch("tick_ingestor.symbols",
                     {{"symbol", text},
                      {"venue", text},
                      {"instrument_id", numeric},
                      {"tick_size", numeric},
                      {"lot", numeric},
                      {"multiplier", numeric},
                      {"currency", text},
                      {"calendar", text},
                      {"reference_price", numeric},
                      {"daily_volume", float8},
                      {"daily_volatility", float8},
                      {"price_decimals", integer}},
                     {"symbol"})},
      ticks_{batch("tick_ingestor.ticks",
                   {{"symbol", text},
                    {"kind", text},
                    {"feed", text},
                    {"synthetic", boolean},
                    {"bid", float8},
                    {"ask", float8},
                    {"bid_size", float8},
                    {"ask_size", float8},
                    {"price", float8},
                    {"size", float8},
                    {"aggressor", text},
                    {"trade_id", numeric},
                    {"time_ns", bigint},
                    {"event_time_ns", bigint}},
                   {}, RowBatch::Way::copied)},
      latest_{batch("tick_ingestor.latest",
                    {{"symbol", text},
                     {"feed", text},
                     {"synthetic", boolean},
                     {"bid", float8},
                     {"ask", float8},
                     {"bid_size", float8},
                     {"ask_size", float8},
                     {"last_price", float8},
                     {"last_size", float8}},
                    {"symbol"})},
      feed_events_{
          batch("tick_ingestor.feed_events",
                {{"kind", text}, {"feed", text}, {"symbol", text}, {"from_time", timestamptz}, {"to_time", timestamptz}, {"text", text}})},
      sessions_{batch("tick_ingestor.feed_sessions", {{"feed", text}, {"symbol", text}, {"started_at", timestamptz}, {"text", text}})} {
  by_day(ticks_, {.days = options.tick_days, .bytes = options.tick_bytes}, options.days_ahead);
  pass_on(ticks_.by_time());
}

void TicksProjection::add(const Name& name, const Event& event) {
  if (const auto* tick = std::get_if<Tick>(&event)) return add(name, *tick);
  if (const auto* latest = std::get_if<Latest>(&event)) return add(name, *latest);
  if (const auto* feed = std::get_if<FeedEvent>(&event)) return add(name, *feed);
}

void TicksProjection::add(const Name& name, const Tick& tick) {
  const Header header{.time = tick.time, .event_time = tick.event_time};
  declare_symbols(name, header);
  ticks_.row(name, header, symbol_of(tick.instrument), word(tick.kind), to_string(tick.feed), tick.synthetic, as_double(tick.bid),
             as_double(tick.ask), as_double(tick.bid_size), as_double(tick.ask_size), as_double(tick.price), as_double(tick.size),
             tick.aggressor == Side::none ? std::string_view{} : to_string(tick.aggressor), unless_zero(tick.trade_id), tick.time.ns,
             tick.event_time.ns);
}

/// A journal may hold ticks of an instrument that the configuration has since dropped: the id still tells it apart.
std::string_view TicksProjection::symbol_of(InstrumentId id) {
  const auto known = names_.find(id.value);
  if (known != names_.end()) return known->second;
  const auto* instrument = instruments_.find(id);
  return names_.emplace(id.value, instrument ? instrument->symbol.str() : fmt::format("#{:016x}", id.value)).first->second;
}

void TicksProjection::add(const Name& name, const Latest& e) {
  declare_symbols(name, e.header);
  latest_.row(name, e.header, e.symbol, to_string(e.feed), e.synthetic, as_double(e.bid), as_double(e.ask), as_double(e.bid_size),
              as_double(e.ask_size), as_double(e.last_price), as_double(e.last_size));
}

void TicksProjection::add(const Name& name, const FeedEvent& e) {
  declare_symbols(name, e.header);
  feed_events_.row(name, e.header, word(e.kind), to_string(e.feed), e.symbol, e.from, e.to, e.text);
  if (e.kind == FeedEventKind::session_started) sessions_.row(name, e.header, to_string(e.feed), e.symbol, e.header.time, e.text);
  if (e.kind == FeedEventKind::session_ended) ended_.emplace_back(name, e);
}

/// Once a process, named by the first event after it started: what the configuration says from here on.
void TicksProjection::declare_symbols(const Name& name, const Header& header) {
  if (symbols_declared_) return;
  symbols_declared_ = true;
  for (const auto& i : instruments_.list()) {
    const auto symbol = i.symbol.str();
    symbols_.row(name, header, symbol, symbol.substr(symbol.rfind('.') + 1), i.id().value, i.tick_size, i.lot, i.multiplier, i.currency,
                 i.calendar, unless_zero(i.reference_price), i.daily_volume, i.daily_volatility, i.price_decimals);
  }
}

void TicksProjection::flush(Session& session, RowBatch::Manner manner) {
  Projection::flush(session, manner);
  for (const auto& [name, e] : ended_)
    session.exec(
        "update tick_ingestor.feed_sessions set ended_at = timestamptz 'epoch' + $1::bigint * interval '1 microsecond', end_epoch = $2, "
        "end_sequence = $3 "
        "where partition = $4 and feed = $5 and coalesce(symbol, '') = $6 and ended_at is null and (epoch, sequence) < ($2, $3)",
        {std::to_string(e.header.time.ns / 1000), std::to_string(name.at.epoch), std::to_string(name.at.sequence),
         std::to_string(name.partition), std::string(to_string(e.feed)), e.symbol.str()});
}

void TicksProjection::committed() {
  Projection::committed();
  ended_.clear();
}

void TicksProjection::discarded() {
  Projection::discarded();
  ended_.clear();
  symbols_declared_ = false;
}

std::vector<Projection::Table> TicksProjection::tables() const {
  return {{"ticks", Stream::tick}, {"latest", Stream::latest}, {"feed_events", Stream::feed}};
}

}  // namespace tickmesh
