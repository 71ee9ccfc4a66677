#include "bus/codec.hpp"

#include <cmath>
#include <limits>

#include "bus/text.hpp"
#include "google/protobuf/descriptor.h"
#include "tickmesh/v1/bus.pb.h"
#include "tickmesh/v1/journal.pb.h"
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

Bytes bytes_of(const google::protobuf::MessageLite& message) {
  const auto text = message.SerializeAsString();
  const auto view = as_bytes(text);
  return {view.begin(), view.end()};
}

/// The message of each stream, as the generated code has it.
std::unique_ptr<google::protobuf::Message> message_of(Stream stream) {
  switch (stream) {
    case Stream::local: return std::make_unique<v1::LocalInput>();
    case Stream::tick: return std::make_unique<v1::Tick>();
    case Stream::latest: return std::make_unique<v1::Latest>();
    case Stream::feed: return std::make_unique<v1::FeedEvent>();
    case Stream::bar: return std::make_unique<v1::Bar>();
    case Stream::metrics: return std::make_unique<v1::Metrics>();
    case Stream::profile: return std::make_unique<v1::ProfileEvent>();
    case Stream::depth: return std::make_unique<v1::DepthUpdate>();
    case Stream::book: return std::make_unique<v1::BookTop>();
    case Stream::signal: return std::make_unique<v1::Signal>();
    case Stream::intent: return std::make_unique<v1::Intent>();
    case Stream::position: return std::make_unique<v1::PositionEvent>();
    case Stream::account: return std::make_unique<v1::AccountEvent>();
    case Stream::risk: return std::make_unique<v1::RiskEvent>();
    case Stream::strategy: return std::make_unique<v1::StrategyEvent>();
    case Stream::order: return std::make_unique<v1::OrderEvent>();
    case Stream::venue: return std::make_unique<v1::VenueEvent>();
    case Stream::control: return std::make_unique<v1::Command>();
  }
  return nullptr;
}

TEST(ProtoCodec, GivesBackEveryEventItTook) {
  Rng rng{1};
  Event back;
  for (std::size_t type = 0; type < kEventTypes; ++type) {
    for (int i = 0; i < 500; ++i) {
      const auto event = random_event(type, rng);
      const auto result = codec.decode(stream_of(event), encoded(event), back);
      ASSERT_TRUE(result) << "type " << type << ": " << to_string(result.error());
      ASSERT_EQ(back.index(), type);
      ASSERT_TRUE(back == event) << "type " << type << ", round " << i;
    }
  }
}

TEST(ProtoCodec, LeavesNothingOfAnEarlierEventInTheOneItDecodesInto) {
  Rng rng{2};
  for (std::size_t type = 0; type < kEventTypes; ++type) {
    for (int i = 0; i < 50; ++i) {
      auto used = random_event(type, rng);
      const auto event = random_event(type, rng);
      ASSERT_TRUE(codec.decode(stream_of(event), encoded(event), used));
      ASSERT_TRUE(used == event) << "type " << type;
    }
  }
}

