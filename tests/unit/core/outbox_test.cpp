#include <gtest/gtest.h>

#include "core/core.hpp"

namespace tickmesh {
namespace {

constexpr Timestamp kNow{1'737'376'814'000'000'000};
const Cause kCause{{Stream::tick, 5, {7, 99}}, {kNow.ns - 10}};

TEST(Outbox, NumbersEachStreamAndPartitionFromOne) {
  Outbox out;
  out.set_epoch(42);
  out.begin(kNow, kCause);
  EXPECT_EQ(out.next_name(Stream::bar, 3), (Name{Stream::bar, 3, {42, 1}}));
  EXPECT_EQ(out.emit(Stream::bar, 3, Bar{}), (Name{Stream::bar, 3, {42, 1}}));
  EXPECT_EQ(out.emit(Stream::bar, 3, Bar{}), (Name{Stream::bar, 3, {42, 2}}));
  EXPECT_EQ(out.emit(Stream::bar, 4, Bar{}), (Name{Stream::bar, 4, {42, 1}}));
  EXPECT_EQ(out.emit(Stream::risk, 3, RiskEvent{}), (Name{Stream::risk, 3, {42, 1}}));
  EXPECT_EQ(out.next_name(Stream::bar, 3), (Name{Stream::bar, 3, {42, 3}}));
  ASSERT_EQ(out.said().size(), 4u);
  EXPECT_EQ(out.said()[1].name, (Name{Stream::bar, 3, {42, 2}})) << "in the order said";
}

TEST(Outbox, FillsTheHeaderFromTheInput) {
  Outbox out;
  out.begin(kNow, kCause);
  out.emit(Stream::bar, 0, Bar{});
  const Header& header = std::get<Bar>(out.said().back().event).header;
  EXPECT_EQ(header.time, kNow);
  EXPECT_EQ(header.event_time, kNow);
  EXPECT_EQ(header.cause, kCause);
}

TEST(Outbox, KeepsTheEventTimeAndCauseTheCoreNamed) {
  Outbox out;
  out.begin(kNow, kCause);
  Bar bar;
  bar.header.time = Timestamp{1};  // not the core's to say
  bar.header.event_time = Timestamp{2};
  bar.header.cause = {{Stream::order, 1, {3, 4}}, Timestamp{5}};
  out.emit(Stream::bar, 0, bar);
  const Header& header = std::get<Bar>(out.said().back().event).header;
  EXPECT_EQ(header.time, kNow);
  EXPECT_EQ(header.event_time, Timestamp{2});
  EXPECT_EQ(header.cause, bar.header.cause);
}

TEST(Outbox, OnTheWayToAnOrderTheTimeOfTheTickIsHandedOn) {
  constexpr Timestamp kTick{kNow.ns - 500};
  Outbox out;
  out.begin(kNow, kCause, kTick);
  out.emit(Stream::metrics, 0, Metrics{});
  EXPECT_EQ(tick_time_of(out.said().back().event), kTick);
  out.emit(Stream::order, 0, OrderEvent{});
  EXPECT_EQ(tick_time_of(out.said().back().event), kTick);
  out.emit(Stream::bar, 0, Bar{});
  EXPECT_EQ(tick_time_of(out.said().back().event), Timestamp{}) << "no order follows from a bar";
  Intent named;
  named.header.cause = kCause;
  out.emit(Stream::intent, 0, named);
  EXPECT_EQ(tick_time_of(out.said().back().event), kTick) << "the input's own name is no other cause";
  OrderEvent fill;
  fill.header.cause = {{Stream::order, 1, {3, 4}}, Timestamp{5}};
  out.emit(Stream::order, 0, fill);
  EXPECT_EQ(tick_time_of(out.said().back().event), Timestamp{}) << "a fill is caused by its order, whatever tick is being taken";
}

TEST(Outbox, MetricsGoToTheirSinkWholeAndNumberedWhereTheyMayBeCompletedInPlace) {
  struct Sink final : MetricsSink {
    void said(const Name& name, const Metrics& metrics) override { heard.emplace_back(name, metrics); }
    std::vector<std::pair<Name, Metrics>> heard;
  } sink;
  Outbox plain, out;
  out.set_metrics_sink(&sink);
  for (Outbox* each : {&plain, &out}) {
    each->set_epoch(42);
    each->begin(kNow, kCause, Timestamp{kNow.ns - 500});
    Metrics metrics;
    metrics.mid = {.value = 7, .status = Status::ok, .has_value = true};
    each->emit(Stream::bar, 3, Bar{});
    EXPECT_EQ(each->emit(Stream::metrics, 3, metrics), (Name{Stream::metrics, 3, {42, 1}}));
    EXPECT_EQ(each->emit(Stream::metrics, 3, std::as_const(metrics)), (Name{Stream::metrics, 3, {42, 2}}));
  }
  ASSERT_EQ(sink.heard.size(), 1u) << "what is const is copied and completed";
  EXPECT_EQ(sink.heard[0].first, plain.said()[1].name);
  EXPECT_EQ(Event{sink.heard[0].second}, plain.said()[1].event);
  ASSERT_EQ(out.said().size(), 2u);
  EXPECT_EQ(out.said()[1].event, plain.said()[2].event);
  EXPECT_EQ(out.heads(), plain.heads());
}

TEST(Outbox, TheTimeOfATickIsItsOwnOrWhatTheHeaderHandsOn) {
  Tick tick;
  tick.time = kNow;
  EXPECT_EQ(tick_time_of(Event{tick}), kNow);
  Signal signal;
  signal.header.time = kNow;
  EXPECT_EQ(tick_time_of(Event{signal}), Timestamp{});
  signal.header.tick_time = Timestamp{3};
  EXPECT_EQ(tick_time_of(Event{signal}), Timestamp{3});
  EXPECT_EQ(tick_time_of(Event{TimerFired{1, kNow}}), Timestamp{});
}

TEST(Outbox, ATickBearsItsTimeFlatAndKeepsItsEventTime) {
  Outbox out;
  out.begin(kNow, kCause);
  Tick tick;
  tick.event_time = Timestamp{77};
  out.emit(Stream::tick, 0, tick);
  EXPECT_EQ(std::get<Tick>(out.said().back().event).time, kNow);
  EXPECT_EQ(std::get<Tick>(out.said().back().event).event_time, Timestamp{77});
  EXPECT_EQ(time_of(out.said().back().event), kNow);
  EXPECT_EQ(time_of(Event{TimerFired{1, kNow}}), Timestamp{}) << "local inputs have none";
}

TEST(Outbox, SaysNothingOnStreamsThatAreNotTheMeshs) {
  Outbox out;
  EXPECT_THROW(out.emit(Stream::local, 0, Bar{}), InvariantError);
  EXPECT_THROW(out.emit(Stream::bar, 64, Bar{}), InvariantError);
  EXPECT_THROW(out.emit(static_cast<Stream>(kStreams), 0, Bar{}), InvariantError);
  EXPECT_TRUE(out.said().empty());
}

class Hash : public ::testing::Test {
 protected:
  static Name at(Stream stream, Partition partition, Sequence sequence) { return {stream, partition, {1, sequence}}; }
  static CanonicalHash of(std::initializer_list<std::pair<Name, const char*>> events) {
    CanonicalHash hash;
    for (const auto& [name, text] : events) hash.add(name, as_bytes(text));
    return hash;
  }
};

TEST_F(Hash, SeesTheOrderWithinAStreamAndPartition) {
  const auto ab = of({{at(Stream::bar, 0, 1), "a"}, {at(Stream::bar, 0, 2), "b"}});
  EXPECT_EQ(ab.all(), of({{at(Stream::bar, 0, 1), "a"}, {at(Stream::bar, 0, 2), "b"}}).all());
  EXPECT_NE(ab.of(Stream::bar), of({{at(Stream::bar, 0, 1), "b"}, {at(Stream::bar, 0, 2), "a"}}).of(Stream::bar));
  EXPECT_NE(ab.of(Stream::bar), of({{at(Stream::bar, 0, 2), "b"}, {at(Stream::bar, 0, 1), "a"}}).of(Stream::bar));
  EXPECT_EQ(ab.count(Stream::bar), 2u);
  EXPECT_EQ(ab.count(Stream::tick), 0u);
}

TEST_F(Hash, DoesNotSeeHowPartitionsInterleaved) {
  const auto one = of({{at(Stream::bar, 0, 1), "a"}, {at(Stream::bar, 1, 1), "b"}, {at(Stream::tick, 0, 1), "c"}});
  const auto other = of({{at(Stream::tick, 0, 1), "c"}, {at(Stream::bar, 1, 1), "b"}, {at(Stream::bar, 0, 1), "a"}});
  EXPECT_EQ(one.all(), other.all());
}

TEST_F(Hash, SeesWhereAnEventEndsAndUnderWhichNameItWasSaid) {
  const auto base = of({{at(Stream::bar, 0, 1), "ab"}, {at(Stream::bar, 0, 2), "c"}}).all();
  EXPECT_NE(base, of({{at(Stream::bar, 0, 1), "a"}, {at(Stream::bar, 0, 2), "bc"}}).all());
  EXPECT_NE(base, of({{at(Stream::bar, 1, 1), "ab"}, {at(Stream::bar, 1, 2), "c"}}).all());
  EXPECT_NE(base, of({{at(Stream::risk, 0, 1), "ab"}, {at(Stream::risk, 0, 2), "c"}}).all());
  EXPECT_NE(base, of({{at(Stream::bar, 0, 1), "ab"}, {at(Stream::bar, 0, 3), "c"}}).all());
  EXPECT_NE(base, of({{at(Stream::bar, 0, 1), "ab"}}).all());
}

}  // namespace
}  // namespace tickmesh
