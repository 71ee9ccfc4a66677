// Tables by day: made ahead, dropped when they are old or too many, and nobody waits for that.
#include "store/session.hpp"
#include "unit/store/world.hpp"

namespace tickmesh::test {
namespace {

class Days : public WithDatabase {
 protected:
  std::unique_ptr<Projector> start(const std::string& service, const ProjectionOptions& keep) {
    speaker_ = std::make_unique<Speaker>(dir_.path, service + "-0");
    return must(
        Projector::start({.dsn = dsn(service), .service = service, .instance = service + "-0", .batch_age = 5ms, .maintenance = 1ms},
                         *speaker_->journal, speaker_->codec, make_projection(service, instruments_, keep)));
  }
  void say_tick(int day) {
    auto tick = quote(0);
    tick.time = tick.time + seconds(86'400 * day);
    speaker_->say(Stream::tick, 1, tick);
  }
  static std::string days() {
    return query(
        "select string_agg(right(c.relname, 2), ' ' order by c.relname) from pg_inherits i join pg_class c on c.oid = i.inhrelid "
        "where i.inhparent = 'tick_ingestor.ticks'::regclass");
  }

  const Instruments instruments_ = instruments();
  TempDir dir_;
  std::unique_ptr<Speaker> speaker_;
};

TEST_F(Days, AreMadeAheadAndTheOldOnesGo) {
  auto projector = start("tick_ingestor", {.tick_days = 3, .days_ahead = 2});
  for (int day = 0; day < 6; ++day) {  // 18 March 2024 on
    say_tick(day);
    ASSERT_TRUE(eventually([&] { return projector->position() >= speaker_->journal->end(); }));
  }
  EXPECT_TRUE(eventually([&] { return days() == "21 22 23 24 25"; })) << days();
  // A late tick of a day that is gone makes it anew: nothing is refused for being late.
  say_tick(0);
  EXPECT_TRUE(eventually([&] { return projector->projected() == 7; }));
  EXPECT_TRUE(projector->stop(10s));
  EXPECT_EQ(projector->errors(), 0u);
  EXPECT_EQ(projector->losses().rejected, 0u);
}

TEST_F(Days, WhoReadsAnOldDayKeepsItAndHoldsNobodyUp) {
  auto projector = start("tick_ingestor", {.tick_days = 2, .days_ahead = 1});
  say_tick(0);
  ASSERT_TRUE(eventually([&] { return projector->projected() == 1; }));
  auto reader = must(Session::open(server_->dsn("mesh"), "reader"));
  reader->exec("begin; select count(*) from tick_ingestor.ticks_20240318");
  for (int day = 1; day < 9; ++day) say_tick(day);
  EXPECT_TRUE(eventually([&] { return projector->projected() == 9; })) << "rows wait for a reader of another day";
  say_tick(9);
  EXPECT_TRUE(eventually([&] { return projector->projected() == 10; }));
  EXPECT_EQ(days().substr(0, 2), "18");
  reader->exec("commit");
  std::int64_t more = 10;
  EXPECT_TRUE(eventually([&] {
    if (projector->position() >= speaker_->journal->end()) say_tick(9), ++more;
    return days() == "26 27 28";
  })) << days();
  EXPECT_TRUE(projector->stop(10s));
  EXPECT_EQ(projector->errors(), 0u);
}

TEST_F(Days, TheOldestGoWhileAllTakeTooMuchButTheNewestTwoStay) {
  auto projector = start("tick_ingestor", {.tick_bytes = 1, .days_ahead = 1});
  for (int day = 0; day < 5; ++day) say_tick(day);
  EXPECT_TRUE(eventually([&] { return days() == "22 23"; })) << days();
  EXPECT_TRUE(projector->stop(10s));
}

TEST_F(Days, MetricsHaveDaysToo) {
  auto projector = start("metrics_engine", {.metrics_days = 1, .days_ahead = 1});
  for (int day = 0; day < 3; ++day)
    speaker_->say(Stream::metrics, 3,
                  Metrics{.header = {.time = at(0) + seconds(86'400 * day)}, .symbol = symbol("AAPL.DEMO"), .feed = FeedKind::demo});
  EXPECT_TRUE(eventually([&] { return query("select count(*) from metrics_engine.v_metrics") == "1"; }));
  EXPECT_TRUE(projector->stop(10s));
}

TEST_F(Days, SignalsStayUnlessTheyAreGivenDays) {
  const auto six_days = [&] {
    Signal signal{.symbol = symbol("AAPL.DEMO"), .action = SignalAction::wait};
    signal.inputs.symbol = signal.symbol;
    for (int day = 0; day < 6; ++day) {
      signal.header.time = at(0) + seconds(86'400 * day);
      speaker_->say(Stream::signal, 3, signal);
    }
  };
  const auto there = [] {
    return query("select count(*) filter (where time < '2024-03-21') || ' old of ' || count(*) from metrics_engine.v_signals");
  };
  auto projector = start("metrics_engine", {});
  six_days();
  EXPECT_TRUE(eventually([&] { return there() == "3 old of 6"; })) << there();
  EXPECT_TRUE(projector->stop(10s));
  projector.reset();
  speaker_.reset();
  projector = start("metrics_engine", {.signal_days = 2});
  six_days();  // once more
  EXPECT_TRUE(eventually([&] { return there() == "0 old of 6"; })) << there();
  EXPECT_TRUE(projector->stop(10s));
}

TEST_F(Days, ShortBarsGoAfterTheirDaysAndLongOnesStay) {
  auto projector = start("bar_compressor", {.bar_days = 2});
  for (const auto length : {seconds(1), seconds(86'400)})
    for (int day = 0; day < 6; ++day)
      speaker_->say(Stream::bar, 3,
                    Bar{.header = {.time = at(0) + seconds(86'400 * day)},
                        .symbol = symbol("AAPL.DEMO"),
                        .basis = BarBasis::trade,
                        .length = length,
                        .start = at(0) + seconds(86'400 * day),
                        .quality = BarQuality::complete});
  EXPECT_TRUE(eventually([&] { return query("select count(*) from bar_compressor.bars_1s") == "3"; }));
  EXPECT_EQ(query("select count(*) from bar_compressor.bars_1d"), "6");
  EXPECT_TRUE(projector->stop(10s));
}

}  // namespace
}  // namespace tickmesh::test
