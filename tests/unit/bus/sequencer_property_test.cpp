// A publisher, a lossy wire and a reader, by seed: whatever is lost, doubled, reordered, trimmed or restarted, every event the publisher
// still holds comes once and in order, and every other one is reported.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "bus/sequencer.hpp"

namespace tickmesh {
namespace {

constexpr unsigned kStreamsHere = 2, kPartitionsHere = 3;
const std::array<Stream, kStreamsHere> kUsed{Stream::tick, Stream::order};

struct Weather {
  double lose{0}, twice{0}, late{0}, lose_answer{0}, trim{0}, restart{0}, new_epoch{0};
};

class World final : public SequencerSink {
 public:
  World(std::uint64_t seed, Weather weather, std::size_t buffer_bytes)
      : random_{seed},
        weather_{weather},
        sequencer_{{.streams = {kUsed.begin(), kUsed.end()}, .buffer_bytes = buffer_bytes, .get_count = 7}, {}} {
    first_held_.fill({});
    for (const Stream s : kUsed)
      for (unsigned p = 0; p < kPartitionsHere; ++p) first_held_[static_cast<std::size_t>(s)][p] = 1;
  }

  void run(int turns) {
    // The reader begins at the publisher's first event, so that "everything" means everything.
    answer_hello();
    for (int i = 0; i < turns; ++i) turn();
    // The storm passes.
    weather_ = {};
    for (int i = 0; i < 4000 && !(sequencer_.caught_up() && wire_.empty() && replies_.empty()); ++i) turn(false);
    EXPECT_TRUE(sequencer_.caught_up());
    for (const Stream s : kUsed)
      for (unsigned p = 0; p < kPartitionsHere; ++p) {
        EXPECT_EQ(sequencer_.position(s, static_cast<Partition>(p)), (Position{token_.epoch, heads_[static_cast<std::size_t>(s)][p]}));
        EXPECT_EQ(cell(s, p).sequence, heads_[static_cast<std::size_t>(s)][p]);
      }
    EXPECT_EQ(sequencer_.buffered_bytes(), 0u);
  }

  void deliver(const Name& first, std::span<const ByteView> events) override {
    Position& at = cell(first.stream, first.partition);
    if (at.sequence == 0 && first.at.epoch > at.epoch) at.epoch = first.at.epoch;  // of an epoch nothing was heard of, no end is told
    ASSERT_EQ(first.at.epoch, at.epoch);
    ASSERT_EQ(first.at.sequence, at.sequence + 1) << "gapless, in order, once";
    for (std::size_t i = 0; i < events.size(); ++i) {
      std::array<std::uint64_t, 3> said{};
      ASSERT_EQ(events[i].size(), sizeof said);
      std::memcpy(said.data(), events[i].data(), sizeof said);
      const auto where = std::uint64_t{static_cast<std::uint8_t>(first.stream)} << 8 | first.partition;
      ASSERT_EQ(said, (std::array<std::uint64_t, 3>{where, first.at.epoch, first.at.sequence + i}));
    }
    at = {first.at.epoch, first.at.sequence + events.size() - 1};
    delivered += events.size();
  }
  void gap(const StreamGap& gap) override {
    Position& at = cell(gap.stream, gap.partition);
    ++gaps;
    if (gap.to.epoch == gap.from.epoch) {
      ASSERT_EQ(gap.from.sequence, at.sequence + 1);
      const EndedStream* over = ended(gap.stream, gap.partition, gap.to.epoch);
      ASSERT_LT(gap.to.sequence, over != nullptr ? over->first : first_held_[static_cast<std::size_t>(gap.stream)][gap.partition])
          << "only what is trimmed is lost";
      at = {gap.to.epoch, gap.to.sequence};
    } else {
      ASSERT_EQ(gap.from, at);
      ASSERT_GT(gap.to.epoch, at.epoch);
      const EndedStream* over = ended(gap.stream, gap.partition, at.epoch);
      ASSERT_TRUE(over != nullptr);
      ASSERT_EQ(at.sequence, over->last) << "an epoch is read to its end";
      at = gap.to;
    }
  }
  std::uint64_t delivered{0}, gaps{0}, trims{0};

