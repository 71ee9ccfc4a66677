#include "bus/codec.hpp"
#include "tickmesh/v1/tick.pb.h"
#include "unit/codec/allocations.hpp"
#include "unit/codec/random_events.hpp"

namespace tickmesh {
namespace {

using testing::Filler;
using testing::Rng;

const ProtoCodec codec;

Tick random_tick(Rng& rng) {
  Tick tick;
  Filler{rng}.fill(tick);
  return tick;
}

v1::Tick generated(const Tick& t) {
  v1::Tick m;
  m.set_instrument_id(t.instrument.value);
  m.set_time_ns(t.time.ns);
  m.set_event_time_ns(t.event_time.ns);
  m.set_kind(static_cast<v1::TickKind>(t.kind));
  m.set_feed(static_cast<v1::FeedKind>(t.feed));
  m.set_aggressor(static_cast<v1::Side>(t.aggressor));
  m.set_synthetic(t.synthetic);
  m.set_bid_e8(t.bid.raw());
  m.set_ask_e8(t.ask.raw());
  m.set_bid_size_e8(t.bid_size.raw());
  m.set_ask_size_e8(t.ask_size.raw());
  m.set_price_e8(t.price.raw());
  m.set_size_e8(t.size.raw());
  m.set_trade_id(t.trade_id);
  return m;
}

ByteView view(const std::string& text) { return as_bytes(text); }

TEST(TickCodec, WritesTheBytesOfTheGeneratedCode) {
  Rng rng{11};
  for (int i = 0; i < 100'000; ++i) {
    const auto tick = random_tick(rng);
    Bytes out;
    encode_tick(tick, out);
    ASSERT_EQ(as_text(out), generated(tick).SerializeAsString());
  }
}

TEST(TickCodec, WritesADefaultTickAsNothing) {
  Bytes out;
  encode_tick(Tick{}, out);
  EXPECT_TRUE(out.empty());
}

TEST(TickCodec, ReadsItsOwnBytesWithoutProtobuf) {
  Rng rng{12};
  for (int i = 0; i < 100'000; ++i) {
    const auto tick = random_tick(rng);
    Bytes out;
    encode_tick(tick, out);
    auto back = random_tick(rng);
    ASSERT_TRUE(decode_canonical_tick(out, back));
    ASSERT_TRUE(back == tick);
  }
}

TEST(TickCodec, TakesWhateverProtobufTakesAndSeesTheSameInIt) {
  Rng rng{13};
  int agreed = 0;
  int other_layout = 0;
  for (int i = 0; i < 100'000; ++i) {
    auto bytes = generated(random_tick(rng)).SerializeAsString();
    switch (rng.below(5)) {
      case 0: bytes += generated(random_tick(rng)).SerializeAsString(); break;  // merged: the last one wins
      case 1: bytes.resize(rng.below(bytes.size() + 1)); break;                 // cut
      case 2:
        bytes =
            "\xA2\x06\x03"
            "new" +
            bytes;
        break;                                                     // a field of a later version
      case 3: bytes += std::string("\x20\x82\x80\x00", 4); break;  // an overlong varint
      default:
        if (!bytes.empty()) bytes[rng.below(bytes.size())] ^= static_cast<char>(1U << rng.below(7));
    }
    v1::Tick truth;
    const bool parses = truth.ParseFromString(bytes);
    const bool in_range = v1::TickKind_IsValid(truth.kind()) && v1::FeedKind_IsValid(truth.feed()) && v1::Side_IsValid(truth.aggressor());
    Event event;
    ASSERT_EQ(codec.decode(Stream::tick, view(bytes), event).has_value(), parses && in_range);
    if (!parses || !in_range) continue;
    truth.DiscardUnknownFields();
    ASSERT_EQ(generated(std::get<Tick>(event)).SerializeAsString(), truth.SerializeAsString());
    ++agreed;
    Tick ignored;
    if (!decode_canonical_tick(view(bytes), ignored)) ++other_layout;
  }
  EXPECT_GT(agreed, 50'000);
  EXPECT_GT(other_layout, 10'000);
}

TEST(TickCodec, AllocatesNothingOnceItsBufferHasRoom) {
  Rng rng{14};
  const Event event{random_tick(rng)};
  Event back{Tick{}};
  Bytes out;
  out.reserve(1 << 12);
  const auto before = testing::allocations();
  codec.encode(event, out);
  const bool taken = codec.decode(Stream::tick, out, back).has_value();
  const auto after = testing::allocations();
  EXPECT_TRUE(taken);
  EXPECT_EQ(after, before);
  Bytes small;
  codec.encode(event, small);
  EXPECT_GT(testing::allocations(), after) << "the count counts";
}

TEST(Codec, WhatIsSaidOfTicksTakesNothingFromTheHeapOnceWarm) {
  Rng rng{5};
  Metrics metrics;
  Bar bar;
  Latest latest;
  Filler fill{rng};
  fill.fill(metrics), fill.fill(bar), fill.fill(latest);
  metrics.symbol = bar.symbol = latest.symbol = *Symbol::parse("AAPL.DEMO");
  Bytes out;
  out.reserve(1 << 12);
  for (const Event& event : {Event{metrics}, Event{bar}, Event{latest}}) {
    Event back = event;
    std::size_t before = 0;
    for (int turn = 0; turn < 3; ++turn) {
      if (turn == 1) before = testing::allocations();
      out.clear();
      codec.encode(event, out);
      ASSERT_TRUE(codec.decode(stream_of(event), out, back).has_value());
    }
    EXPECT_EQ(testing::allocations(), before) << to_string(stream_of(event));
  }
}

}  // namespace
}  // namespace tickmesh
