#include "bus/message_reader.hpp"

#include "unit/codec/allocations.hpp"
#include "unit/codec/random_events.hpp"

namespace tickmesh {
namespace {

using testing::kEventTypes;
using testing::random_event;
using testing::Rng;

const ProtoCodec codec;

Bytes encoded(const Event& event) {
  Bytes out;
  codec.encode(event, out);
  return out;
}

/// The same message to protobuf, and nothing that MessageReader takes: a field of a later version comes first.
Bytes for_protobuf_alone(ByteView bytes) {
  Bytes out{std::byte{0xF8}, std::byte{0x7F}, std::byte{1}};
  out.insert(out.end(), bytes.begin(), bytes.end());
  return out;
}

template <class T, class Message>
int taken_of_its_own(Rng& rng, int rounds) {
  int taken = 0;
  for (int i = 0; i < rounds; ++i) {
    T event, back;
    testing::Filler{rng}.fill(event);
    testing::Filler{rng}.fill(back);
    const auto bytes = encoded(event);
    MessageReader reader{bytes};
    fields(reader, back, const_cast<Message&>(Message::default_instance()));
    taken += reader.done() && back == event ? 1 : 0;
  }
  return taken;
}

TEST(MessageReader, TakesAllThatIsWrittenAndLeavesNothingOfWhatWasThere) {
  Rng rng{31};
  constexpr int kRounds = 300;
  EXPECT_EQ((taken_of_its_own<Latest, v1::Latest>(rng, kRounds)), kRounds);
  EXPECT_EQ((taken_of_its_own<FeedEvent, v1::FeedEvent>(rng, kRounds)), kRounds);
  EXPECT_EQ((taken_of_its_own<Bar, v1::Bar>(rng, kRounds)), kRounds);
  EXPECT_EQ((taken_of_its_own<Signal, v1::Signal>(rng, kRounds)), kRounds);
  EXPECT_EQ((taken_of_its_own<Intent, v1::Intent>(rng, kRounds)), kRounds);
  EXPECT_EQ((taken_of_its_own<PositionEvent, v1::PositionEvent>(rng, kRounds)), kRounds);
  EXPECT_EQ((taken_of_its_own<AccountEvent, v1::AccountEvent>(rng, kRounds)), kRounds);
  EXPECT_EQ((taken_of_its_own<RiskEvent, v1::RiskEvent>(rng, kRounds)), kRounds);
  EXPECT_EQ((taken_of_its_own<StrategyEvent, v1::StrategyEvent>(rng, kRounds)), kRounds);
  EXPECT_EQ((taken_of_its_own<OrderEvent, v1::OrderEvent>(rng, kRounds)), kRounds);
  EXPECT_EQ((taken_of_its_own<VenueEvent, v1::VenueEvent>(rng, kRounds)), kRounds);
  EXPECT_EQ((taken_of_its_own<Command, v1::Command>(rng, kRounds)), kRounds);
  EXPECT_EQ((taken_of_its_own<ProfileEvent, v1::ProfileEvent>(rng, kRounds)), kRounds);
  EXPECT_EQ((taken_of_its_own<DepthUpdate, v1::DepthUpdate>(rng, kRounds)), kRounds);
  EXPECT_EQ((taken_of_its_own<BookTop, v1::BookTop>(rng, kRounds)), kRounds);
}

/// Whatever happens to the bytes, reading them by hand changes nothing: what is taken, as what, and what is said of the rest.
TEST(MessageReader, TakesOfOtherBytesOnlyThoseThatProtobufReadsAlike) {
  Rng rng{32};
  Event event, truth;
  int taken = 0, refused = 0;
  for (int i = 0; i < 150'000; ++i) {
    const auto original = random_event(static_cast<std::size_t>(i) % kEventTypes, rng);
    const auto stream = stream_of(original);
    auto bytes = encoded(original);
    switch (rng.below(6)) {
      case 0: break;
      case 1: bytes.resize(rng.below(bytes.size() + 1)); break;
      case 2: {  // merged: the last one wins
        const auto more = encoded(random_event(original.index(), rng));
        bytes.insert(bytes.end(), more.begin(), more.end());
        break;
      }
      default:
        for (auto flips = 1 + rng.below(3); flips > 0 && !bytes.empty(); --flips)
          bytes[rng.below(bytes.size())] ^= static_cast<std::byte>(1U << rng.below(8));
    }
    const auto by_hand = codec.decode(stream, bytes, event);
    const auto by_protobuf = codec.decode(stream, for_protobuf_alone(bytes), truth);
    ASSERT_EQ(by_hand.has_value(), by_protobuf.has_value()) << i;
    if (!by_hand) {
      ++refused;
      ASSERT_EQ(to_string(by_hand.error()), to_string(by_protobuf.error())) << i;
      continue;
    }
    ++taken;
    ASSERT_EQ(event.index(), truth.index()) << i;
    // As bytes, because a NaN is not equal to itself.
    ASSERT_EQ(encoded(event), encoded(truth)) << i;
  }
  EXPECT_GT(taken, 40'000);
  EXPECT_GT(refused, 20'000);
}

TEST(MessageReader, AllocatesNothingForAnOrderOnceItsTextsHaveRoom) {
  Rng rng{33};
  OrderEvent order;
  testing::Filler{rng}.fill(order);
  const Event event{order};
  const auto bytes = encoded(event);
  Event back = event;
  ASSERT_TRUE(codec.decode(Stream::order, bytes, back));
  const auto before = testing::allocations();
  const bool taken = codec.decode(Stream::order, bytes, back).has_value();
  EXPECT_EQ(testing::allocations(), before);
  EXPECT_TRUE(taken);
}

}  // namespace
}  // namespace tickmesh
