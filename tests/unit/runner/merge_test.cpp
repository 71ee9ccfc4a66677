// The order of event time: what is next, who is waited for, and what may be promised.
#include "runner/merge.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <string>

namespace tickmesh {
namespace {

Timestamp at(std::int64_t ns) { return {ns}; }

/// A merge that is fed one event at a time, whose bytes are their number.
struct Fed {
  explicit Fed(std::vector<Merge::Source> sources) : merge{std::move(sources)} {}
  void add(std::size_t source, Stream stream, Partition partition, Sequence sequence, std::int64_t time) {
    const std::byte byte{static_cast<unsigned char>(sequence)};
    const ByteView bytes{&byte, 1};
    const Timestamp when = at(time);
    merge.add(source, Name{stream, partition, {1, sequence}}, {&bytes, 1}, {&when, 1});
  }
  /// "tick.3/1@10" of everything that can be taken, in order.
  std::vector<std::string> take(std::optional<Timestamp> due = {}) {
    std::vector<std::string> taken;
    while (const auto input = merge.next(due)) {
      taken.push_back(std::string{to_string(input->name.stream)} + '.' + std::to_string(input->name.partition) + '/' +
                      std::to_string(input->name.at.sequence) + '@' + std::to_string(input->key.time.ns));
      EXPECT_EQ(input->bytes.size(), 1u);
      EXPECT_EQ(static_cast<Sequence>(input->bytes[0]), input->name.at.sequence);
      merge.pop();
    }
    merge.release();
    return taken;
  }
  Merge merge;
};

using Taken = std::vector<std::string>;

const Merge::Source kTicks{"tick_ingestor", {Stream::tick, Stream::feed}};
const Merge::Source kSignals{"metrics_engine", {Stream::signal}};
const Merge::Source kOrders{"broker_gateway", {Stream::order, Stream::venue}, true, true};
const Merge::Source kIntents{"position_manager", {Stream::intent}, true, true};
const Merge::Source kControl{"api_gateway", {Stream::control}, false};

TEST(Merge, RanksAreThoseOfTheArchitecture) {
  const Stream order[] = {Stream::control, Stream::feed,   Stream::tick,  Stream::bar,
                          Stream::metrics, Stream::signal, Stream::order, Stream::intent};
  for (std::size_t i = 1; i < std::size(order); ++i) EXPECT_LT(merge_rank(order[i - 1]), merge_rank(order[i]));
  EXPECT_GT(merge_rank(Stream::venue), merge_rank(Stream::intent));
}

TEST(Merge, WhatArrivesInAnyOrderIsTakenByTimeRankPartitionAndSequence) {
  Fed fed{{kTicks, kSignals}};
  fed.add(1, Stream::signal, 0, 1, 10);
  fed.add(0, Stream::tick, 5, 1, 10);
  fed.add(0, Stream::tick, 2, 1, 10);
  fed.add(0, Stream::tick, 2, 2, 10);
  fed.add(0, Stream::feed, 9, 1, 10);
  fed.add(0, Stream::tick, 5, 2, 9 + 2);
  fed.add(1, Stream::signal, 3, 1, 9);
  EXPECT_TRUE(fed.take().empty());  // nobody has promised anything
  fed.merge.promised(0, {Promise::kForEver, 0});
  fed.merge.promised(1, {Promise::kForEver, 0});
  EXPECT_EQ(fed.take(),
            (Taken{"signal.3/1@9", "feed.9/1@10", "tick.2/1@10", "tick.2/2@10", "tick.5/1@10", "signal.0/1@10", "tick.5/2@11"}));
}

TEST(Merge, TicksOfOneTimeAreNotCutFromEachOther) {
  Fed fed{{kTicks}};
  fed.add(0, Stream::tick, 5, 1, 10);
  fed.merge.promised(0, {at(10), 0});
  EXPECT_TRUE(fed.take().empty());  // another of partition 2 may still be said
  fed.add(0, Stream::tick, 2, 1, 10);
  fed.merge.promised(0, {at(11), 0});
  EXPECT_EQ(fed.take(), (Taken{"tick.2/1@10", "tick.5/1@10"}));
}

TEST(Merge, AHigherRankNeedNotHaveBeenSaidALowerOneMust) {
  Fed fed{{kTicks, kSignals}};
  fed.add(0, Stream::tick, 0, 1, 10);
  fed.add(1, Stream::signal, 0, 1, 10);
  fed.merge.promised(0, {at(10), 0});
  fed.merge.promised(1, {at(9), 0});
  EXPECT_TRUE(fed.take().empty());
  fed.merge.promised(0, {at(11), 0});
  EXPECT_TRUE(fed.take().empty());
  EXPECT_EQ(fed.merge.waiting_for(), (Taken{"metrics_engine"}));
  fed.merge.promised(1, {at(10), 0});  // a signal at 10 comes after all ticks at 10
  EXPECT_EQ(fed.take(), (Taken{"tick.0/1@10"}));
  EXPECT_EQ(fed.merge.waiting_for(), (Taken{"metrics_engine"}));  // of another partition, a signal at 10 might come before
  fed.merge.promised(1, {at(11), 0});
  EXPECT_EQ(fed.take(), (Taken{"signal.0/1@10"}));
  EXPECT_TRUE(fed.merge.waiting_for().empty());
}

TEST(Merge, TimersFireBeforeInputsOfTheirTimeAndAfterAllBefore) {
  Fed fed{{kTicks}};
  fed.add(0, Stream::tick, 0, 1, 9);
  fed.add(0, Stream::tick, 0, 2, 10);
  fed.merge.promised(0, {at(11), 0});
  EXPECT_FALSE(fed.merge.may_fire(at(10)));
  EXPECT_EQ(fed.take(at(10)), (Taken{"tick.0/1@9"}));
  EXPECT_TRUE(fed.merge.may_fire(at(10)));
  EXPECT_EQ(fed.take(), (Taken{"tick.0/2@10"}));
  EXPECT_TRUE(fed.merge.may_fire(at(11)));
  EXPECT_FALSE(fed.merge.may_fire(at(12)));
}

TEST(Merge, ControlIsTakenAtOnceAndNeverWaitedFor) {
  Fed fed{{kTicks, kControl}};
  fed.add(0, Stream::tick, 0, 1, 10);
  fed.merge.promised(0, {at(11), 0});
  fed.add(1, Stream::control, 0, 1, 99);
  const auto first = fed.merge.next({});
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->at_once);
  fed.merge.pop();
  EXPECT_EQ(fed.take(), (Taken{"tick.0/1@10"}));
}

TEST(Merge, APartnersPromiseHoldsOnlyAsLongAsItHasHeardAllThatWasSaid) {
  Fed fed{{kTicks, kOrders}};
  fed.add(0, Stream::tick, 0, 1, 10);
  fed.add(0, Stream::tick, 0, 2, 20);
  fed.add(0, Stream::tick, 0, 3, 30);
  fed.merge.promised(0, {at(40), 0});
  fed.merge.promised(1, {Promise::kForEver, 0});
  EXPECT_EQ(fed.take(at(20)), (Taken{"tick.0/1@10"}));
  fed.merge.said(1, at(15));  // an intent: its answer may come at 15
  EXPECT_TRUE(fed.take().empty());
  EXPECT_EQ(fed.merge.waiting_for(), (Taken{"broker_gateway"}));
  fed.add(1, Stream::order, 0, 1, 15);
  fed.merge.promised(1, {at(20), 1});
  EXPECT_EQ(fed.take(), (Taken{"order.0/1@15", "tick.0/2@20"}));  // an order at 20 comes after the ticks at 20
  fed.merge.promised(1, {Promise::kForEver, 1});
  EXPECT_EQ(fed.take(), (Taken{"tick.0/3@30"}));
}

TEST(Merge, AnAnswerIsTakenAlthoughItsSpeakerMayAnswerAgainAtTheSameTime) {
  Fed fed{{kTicks, kOrders}};
  fed.merge.promised(0, {at(40), 0});
  fed.merge.said(1, at(15));
  fed.merge.said(2, at(15));
  fed.add(1, Stream::order, 0, 1, 15);
  fed.merge.promised(1, {at(15), 1});
  EXPECT_EQ(fed.take(), (Taken{"order.0/1@15"}));
  fed.add(1, Stream::venue, 0, 1, 15);  // but what else it says has its place behind all orders of that time
  EXPECT_TRUE(fed.take().empty());
  fed.merge.promised(1, {at(16), 2});
  EXPECT_EQ(fed.take(), (Taken{"venue.0/1@15"}));
}

TEST(Merge, WhatItMayPromiseEndsAtTheNextInputTimerOrForeignPromiseThePartnerLeftOut) {
  Fed fed{{kTicks, kOrders}};
  fed.merge.promised(0, {at(40), 0});
  fed.merge.promised(1, {at(5), 0});
  EXPECT_EQ(fed.merge.quiet_until({}), at(40));
  EXPECT_EQ(fed.merge.quiet_until(at(33)), at(33));
  fed.add(0, Stream::tick, 0, 1, 20);
  EXPECT_EQ(fed.merge.quiet_until(at(33)), at(20));
}

// ---- A mesh of four, each on its own, with messages that take as long as they please.

struct Event {
  Name name{};
  Timestamp time{};
  friend bool operator==(const Event&, const Event&) = default;
};

constexpr std::size_t kEnough = 150;

/// Says something now and then: by a hash of what it took and of how much it said, so that any difference in order shows.
class Service {
 public:
  Service(Stream says, std::vector<Merge::Source> sources, bool answers, std::int64_t delay)
      : says_{says}, answers_{answers}, delay_{delay}, merge{std::move(sources)} {}