TEST(ProtoCodec, WritesWhatTheGeneratedCodeReadsInFullAndWritesAlike) {
  Rng rng{3};
  for (std::size_t type = 0; type < kEventTypes; ++type) {
    for (int i = 0; i < 100; ++i) {
      const auto event = random_event(type, rng);
      const auto bytes = encoded(event);
      const auto message = message_of(stream_of(event));
      ASSERT_TRUE(message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
      ASSERT_TRUE(message->GetReflection()->GetUnknownFields(*message).empty());
      ASSERT_EQ(bytes_of(*message), bytes) << "type " << type;
    }
  }
}

TEST(ProtoCodec, TellsWhenAnEventWasSaidAsTheDecodedEventDoes) {
  Rng rng{7};
  for (int i = 0; i < 20'000; ++i) {
    const auto event = random_event(rng);
    auto bytes = encoded(event);
    const bool broken = rng.chance(20) && !bytes.empty();
    if (broken) bytes.resize(rng.below(std::min<std::uint64_t>(bytes.size(), 9)));
    Event back;
    const bool decodes = codec.decode(stream_of(event), bytes, back).has_value();
    const auto said = codec.said_at(stream_of(event), bytes);
    ASSERT_EQ(said, decodes && time_of(back) ? std::optional{time_of(back)} : std::nullopt) << i;
  }
}

TEST(ProtoCodec, GivesEqualEventsEqualBytesWhateverCameBefore) {
  Rng rng{4};
  for (int i = 0; i < 2000; ++i) {
    const auto event = random_event(rng);
    const auto first = encoded(event);
    encoded(random_event(rng));
    ASSERT_EQ(encoded(Event{event}), first);
  }
}

TEST(ProtoCodec, AppendsBehindWhatIsThere) {
  Bytes out{std::byte{7}};
  codec.encode(TimerFired{3, {5}}, out);
  EXPECT_EQ(out.front(), std::byte{7});
  EXPECT_EQ(Bytes(out.begin() + 1, out.end()), encoded(TimerFired{3, {5}}));
}

TEST(ProtoCodec, WritesEqualDoublesWithEqualBits) {
  const auto signal = [](double confidence) {
    Signal s;
    s.symbol = *Symbol::parse("AAPL.DEMO");
    s.confidence = confidence;
    return encoded(s);
  };
  EXPECT_EQ(signal(-0.0), signal(0.0));
  EXPECT_EQ(signal(std::copysign(std::numeric_limits<double>::quiet_NaN(), -1.0)), signal(std::numeric_limits<double>::quiet_NaN()));
}

TEST(ProtoCodec, ReplacesWhatIsNotUtf8SoThatReadersTakeTheEvent) {
  Event back;
  ASSERT_TRUE(codec.decode(Stream::control, encoded(Command{.note = "caf\xE9 \xE2\x82\xAC\xC0\x80"}), back));
  EXPECT_EQ(std::get<Command>(back).note, "caf? €??");
}

TEST(ProtoCodec, NamesTheFieldsOfMessagesAsTheContractDoes) {
  Bar bar;
  bar.header.time = {5};
  bar.symbol = *Symbol::parse("AAPL.DEMO");
  bar.basis = BarBasis::mid;
  bar.open = Price::from_raw(1);
  bar.high = Price::from_raw(2);
  bar.low = Price::from_raw(3);
  bar.close = Price::from_raw(4);
  bar.quality = BarQuality::late;
  v1::Bar message;
  const auto bytes = encoded(bar);
  ASSERT_TRUE(message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  EXPECT_EQ(message.ShortDebugString(),
            "header { time_ns: 5 } symbol: \"AAPL.DEMO\" basis: BAR_BASIS_MID open_e8: 1 high_e8: 2 low_e8: 3 close_e8: 4 "
            "quality: BAR_QUALITY_LATE");
}

std::string refusal(Stream stream, const google::protobuf::MessageLite& message) {
  Event back;
  const auto result = codec.decode(stream, bytes_of(message), back);
  return result ? "taken" : result.error().field + " | " + result.error().rule;
}

TEST(ProtoCodec, RefusesWhatNoEventMayHold) {
  v1::Tick tick;
  tick.set_kind(static_cast<v1::TickKind>(4));
  EXPECT_EQ(refusal(Stream::tick, tick), "tick | kind: a known number");
  tick.set_kind(static_cast<v1::TickKind>(258));  // 2 in its low byte
  EXPECT_EQ(refusal(Stream::tick, tick), "tick | kind: a known number");
  tick.set_kind(static_cast<v1::TickKind>(-1));
  EXPECT_EQ(refusal(Stream::tick, tick), "tick | kind: a known number");

  v1::Latest latest;
  EXPECT_EQ(refusal(Stream::latest, latest), "latest | symbol: not empty");
  latest.set_symbol("AAPL");
  EXPECT_EQ(refusal(Stream::latest, latest), "latest | symbol: SYMBOL.VENUE, each part [A-Z0-9_:/-]{1,15}");
  latest.set_symbol("AAPL.DEMO");
  EXPECT_EQ(refusal(Stream::latest, latest), "taken");
  latest.mutable_header()->mutable_cause()->mutable_name()->set_partition(64);
  EXPECT_EQ(refusal(Stream::latest, latest), "latest | partition: below 64");
  latest.mutable_header()->mutable_cause()->mutable_name()->set_partition(256);
  EXPECT_EQ(refusal(Stream::latest, latest), "latest | partition: below 64");

  v1::Metrics metrics;
  metrics.set_symbol("AAPL.DEMO");
  metrics.mutable_mid()->set_value(1);
  EXPECT_EQ(refusal(Stream::metrics, metrics), "metrics | status: a known number");

  EXPECT_EQ(refusal(Stream::local, v1::LocalInput{}), "local | input: one of them is set");
  EXPECT_EQ(refusal(Stream::profile, v1::ProfileEvent{}), "profile | symbol: not empty");
  EXPECT_EQ(refusal(static_cast<Stream>(200), v1::Tick{}), "? | a stream that has events");
}

TEST(ProtoCodec, TakesAnEmptySymbolWhereItMeansAllOrNone) {
  EXPECT_EQ(refusal(Stream::control, v1::Command{}), "taken");
  EXPECT_EQ(refusal(Stream::risk, v1::RiskEvent{}), "taken");
  EXPECT_EQ(refusal(Stream::order, v1::OrderEvent{}), "taken");
}

TEST(ProtoCodec, NeverWritesAnEventThatNoReaderWouldTake) {
  Bytes out;
  EXPECT_THROW(codec.encode(Bar{}, out), InvariantError);
  EXPECT_TRUE(out.empty());
}

/// Whatever happens to the bytes: no crash, and what is taken is an event that can be written and read again.
TEST(ProtoCodec, OutlivesTruncationsBitFlipsAndNoise) {
  Rng rng{5};
  Event event;
  Event again;
  int taken = 0;
  int refused = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto original = random_event(static_cast<std::size_t>(i) % kEventTypes, rng);
    auto bytes = encoded(original);
    auto stream = stream_of(original);
    if (rng.chance(30)) bytes.resize(rng.below(bytes.size() + 1));
    for (auto flips = rng.below(4); flips > 0 && !bytes.empty(); --flips)
      bytes[rng.below(bytes.size())] ^= static_cast<std::byte>(1U << rng.below(8));
    if (rng.chance(5))
      for (auto& byte : bytes) byte = static_cast<std::byte>(rng.next());
    if (rng.chance(10)) stream = static_cast<Stream>(rng.below(kStreams + 2));
    if (!codec.decode(stream, bytes, event)) {
      ++refused;
      continue;
    }
    ++taken;
    ASSERT_EQ(stream_of(event), stream);
    ASSERT_TRUE(codec.decode(stream, encoded(event), again));
    ASSERT_EQ(encoded(again), encoded(event));
  }
  EXPECT_GT(taken, 10'000);
  EXPECT_GT(refused, 10'000);
}

TEST(StreamOf, IsLocalForInputsThatNeverTravel) {
  Rng rng{6};
  std::array<int, kStreams> count{};
  for (std::size_t type = 0; type < kEventTypes; ++type) ++count[static_cast<std::size_t>(stream_of(random_event(type, rng)))];
  EXPECT_THAT(count, ::testing::ElementsAre(10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
}

TEST(Utf8, IsTakenExactlyAsUnicodeHasIt) {
  for (const auto* good : {"", "a", "é", "€", "😀", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF"}) EXPECT_TRUE(valid_utf8(good)) << good;
  // Overlong, surrogate, beyond U+10FFFF, cut short, a lone continuation.
  for (const auto* bad : {"\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80", "\xFF"})
    EXPECT_FALSE(valid_utf8(bad));
}

}  // namespace
}  // namespace tickmesh
