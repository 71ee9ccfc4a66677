// The bars of one instrument against a slow twin that keeps everything and computes every bar from scratch.
#include <algorithm>
#include <map>
#include <memory>
#include <sstream>
#include <utility>

#include "bars/instrument_bars.hpp"
#include "unit/analytics/random_ticks.hpp"

namespace tickmesh {
namespace {

using testing_ticks::SplitMix;

const Symbol kSymbol = *Symbol::parse("IBM.XNYS");
constexpr std::int64_t kBase = 1'381'104'000'000'000'000;  // a UTC midnight
constexpr std::int64_t kSecond = 1'000'000'000;

struct Twin {
  struct Print {
    Tick tick;
    bool busted{false};
  };
  using Key = std::pair<std::int64_t, std::int64_t>;  // length, start
  const BarSpec& spec;
  std::vector<TradingSession> sessions;
  std::vector<Print> prints;
  std::vector<std::pair<std::int64_t, std::int64_t>> gaps;
  std::map<Key, BarQuality> corrected;
  std::int64_t watermark{0};

  Key key(std::int64_t length, std::int64_t time, std::int64_t* end = nullptr) const {
    std::int64_t anchor = 0, next = std::numeric_limits<std::int64_t>::max();
    bool whole = false;
    if (length >= 3'600 * kSecond)
      for (const TradingSession& s : sessions) {
        for (const std::int64_t edge : {s.open.ns, s.close.ns}) {
          if (edge <= time) anchor = std::max(anchor, edge);
          if (edge > time) next = std::min(next, edge);
        }
        whole = whole || (length == 86'400 * kSecond && s.open.ns <= time && time < s.close.ns);
      }
    const std::int64_t start = whole ? anchor : time - (time - anchor) % length;
    if (end != nullptr) *end = whole ? next : std::min(start + length, next);
    return {length, start};
  }
  void touched(std::int64_t time, BarQuality quality) {
    for (const Duration length : spec.lengths) {
      std::int64_t end = 0;
      const Key bar = key(length.ns, time, &end);
      if (end <= watermark) corrected[bar] = quality;
    }
  }
  void take(const Tick& tick) {
    const bool late = tick.event_time.ns < watermark;
    watermark = std::max(watermark, tick.event_time.ns);
    if (tick.kind == TickKind::trade) {
      prints.push_back({tick});
      if (late) touched(tick.event_time.ns, watermark - tick.event_time.ns <= spec.lateness.ns ? BarQuality::late : BarQuality::revised);
    } else {
      std::ranges::find(prints, tick.trade_id, [](const Print& p) { return p.tick.trade_id; })->busted = true;
      touched(tick.event_time.ns, BarQuality::revised);
    }
  }
  std::string bar(const Key& bar) const {
    std::vector<const Tick*> mine;
    std::int64_t end = 0;
    key(bar.first, bar.second, &end);
    for (const Print& p : prints)
      if (!p.busted && p.tick.event_time.ns >= bar.second && p.tick.event_time.ns < end) mine.push_back(&p.tick);
    bool gap = false;
    for (const auto& [from, to] : gaps) gap = gap || (from < end && to > bar.second);
    const auto found = corrected.find(bar);
    const BarQuality quality = gap ? BarQuality::gap : found == corrected.end() ? BarQuality::complete : found->second;
    std::ostringstream out;
    if (mine.empty()) {
      out << "nothing " << to_string(quality);
      return out.str();
    }
    // Of one time in the order taken, which is that of the array.
    std::ranges::sort(mine, {}, [](const Tick* t) { return std::pair{t->event_time, t}; });
    Price high = mine[0]->price, low = mine[0]->price;
    std::int64_t volume = 0, signed_volume = 0;
    Int128 weighted = 0;
    for (const Tick* t : mine) {
      high = std::max(high, t->price), low = std::min(low, t->price);
      volume += t->size.raw();
      signed_volume += t->aggressor == Side::buy ? t->size.raw() : -t->size.raw();
      weighted += Int128{t->price.raw()} * t->size.raw();
    }
    const auto vwap = static_cast<std::int64_t>((2 * weighted + volume) / (2 * volume));  // to within one: halves go up here
    out << mine.front()->price.raw() << ' ' << high.raw() << ' ' << low.raw() << ' ' << mine.back()->price.raw() << ' ' << volume << ' '
        << signed_volume << ' ' << mine.size() << ' ' << vwap << ' ' << to_string(quality);
    return out.str();
  }
};

std::string text(const Bar& bar) {
  std::ostringstream out;
  if (bar.count == 0) {
    out << (bar.volume.is_zero() ? "nothing " : "something ") << to_string(bar.quality);
    return out.str();
  }
  out << bar.open.raw() << ' ' << bar.high.raw() << ' ' << bar.low.raw() << ' ' << bar.close.raw() << ' ' << bar.volume.raw() << ' '
      << bar.signed_volume.raw() << ' ' << bar.count << ' ' << bar.vwap.raw() << ' ' << to_string(bar.quality);
  return out.str();
}

void run(std::uint64_t seed, bool in_sessions) {
  SCOPED_TRACE("seed " + std::to_string(seed) + (in_sessions ? " in sessions" : ""));
  SplitMix random{seed};
  BarSpec spec;
  spec.cells = spec.longer_cells = 100'000;
  spec.prints = 100'000;
  std::vector<TradingSession> sessions;
  if (in_sessions)
    for (const std::int64_t minute : {90, 90 + 7 * 60 + 13, 90 + 24 * 60})  // opens on no hour, and early for a whole day
      sessions.push_back({{kBase + minute * 60 * kSecond}, {kBase + (minute + 390) * 60 * kSecond}});
  auto bars = std::make_unique<InstrumentBars>(spec, kSymbol, sessions);
  Twin twin{spec, sessions, {}, {}, {}, 0};
  std::map<Twin::Key, Bar> last;
  std::vector<Bar> out;
  std::uint64_t busts = 0, gaps = 0, restored = 0;
  const auto heard = [&] {
    for (const Bar& bar : out) {
      const Twin::Key key{bar.length.ns, bar.start.ns};
      EXPECT_EQ(bar.correction, last.contains(key)) << "length " << bar.length.ns / kSecond;
      last[key] = bar;
    }
    out.clear();
  };
  std::int64_t clock = kBase + 600 * kSecond;
  const std::int64_t first = clock;
  for (std::uint64_t i = 1; i <= 2'500; ++i) {
    clock += random.between(0, 9) == 0 ? random.between(0, 120) * kSecond : random.between(0, 2'000) * 1'000'000;
    const auto what = random.between(0, 99);
    if (what < 1 && gaps < 30) {
      const std::int64_t to = twin.watermark - random.between(0, 20) * kSecond / 2, from = to - random.between(1, 8'000) * 1'000'000;
      if (twin.watermark == 0) continue;
      twin.gaps.emplace_back(from, to);
      bars->gap({from}, {to}, out);
      ++gaps;
    } else if (what < 6 && !twin.prints.empty()) {
      const auto& print = twin.prints[static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(twin.prints.size()) - 1))];
      if (print.busted) continue;
      Tick bust = print.tick;
      bust.kind = TickKind::bust;
      bars->apply(bust, out);
      twin.take(bust);
      ++busts;
    } else {
      const auto how = random.between(0, 19);
      const std::int64_t late = how == 0 ? random.between(0, 3'000'000) : how < 4 ? random.between(0, 4'000) : 0;
      Tick t;
      t.event_time = {std::max(first, clock - late * 1'000'000)};
      t.kind = TickKind::trade;
      t.feed = FeedKind::demo;
      t.price = Price::from_raw(random.between(1, 1'000));
      t.size = Quantity::from_raw(2 * random.between(1, 1'000) + 1);
      t.aggressor = random.between(0, 1) == 0 ? Side::buy : Side::sell;
      t.trade_id = i;
      bars->apply(t, out);
      twin.take(t);
    }
    heard();
    if (random.between(0, 99) == 0) {
      Bytes bytes, again;
      ByteWriter writer{bytes};
      bars->save(writer);
      bars = std::make_unique<InstrumentBars>(spec, kSymbol, sessions);
      ByteReader reader{bytes};
      bars->load(reader);
      ByteWriter second{again};
      bars->save(second);
      ASSERT_EQ(bytes, again);
      ++restored;
    }
  }
  bars->advance({clock + 2 * 86'400 * kSecond}, out);
  twin.watermark = clock + 2 * 86'400 * kSecond;
  heard();
  for (const auto& [key, bar] : last) {
    const std::string mine = text(bar), theirs = twin.bar(key);
    // The twin rounds the mean of prices half up, bars half to even.
    if (mine != theirs) {
      Bar other = bar;
      other.vwap = Price::from_raw(bar.vwap.raw() + 1);
      EXPECT_EQ(text(other), theirs) << "length " << key.first / kSecond << " start " << (key.second - kBase) / kSecond;
    }
  }
  for (const Twin::Print& print : twin.prints) {
    if (print.busted) continue;
    for (const Duration length : spec.lengths)
      EXPECT_TRUE(last.contains(twin.key(length.ns, print.tick.event_time.ns))) << "a trade without its bar of " << length.ns / kSecond;
  }
  EXPECT_GT(busts, 50u);
  EXPECT_GT(gaps, 5u);
  EXPECT_GT(restored, 5u);
  EXPECT_GT(bars->counts().late, 100u);
  EXPECT_EQ(bars->counts().too_old, 0u);
  EXPECT_EQ(bars->counts().busted, busts);
}

TEST(BarsTwin, TheLastWordOnEveryBarOfEveryLengthIsWhatTheSlowTwinComputes) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) run(seed, false);
}

TEST(BarsTwin, SoItIsWithSessionsThatOpenOnNoHour) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) run(seed, true);
}

TEST(BarsState, OfOneSymbolIsBelow64KiB) {
  const BarSpec spec;
  const InstrumentBars bars{spec, kSymbol};
  EXPECT_LT(bars.bytes(), 65'536u);
  EXPECT_GT(bars.bytes(), 30'000u);
}

}  // namespace
}  // namespace tickmesh
