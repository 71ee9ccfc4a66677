#include "store/projector.hpp"

#include "unit/store/world.hpp"

namespace tickmesh::test {
namespace {

class ProjectorTest : public WithDatabase {
 protected:
  ProjectorOptions options(std::size_t batch_rows = 50) {
    return {.dsn = dsn("tick_ingestor"),
            .service = "tick_ingestor",
            .instance = "tick_ingestor-0",
            .batch_rows = batch_rows,
            .batch_age = 20ms,
            .first_retry = 10ms,
            .last_retry = 50ms};
  }
  std::unique_ptr<Projector> start(Speaker& speaker, const ProjectorOptions& with) {
    return must(Projector::start(with, *speaker.journal, speaker.codec, make_projection("tick_ingestor", instruments_)));
  }
  void say_ticks(Speaker& speaker, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) speaker.say(Stream::tick, static_cast<Partition>(said_ % 2), quote(said_)), ++said_;
  }
  std::int64_t rows() { return std::stoll(query("select count(*) from tick_ingestor.ticks")); }
  /// Every sequence of every partition once, none missing.
  bool gapless() {
    return query(
               "select bool_and(n = last and n = names) from (select count(*) n, max(sequence) last, count(distinct sequence) names "
               "from tick_ingestor.ticks group by epoch, partition) t") == "t";
  }