  void deliver(std::size_t source, const std::vector<Event>& events, std::size_t upto, const Promise& told) {
    for (std::size_t i = delivered_[source]; i < upto; ++i) {
      const ByteView none{};
      merge.add(source, events[i].name, {&none, 1}, {&events[i].time, 1});
    }
    delivered_[source] = std::max(delivered_[source], upto);
    merge.promised(source, told);
  }
  /// Takes all it can. True: it did something.
  bool run() {
    bool any = false;
    for (;;) {
      const auto due = timers.empty() ? std::optional<Timestamp>{} : std::optional{timers.begin()->first};
      if (const auto input = merge.next(due)) {
        EXPECT_GE(input->key.time, now);
        now = std::max(now, input->key.time);
        const Name name = input->name;
        merge.pop();
        merge.release();
        took(name);
      } else if (due && merge.may_fire(*due)) {
        now = std::max(now, *due);
        const std::uint64_t seed = timers.begin()->second;
        timers.erase(timers.begin());
        log.push_back({Name{}, now});
        if (seed % 3 != 0) say();
      } else {
        break;
      }
      any = true;
    }
    const auto due = timers.empty() ? std::optional<Timestamp>{} : std::optional{timers.begin()->first};
    promise = {merge.quiet_until(due), heard};
    if (answers_ && says_ == Stream::order && timers.empty()) promise.until = Promise::kForEver;
    return any;
  }

