// Bars of one instrument, told as tables: what happens, and the bars it makes.
#include "bars/instrument_bars.hpp"

#include <algorithm>
#include <map>
#include <sstream>

#include "unit/analytics/random_ticks.hpp"

namespace tickmesh {
namespace {

const Symbol kSymbol = *Symbol::parse("AAPL.DEMO");
constexpr Timestamp kBase{1'737'376'800'000'000'000};  // a full minute

Timestamp at(double seconds_after) { return kBase + nanoseconds(static_cast<std::int64_t>(seconds_after * 1e9 + 0.5)); }

Tick trade(double when, const char* price, std::int64_t size, Side aggressor = Side::buy) {
  Tick t;
  t.event_time = at(when);
  t.kind = TickKind::trade;
  t.feed = FeedKind::demo;
  t.price = *Price::parse(price);
  t.size = Quantity::from_units(size);
  t.aggressor = aggressor;
  return t;
}
Tick quote(double when, const char* bid, const char* ask) {
  Tick t;
  t.event_time = at(when);
  t.kind = TickKind::quote;
  t.feed = FeedKind::demo;
  t.bid = *Price::parse(bid);
  t.ask = *Price::parse(ask);
  return t;
}

// "1s trade @0 o=10 h=10 l=10 c=10 v=100 n=1 complete"
std::string text(const Bar& bar) {
  std::ostringstream out;
  out << bar.length.ns / 1'000'000'000 << "s " << to_string(bar.basis) << " @" << (bar.start - kBase).ns / 1'000'000'000
      << " o=" << bar.open.str() << " h=" << bar.high.str() << " l=" << bar.low.str() << " c=" << bar.close.str()
      << " v=" << bar.volume.str() << " n=" << bar.count << ' ' << to_string(bar.quality) << (bar.correction ? " correction" : "");
  return out.str();
}

class Bars : public ::testing::Test {
 protected:
  std::vector<std::string> take(const Tick& tick) {
    bars_.apply(tick, out_);
    return said();
  }
  std::vector<std::string> said() {
    std::vector<std::string> lines;
    for (const Bar& bar : out_) lines.push_back(text(bar));
    last_ = out_;
    out_.clear();
    return lines;
  }
  using Lines = std::vector<std::string>;
  BarSpec spec_{.lengths = {seconds(1), seconds(60)}};
  InstrumentBars bars_{spec_, kSymbol};
  std::vector<Bar> out_, last_;
};

TEST_F(Bars, ATickAtTheEndOfABarMakesItFinal) {
  EXPECT_EQ(take(trade(0.1, "10", 100)), Lines{});
  EXPECT_EQ(take(trade(0.5, "10.05", 50, Side::sell)), Lines{});
  EXPECT_EQ(take(trade(1.0, "10.10", 10)), (Lines{"1s trade @0 o=10 h=10.05 l=10 c=10.05 v=150 n=2 complete"}));
  EXPECT_EQ(last_[0].signed_volume, Quantity::from_units(50));
  EXPECT_EQ(last_[0].header.event_time, at(1));
  EXPECT_EQ(last_[0].symbol, kSymbol);
}

TEST_F(Bars, AQuoteClosesTheBarsOfTrades) {
  take(trade(0.1, "10", 100));
  EXPECT_EQ(take(quote(1.2, "9", "11")), (Lines{"1s trade @0 o=10 h=10 l=10 c=10 v=100 n=1 complete"}));
}

TEST_F(Bars, EmptyIntervalsMakeNoBar) {
  take(trade(0.1, "10", 100));
  EXPECT_EQ(take(trade(59.5, "11", 1)).size(), 1u);
  EXPECT_EQ(take(trade(130, "12", 1)),
            (Lines{"1s trade @59 o=11 h=11 l=11 c=11 v=1 n=1 complete", "60s trade @0 o=10 h=11 l=10 c=11 v=101 n=2 complete"}));
}

TEST_F(Bars, LateTradeCorrectsTheBarItBelongsTo) {
  take(trade(0.1, "10", 100));
  take(trade(1.0, "10.05", 10));
  EXPECT_EQ(take(trade(0.9, "10.02", 50)), (Lines{"1s trade @0 o=10 h=10.02 l=10 c=10.02 v=150 n=2 late correction"}));
  EXPECT_EQ(last_[0].header.event_time, at(0.9));
  EXPECT_EQ(take(trade(0.05, "9.99", 50)), (Lines{"1s trade @0 o=9.99 h=10.02 l=9.99 c=10.02 v=200 n=3 late correction"}));
}

TEST_F(Bars, ATradeLaterThanTheLatenessRevises) {
  take(trade(0.1, "10", 100));
  take(trade(2.9, "10.05", 10));
  EXPECT_EQ(take(trade(0.9, "10.02", 1)), (Lines{"1s trade @0 o=10 h=10.02 l=10 c=10.02 v=101 n=2 late correction"}));
  EXPECT_EQ(take(trade(0.899, "10.03", 1)), (Lines{"1s trade @0 o=10 h=10.03 l=10 c=10.02 v=102 n=3 revised correction"}));
}

TEST_F(Bars, ALateTradeInAnEmptyIntervalMakesItsFirstBar) {
  take(trade(0.1, "10", 100));
  take(trade(2.5, "10.05", 10));
  EXPECT_EQ(take(trade(1.5, "10.02", 50)), (Lines{"1s trade @1 o=10.02 h=10.02 l=10.02 c=10.02 v=50 n=1 late"}));
}

TEST_F(Bars, AnOutOfOrderTradeOfTheOpenBarIsJustTaken) {
  take(trade(0.5, "10", 100));
  EXPECT_EQ(take(trade(0.2, "9.90", 1)), Lines{});
  EXPECT_EQ(take(trade(1.5, "10", 1)), (Lines{"1s trade @0 o=9.9 h=10 l=9.9 c=10 v=101 n=2 complete"}));
}

TEST_F(Bars, TheMinuteIsCorrectedWithItsSecond) {
  take(trade(58.5, "10", 100));
  take(trade(60.2, "11", 1));
  EXPECT_EQ(take(trade(59.9, "12", 5)),
            (Lines{"1s trade @59 o=12 h=12 l=12 c=12 v=5 n=1 late", "60s trade @0 o=10 h=12 l=10 c=12 v=105 n=2 late correction"}));
}

TEST_F(Bars, ATradeSoLateThatItsSecondIsForgottenStillRevisesItsMinute) {
  const BarSpec spec{.lengths = {seconds(1), seconds(60), seconds(3600)}};
  InstrumentBars bars{spec, kSymbol};
  for (int i = 0; i < 129; ++i) bars.apply(trade(i + 0.5, "10", 1), out_);
  out_.clear();
  bars.apply(trade(0.6, "11", 5), out_);
  EXPECT_EQ(said(), (Lines{"60s trade @0 o=10 h=11 l=10 c=10 v=65 n=61 revised correction"}));
  EXPECT_EQ(bars.counts().too_old, 1u);  // its second has missed it
  EXPECT_EQ(bars.counts().late, 1u);
  bars.apply(trade(3600, "10", 1), out_);
  EXPECT_EQ(said().back(), "3600s trade @-2400 o=10 h=11 l=10 c=10 v=134 n=130 complete");
}

TEST_F(Bars, ABustTakesItsTradeBackAndGivesTheBarItsPricesBack) {
  const auto bust = [](Tick t) {
    t.kind = TickKind::bust;
    return t;
  };
  take(trade(0.1, "10", 100));
  take(trade(0.2, "15", 7, Side::sell));
  take(trade(0.3, "10.01", 1));
  EXPECT_EQ(take(trade(1.5, "10", 1)), (Lines{"1s trade @0 o=10 h=15 l=10 c=10.01 v=108 n=3 complete"}));
  EXPECT_EQ(take(bust(trade(0.2, "15", 7, Side::sell))), (Lines{"1s trade @0 o=10 h=10.01 l=10 c=10.01 v=101 n=2 revised correction"}));
  EXPECT_EQ(last_[0].signed_volume, Quantity::from_units(101));
  EXPECT_EQ(take(bust(trade(0.2, "15", 7))), Lines{});  // nothing holds it any more
  EXPECT_EQ(bars_.counts().unusable, 1u);
  take(bust(trade(0.1, "10", 100)));
  EXPECT_EQ(take(bust(trade(0.3, "10.01", 1))).at(0).substr(0, 12), "1s trade @0 ");
  EXPECT_EQ(last_[0].count, 0u);
  EXPECT_EQ(last_[0].volume, Quantity{});
  EXPECT_EQ(take(trade(0.4, "11", 3)), (Lines{"1s trade @0 o=11 h=11 l=11 c=11 v=3 n=1 late correction"}));
}

TEST_F(Bars, WhereTheFeedDoesNotTellTheAggressorTheQuoteBeforeDoes) {
  take(quote(0.1, "10", "10.02"));
  take(trade(0.2, "10.02", 5, Side::none));
  take(trade(0.2, "10", 2, Side::none));
  take(quote(0.3, "10.02", "10.04"));
  take(trade(0.3, "10.02", 100, Side::none));  // the quote of its own moment is not before it
  EXPECT_EQ(take(trade(1.5, "10", 1)).size(), 2u);
  EXPECT_EQ(last_[0].signed_volume, Quantity::from_units(103));
}

TEST(BarGrid, HoursAndDaysCountFromTheSessionsOpenAndEndWithItsClose) {
  const auto minute = [](int n) { return at(n * 60); };
  const std::vector<TradingSession> sessions{{minute(90), minute(480)}, {minute(1'530), minute(3'030)}};  // the second has 25 hours
  const BarGrid grid{sessions};
  EXPECT_EQ(grid.at(minute(100), seconds(3600)), (BarInterval{minute(90), minute(150)}));
  EXPECT_EQ(grid.at(minute(479), seconds(3600)), (BarInterval{minute(450), minute(480)}));
  EXPECT_EQ(grid.at(minute(480), seconds(3600)), (BarInterval{minute(480), minute(540)}));
  EXPECT_EQ(grid.at(minute(1'529), seconds(3600)), (BarInterval{minute(1'500), minute(1'530)}));
  EXPECT_EQ(grid.at(minute(100), seconds(1800)).start.ns % seconds(1800).ns, 0);  // shorter ones count from the epoch
  EXPECT_EQ(grid.at(minute(100), seconds(86'400)), (BarInterval{minute(90), minute(480)}));
  EXPECT_EQ(grid.at(minute(1'529), seconds(86'400)), (BarInterval{minute(480), minute(1'530)}));
  EXPECT_EQ(grid.at(minute(3'029), seconds(86'400)), (BarInterval{minute(1'530), minute(3'030)}));
  EXPECT_EQ(grid.at(minute(3'030 + 1'441), seconds(86'400)), (BarInterval{minute(3'030 + 1'440), minute(3'030 + 2'880)}));
  EXPECT_EQ(grid.at(minute(80), seconds(86'400)).end, minute(90));  // the day before the first session known ends with it
  EXPECT_EQ(BarGrid{}.at(minute(100), seconds(86'400)).start.ns % seconds(86'400).ns, 0);
}

TEST(BarsInSessions, HoursOfAnotherCalendarAreForgottenAndTheOpenOneIsFoundAgain) {
  const auto minute = [](int n) { return at(n * 60); };
  const std::vector<TradingSession> before{{minute(90), minute(480)}}, after{{minute(100), minute(480)}};
  const BarSpec spec;
  std::vector<Bar> out;
  InstrumentBars bars{spec, kSymbol, before};
  for (int m = 90; m < 240; m += 10) bars.apply(trade(m * 60, "10", 1), out);
  Bytes stored;
  ByteWriter writer{stored};
  bars.save(writer);
  InstrumentBars later{spec, kSymbol, after};
  ByteReader reader{stored};
  later.load(reader);
  out.clear();
  later.apply(trade(281 * 60, "11", 1), out);
  std::vector<std::pair<Timestamp, std::uint64_t>> hours;
  for (const Bar& bar : out)
    if (bar.length == seconds(3600)) hours.emplace_back(bar.start, bar.count);
  EXPECT_EQ(hours, (std::vector<std::pair<Timestamp, std::uint64_t>>{{minute(220), 2}}));
}

TEST_F(Bars, VwapIsExactAndRoundedHalfEven) {
  take(trade(0.1, "0.00000001", 1));
  take(trade(0.2, "0.00000002", 1));
  take(trade(1.0, "0.00000002", 1));
  EXPECT_EQ(last_[0].vwap.raw(), 2);  // 1.5 to even
  take(trade(1.1, "0.00000003", 1));
  take(trade(2.0, "1", 1));
  EXPECT_EQ(last_[0].vwap.raw(), 2);  // 2.5 to even
  take(trade(2.1, "2", 3));
  take(trade(3.0, "1", 0));
  EXPECT_EQ(last_[0].vwap, *Price::parse("1.75"));
  take(trade(4.0, "1", 1));
  EXPECT_EQ(last_[0].vwap, *Price::parse("1"));  // nothing but a print of size zero
}

TEST_F(Bars, MidsAreBarsOfTheirOwn) {
  take(quote(0.1, "10", "10.02"));
  take(quote(0.2, "10", "10.02"));     // a repeat
  take(quote(0.3, "10.05", "10.02"));  // crossed
  take(quote(0.4, "0", "10.02"));      // one-sided
  take(quote(0.5, "10.02", "10.05"));
  EXPECT_EQ(take(quote(1.1, "10", "10.02")), (Lines{"1s mid @0 o=10.01 h=10.035 l=10.01 c=10.035 v=0 n=2 complete"}));
  EXPECT_EQ(last_[0].vwap, *Price::parse("10.0225"));
  EXPECT_EQ(bars_.counts().unusable, 3u);
}

TEST_F(Bars, AGapMarksWhatItOverlaps) {
  take(trade(0.5, "10", 100));
  take(trade(1.5, "10", 100));
  bars_.gap(at(0.9), at(1.0), out_);
  EXPECT_EQ(said(), (Lines{"1s trade @0 o=10 h=10 l=10 c=10 v=100 n=1 gap correction"}));
  bars_.gap(at(1.6), at(2.5), out_);
  EXPECT_EQ(said(), Lines{});
  EXPECT_EQ(take(trade(2.6, "10", 1)), (Lines{"1s trade @1 o=10 h=10 l=10 c=10 v=100 n=1 gap"}));
  EXPECT_EQ(take(trade(3.6, "10", 1)), (Lines{"1s trade @2 o=10 h=10 l=10 c=10 v=1 n=1 gap"}));
  EXPECT_EQ(take(trade(4.6, "10", 1)), (Lines{"1s trade @3 o=10 h=10 l=10 c=10 v=1 n=1 complete"}));
  EXPECT_EQ(take(trade(60, "10", 1)).back(), "60s trade @0 o=10 h=10 l=10 c=10 v=203 n=5 gap");
  bars_.gap(at(0.5), at(0.9), out_);
  EXPECT_EQ(said(), Lines{});  // both bear one already
}

TEST_F(Bars, LostTicksAreAGapUntilTheNextOne) {
  take(trade(0.5, "10", 100));
  bars_.lost(out_);
  EXPECT_EQ(said(), Lines{});
  EXPECT_EQ(take(trade(5.5, "10", 1)), (Lines{"1s trade @0 o=10 h=10 l=10 c=10 v=100 n=1 gap"}));
  EXPECT_EQ(take(trade(6.5, "10", 1)), (Lines{"1s trade @5 o=10 h=10 l=10 c=10 v=1 n=1 gap"}));
  EXPECT_EQ(take(trade(7.5, "10", 1)), (Lines{"1s trade @6 o=10 h=10 l=10 c=10 v=1 n=1 complete"}));
}

TEST_F(Bars, FeedsAreNeverMixedInABar) {
  take(trade(0.5, "10", 100));
  Tick other = trade(0.6, "99", 1);
  other.feed = FeedKind::push;
  take(other);
  other = trade(30, "99", 1);
  other.feed = FeedKind::push;
  take(other);
  EXPECT_EQ(bars_.counts().other_feed, 2u);
  other = trade(60, "99", 1);
  other.feed = FeedKind::push;
  EXPECT_EQ(take(other).back(), "60s trade @0 o=10 h=10 l=10 c=10 v=100 n=1 complete");
  EXPECT_EQ(bars_.feed(), FeedKind::push);
}

TEST_F(Bars, VolumesThatWouldOverflowAreRefused) {
  take(trade(0.1, "10", 1'000'000'000));
  take(trade(0.2, "10", 90'000'000'000));
  Tick negative = trade(0.3, "10", -5);
  take(negative);
  EXPECT_EQ(take(trade(1.5, "10", 1)), (Lines{"1s trade @0 o=10 h=10 l=10 c=10 v=1000000000 n=1 complete"}));
  EXPECT_EQ(bars_.counts().unusable, 2u);
}

TEST_F(Bars, AClockClosesWhatIsPastAndTellsNoMore) {
  take(trade(0.1, "10", 1));
  bars_.close_past(at(0.99), out_);
  EXPECT_EQ(said(), Lines{});
  EXPECT_EQ(bars_.open_until(0), at(1));
  bars_.close_past(at(5), out_);
  EXPECT_EQ(said().size(), 1u);
  EXPECT_EQ(bars_.open_until(0), Timestamp{});
  EXPECT_EQ(bars_.open_until(1), at(60));
  take(trade(1.1, "10", 1));  // it was on its way: not late
  EXPECT_EQ(bars_.counts().late, 0u);
}

TEST(BarSpec, RefusesLengthsThatCannotBeBuilt) {
  EXPECT_TRUE(BarSpec{}.check().has_value());
  EXPECT_FALSE((BarSpec{.lengths = {}}.check().has_value()));
  EXPECT_FALSE((BarSpec{.lengths = {seconds(2), seconds(5)}}.check().has_value()));
  EXPECT_FALSE((BarSpec{.lengths = {seconds(60), seconds(1)}}.check().has_value()));
  EXPECT_FALSE((BarSpec{.lengths = {seconds(0)}}.check().has_value()));
  EXPECT_FALSE((BarSpec{.cells = 60}.check().has_value()));
}

// The slow twin keeps every trade and computes a bar from scratch when it is asked.
struct SlowTwin {
  struct Print {
    std::int64_t time, price, size;
    std::size_t arrival;
  };
  std::vector<Print> prints;
  std::string bar(std::int64_t start, std::int64_t length) const {
    std::vector<Print> mine;
    for (const auto& p : prints)
      if (p.time >= start && p.time < start + length) mine.push_back(p);
    if (mine.empty()) return {};
    std::ranges::sort(mine, {}, [](const Print& p) { return std::pair{p.time, p.arrival}; });
    std::int64_t high = mine[0].price, low = mine[0].price, volume = 0;
    for (const auto& p : mine) high = std::max(high, p.price), low = std::min(low, p.price), volume += p.size;
    std::ostringstream out;
    out << mine.front().price << ' ' << high << ' ' << low << ' ' << mine.back().price << ' ' << volume << ' ' << mine.size();
    return out.str();
  }
};

TEST(BarsProperty, TheLastWordOnEveryBarIsWhatTheSlowTwinComputes) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    testing_ticks::SplitMix random{seed};
    const BarSpec spec{.lengths = {seconds(1), seconds(60)}};
    InstrumentBars bars{spec, kSymbol};
    SlowTwin twin;
    std::map<std::pair<std::int64_t, std::int64_t>, Bar> last;
    std::vector<Bar> out;
    std::int64_t clock = kBase.ns;
    for (int i = 0; i < 3'000; ++i) {
      clock += random.between(0, 400) * 1'000'000;
      const std::int64_t late = random.between(0, 9) == 0 ? random.between(0, 5'000) * 1'000'000 : 0;
      // The first interval holds nothing before it: a trade before the first is late for a bar that never was.
      const std::int64_t time = std::max(kBase.ns, clock - late);
      Tick t;
      t.event_time = {time};
      t.kind = TickKind::trade;
      t.feed = FeedKind::demo;
      t.price = Price::from_raw(random.between(1, 1'000));
      t.size = Quantity::from_raw(random.between(1, 1'000));
      twin.prints.push_back({time, t.price.raw(), t.size.raw(), twin.prints.size()});
      bars.apply(t, out);
      for (const Bar& bar : out) {
        const auto key = std::pair{bar.length.ns, bar.start.ns};
        EXPECT_EQ(bar.correction, last.contains(key));
        last[key] = bar;
      }
      out.clear();
    }
    bars.advance({clock + 120'000'000'000}, out);
    for (const Bar& bar : out) last[{bar.length.ns, bar.start.ns}] = bar;
    std::uint64_t trades = 0;
    for (const auto& [key, bar] : last) {
      std::ostringstream actual;
      actual << bar.open.raw() << ' ' << bar.high.raw() << ' ' << bar.low.raw() << ' ' << bar.close.raw() << ' ' << bar.volume.raw() << ' '
             << bar.count;
      EXPECT_EQ(actual.str(), twin.bar(key.second, key.first)) << "seed " << seed;
      if (bar.length == seconds(60)) trades += bar.count;
    }
    EXPECT_EQ(trades, 3'000u);
    EXPECT_EQ(bars.counts().too_old, 0u);
    EXPECT_GT(bars.counts().late, 50u);
  }
}

}  // namespace
}  // namespace tickmesh
