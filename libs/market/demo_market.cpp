#include "market/demo_market.hpp"

#include <algorithm>
#include <cmath>

namespace tickmesh {
namespace {

constexpr double kKeepSwing =
    0.9622238368941451;  // 2^(-1/18): half of a swing is gone after 18 quotes; a literal, since compilers fold exp2 differently
constexpr double kPacePersistence = 0.92;    // a tick
constexpr double kHeatPersistence = 0.97;    // a quote
constexpr double kCommonPersistence = 0.98;  // a quarter of a second: spells of about ten seconds
constexpr std::int64_t kCommonGridNs = 250'000'000;
constexpr double kPaceSpread = 0.6, kHeatSpread = 0.9, kCommonSpread = 0.6;  // sd of the log factors
constexpr double kMostHeat = 2.2;                                            // keeps ordinary swings below what pays for a round trip
constexpr double kReturnSeconds = 3 * 23'400;  // the fair value is drawn back to the reference price over three sessions
constexpr std::int32_t kMinSpread = 1, kMaxSpread = 5;

/// exp(sd x) of mean 1 for a standard normal x.
double factor(double sd, double x) { return std::exp(sd * x - 0.5 * sd * sd); }
double step(double x, double persistence, double noise) { return persistence * x + std::sqrt(1 - persistence * persistence) * noise; }

/// Lots, skewed to small, mean about `mean`.
std::int64_t draw_size(Random& random, double mean) {
  const double u = random.uniform();
  return 1 + static_cast<std::int64_t>(mean * 3 * u * u);
}

Result<void> check(const Instruments& instruments, const DemoOptions& options) {
  if (instruments.list().empty()) return bad_value("feed.demo.instruments", "at least one", "the demo market has nothing to quote");
  if (!(options.ticks_per_second >= 0.1 && options.ticks_per_second <= 5e6))
    return bad_value("feed.demo.rate", "0.1 .. 5000000", std::to_string(options.ticks_per_second));
  if (options.depth < 1 || options.depth > 10) return bad_value("feed.demo.depth", "1 .. 10", std::to_string(options.depth));
  for (const Instrument& i : instruments.list()) {
    if (i.reference_price.raw() < 100 * i.tick_size.raw())
      return bad_value("reference_price", "at least 100 ticks", i.symbol.str() + " has no price to start from");
    if (!(i.daily_volatility >= 0 && i.daily_volatility < 1)) return bad_value("daily_volatility", "0 .. 1", i.symbol.str());
    if (!(i.daily_volume >= 0)) return bad_value("daily_volume", ">= 0", i.symbol.str());
  }
  for (const auto& [symbol, demo] : options.instruments) {
    if (instruments.find(symbol) == nullptr) return bad_value("feed.demo.instruments", "listed in instruments.toml", symbol.str());
    if (!(demo.activity > 0 && demo.activity <= 1000)) return bad_value("activity", "above 0, at most 1000", symbol.str());
    if (!(demo.spread_ticks >= 1 && demo.spread_ticks <= 4)) return bad_value("spread_ticks", "1 .. 4", symbol.str());
  }
  return {};
}

DemoInstrument settings(const DemoOptions& options, const Symbol& symbol) {
  for (const auto& [name, demo] : options.instruments)
    if (name == symbol) return demo;
  return {};
}

}  // namespace

Result<DemoMarket> DemoMarket::make(const Instruments& instruments, const DemoOptions& options) {
  if (auto ok = check(instruments, options); !ok) return std::unexpected(ok.error());
  return DemoMarket{instruments, options};
}

DemoMarket::DemoMarket(const Instruments& instruments, const DemoOptions& options)
    : options_{options}, schedule_{options.seed, instruments.list().size()}, random_{Random::mix(options.seed ^ 0x6d61726b6574ULL)} {
  double activity = 0;
  for (const Instrument& i : instruments.list()) activity += settings(options, i.symbol).activity;
  Bytes identity;
  ByteWriter writer{identity};
  writer.put(options.seed), writer.put(options.ticks_per_second), writer.put(options.depth);
  for (const Instrument& i : instruments.list()) {
    const DemoInstrument demo = settings(options, i.symbol);
    writer.put(i.symbol), writer.put(i.tick_size), writer.put(i.lot), writer.put(i.reference_price);
    writer.put(i.daily_volume), writer.put(i.daily_volatility), writer.put(demo.activity), writer.put(demo.spread_ticks);
    const double rate = options.ticks_per_second * demo.activity / activity;
    const double price = i.reference_price.to_double();
    const double volatility = i.daily_volatility > 0 ? i.daily_volatility : 0.015;
    Book b;
    b.id = i.id();
    b.symbol = i.symbol;
    b.tick_raw = i.tick_size.raw();
    b.lot_raw = i.lot.raw();
    b.tick = i.tick_size.to_double();
    b.activity = (books_.empty() ? 0.0 : books_.back().activity) + demo.activity / activity;
    b.mean_gap_ns = 1e9 / rate;
    const double tick_share = b.tick / price;
    b.fair_step = 0.2 * volatility / std::sqrt(23'400.0);
    b.noise_step = 0.08e-4 + 0.18 * tick_share;
    b.shock = 9e-4 + 2.5 * tick_share;
    b.usual_spread = demo.spread_ticks;
    const double lots = i.daily_volume > 0 ? i.daily_volume / (i.lot.to_double() * std::max(1.0, rate * 23'400 * 0.25)) : 100;
    b.usual_size = std::clamp(lots, 50.0, 5000.0);
    b.random = Random{Random::mix(options.seed + b.id.value)};
    b.fair = b.anchor = std::log(price);
    b.due = static_cast<std::int64_t>(b.mean_gap_ns * b.random.uniform());
    books_.push_back(b);
  }
  fingerprint_ = fnv1a64(as_text(identity));
  heap_.reserve(books_.size());
  rebuild_heap();
}

void DemoMarket::rebuild_heap() {
  heap_.clear();
  for (std::uint32_t i = 0; i < books_.size(); ++i) heap_.emplace_back(books_[i].due, i);
  std::ranges::make_heap(heap_, std::ranges::greater{});
}

/// The book on top has its next turn later: one way down instead of out and in again.
void DemoMarket::put_off(Turn turn) {
  std::size_t at = 0;
  for (std::size_t child = 1; child < heap_.size(); child = 2 * at + 1) {
    if (child + 1 < heap_.size() && heap_[child + 1] < heap_[child]) ++child;
    if (turn < heap_[child]) break;
    heap_[at] = heap_[child];
    at = child;
  }
  heap_[at] = turn;
}

std::int64_t DemoMarket::next_offset() const { return std::min(schedule_.next().at, heap_.front().first); }

DemoItem DemoMarket::next() {
  DemoItem item;
  for (;;) {
    if (schedule_.next().at <= heap_.front().first) {
      if (!take_event(item)) continue;
      ++position_;
      return item;
    }
    const auto [now, which] = heap_.front();
    item.tick = Tick{};
    Book& book = books_[which];
    if (now < book.halted_until) {
      book.due = book.halted_until + static_cast<std::int64_t>(book.mean_gap_ns * book.random.exponential());
    } else {
      advance_common(now);
      const double share = 0.17 + 0.08 * u_;  // of ticks that are trades
      const bool silent = now >= gap_from_ && now < gap_to_;
      if (!book.unheard && book.random.uniform() < share) {
        trade(book, item.tick);
      } else {
        quote(book, now, item.tick);
        book.unheard = silent;
        if (!silent) book.told = {book.bid, book.ask, book.bid_size, book.ask_size};
      }
      // What happens during a silence of the feed happens all the same; nobody hears it.
      if (silent) item.tick.kind = TickKind::none;
      schedule(book, now);
    }
    put_off({book.due, which});
    if (item.tick.kind == TickKind::none) continue;
    item.offset = now;
    ++position_;
    return item;
  }
}

bool DemoMarket::take_event(DemoItem& item) {
  using Kind = ScheduleEvent::Kind;
  const ScheduleEvent event = schedule_.next();
  schedule_.pop();
  item.tick = Tick{};
  item.offset = event.at;
  item.is_event = true;
  item.event = DemoEvent{};
  switch (event.kind) {
    case Kind::session_started: item.event.kind = FeedEventKind::session_started; break;
    case Kind::session_ended: item.event.kind = FeedEventKind::session_ended; break;
    case Kind::halted:
      books_[event.instrument].halted_until = event.to;
      item.event.kind = FeedEventKind::halted;
      item.event.symbol = books_[event.instrument].symbol;
      break;
    case Kind::resumed:
      item.event.kind = FeedEventKind::resumed;
      item.event.symbol = books_[event.instrument].symbol;
      break;
    case Kind::gap_begins:
      gap_from_ = event.from;
      gap_to_ = event.to;
      item.is_event = false;
      return false;
    case Kind::gap_ends:
      item.event.kind = FeedEventKind::gap;
      item.event.from = event.from;
      item.event.to = event.to;
      break;
  }
  return true;
}

void DemoMarket::advance_common(std::int64_t now) {
  while (common_due_ <= now) {
    common_ = step(common_, kCommonPersistence, random_.normal());
    common_due_ += kCommonGridNs;
    if (common_due_ > now) {
      rate_ = factor(kCommonSpread, common_);
      u_ = schedule_.u_shape(now);
    }
  }
  while (schedule_.next_dislocation() <= now) {
    const auto what = schedule_.pop_dislocation();
    Book& book = *std::ranges::upper_bound(books_.begin(), books_.end() - 1, what.pick, {}, &Book::activity);
    const double size = what.size * book.shock;
    if (what.news) {
      book.fair += size;
      book.drift += 0.8 * size;
    } else {
      book.swing += size;
    }
  }
}

void DemoMarket::schedule(Book& b, std::int64_t now) {
  b.pace = step(b.pace, kPacePersistence, b.random.normal());
  const double gap = b.mean_gap_ns * b.random.exponential() * factor(kPaceSpread, b.pace) / rate_;
  b.due = now + 1 + static_cast<std::int64_t>(gap);
}

void DemoMarket::quote(Book& b, std::int64_t now, Tick& tick) {
  const double seconds = static_cast<double>(now - b.quoted_at) * 1e-9;
  b.quoted_at = now;
  b.heat = step(b.heat, kHeatPersistence, b.random.normal());
  const double heat = std::min(kMostHeat, factor(kHeatSpread, b.heat));
  const double news = 0.05 * b.drift;
  b.drift -= news;
  b.fair += news + b.fair_step * std::sqrt(seconds) * b.random.normal() - (b.fair - b.anchor) * std::min(1.0, seconds / kReturnSeconds);
  b.swing = kKeepSwing * b.swing + b.noise_step * heat * b.random.normal();
  if (b.random.uniform() < 0.2 * heat) {
    const double pull = b.usual_spread * (1 + 0.2 * b.heat) - static_cast<double>(b.spread);
    b.spread = std::clamp(b.spread + (b.random.uniform() < 0.5 + 0.3 * pull ? 1 : -1), kMinSpread, kMaxSpread);
  }
  const double price = std::exp(b.fair + b.swing) / b.tick;
  const std::int64_t bid = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::floor(price - 0.5 * b.spread + 0.5)));
  const std::int64_t old_bid = b.bid, old_ask = b.ask;
  b.bid = bid;
  b.ask = bid + b.spread;
  const double shown = 2.5 * b.usual_size * (0.6 + 0.4 * u_);
  const std::uint64_t coins = b.random.next();
  if (b.bid != old_bid || (coins & 1) != 0) b.bid_size = draw_size(b.random, shown);
  if (b.ask != old_ask || (coins & 2) != 0) b.ask_size = draw_size(b.random, shown);
  // A quote tick is a change of the quote.
  if (b.told == std::array{b.bid, b.ask, b.bid_size, b.ask_size}) ++b.bid_size;
  tick.kind = TickKind::quote;
  tick.feed = FeedKind::demo;
  tick.synthetic = true;
  tick.instrument = b.id;
  tick.bid = Price::from_raw(b.bid * b.tick_raw);
  tick.ask = Price::from_raw(b.ask * b.tick_raw);
  tick.bid_size = Quantity::from_raw(b.bid_size * b.lot_raw);
  tick.ask_size = Quantity::from_raw(b.ask_size * b.lot_raw);
}

void DemoMarket::trade(Book& b, Tick& tick) {
  // Orders are split, so sides come in runs; and buyers come when the price is low.
  const double stay = 0.65;
  const double bias = std::clamp(-b.swing / b.shock, -1.0, 1.0) * 0.3 * (b.lean == Side::buy ? 1 : -1);
  if (b.random.uniform() >= stay + bias) b.lean = opposite(b.lean);
  const bool buys = b.lean == Side::buy;
  std::int64_t price = buys ? b.ask : b.bid;
  const bool inside = b.random.uniform() < 0.04;
  if (inside && b.spread > 1) price += buys ? -1 : 1;
  std::int64_t& shown = buys ? b.ask_size : b.bid_size;
  const double lots = b.usual_size * (0.3 + 0.7 * u_);
  const std::int64_t size = std::min(draw_size(b.random, lots), shown);
  shown = std::max<std::int64_t>(1, shown - size);
  tick.kind = TickKind::trade;
  tick.feed = FeedKind::demo;
  tick.synthetic = true;
  tick.instrument = b.id;
  tick.aggressor = b.lean;
  tick.price = Price::from_raw(price * b.tick_raw);
  tick.size = Quantity::from_raw(size * b.lot_raw);
  tick.trade_id = ++trades_;
}

Depth DemoMarket::depth(InstrumentId id) const {
  const auto it = std::ranges::find(books_, id, &Book::id);
  return it == books_.end() ? Depth{} : depth_of(*it);
}

Depth DemoMarket::depth_of(const Book& book) const {
  Depth depth;
  if (book.bid == 0) return depth;
  depth.levels = options_.depth;
  // Deeper levels hold more, by a hash of their price, so that a level keeps its size while the best quote moves about it.
  const auto size = [&](std::int64_t level_price) {
    const std::uint64_t h = Random::mix(options_.seed ^ book.id.value ^ static_cast<std::uint64_t>(level_price));
    return 1 + static_cast<std::int64_t>(book.usual_size * (2.0 + 4.0 * static_cast<double>(h >> 11) * 0x1.0p-53));
  };
  for (unsigned level = 0; level < depth.levels; ++level) {
    const std::int64_t bid = book.bid - level, ask = book.ask + level;
    depth.bids[level] = {Price::from_raw(bid * book.tick_raw), Quantity::from_raw((level == 0 ? book.bid_size : size(bid)) * book.lot_raw)};
    depth.asks[level] = {Price::from_raw(ask * book.tick_raw), Quantity::from_raw((level == 0 ? book.ask_size : size(ask)) * book.lot_raw)};
  }
  return depth;
}

void DemoMarket::save(ByteWriter& out) const {
  out.put(fingerprint_);
  schedule_.save(out);
  out.put(random_.state());
  out.put(common_), out.put(rate_), out.put(u_), out.put(common_due_);
  out.put(gap_from_), out.put(gap_to_), out.put(position_), out.put(trades_);
  for (const Book& b : books_) {
    out.put(b.random.state()), out.put(b.due), out.put(b.quoted_at);
    out.put(b.fair), out.put(b.swing), out.put(b.drift), out.put(b.pace), out.put(b.heat);
    out.put(b.bid), out.put(b.ask), out.put(b.spread), out.put(b.bid_size), out.put(b.ask_size);
    for (const std::int64_t value : b.told) out.put(value);
    out.put(b.unheard), out.put(b.lean), out.put(b.halted_until);
  }
}

void DemoMarket::load(ByteReader& in) {
  TM_INVARIANT(in.get<std::uint64_t>() == fingerprint_, "a stored demo market is loaded into one of the same seed, rate and instruments");
  schedule_.load(in);
  random_ = Random{in.get<std::uint64_t>()};
  common_ = in.get<double>();
  rate_ = in.get<double>();
  u_ = in.get<double>();
  common_due_ = in.get<std::int64_t>();
  gap_from_ = in.get<std::int64_t>();
  gap_to_ = in.get<std::int64_t>();
  position_ = in.get<std::uint64_t>();
  trades_ = in.get<std::uint64_t>();
  for (Book& b : books_) {
    b.random = Random{in.get<std::uint64_t>()};
    b.due = in.get<std::int64_t>();
    b.quoted_at = in.get<std::int64_t>();
    b.fair = in.get<double>();
    b.swing = in.get<double>();
    b.drift = in.get<double>();
    b.pace = in.get<double>();
    b.heat = in.get<double>();
    b.bid = in.get<std::int64_t>();
    b.ask = in.get<std::int64_t>();
    b.spread = in.get<std::int32_t>();
    b.bid_size = in.get<std::int64_t>();
    b.ask_size = in.get<std::int64_t>();
    for (std::int64_t& value : b.told) value = in.get<std::int64_t>();
    b.unheard = in.get<bool>();
    b.lean = in.get<Side>();
    b.halted_until = in.get<std::int64_t>();
  }
  rebuild_heap();
}

}  // namespace tickmesh