 private:
  struct Message {
    Token token;
    Name first;
    std::vector<std::array<std::uint64_t, 3>> events;
    bool beat{false};
    Outbox::Heads heads{};
  };
  struct Reply {
    enum Kind { welcome, chunk, trimmed } kind{};
    Message message;
    Outbox::Heads first{};
    std::vector<EndedStream> ended{};
  };
  const EndedStream* ended(Stream s, unsigned p, Epoch epoch) const {
    const auto it =
        std::ranges::find_if(ended_, [&](const EndedStream& e) { return e.stream == s && e.partition == p && e.epoch == epoch; });
    return it == ended_.end() ? nullptr : &*it;
  }
  Reply welcome() const {
    return {.kind = Reply::welcome,
            .message = {.token = token_, .first = {}, .events = {}, .heads = heads_},
            .first = first_held_,
            .ended = ended_};
  }
  bool chance(double p) { return p > 0 && std::uniform_real_distribution<>{}(random_) < p; }
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  Position& cell(Stream s, unsigned p) { return cells_[static_cast<std::size_t>(s)][p]; }
  std::vector<std::array<std::uint64_t, 3>> events_of(const Name& first, std::uint64_t count) const {
    std::vector<std::array<std::uint64_t, 3>> events;
    const auto where = std::uint64_t{static_cast<std::uint8_t>(first.stream)} << 8 | first.partition;
    for (std::uint64_t i = 0; i < count; ++i) events.push_back({where, first.at.epoch, first.at.sequence + i});
    return events;
  }

  void turn(bool says = true) {
    now_ += 5'000'000;
    if (says) say();
    if (chance(weather_.restart)) restart(false);
    if (chance(weather_.new_epoch)) restart(true);
    if (says && chance(weather_.trim)) trim();
    if (now_ % 50'000'000 == 0) wire_.push_back({.token = token_, .first = {}, .events = {}, .beat = true, .heads = heads_});
    listen();
    ask();
    if (!replies_.empty() && chance(0.7)) answer();
    sequencer_.pump(1 + below(20), *this);
    sequencer_.release();
  }
  void say() {
    const Stream s = kUsed[below(kStreamsHere)];
    const auto p = static_cast<Partition>(below(kPartitionsHere));
    Sequence& head = heads_[static_cast<std::size_t>(s)][p];
    const std::uint64_t count = 1 + below(5);
    const Name first{s, p, {token_.epoch, head + 1}};
    head += count;
    if (!chance(weather_.lose)) wire_.push_back({.token = token_, .first = first, .events = events_of(first, count)});
  }
  void restart(bool new_epoch) {
    if (new_epoch) {
      for (const Stream s : kUsed)
        for (unsigned p = 0; p < kPartitionsHere; ++p)
          if (const Sequence last = heads_[static_cast<std::size_t>(s)][p]; last > 0)
            ended_.push_back({s, static_cast<Partition>(p), token_.epoch, first_held_[static_cast<std::size_t>(s)][p], last});
      token_ = {token_.epoch + 1, 1};
      heads_ = {};
      for (const Stream s : kUsed)
        for (unsigned p = 0; p < kPartitionsHere; ++p) first_held_[static_cast<std::size_t>(s)][p] = 1;
    } else {
      ++token_.incarnation;
    }
    replies_.clear();  // asked of a process that is gone
    if (chance(0.5)) wire_.clear();
  }
  void trim() {
    const auto s = static_cast<std::size_t>(kUsed[below(kStreamsHere)]);
    const auto p = below(kPartitionsHere);
    if (heads_[s][p] > first_held_[s][p] + 3) {
      first_held_[s][p] += below(4);
      ++trims;
    }
  }
  void listen() {
    for (std::uint64_t n = below(4); n > 0 && !wire_.empty(); --n) {
      const std::size_t which = chance(weather_.late) ? below(wire_.size()) : 0;
      const Message message = wire_[which];
      if (!chance(weather_.twice)) wire_.erase(wire_.begin() + static_cast<std::ptrdiff_t>(which));
      if (!sequencer_.heard(message.token, *this)) continue;
      if (message.beat) {
        sequencer_.heads(message.token, message.heads);
      } else {
        EXPECT_TRUE(sequencer_.live(message.first, views(message), *this));
      }
    }
  }
  static std::vector<ByteView> views(const Message& message) {
    std::vector<ByteView> views;
    for (const auto& event : message.events) views.push_back(std::as_bytes(std::span{event}));
    return views;
  }
  void ask() {
    if (sequencer_.hello_due(now_) && !chance(weather_.lose_answer)) replies_.push_back(welcome());
    const auto get = sequencer_.get_due(now_);
    if (!get) return;
    ASSERT_LE(get->count, 7u);
    if (chance(weather_.lose_answer)) return;
    const auto s = static_cast<std::size_t>(get->first.stream);
    const Sequence from = get->first.at.sequence, first = first_held_[s][get->first.partition], head = heads_[s][get->first.partition];
    if (get->first.at.epoch != token_.epoch) {
      const EndedStream* over = ended(get->first.stream, get->first.partition, get->first.at.epoch);
      ASSERT_TRUE(over != nullptr && from <= over->last);
      Name at = get->first;
      if (from < over->first) {
        at.at.sequence = over->first;
        replies_.push_back({.kind = Reply::trimmed, .message = {.token = token_, .first = at, .events = {}}});
        return;
      }
      const auto count = std::min<std::uint64_t>(over->last - from + 1, 1 + below(get->count));
      replies_.push_back({.kind = Reply::chunk, .message = {.token = token_, .first = at, .events = events_of(at, count)}});
    } else if (from < first) {
      replies_.push_back(
          {.kind = Reply::trimmed,
           .message = {.token = token_, .first = {get->first.stream, get->first.partition, {token_.epoch, first}}, .events = {}}});
    } else {
      const std::uint64_t count = from > head ? 0 : std::min<std::uint64_t>(head - from + 1, 1 + below(get->count));
      replies_.push_back({.kind = Reply::chunk, .message = {.token = token_, .first = get->first, .events = events_of(get->first, count)}});
    }
  }
  void answer() {
    const Reply reply = replies_.front();
    replies_.erase(replies_.begin());
    const Message& m = reply.message;
    switch (reply.kind) {
      case Reply::welcome:
        if (sequencer_.heard(m.token, *this)) sequencer_.welcome(m.token, reply.first, m.heads, *this, reply.ended);
        break;
      case Reply::chunk: EXPECT_TRUE(sequencer_.chunk(m.first, views(m), now_, *this)); break;
      case Reply::trimmed: EXPECT_TRUE(sequencer_.trimmed(m.first.stream, m.first.partition, m.first.at, *this)); break;
    }
  }
  void answer_hello() {
    ASSERT_TRUE(sequencer_.hello_due(now_));
    sequencer_.heard(token_, *this);
    sequencer_.welcome(token_, first_held_, heads_, *this);
    for (const Stream s : kUsed)
      for (unsigned p = 0; p < kPartitionsHere; ++p) cell(s, p) = {token_.epoch, 0};
  }

