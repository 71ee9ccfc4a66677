#include "bus/codec.hpp"
#include "tickmesh/v1/metrics.pb.h"
#include "unit/codec/allocations.hpp"
#include "unit/codec/random_events.hpp"

namespace tickmesh {
namespace {

using testing::Rng;

Metrics random_metrics(Rng& rng) {
  Metrics metrics;
  testing::Filler{rng}.fill(metrics);
  return metrics;
}

Bytes encoded(const Metrics& metrics) {
  Bytes out;
  encode_metrics(metrics, out);
  return out;
}

TEST(MetricsCodec, ReadsItsOwnBytesWithoutProtobufAndLeavesNothingOfWhatWasThere) {
  Rng rng{21};
  for (int i = 0; i < 5'000; ++i) {
    const auto metrics = random_metrics(rng);
    auto back = random_metrics(rng);
    ASSERT_TRUE(decode_canonical_metrics(encoded(metrics), back)) << i;
    ASSERT_TRUE(back == metrics) << i;
  }
}

TEST(MetricsCodec, TakesOfOtherBytesOnlyThoseThatProtobufReadsAlike) {
  Rng rng{22};
  int taken = 0, refused = 0;
  for (int i = 0; i < 40'000; ++i) {
    const auto bytes = encoded(random_metrics(rng));
    std::string text{as_text(bytes)};
    switch (rng.below(5)) {
      case 0: text += as_text(encoded(random_metrics(rng))); break;  // merged: the last one wins
      case 1: text.resize(rng.below(text.size() + 1)); break;        // cut
      case 2: text += "\xA2\x3F\x03new"; break;                      // a field of a later version
      default: text[rng.below(text.size())] ^= static_cast<char>(1U << rng.below(8));
    }
    Metrics metrics;
    if (!decode_canonical_metrics(as_bytes(text), metrics)) {
      ++refused;
      continue;
    }
    ++taken;
    v1::Metrics truth;
    ASSERT_TRUE(truth.ParseFromString(text));
    ASSERT_TRUE(truth.GetReflection()->GetUnknownFields(truth).empty());
    v1::Metrics seen;
    ASSERT_TRUE(seen.ParseFromString(std::string{as_text(encoded(metrics))}));
    // Debug strings, because a NaN has many bits, a zero two signs, and a message of defaults two spellings.
    ASSERT_EQ(truth.mid().ShortDebugString(), seen.mid().ShortDebugString());
    ASSERT_EQ(truth.bars_size(), seen.bars_size());
    for (int bar = 0; bar < truth.bars_size(); ++bar) ASSERT_EQ(truth.bars(bar).ShortDebugString(), seen.bars(bar).ShortDebugString());
    ASSERT_EQ(truth.header().ShortDebugString(), seen.header().ShortDebugString());
    ASSERT_EQ(truth.symbol(), seen.symbol());
    ASSERT_EQ(truth.feed(), seen.feed());
    ASSERT_EQ(truth.bid_e8(), seen.bid_e8());
  }
  EXPECT_GT(taken, 5'000);
  EXPECT_GT(refused, 10'000);
}

TEST(MetricsCodec, AllocatesNothingOnceItsBufferHasRoom) {
  Rng rng{23};
  const ProtoCodec codec;
  const Event event{random_metrics(rng)};
  Event back{Metrics{}};
  Bytes out;
  out.reserve(1 << 14);
  codec.encode(event, out);  // the layouts are made once
  out.clear();
  const auto before = testing::allocations();
  codec.encode(event, out);
  const bool taken = codec.decode(Stream::metrics, out, back).has_value();
  EXPECT_EQ(testing::allocations(), before);
  EXPECT_TRUE(taken);
}

}  // namespace
}  // namespace tickmesh