  std::vector<Event> said;
  std::vector<Event> log;  ///< what it took, and its own timers
  Promise promise{};
  Timestamp now{};
  std::uint64_t heard{0};
  std::multimap<Timestamp, std::uint64_t> timers;

 private:
  void took(const Name& name) {
    log.push_back({name, now});
    const bool partner = name.stream == Stream::order || (says_ == Stream::order && name.stream == Stream::intent);
    heard += partner;
    const std::uint64_t hash =
        fnv1a64(std::string{to_string(name.stream)} + std::to_string(name.at.sequence) + std::to_string(said.size()));
    if (says_ == Stream::order) {
      if (name.stream != Stream::intent) return;
      say();
      // The venue's answer, after its latency.
      timers.emplace(now + nanoseconds(std::max<std::int64_t>(1, delay_)), hash);
      return;
    }
    if (hash % 5 == 0) say();
    if (hash % 7 == 0 && said.size() < kEnough) timers.emplace(now + nanoseconds(1 + static_cast<std::int64_t>(hash % 4)), hash);
    if (says_ == Stream::intent && name.stream == Stream::order && hash % 4 == 0) say();
  }
  void say() {
    if (said.size() >= kEnough) return;  // talk between two would go on for ever
    said.push_back({Name{says_, 0, {1, said.size() + 1}}, now});
    if (answers_) merge.said(said.size(), now);
  }

