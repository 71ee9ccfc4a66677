// An event that becomes no row is set aside with the reason; the others arrive.
#include <random>

#include "unit/store/world.hpp"

namespace tickmesh::test {
namespace {

class Rejects : public WithDatabase {
 protected:
  std::unique_ptr<Projector> project(Speaker& speaker, const std::string& service) {
    auto projector = must(Projector::start({.dsn = dsn(service), .service = service, .instance = service + "-0", .batch_age = 20ms},
                                           *speaker.journal, speaker.codec, make_projection(service, instruments_)));
    must(projector->stop(60s));
    return projector;
  }
  /// An index entry takes no more than a third of a page: text this long, which does not compress, is refused by the index on `id`.
  static std::string too_long_for_its_index() {
    std::mt19937 random{1};
    std::string text(3'500, ' ');
    for (char& c : text) c = static_cast<char>('!' + random() % 90);
    return text;
  }
  static Command command(int i, std::string id = {}) {
    return {.header = {.time = at(i)}, .id = id.empty() ? "C" + std::to_string(i) : std::move(id), .verb = Verb::halt, .issuer = "test"};
  }

  const Instruments instruments_ = instruments();
  TempDir dir_;
};

TEST_F(Rejects, AnEventThatSqlRefusesIsSetAsideWithItsBytesAndTheOthersArrive) {
  Speaker speaker{dir_.path, "api_gateway-0"};
  std::vector<Event> run;
  for (int i = 0; i < 300; ++i) run.emplace_back(command(i, i == 77 || i == 205 ? too_long_for_its_index() : ""));
  speaker.say(Stream::control, 0, run);
  const auto projector = project(speaker, "api_gateway");
  EXPECT_FALSE(projector->last_error());
  EXPECT_EQ(projector->losses().rejected, 2u);
  EXPECT_THAT(projector->losses().last_reject, ::testing::HasSubstr("index row size"));
  EXPECT_EQ(query("select count(*) || ' ' || min(sequence) || ' ' || max(sequence) from api_gateway.audit_log"), "298 1 300");
  EXPECT_EQ(query("select string_agg(concat_ws('|', stream, partition, sequence, sqlstate), ' ' order by sequence) from "
                  "api_gateway.v_projection_rejects"),
            "control|0|78|54000 control|0|206|54000");
  Bytes bytes;
  speaker.codec.encode(run[77], bytes);
  EXPECT_EQ(query("select length(bytes) from api_gateway.projection_rejects where sequence = 78"), std::to_string(bytes.size()));
}

TEST_F(Rejects, WhatComesAfterwardsIsProjectedAsEver) {
  Speaker speaker{dir_.path, "api_gateway-0"};
  speaker.say(Stream::control, 0, command(0, too_long_for_its_index()));
  project(speaker, "api_gateway");
  for (int i = 1; i < 20; ++i) speaker.say(Stream::control, 0, command(i));
  const auto projector = project(speaker, "api_gateway");
  EXPECT_EQ(projector->losses().rejected, 0u);
  EXPECT_EQ(query("select count(*) from api_gateway.audit_log"), "19");
  EXPECT_EQ(query("select count(*) from api_gateway.projection_rejects"), "1");
}

TEST_F(Rejects, AnEventThatBreaksAPromiseOfTheProjectionIsSetAsideToo) {
  Speaker speaker{dir_.path, "bar_compressor-0"};
  const auto bar = [](Duration length, std::int64_t i) {
    return Bar{.header = {.time = at(i)},
               .symbol = symbol("AAPL.DEMO"),
               .basis = BarBasis::trade,
               .length = length,
               .start = at(i),
               .quality = BarQuality::complete};
  };
  speaker.say(Stream::bar, 3, std::vector<Event>{bar(seconds(1), 0), bar(seconds(7), 0), bar(seconds(1), 1'000'000'000)});
  EXPECT_EQ(project(speaker, "bar_compressor")->losses().rejected, 1u);
  EXPECT_EQ(query("select count(*) from bar_compressor.bars_1s"), "2");
  EXPECT_EQ(query("select sequence || ' ' || (sqlstate is null) || ' ' || (error like '%lengths that have a table%') from "
                  "bar_compressor.projection_rejects"),
            "2 true true");
}

TEST_F(Rejects, BytesThatAreNoEventAreSetAsideToo) {
  Speaker speaker{dir_.path, "api_gateway-0"};
  speaker.say(Stream::control, 0, command(0));
  Bytes body;
  const Bytes nonsense(40, std::byte{0xFF});
  encode(SaidRecord{.first = {Stream::control, 0, {speaker.journal->epoch(), 2}}, .events = {nonsense}}, body);
  speaker.journal->append(RecordType::said, body);
  EXPECT_EQ(project(speaker, "api_gateway")->losses().rejected, 1u);
  EXPECT_EQ(query("select count(*) from api_gateway.audit_log"), "1");
}

TEST_F(Rejects, AMissingRightIsNoFaultOfTheEventsAndIsWaitedFor) {
  Speaker speaker{dir_.path, "api_gateway-0"};
  for (int i = 0; i < 5; ++i) speaker.say(Stream::control, 0, command(i));
  query("revoke insert on api_gateway.audit_log from tickmesh_api_gateway");
  auto projector = must(Projector::start({.dsn = dsn("api_gateway"),
                                          .service = "api_gateway",
                                          .instance = "api_gateway-0",
                                          .batch_age = 20ms,
                                          .first_retry = 10ms,
                                          .last_retry = 50ms},
                                         *speaker.journal, speaker.codec, make_projection("api_gateway", instruments_)));
  ASSERT_TRUE(eventually([&] { return projector->last_error().has_value(); }));
  EXPECT_EQ(projector->last_error()->code, "refused");
  query("grant insert on api_gateway.audit_log to tickmesh_api_gateway");
  EXPECT_TRUE(projector->stop(30s));
  EXPECT_EQ(projector->losses().rejected, 0u);
  EXPECT_EQ(query("select count(*) from api_gateway.audit_log"), "5");
}

}  // namespace
}  // namespace tickmesh::test