  std::mt19937_64 random_;
  Weather weather_;
  Sequencer sequencer_;
  Token token_{100, 1};
  Outbox::Heads heads_{}, first_held_{};
  std::vector<EndedStream> ended_;  ///< all of every epoch but what was trimmed
  std::array<std::array<Position, kPartitionsHere>, kStreams> cells_{};
  std::vector<Message> wire_;
  std::vector<Reply> replies_;
  std::int64_t now_{0};
};

class SequencerProperty : public testing::TestWithParam<std::uint64_t> {};

TEST_P(SequencerProperty, LossRepetitionAndDisorderLoseAndDoubleNothing) {
  World world{GetParam(), {.lose = 0.2, .twice = 0.2, .late = 0.3, .lose_answer = 0.1}, 4096};
  world.run(3000);
  EXPECT_EQ(world.gaps, 0u);
  EXPECT_GT(world.delivered, 5000u);
}

TEST_P(SequencerProperty, ATinyBufferOnlyCostsReplay) {
  World world{GetParam(), {.lose = 0.3, .twice = 0.1, .late = 0.5, .lose_answer = 0.2}, 256};
  world.run(2000);
  EXPECT_EQ(world.gaps, 0u);
  EXPECT_GT(world.delivered, 3000u);
}

TEST_P(SequencerProperty, TrimsAreReportedAndNothingElseIsLost) {
  World world{GetParam(), {.lose = 0.3, .twice = 0.1, .late = 0.3, .lose_answer = 0.2, .trim = 0.3}, 4096};
  world.run(3000);
  EXPECT_GT(world.trims, 0u);
}

TEST_P(SequencerProperty, RestartsAndNewEpochsHealByThemselves) {
  World world{
      GetParam(), {.lose = 0.2, .twice = 0.2, .late = 0.3, .lose_answer = 0.2, .trim = 0.05, .restart = 0.01, .new_epoch = 0.003}, 4096};
  world.run(3000);
  EXPECT_GT(world.gaps, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SequencerProperty, testing::Range<std::uint64_t>(1, 41),
                         [](const auto& p) { return "seed" + std::to_string(p.param); });

}  // namespace
}  // namespace tickmesh
