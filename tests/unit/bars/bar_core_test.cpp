#include "bar_compressor/core/bar_core.hpp"

#include <algorithm>

#include "unit/analytics/drive.hpp"
#include "unit/analytics/random_ticks.hpp"

namespace tickmesh {
namespace {

using testing_ticks::all_of;
using testing_ticks::Drive;
using testing_ticks::saved;
using testing_ticks::SplitMix;

constexpr Timestamp kBase{1'737'376'800'000'000'000};

Instrument instrument(const char* symbol) {
  Instrument i;
  i.symbol = *Symbol::parse(symbol);
  i.tick_size = *Price::parse("0.01");
  i.lot = i.multiplier = Quantity::from_units(1);
  return i;
}
const InstrumentId kAapl = instrument_id("AAPL.DEMO");
const InstrumentId kMsft = instrument_id("MSFT.DEMO");

BarConfig config() {
  BarConfig c;
  c.spec.lengths = {seconds(1), seconds(60)};
  c.instruments = *Instruments::make({instrument("AAPL.DEMO"), instrument("MSFT.DEMO")});
  return c;
}
Tick trade(Timestamp when, InstrumentId id = kAapl, std::int64_t cents = 1'000) {
  Tick t;
  t.time = t.event_time = when;
  t.instrument = id;
  t.kind = TickKind::trade;
  t.feed = FeedKind::demo;
  t.price = Price::from_raw(cents * 1'000'000);
  t.size = Quantity::from_units(1);
  return t;
}
Timestamp ms(std::int64_t after) { return kBase + milliseconds(after); }

class BarCoreTest : public ::testing::Test {
 protected:
  void tick(Timestamp now, const Tick& t) { drive_.give(now, Stream::tick, t.instrument.partition(), t); }
  std::vector<Bar> bars() const { return all_of<Bar>(drive_.said()); }
  BarCore core_{config()};
  Drive drive_{core_};
};

TEST_F(BarCoreTest, ATimerClosesAQuietBarAfterTheGrace) {
  tick(ms(100), trade(ms(100)));
  drive_.fire_until(ms(1'249));
  EXPECT_TRUE(bars().empty());
  drive_.fire_until(ms(1'250));
  ASSERT_EQ(bars().size(), 1u);
  EXPECT_EQ(bars()[0].length, seconds(1));
  EXPECT_EQ(bars()[0].header.time, ms(1'250));
  EXPECT_EQ(bars()[0].header.event_time, ms(1'000));
  drive_.fire_until(ms(60'250));
  ASSERT_EQ(bars().size(), 2u);
  EXPECT_EQ(bars()[1].length, seconds(60));
  EXPECT_EQ(drive_.wakes(), 0u);
}

TEST_F(BarCoreTest, ATickInsideTheGraceIsInItsBar) {
  tick(ms(900), trade(ms(900)));
  tick(ms(1'200), trade(ms(950)));
  drive_.fire_until(ms(1'500));  // as others may take that long
  ASSERT_EQ(bars().size(), 1u);
  EXPECT_EQ(bars()[0].count, 2u);
  EXPECT_EQ(bars()[0].quality, BarQuality::complete);
}

TEST_F(BarCoreTest, BarsBearTheirInstrumentsPartitionAndTheirTickAsCause) {
  tick(ms(100), trade(ms(100), kMsft));
  tick(ms(1'100), trade(ms(1'100), kMsft));
  ASSERT_EQ(drive_.said().size(), 1u);
  EXPECT_EQ(drive_.said()[0].name, (Name{Stream::bar, kMsft.partition(), {7, 1}}));
  EXPECT_EQ(bars()[0].header.cause, (Cause{{Stream::tick, kMsft.partition(), {3, 2}}, ms(1'100)}));
}

TEST(BarCoreStall, EndsWithoutCorrections) {
  // Half a minute asleep: the timer is due long since, the ticks of that time still wait, and now is now.
  const Timestamp awake = ms(30'000);
  BarCore stalled{config()};
  Outbox out;
  const auto apply = [&](Timestamp now, const Name& name, const Event& event) {
    out.begin(now, {name, time_of(event)});
    stalled.apply({now, name, event}, out);
  };
  apply(ms(100), {Stream::tick, kAapl.partition(), {3, 1}}, trade(ms(100)));
  apply(awake, {}, TimerFired{1, ms(1'250)});
  EXPECT_TRUE(out.said().empty());
  for (int i = 1; i < 300; ++i) {
    apply(awake, {Stream::tick, kAapl.partition(), {3, 1}}, trade(ms(100 + i * 100)));
    if (i % 20 == 0) apply(awake, {}, TimerFired{1, awake});
  }
  for (const auto& one : out.said()) EXPECT_FALSE(std::get<Bar>(one.event).correction);
  EXPECT_EQ(out.said().size(), 30u);
  EXPECT_EQ(stalled.counts().late, 0u);
}

TEST_F(BarCoreTest, TicksThatTakeLongerThanTheGraceAreNotLateAndAQuietBarClosesAsMuchLater) {
  const Duration way = milliseconds(400);
  tick(ms(500) + way, trade(ms(500), kMsft));
  for (int i = 10; i < 300; ++i) tick(ms(i * 10) + way, trade(ms(i * 10)));
  for (const Bar& bar : bars()) EXPECT_FALSE(bar.correction);
  EXPECT_EQ(core_.counts().late, 0u);
  // Of the quiet one nothing more came: its bar of [0, 1 s) is said when a tick of 1.25 s would be here.
  const auto quiet = std::ranges::find(drive_.said(), Stream::bar, [](const Outbox::Said& said) {
    const auto* bar = std::get_if<Bar>(&said.event);
    return bar != nullptr && bar->symbol.view() == "MSFT.DEMO" ? said.name.stream : Stream::local;
  });
  ASSERT_NE(quiet, drive_.said().end());
  EXPECT_EQ(time_of(quiet->event), ms(1'250) + way);
  // They cease to come: what is open closes after the grace and the way it had.
  drive_.fire_until(ms(5'000));
  EXPECT_EQ(bars().back().header.event_time, ms(3'000));
  EXPECT_EQ(bars().back().header.time, ms(3'250) + way);
  EXPECT_EQ(core_.counts().late, 0u);
}

TEST_F(BarCoreTest, AFeedGapMarksTheSymbolItNames) {
  tick(ms(100), trade(ms(100)));
  tick(ms(100), trade(ms(100), kMsft));
  FeedEvent gap{.kind = FeedEventKind::gap, .feed = FeedKind::demo, .symbol = *Symbol::parse("AAPL.DEMO"), .from = ms(200), .to = ms(900)};
  drive_.give(ms(900), Stream::feed, 0, gap);
  drive_.fire_until(ms(2'000));
  ASSERT_EQ(bars().size(), 2u);
  EXPECT_EQ(bars()[0].quality, BarQuality::gap);
  EXPECT_EQ(bars()[1].quality, BarQuality::complete);
  gap.symbol = {};
  drive_.give(ms(2'000), Stream::feed, 0, gap);
  ASSERT_EQ(bars().size(), 3u);
  EXPECT_EQ(bars()[2].symbol.view(), "MSFT.DEMO");
  EXPECT_TRUE(bars()[2].correction);
}

TEST_F(BarCoreTest, LostTicksMarkTheirPartitionAlone) {
  ASSERT_NE(kAapl.partition(), kMsft.partition());
  tick(ms(100), trade(ms(100)));
  tick(ms(100), trade(ms(100), kMsft));
  drive_.give(ms(200), Stream::local, 0, StreamGap{.stream = Stream::tick, .partition = kMsft.partition()});
  drive_.fire_until(ms(2'000));
  ASSERT_EQ(bars().size(), 2u);
  EXPECT_EQ(bars()[0].quality, BarQuality::complete);
  EXPECT_EQ(bars()[1].quality, BarQuality::gap);
}

TEST_F(BarCoreTest, TicksOfNoInstrumentOrOfTheFarFutureAreCountedAndChangeNothing) {
  tick(ms(100), trade(ms(100)));
  tick(ms(200), trade(ms(200), instrument_id("X.Y")));
  tick(ms(200), trade(ms(200) + seconds(61)));
  tick(ms(200), trade(Timestamp{}));
  EXPECT_TRUE(bars().empty());
  EXPECT_EQ(core_.unlisted(), 1u);
  EXPECT_EQ(core_.bad_time(), 2u);
}

TEST_F(BarCoreTest, AStartAsksForItsTimersAgain) {
  tick(ms(100), trade(ms(100)));
  BarCore again{config()};
  const Bytes bytes = saved(core_);
  ByteReader reader{bytes};
  again.load(reader);
  Drive fresh{again};
  fresh.give(ms(300), Stream::local, 0, Started{{7, 2}});
  EXPECT_EQ(fresh.wakes(), 1u);
  fresh.fire_until(ms(1'300));
  EXPECT_EQ(all_of<Bar>(fresh.said()).size(), 1u);
}

// Two instruments, quotes and trades, late ones, repeats, gaps and silences.
template <class Between>
std::vector<Outbox::Said> run(std::uint64_t seed, int inputs, BarCore& first, Between between) {
  SplitMix random{seed};
  Drive drive{first};
  drive.give(kBase, Stream::local, 0, Started{{7, 1}});
  Timestamp now = kBase;
  for (int i = 0; i < inputs; ++i) {
    between(i, drive);
    now = now + milliseconds(random.between(0, 99) == 0 ? random.between(0, 90'000) : random.between(0, 200));
    const InstrumentId id = random.between(0, 1) == 0 ? kAapl : kMsft;
    const auto kind = random.between(0, 99);
    if (kind == 0) {
      drive.give(now, Stream::feed, 0,
                 FeedEvent{.kind = FeedEventKind::gap, .from = now - milliseconds(random.between(1, 5'000)), .to = now});
    } else if (kind == 1) {
      drive.give(now, Stream::local, 0, StreamGap{.stream = Stream::tick, .partition = id.partition()});
    } else {
      Tick t = trade(now - milliseconds(kind < 20 ? random.between(0, 6'000) : 0), id, random.between(900, 1'100));
      t.time = now;
      if (kind > 60) {
        t.kind = TickKind::quote;
        t.bid = t.price;
        t.ask = Price::from_raw(t.price.raw() + random.between(-1, 3) * 1'000'000);
      }
      drive.give(now, Stream::tick, id.partition(), t);
    }
  }
  drive.fire_until(now + seconds(120));
  return drive.said();
}

void expect_equal(const std::vector<Outbox::Said>& a, const std::vector<Outbox::Said>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i].name, b[i].name) << i;
    ASSERT_EQ(a[i].event, b[i].event) << i;
  }
}

TEST(BarCoreProperty, TheSameInputsGiveTheSameBars) {
  BarCore a{config()}, b{config()};
  const auto nothing = [](int, Drive&) {};
  const auto first = run(1, 4'000, a, nothing);
  EXPECT_GT(first.size(), 1'000u);
  expect_equal(first, run(1, 4'000, b, nothing));
  EXPECT_EQ(saved(a), saved(b));
}

TEST(BarCoreProperty, SavedAndLoadedAtAnyMomentItGoesOnAsIfNothingHadBeen) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    BarCore whole{config()};
    const auto expected = run(seed, 1'500, whole, [](int, Drive&) {});
    SplitMix random{seed + 1'000};
    BarCore first{config()};
    std::vector<std::unique_ptr<BarCore>> later;
    const Core* current = &first;
    const auto actual = run(seed, 1'500, first, [&](int, Drive& drive) {
      if (random.between(0, 99) != 0) return;
      const Bytes bytes = saved(*current);
      later.push_back(std::make_unique<BarCore>(config()));
      ByteReader reader{bytes};
      later.back()->load(reader);
      EXPECT_TRUE(reader.done());
      current = later.back().get();
      drive.use(*later.back());
    });
    EXPECT_GT(later.size(), 3u);
    expect_equal(actual, expected);
    EXPECT_EQ(saved(*current), saved(whole));
  }
}

}  // namespace
}  // namespace tickmesh