  const Instruments instruments_ = instruments();
  TempDir dir_;
  std::int64_t said_{0};
};

TEST_F(ProjectorTest, WhatIsSaidWhileItRunsAppears) {
  Speaker speaker{dir_.path, "tick_ingestor-0"};
  auto projector = start(speaker, options());
  say_ticks(speaker, 333);
  EXPECT_TRUE(eventually([&] { return projector->position() >= speaker.journal->end(); }));
  EXPECT_EQ(rows(), 333);
  EXPECT_EQ(projector->projected(), 333u);
  EXPECT_EQ(projector->lag(at(0)).events, 0u);
  EXPECT_TRUE(projector->stop(10s));
}

TEST_F(ProjectorTest, ARestartGoesOnWhereTheTablesStand) {
  Speaker speaker{dir_.path, "tick_ingestor-0"};
  for (int round = 0; round < 3; ++round) {
    say_ticks(speaker, 70);
    auto projector = start(speaker, options());
    EXPECT_TRUE(projector->stop(10s));
    EXPECT_EQ(projector->projected(), 70u);
  }
  EXPECT_EQ(rows(), 210);
  EXPECT_TRUE(gapless());
}

TEST_F(ProjectorTest, TwoProjectorsOfOneInstanceDoubleNothing) {
  Speaker speaker{dir_.path, "tick_ingestor-0"};
  say_ticks(speaker, 500);
  auto one = start(speaker, options(7));
  auto two = start(speaker, options(11));
  say_ticks(speaker, 500);
  EXPECT_TRUE(one->stop(30s));
  EXPECT_TRUE(two->stop(30s));
  EXPECT_EQ(one->projected() + two->projected(), 1000u);
  EXPECT_EQ(rows(), 1000);
  EXPECT_TRUE(gapless());
}

TEST_F(ProjectorTest, WhilePostgresIsAwayTheLagShowsAndNothingIsMissingAfterwards) {
  Speaker speaker{dir_.path, "tick_ingestor-0"};
  auto projector = start(speaker, options());
  say_ticks(speaker, 200);
  ASSERT_TRUE(eventually([&] { return projector->projected() == 200; }));
  server_->stop();
  say_ticks(speaker, 1000);
  ASSERT_TRUE(eventually([&] { return projector->last_error().has_value(); }));
  EXPECT_EQ(projector->last_error()->code, "unreachable");
  const auto lag = projector->lag(at(200 * 1'000'001 + 5'000'000'000));
  EXPECT_TRUE(lag.known);
  EXPECT_EQ(lag.events, 1000u);
  EXPECT_NEAR(lag.seconds, 5.0, 1e-6);
  EXPECT_EQ(lag.tables.at(0).name, "ticks");
  EXPECT_EQ(lag.tables.at(0).events, 1000u);
  server_->start();
  EXPECT_TRUE(eventually([&] { return projector->projected() >= 1200; }));
  EXPECT_FALSE(projector->last_error());
  EXPECT_EQ(projector->lag(at(0)).events, 0u);
  EXPECT_TRUE(projector->stop(10s));
  EXPECT_EQ(rows(), 1200);
  EXPECT_TRUE(gapless());
}

TEST_F(ProjectorTest, AServerKilledAgainAndAgainUnderLoadLosesAndDoublesNothing) {
  Speaker speaker{dir_.path, "tick_ingestor-0"};
  auto projector = start(speaker, options(20));
  for (int round = 0; round < 3; ++round) {
    const auto before = projector->projected();
    say_ticks(speaker, 2000);
    ASSERT_TRUE(eventually([&] { return projector->projected() > before + 100; }));
    server_->kill();
    server_->start();
  }
  EXPECT_TRUE(projector->stop(60s)) << to_string(projector->last_error().value_or(Error{}));
  EXPECT_EQ(rows(), 6000);
  EXPECT_TRUE(gapless());
}

TEST_F(ProjectorTest, StartsWithoutPostgresAndCountsAllAsBehind) {
  Speaker speaker{dir_.path, "tick_ingestor-0"};
  say_ticks(speaker, 10);
  server_->stop();
  auto projector = start(speaker, options());
  EXPECT_FALSE(projector->lag(at(0)).known);
  EXPECT_EQ(projector->lag(at(0)).events, 10u);
  server_->start();
  EXPECT_TRUE(eventually([&] { return projector->projected() == 10; }));
  EXPECT_TRUE(projector->stop(10s));
}

TEST_F(ProjectorTest, AWrongPasswordNamesTheRoleAndWhatToDo) {
  Speaker speaker{dir_.path, "tick_ingestor-0"};
  auto wrong = options();
  wrong.dsn = server_->dsn("mesh", "tickmesh_tick_ingestor", "wrong");
  const auto refused = Projector::start(wrong, *speaker.journal, speaker.codec, make_projection("tick_ingestor", instruments_));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "unauthorized");
  EXPECT_THAT(refused.error().message, ::testing::HasSubstr("role tickmesh_tick_ingestor"));
  EXPECT_THAT(refused.error().message, ::testing::HasSubstr("correct [postgres] dsn or password_file"));
}

TEST_F(ProjectorTest, AnUnmigratedDatabaseSaysSo) {
  query("drop schema tick_ingestor cascade");
  Speaker speaker{dir_.path, "tick_ingestor-0"};
  auto projector = start(speaker, options());
  ASSERT_TRUE(eventually([&] { return projector->last_error().has_value(); }));
  EXPECT_EQ(projector->last_error()->code, "missing");
  EXPECT_THAT(projector->last_error()->message, ::testing::HasSubstr("run the migration"));
}

TEST_F(ProjectorTest, AHangingServerHoldsStopNoLongerThanItsDeadline) {
  Speaker speaker{dir_.path, "tick_ingestor-0"};
  auto projector = start(speaker, options());
  say_ticks(speaker, 10);
  ASSERT_TRUE(eventually([&] { return projector->projected() == 10; }));
  // A lock that is not given up hangs one session as a dead host would.
  auto holder = std::thread{[&] { query("begin; lock table tick_ingestor.ticks in access exclusive mode; select pg_sleep(4); commit"); }};
  ASSERT_TRUE(eventually([&] {
    return query(
               "select count(*) from pg_locks where relation = 'tick_ingestor.ticks'::regclass and mode = 'AccessExclusiveLock' and "
               "granted") == "1";
  }));
  say_ticks(speaker, 5);
  const auto stopped = projector->stop(200ms);
  EXPECT_EQ(
      query("select count(*) from pg_locks where relation = 'tick_ingestor.ticks'::regclass and mode = 'AccessExclusiveLock' and granted"),
      "1")
      << "stop waited for the lock";
  ASSERT_FALSE(stopped);
  EXPECT_THAT(stopped.error().message, ::testing::HasSubstr("5 events"));
  holder.join();
  auto next = start(speaker, options());
  EXPECT_TRUE(next->stop(10s));
  EXPECT_EQ(rows(), 15);
  EXPECT_TRUE(gapless());
}

TEST_F(ProjectorTest, AnotherLifeOfTheJournalIsProjectedFromItsBeginningAndTheGapIsNoted) {
  {
    Speaker speaker{dir_.path + "/first", "tick_ingestor-0"};
    say_ticks(speaker, 100);
    EXPECT_TRUE(start(speaker, options())->stop(10s));
  }
  const auto known = must(projected_at(options().dsn, "tick_ingestor", "tick_ingestor-0"));
  ASSERT_TRUE(known);
  Speaker speaker{dir_.path + "/second", "tick_ingestor-0", at(0), boot_id(), known->epoch};
  EXPECT_GT(speaker.journal->epoch(), known->epoch);
  say_ticks(speaker, 30);
  EXPECT_TRUE(start(speaker, options())->stop(10s));
  EXPECT_EQ(rows(), 130);
  EXPECT_EQ(query("select count(*) from tick_ingestor.projection_gaps"), "1");
}

TEST_F(ProjectorTest, ANewEpochOfTheSameJournalGoesOnWithoutAGap) {
  {
    Speaker speaker{dir_.path, "tick_ingestor-0"};
    say_ticks(speaker, 100);
    EXPECT_TRUE(start(speaker, options())->stop(10s));
    say_ticks(speaker, 11);
  }
  Speaker speaker{dir_.path, "tick_ingestor-0", at(0), "another boot"};
  ASSERT_TRUE(speaker.journal->state().new_epoch);
  say_ticks(speaker, 30);
  auto projector = start(speaker, options());
  EXPECT_TRUE(projector->stop(10s));
  EXPECT_EQ(projector->projected(), 41u);
  EXPECT_EQ(rows(), 141);
  EXPECT_TRUE(gapless());
  EXPECT_EQ(query("select count(*) from tick_ingestor.projection_gaps"), "0");
}

TEST_F(ProjectorTest, WhatTheJournalDroppedBeforeItWasProjectedIsCountedAndNotedAndTheRestArrives) {
  const auto say = [&](Speaker& speaker, std::int64_t count) {
    for (std::int64_t i = 0; i < count; i += 100) {
      std::vector<Event> run;
      for (int j = 0; j < 100; ++j) run.emplace_back(quote(said_)), ++said_;
      speaker.say(Stream::tick, 1, run);
    }
  };
  {
    Speaker speaker{dir_.path, "tick_ingestor-0"};
    say(speaker, 500);
    EXPECT_TRUE(start(speaker, options())->stop(10s));
  }
  Speaker speaker{dir_.path, "tick_ingestor-0", at(0), boot_id(), 0, 4 * (256u << 10)};
  say(speaker, 40'000);
  speaker.journal->sync();
  const auto first = speaker.journal->first_held()[static_cast<std::size_t>(Stream::tick)][1];
  ASSERT_GT(first, 501u) << "nothing was trimmed";
  auto projector = start(speaker, options());
  EXPECT_TRUE(projector->stop(30s));
  EXPECT_EQ(projector->losses().gaps, 1u);
  EXPECT_EQ(projector->losses().lost, first - 501);
  EXPECT_EQ(query("select count(*) || ' ' || sum(events) from tick_ingestor.v_projection_gaps"), "1 " + std::to_string(first - 501));
  EXPECT_EQ(rows(), said_ - static_cast<std::int64_t>(first - 501));
}

TEST_F(ProjectorTest, TablesThatHoldNothingYetLackAllThatTheJournalHasDropped) {
  Speaker speaker{dir_.path, "tick_ingestor-0", at(0), boot_id(), 0, 4 * (256u << 10)};
  for (; said_ < 40'000; said_ += 100) {
    std::vector<Event> run;
    for (std::int64_t j = 0; j < 100; ++j) run.emplace_back(quote(said_ + j));
    speaker.say(Stream::tick, 1, run);
  }
  speaker.journal->sync();
  const auto first = speaker.journal->first_held()[static_cast<std::size_t>(Stream::tick)][1];
  ASSERT_GT(first, 1u) << "nothing was trimmed";
  auto projector = start(speaker, options());
  EXPECT_TRUE(projector->stop(30s));
  EXPECT_EQ(projector->losses().lost, first - 1);
  EXPECT_EQ(rows(), said_ - static_cast<std::int64_t>(first - 1));
}

TEST_F(ProjectorTest, ALostDatabaseIsFilledAgainFromTheJournal) {
  Speaker speaker{dir_.path, "tick_ingestor-0"};
  say_ticks(speaker, 100);
  EXPECT_TRUE(start(speaker, options())->stop(10s));
  query("delete from tick_ingestor.projection");
  query("delete from tick_ingestor.ticks where sequence > 20");
  EXPECT_TRUE(start(speaker, options())->stop(10s));
  EXPECT_EQ(rows(), 100);
  EXPECT_TRUE(gapless());
}

}  // namespace
}  // namespace tickmesh::test