  Stream says_;
  bool answers_;
  std::int64_t delay_;

 public:
  Merge merge;

 private:
  std::map<std::size_t, std::size_t> delivered_;
};

/// Ticks to metrics and positions and gateway, signals to positions, intents and orders between the two. Returns what each took.
std::vector<std::vector<Event>> run_mesh(unsigned market, unsigned chance, std::int64_t delay) {
  std::mt19937 draw{market};
  std::vector<Event> ticks;
  std::map<Partition, Sequence> last;
  for (std::int64_t time = 100; time < 160; time += draw() % 3) {
    const auto p = static_cast<Partition>(draw() % 3);
    ticks.push_back({Name{Stream::tick, p, {1, ++last[p]}}, at(time)});
  }
  Service metrics{Stream::signal, {kTicks}, false, 0};
  Service positions{Stream::intent, {kTicks, kSignals, kOrders}, true, 0};
  Service gateway{Stream::order, {kTicks, kIntents}, true, delay};
  std::size_t published = 0;
  const auto ingestor = [&] { return published < ticks.size() ? Promise{ticks[published].time, 0} : Promise{Promise::kForEver, 0}; };
  // A link carries what was said and promised at one moment; each is looked at whenever chance will.
  struct Link {
    Service* to;
    std::size_t source;
    const std::vector<Event>* from;
    std::function<Promise()> promise;
    std::function<std::size_t()> count;
  };
  const auto of = [](Service& s) { return std::pair{[&s] { return s.promise; }, [&s] { return s.said.size(); }}; };
  std::vector<Link> links;
  for (Service* s : {&metrics, &positions, &gateway}) links.push_back({s, 0, &ticks, ingestor, [&] { return published; }});
  links.push_back({&positions, 1, &metrics.said, of(metrics).first, of(metrics).second});
  links.push_back({&positions, 2, &gateway.said, of(gateway).first, of(gateway).second});
  links.push_back({&gateway, 1, &positions.said, of(positions).first, of(positions).second});
  std::mt19937 fate{chance};
  Service* const all[] = {&metrics, &positions, &gateway};
  int idle = 0;
  while (idle < 400) {
    bool any = false;
    if (const auto what = fate() % 10; what == 0 && published < ticks.size()) {
      ++published;
      any = true;
    } else if (what < 6) {
      const Link& link = links[fate() % links.size()];
      link.to->deliver(link.source, *link.from, link.count(), link.promise());
    } else {
      any = all[fate() % 3]->run();
    }
    idle = any ? 0 : idle + 1;
  }
  EXPECT_EQ(published, ticks.size());
  for (Service* s : all)
    EXPECT_EQ(s->merge.held(), 0u) << "stuck: " << (s->merge.waiting_for().empty() ? "" : s->merge.waiting_for().front());
  return {metrics.log, positions.log, gateway.log};
}

TEST(Merge, AMeshOfRandomDelaysTakesTheSameInTheSameOrderAndNeverStalls) {
  std::size_t orders = 0;
  for (unsigned market = 0; market < 12; ++market)
    for (const std::int64_t delay : {0, 1, 5}) {
      const auto first = run_mesh(market, 1, delay);
      for (unsigned chance = 2; chance < 5; ++chance)
        ASSERT_EQ(run_mesh(market, chance, delay), first) << market << ' ' << chance << ' ' << delay;
      orders += static_cast<std::size_t>(std::ranges::count_if(first[1], [](const Event& e) { return e.name.stream == Stream::order; }));
    }
  EXPECT_GT(orders, 300u);
}

TEST(Merge, AMeshTakesEverythingInTheOrderOfItsKeys) {
  for (unsigned market = 0; market < 10; ++market)
    for (const auto& log : run_mesh(market, market, 2)) {
      MergeKey before{};
      for (const Event& e : log) {
        if (e.name.stream == Stream::local) continue;
        const MergeKey key = merge_key(e.time, e.name);
        EXPECT_LT(before, key);
        before = key;
      }
    }
}

}  // namespace
}  // namespace tickmesh
