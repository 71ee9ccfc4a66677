// A projector that is behind writes a batch piece by piece: the batch is what commits, whatever it was made of.
#include "unit/store/world.hpp"

namespace tickmesh::test {
namespace {

class Pieces : public WithDatabase {
 protected:
  void SetUp() override {
    WithDatabase::SetUp();
    speaker_ = std::make_unique<Speaker>(dir_.path, "tick_ingestor-0");
  }
  /// Fifty moments in two runs, each of a partition: the second run begins before the first one ends.
  void say_fifty(std::int64_t first, Partition even = 0, Partition odd = 1) {
    std::vector<Event> runs[2];
    for (std::int64_t i = first; i < first + 50; ++i) runs[i % 2].emplace_back(quote(i));
    speaker_->say(Stream::tick, even, runs[0]);
    speaker_->say(Stream::tick, odd, runs[1]);
  }
  std::unique_ptr<Projector> project() {
    auto projector = must(Projector::start({.dsn = dsn("tick_ingestor"),
                                            .service = "tick_ingestor",
                                            .instance = "tick_ingestor-0",
                                            .batch_rows = 400,
                                            .piece_rows = 50,
                                            .batch_age = 20ms,
                                            .first_retry = 10ms},
                                           *speaker_->journal, speaker_->codec, make_projection("tick_ingestor", instruments_)));
    must(projector->stop(60s));
    return projector;
  }
  static std::string ticks(const std::string& what) { return query("select " + what + " from tick_ingestor.ticks"); }

  static constexpr std::int64_t kDay = 86'400'000;  // as many of `quote`'s milliseconds
  const Instruments instruments_ = instruments();
  TempDir dir_;
  std::unique_ptr<Speaker> speaker_;
};

TEST_F(Pieces, ABatchIsOneTransactionOverTwoDaysAndItsRowsLieInTheOrderOfTheirTime) {
  for (std::int64_t i = 0; i < 80; ++i) say_fifty(i * 50 + (i < 43 ? 0 : kDay));
  const auto projector = project();
  EXPECT_FALSE(projector->last_error());
  EXPECT_EQ(projector->projected(), 4000u);
  EXPECT_EQ(ticks("count(*) || ' ' || count(distinct (partition, sequence)) || ' ' || max(sequence)"), "4000 4000 2000");
  EXPECT_EQ(ticks("count(distinct xmin::text)"), "10");
  EXPECT_EQ(ticks("string_agg(distinct tableoid::regclass::text, ' ')"), "tick_ingestor.ticks_20240318 tick_ingestor.ticks_20240319");
  EXPECT_EQ(query("select bool_and(later) from (select time >= lag(time) over (partition by tableoid order by ctid) as later "
                  "from tick_ingestor.ticks) t"),
            "t");
}

TEST_F(Pieces, WhatIsLeftOfABacklogDoesNotWaitForItsAge) {
  for (std::int64_t i = 0; i < 23; ++i) say_fifty(i * 50);
  const auto projector = must(Projector::start({.dsn = dsn("tick_ingestor"),
                                                .service = "tick_ingestor",
                                                .instance = "tick_ingestor-0",
                                                .batch_rows = 400,
                                                .piece_rows = 50,
                                                .batch_age = 1h},
                                               *speaker_->journal, speaker_->codec, make_projection("tick_ingestor", instruments_)));
  EXPECT_TRUE(eventually([&] { return projector->position() >= speaker_->journal->end(); }));
  EXPECT_EQ(ticks("count(*)"), "1150");
  EXPECT_EQ(projector->projected(), 1150u);
  must(projector->stop(60s));
}

TEST_F(Pieces, RowsThatAreThereAlreadyStayAndTheOthersCome) {
  for (std::int64_t i = 0; i < 40; ++i) say_fifty(i * 50);
  project();
  query("delete from tick_ingestor.projection");
  query("delete from tick_ingestor.ticks where sequence between 500 and 700");
  query("update tick_ingestor.ticks set bid = 1 where sequence = 3");
  EXPECT_EQ(project()->losses().rejected, 0u);
  EXPECT_EQ(ticks("count(*) || ' ' || count(distinct (partition, sequence)) || ' ' || count(*) filter (where bid = 1)"), "2000 2000 2");
}

TEST_F(Pieces, AnEventInTheMiddleThatIsNoneIsSetAsideAndAllOthersArrive) {
  for (std::int64_t i = 0; i < 10; ++i) say_fifty(i * 50);
  Bytes body;
  const Bytes nonsense(40, std::byte{0xFF});
  encode(SaidRecord{.first = {Stream::tick, 0, {speaker_->journal->epoch(), 251}}, .events = {nonsense}}, body);
  speaker_->journal->append(RecordType::said, body);
  for (std::int64_t i = 10; i < 40; ++i) say_fifty(i * 50, 2, 3);
  const auto projector = project();
  EXPECT_FALSE(projector->last_error());
  EXPECT_EQ(projector->losses().rejected, 1u);
  EXPECT_EQ(ticks("count(*)"), "2000");
  EXPECT_EQ(query("select partition || ' ' || sequence from tick_ingestor.projection_rejects"), "0 251");
}

TEST_F(Pieces, OfAllTheValuesOfASymbolTheLastOneStandsInTheTable) {
  const auto say = [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t i = from; i < to; ++i)
      speaker_->say(Stream::latest, static_cast<Partition>(i % 2),
                    Latest{.header = {.time = at(i)},
                           .symbol = symbol(i % 2 == 0 ? "AAPL.DEMO" : "MSFT.DEMO"),
                           .feed = FeedKind::demo,
                           .bid = Price::from_raw(i * 100'000'000)});
  };
  const std::string stands = "select string_agg(concat_ws(' ', symbol, sequence, bid), ', ' order by symbol) from tick_ingestor.latest";
  say(0, 1000);
  project();
  EXPECT_EQ(query(stands), "AAPL.DEMO 500 998, MSFT.DEMO 500 999");
  say(1000, 1001);
  project();
  EXPECT_EQ(query(stands), "AAPL.DEMO 501 1000, MSFT.DEMO 500 999");
  // Told again from the beginning, nothing goes back.
  query("delete from tick_ingestor.projection");
  project();
  EXPECT_EQ(query(stands), "AAPL.DEMO 501 1000, MSFT.DEMO 500 999");
}

}  // namespace
}  // namespace tickmesh::test
