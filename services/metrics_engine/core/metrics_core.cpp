#include "metrics_engine/core/metrics_core.hpp"

#include <limits>
#include <utility>

namespace tickmesh {
namespace {

constexpr std::int64_t kNeverPublished = std::numeric_limits<std::int64_t>::min();

/// Another instance has said what follows from what is `at`.
bool warms_up(const std::map<Partition, Position>& said_until, Partition partition, const Position& at) {
  const auto said = said_until.find(partition);
  if (said == said_until.end()) return false;
  return at.epoch < said->second.epoch || (at.epoch == said->second.epoch && at.sequence <= said->second.sequence);
}

std::int64_t grid_cell(Timestamp t, Duration grid) { return t.ns / grid.ns - (t.ns % grid.ns < 0 ? 1 : 0); }

}  // namespace

Result<void> MetricsCore::check(const MetricsConfig& config) {
  if (config.planned_notional.raw() <= 0) return bad_value("planned_notional", "> 0", config.planned_notional.str());
  if (config.publish_grid.ns <= 0) return bad_value("publish_ms", "> 0", "a grid needs cells");
  if (config.book_grid.ns <= 0) return bad_value("book_grid", "> 0", "a grid needs cells");
  if (config.gap.ns <= 0 || config.hard_gap < config.gap) return bad_value("gap_ms", "0 < gap <= hard gap", "gaps do not nest");
  if (config.max_unusable.ns < 0) return bad_value("max_crossed_ms", ">= 0", "negative");
  if (config.max_quote_age.ns <= 0) return bad_value("max_quote_age", "> 0", "nothing would ever be fresh");
  if (config.z_window < 3 || config.z_window > 256) return bad_value("z_window", "3 to 256", std::to_string(config.z_window));
  if (config.spread_window < 2 || config.spread_window > 65'536)
    return bad_value("spread_window", "2 to 65536", std::to_string(config.spread_window));
  if (config.trend_window < 3 || config.trend_window > 256)
    return bad_value("trend_window", "3 to 256", std::to_string(config.trend_window));
  if (config.bar_lengths.size() > Metrics::kMostBarLengths)
    return bad_value("bar_lengths", "at most 3", std::to_string(config.bar_lengths.size()));
  Duration shorter{};
  for (const Duration length : config.bar_lengths) {
    if (length <= shorter || length.ns % 1'000'000'000 != 0 || length > seconds(7 * 86'400))
      return bad_value("bar_lengths", "ascending, whole seconds, at most a week", std::to_string(length.ns) + " ns");
    shorter = length;
  }
  const CostParameters& c = config.cost;
  const auto refuse = [](double value, double least) { return !(value >= least) || !(value < 1e12); };
  if (refuse(c.per_unit, 0) || refuse(c.rate, 0) || refuse(c.min_commission, 0) || refuse(c.max_commission, 0) || refuse(c.fees, 0))
    return bad_value("commission", ">= 0", "a commission is not negative");
  if (refuse(c.impact, 0) || refuse(c.max_participation, 0)) return bad_value("impact", ">= 0", "an impact is not negative");
  if (!(c.worst_case_bp > 0) || !(c.worst_case_bp <= 1e4)) return bad_value("worst_case_bp", "> 0", "an unknown cost is never free");
  for (const auto& [name, sessions] : config.sessions) {
    Timestamp last{std::numeric_limits<std::int64_t>::min()};
    for (const auto& session : sessions) {
      if (session.open < last || session.close <= session.open) return bad_value("sessions", "ascending and apart", name);
      last = session.close;
    }
  }
  if (config.signals.size() > 64) return bad_value("signals", "at most 64", std::to_string(config.signals.size()));
  for (std::size_t i = 0; i < config.signals.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (config.signals[i].rule == config.signals[j].rule) return bad_value("signals.rules", "each rule once", config.signals[i].rule);
  for (const auto& signal : config.signals)
    if (auto rule = make_signal_rule(signal.rule, signal.parameters); !rule) {
      Error error = std::move(rule.error());
      error.field = error.field == "signal" ? "signals.rules" : "signals." + signal.rule + "." + error.field;
      return std::unexpected(std::move(error));
    }
  return {};
}

MetricsCore::MetricsCore(MetricsConfig config) : config_{std::move(config)} {
  const auto checked = check(config_);
  TM_INVARIANT(checked.has_value(), "metrics are built from a checked configuration");
  cells_.reserve(config_.instruments.list().size());
  for (const Instrument& instrument : config_.instruments.list()) {
    Cell cell{{}, instrument.id().partition(), 0, nullptr, {}, {}, {}, false, SymbolMetrics{config_, instrument, &profile_news_}};
    for (const auto& signal : config_.signals) {
      cell.signals.emplace_back(std::move(*make_signal_rule(signal.rule, signal.parameters)));
      const SignalRule& rule = cell.signals.back().rule();
      if (rule.by_prediction())
        by_prediction_ |= std::uint64_t{1} << (cell.signals.size() - 1);
      else
        cell.glanced_by |= rule.glances();
    }
    published(cell, kNeverPublished);
    cells_.push_back(std::move(cell));
  }
}

void MetricsCore::apply(const Input& in, Outbox& out) {
  if (const auto* tick = std::get_if<Tick>(&in.event)) {
    if (in.name.stream == Stream::tick) on_tick(in, *tick, out);
  } else if (const auto* depth = std::get_if<DepthUpdate>(&in.event)) {
    if (in.name.stream == Stream::depth) on_depth(in, *depth, out);
  } else if (const auto* timer = std::get_if<TimerFired>(&in.event)) {
    if (timer->timer == kSilenceTimer) on_timer(in, out);
    if (timer->timer == kPredictionTimer) predictions_due(in, out);
  } else if (const auto* command = std::get_if<Command>(&in.event)) {
    if (in.name.stream == Stream::control && command->verb == Verb::predict) on_prediction(in, *command, out);
  } else if (std::holds_alternative<Started>(in.event)) {
    live_ = false;
    // Whether the wish of the start before was kept is the runner's affair; asking again is harmless.
    armed_ = {};
    for (const Cell& cell : cells_)
      if (ours(cell) && cell.metrics.seen() && !cell.metrics.silent()) arm(cell.heard + config_.gap, out);
    predictions_armed_ = {};
    arm_predictions(in.now, out);
  } else if (std::holds_alternative<WentLive>(in.event)) {
    live_ = true;
    predictions_due(in, out);
  } else if (const auto* gap = std::get_if<StreamGap>(&in.event)) {
    for (Cell& cell : cells_) {
      if (cell.partition != gap->partition) continue;
      if (gap->stream == Stream::tick) cell.metrics.mark_gap();
      if (gap->stream != Stream::depth || cell.metrics.depth() == nullptr || !ours(cell)) continue;
      cell.metrics.depth()->lose();
      say_book(cell, out);
    }
  }
}

void MetricsCore::on_depth(const Input& in, const DepthUpdate& update, Outbox& out) {
  const auto place = config_.instruments.index_of(instrument_id(update.symbol));
  if (place == InstrumentIndex::kNone) {
    ++unlisted_;
    return;
  }
  Cell& cell = cells_[place];
  if (!ours(cell)) return;
  cell.metrics.learn_depth(update);
  if (!warms_up(config_.book_said_until, cell.partition, in.name.at))
    say_book(cell, out);
  else if (cell.metrics.depth()->due())
    cell.metrics.depth()->said();
}

void MetricsCore::say_book(Cell& cell, Outbox& out) {
  DepthMetrics& depth = *cell.metrics.depth();
  if (!depth.due()) return;
  out.emit(Stream::book, cell.partition, depth.top());
  depth.said();
}

void MetricsCore::on_tick(const Input& in, const Tick& tick, Outbox& out) {
  if (tick.kind == TickKind::none) return;
  const auto place = config_.instruments.index_of(tick.instrument);
  if (place == InstrumentIndex::kNone) {
    ++unlisted_;
    return;
  }
  Cell& cell = cells_[place];
  if (!ours(cell)) return;
  const bool warming = !config_.said_until.empty() && warms_up(config_.said_until, cell.partition, in.name.at);
  if (tick.kind == TickKind::bust) {
    cell.metrics.learn_bust(tick);
    if (!profile_news_.empty()) say_profile(cell, warming, out);
    return;
  }
  if (tick.kind == TickKind::trade) {  // signals are judged on quotes
    const bool counts = cell.metrics.learn_trade(tick);
    if (!profile_news_.empty()) say_profile(cell, warming, out);
    if (!counts || tick.event_time < cell.publish_next) return;
    if (warming)
      pass_over(cell, tick.event_time);
    else
      say(cell, in, 0, out);
    return;
  }
  const bool good = cell.metrics.learn(tick);
  if (!profile_news_.empty()) say_profile(cell, warming, out);
  cell.heard = in.now;
  if (!armed_) arm(in.now + config_.gap, out);
  const bool usable = cell.metrics.book_usable();
  const bool became_unusable = cell.book_was_usable && !usable;
  cell.book_was_usable = usable;
  if (!good && !became_unusable) return;
  const bool fresh = usable && (!tick.time || in.now - tick.time <= config_.max_quote_age);
  if (warming) return pass_over(cell, tick.event_time);
  judge(cell, in, fresh, tick.event_time >= cell.publish_next || became_unusable, out);
}

void MetricsCore::far(const Tick& tick) const {
  const auto place = config_.instruments.index_of(tick.instrument);
  // Whose partition it is is told by the id: a look into the cell would be the wait that is to be saved.
  if (place == InstrumentIndex::kNone || (config_.partitions >> tick.instrument.partition() & 1) == 0) return;
  const Cell& cell = cells_[place];
  __builtin_prefetch(&cell, 1);
  cell.metrics.prefetch_state(tick.kind);
}

void MetricsCore::near(const Tick& tick) const {
  const auto place = config_.instruments.index_of(tick.instrument);
  if (place == InstrumentIndex::kNone || (config_.partitions >> tick.instrument.partition() & 1) == 0) return;
  const Cell& cell = cells_[place];
  __builtin_prefetch(cell.signals.data(), 1);
  cell.metrics.prefetch_windows(tick);
}

void MetricsCore::say_profile(const Cell& cell, bool warming, Outbox& out) {
  for (std::size_t i = 0; i < profile_news_.size() && !warming; ++i) {
    ProfileEvent& e = profile_news_[i];
    e.header.event_time = cell.metrics.as_of();
    e.symbol = cell.metrics.instrument().symbol;
    e.feed = cell.metrics.feed();
    e.synthetic = cell.metrics.synthetic();
    out.emit(Stream::profile, cell.partition, std::as_const(e));
  }
  profile_news_.clear();
}

/// Another instance has said what would be said now.
void MetricsCore::pass_over(Cell& cell, Timestamp event_time) {
  const auto grid = grid_cell(event_time, config_.publish_grid);
  if (grid <= cell.published_cell) return;
  published(cell, grid);
  cell.metrics.said();
}

void MetricsCore::on_timer(const Input& in, Outbox& out) {
  armed_ = {};
  Timestamp next{};
  for (Cell& cell : cells_) {
    if (!ours(cell) || !cell.metrics.seen() || cell.metrics.silent()) continue;
    const Timestamp due = cell.heard + config_.gap;
    if (due <= in.now) {
      cell.metrics.mark_silent();
      cell.book_was_usable = false;
      judge(cell, in, false, true, out);
    } else if (!next || due < next) {
      next = due;
    }
  }
  if (next) arm(next, out);
}

void MetricsCore::judge(Cell& cell, const Input& in, bool fresh, bool publish, Outbox& out) {
  const Conditions now = conditions(cell, in.now, fresh);
  std::uint64_t changed = 0;  // one bit a rule
  if (!cell.signals.empty()) {
    const Metrics& glanced = cell.metrics.glance(cell.glanced_by);
    const std::uint64_t asleep = cell.predicted == nullptr ? by_prediction_ : 0;
    for (std::size_t i = 0; i < cell.signals.size(); ++i) {
      SignalState& signal = cell.signals[i];
      if ((asleep >> i & 1) != 0 || signal.stays(glanced, now)) continue;
      if (signal.update(cell.metrics.metrics(signal.rule().reads()), now)) changed |= std::uint64_t{1} << i;
    }
  }
  if (changed != 0 || publish) say(cell, in, changed, out);
}

Conditions MetricsCore::conditions(const Cell& cell, Timestamp now, bool fresh) const {
  return {.live = live_,
          .quote_fresh = fresh,
          .session_open = cell.metrics.session_open(),
          .tick_size = cell.metrics.instrument().tick_size,
          .now = now,
          .prediction = cell.predicted};
}

void MetricsCore::say(Cell& cell, const Input& in, std::uint64_t signals, Outbox& out) {
  const auto grid = grid_cell(cell.metrics.as_of(), config_.publish_grid);
  if (grid > cell.published_cell) published(cell, grid);
  const auto name_it = [&in](Metrics& m) -> Metrics& {
    m.header.time = in.now;
    m.header.cause = {in.name, time_of(in.event)};
    m.header.tick_time = in.name.stream == Stream::tick ? m.header.cause.time : Timestamp{};
    return m;
  };
  if (heard_) out.emit(Stream::metrics, cell.partition, name_it(cell.metrics.news()));
  if (signals != 0) {
    // A signal bears the metrics as they are said, and all bars that there are.
    const Metrics& all = name_it(cell.metrics.metrics(metric_group::kAll));
    for (std::size_t i = 0; i < cell.signals.size(); ++i)
      if ((signals >> i & 1) != 0) out.emit(Stream::signal, cell.partition, cell.signals[i].signal(all, in.now));
  }
  cell.metrics.said();
}

void MetricsCore::published(Cell& cell, std::int64_t in_cell) const {
  cell.published_cell = in_cell;
  using Limits = std::numeric_limits<std::int64_t>;
  const std::int64_t grid = config_.publish_grid.ns;
  cell.publish_next = {in_cell == kNeverPublished ? Limits::min() : in_cell >= Limits::max() / grid ? Limits::max() : (in_cell + 1) * grid};
}

void MetricsCore::arm(Timestamp at, Outbox& out) {
  if (armed_ && armed_ <= at) return;
  armed_ = at;
  out.wake_at(at, kSilenceTimer);
}

FilterCounts MetricsCore::counts() const {
  FilterCounts sum;
  for (const Cell& cell : cells_) {
    const FilterCounts& c = cell.metrics.counts();
    sum.counted += c.counted;
    sum.sizes_only += c.sizes_only;
    sum.repeated += c.repeated;
    sum.one_sided += c.one_sided;
    sum.crossed += c.crossed;
    sum.held += c.held;
    sum.dropped += c.dropped;
    sum.out_of_range += c.out_of_range;
  }
  return sum;
}

void MetricsCore::save(ByteWriter& out) const {
  out.put(live_), out.put(armed_), out.put(unlisted_);
  out.put(static_cast<std::uint32_t>(cells_.size()));
  Bytes bytes, state;
  for (const Cell& cell : cells_) {
    bytes.clear();
    ByteWriter one{bytes};
    cell.metrics.save(one);
    one.put(cell.published_cell), one.put(cell.heard), one.put(cell.book_was_usable);
    one.put(static_cast<std::uint32_t>(cell.signals.size()));
    for (const SignalState& signal : cell.signals) {
      state.clear();
      ByteWriter writer{state};
      signal.save(writer);
      one.put(signal.rule().name()), one.put(as_text(state));
    }
    out.put(cell.metrics.instrument().id());
    out.put(as_text(bytes));
  }
  out.put(predictions_armed_);
  predictions_.save(out, config_.instruments);
}

void MetricsCore::load(ByteReader& in) {
  live_ = in.get<bool>();
  armed_ = in.get<Timestamp>();
  unlisted_ = in.get<std::uint64_t>();
  for (auto left = in.get<std::uint32_t>(); left > 0; --left) {
    const auto id = in.get<InstrumentId>();
    const auto bytes = in.get<std::string>();
    const auto place = config_.instruments.index_of(id);
    if (place == InstrumentIndex::kNone) continue;
    Cell& cell = cells_[place];
    ByteReader one{as_bytes(bytes)};
    cell.metrics.load(one);
    const auto in_cell = one.get<std::int64_t>();
    using Limits = std::numeric_limits<std::int64_t>;
    const std::int64_t grid = config_.publish_grid.ns;
    TM_INVARIANT(in_cell == kNeverPublished || (in_cell >= Limits::min() / grid - 1 && in_cell <= Limits::max() / grid),
                 "a stored cell of the grid is one that a time has");
    published(cell, in_cell);
    cell.heard = one.get<Timestamp>();
    cell.book_was_usable = one.get<bool>();
    // Which rules run is configuration: one that was added starts fresh, one that was taken away is left out.
    for (auto stored = one.get<std::uint32_t>(); stored > 0; --stored) {
      const auto name = one.get<std::string>();
      const auto state = one.get<std::string>();
      for (SignalState& signal : cell.signals) {
        if (signal.rule().name() != name) continue;
        ByteReader reader{as_bytes(state)};
        signal.load(reader);
        TM_INVARIANT(reader.done(), "a stored rule is read to its end");
      }
    }
    TM_INVARIANT(one.done(), "a stored instrument is read to its end");
  }
  predictions_armed_ = in.get<Timestamp>();
  predictions_.load(in, config_.instruments);
  for (std::size_t place = 0; place < cells_.size(); ++place) follow(place);
}

}  // namespace tickmesh
