#include "bus/wire.hpp"

#include <algorithm>

#include "bus/codec.hpp"
#include "bus/protobuf_wire.hpp"
#include "tickmesh/v1/bus.pb.h"
#include "unit/codec/random_events.hpp"

namespace tickmesh {
namespace {

using testing::kEventTypes;
using testing::random_event;
using testing::Rng;

const ProtoCodec codec;

BatchHeader header() {
  return {.service = "tick_ingestor",
          .ordinal = 2,
          .token = {1737376814000, 3},
          .config_hash = 0xFEDCBA9876543210,
          .sent = {1737376814000000000},
          .heads = {{.stream = Stream::tick, .partition = 63, .last = 1ULL << 40},
                    {.stream = Stream::feed, .last = 7, .epoch = 9, .first = 2}}};
}

struct Written {
  Name first;
  std::vector<Bytes> payloads;
};

std::vector<Written> random_runs(Rng& rng) {
  std::vector<Written> runs(rng.below(6));
  for (auto& run : runs) {
    std::size_t type = rng.below(kEventTypes);
    while (stream_of(random_event(type, rng)) == Stream::local) type = rng.below(kEventTypes);
    run.first = {
        stream_of(random_event(type, rng)), static_cast<Partition>(rng.below(kPartitions)), {rng.next(), 1 + rng.below(1ULL << 50)}};
    run.payloads.resize(1 + rng.below(20));
    for (auto& payload : run.payloads) codec.encode(random_event(type, rng), payload);
  }
  return runs;
}

Bytes write(const BatchHeader& head, const std::vector<Written>& runs, BatchWriter& writer) {
  writer.start(head);
  for (const auto& run : runs) {
    Name name = run.first;
    for (const auto& payload : run.payloads) {
      writer.add(name, payload);
      ++name.at.sequence;
    }
  }
  const auto bound = writer.size();
  const auto frame = writer.finish();
  EXPECT_LE(frame.size(), bound);
  EXPECT_LE(bound, frame.size() + 10 * runs.size());
  EXPECT_EQ(writer.size(), frame.size());
  return {frame.begin(), frame.end()};
}

Bytes bytes_of(const google::protobuf::MessageLite& message) {
  const auto text = message.SerializeAsString();
  const auto view = as_bytes(text);
  return {view.begin(), view.end()};
}

std::string rule(const Result<void>& result) { return result ? "taken" : result.error().field + " | " + result.error().rule; }

TEST(Batch, GivesBackEveryHeadRunAndPayload) {
  Rng rng{21};
  BatchWriter writer;
  BatchParser parser;
  for (int i = 0; i < 300; ++i) {
    const auto runs = random_runs(rng);
    const auto frame = write(header(), runs, writer);
    ASSERT_EQ(rule(parser.parse(frame)), "taken");
    EXPECT_TRUE(parser.header() == header());
    ASSERT_EQ(parser.runs().size(), runs.size());
    for (std::size_t r = 0; r < runs.size(); ++r) {
      EXPECT_EQ(parser.runs()[r].first, runs[r].first);
      ASSERT_EQ(parser.runs()[r].payloads.size(), runs[r].payloads.size());
      for (std::size_t p = 0; p < runs[r].payloads.size(); ++p)
        ASSERT_EQ(as_text(parser.runs()[r].payloads[p]), as_text(runs[r].payloads[p]));
    }
  }
}

TEST(Batch, IsTheMessageOfTheContractByteForByte) {
  Rng rng{22};
  BatchWriter writer;
  for (int i = 0; i < 300; ++i) {
    const auto frame = write(header(), random_runs(rng), writer);
    v1::Batch message;
    ASSERT_TRUE(message.ParseFromArray(frame.data(), static_cast<int>(frame.size())));
    for (const auto& run : message.runs()) ASSERT_TRUE(run.GetReflection()->GetUnknownFields(run).empty());
    ASSERT_EQ(bytes_of(message), frame);
  }
}

TEST(Batch, KeepsWhatComesAfterTheEndOfRunsBehindThem) {
  BatchWriter writer;
  BatchParser parser;
  const auto bytes = as_bytes("tick");
  const auto name = [](Partition p, Sequence s) { return Name{Stream::tick, p, {7, s}}; };
  const auto firsts = [&] {
    std::vector<std::pair<Partition, Sequence>> all;
    EXPECT_EQ(rule(parser.parse(writer.finish())), "taken");
    for (const RunView& run : parser.runs()) all.push_back({run.first.partition, run.first.at.sequence});
    return all;
  };
  const auto add = [&](Sequence s) { writer.add(name(3, s), bytes), writer.add(name(9, s), bytes); };
  using Firsts = std::vector<std::pair<Partition, Sequence>>;
  writer.start(header());
  add(1), add(2);
  EXPECT_EQ(firsts(), (Firsts{{3, 1}, {9, 1}}));  // partition by partition
  writer.start(header());
  add(3);
  writer.end_runs();
  writer.end_runs();  // an end of nothing
  add(4), add(5);
  EXPECT_EQ(firsts(), (Firsts{{3, 3}, {9, 3}, {3, 4}, {9, 4}}));
  writer.start(header());
  add(6), add(7);
  EXPECT_EQ(firsts(), (Firsts{{3, 6}, {9, 6}}));  // ends are of one batch
}

TEST(Batch, WithoutRunsIsAHeartbeat) {
  BatchWriter writer;
  BatchParser parser;
  ASSERT_EQ(rule(parser.parse(write(header(), {}, writer))), "taken");
  EXPECT_TRUE(parser.runs().empty());
  EXPECT_EQ(parser.header().heads.size(), 2U);
}

TEST(Batch, SkipsFieldsOfLaterVersions) {
  Rng rng{23};
  BatchWriter writer;
  BatchParser parser;
  auto frame = write(header(), random_runs(rng), writer);
  const auto known = frame.size();
  protobuf_wire::put_bytes(77, as_bytes("later"), frame);
  protobuf_wire::put_uint(78, 1ULL << 60, frame);
  protobuf_wire::put_fixed64(79, 5, frame);
  Bytes run;
  protobuf_wire::put_uint(4, static_cast<std::uint64_t>(Stream::bar), run);
  protobuf_wire::put_uint(5, 1, run);
  protobuf_wire::put_bytes(10 + kStreams, as_bytes("later"), run);
  protobuf_wire::put_bytes(2, run, frame);
  ASSERT_GT(frame.size(), known);
  ASSERT_EQ(rule(parser.parse(frame)), "taken");
  EXPECT_EQ(parser.runs().back().first.stream, Stream::bar);
  EXPECT_TRUE(parser.runs().back().payloads.empty());
}

TEST(Batch, RefusesRunsThatContradictThemselves) {
  const auto verdict = [](auto change) {
    v1::Batch batch;
    auto& run = *batch.add_runs();
    run.set_stream(v1::STREAM_TICK);
    run.set_first_sequence(1);
    run.add_ticks()->set_trade_id(1);
    run.add_ticks()->set_trade_id(2);
    change(run);
    BatchParser parser;
    const auto result = parser.parse(bytes_of(batch));
    EXPECT_EQ(parser.runs().empty(), !result.has_value());
    return rule(result);
  };
  EXPECT_EQ(verdict([](v1::Run&) {}), "taken");
  EXPECT_EQ(verdict([](v1::Run& r) { r.set_stream(v1::STREAM_BAR); }), "run | events: in the field of the run's stream");
  EXPECT_EQ(verdict([](v1::Run& r) { r.add_bars(); }), "run | events: of one stream");
  EXPECT_EQ(verdict([](v1::Run& r) { r.set_stream(v1::STREAM_UNSPECIFIED); }), "run | stream: 1 to 17");
  EXPECT_EQ(verdict([](v1::Run& r) { r.set_stream(static_cast<v1::Stream>(kStreams)); }), "run | stream: 1 to 17");
  EXPECT_EQ(verdict([](v1::Run& r) { r.set_stream(static_cast<v1::Stream>(-1)); }), "run | stream: 1 to 17");
  EXPECT_EQ(verdict([](v1::Run& r) { r.set_partition(64); }), "run | partition: below 64");
  EXPECT_EQ(verdict([](v1::Run& r) { r.set_first_sequence(0); }), "run | first_sequence: from 1, and every event has one");
  EXPECT_EQ(verdict([](v1::Run& r) { r.set_first_sequence(~0ULL); }), "run | first_sequence: from 1, and every event has one");
  EXPECT_EQ(verdict([](v1::Run& r) { r.set_first_sequence(~0ULL - 1); }), "taken");
}

TEST(Batch, RefusesHeadsOutOfRange) {
  v1::Batch batch;
  batch.mutable_header()->add_heads()->set_stream(v1::STREAM_TICK);
  BatchParser parser;
  EXPECT_EQ(rule(parser.parse(bytes_of(batch))), "taken");
  batch.mutable_header()->mutable_heads(0)->set_partition(64);
  EXPECT_EQ(rule(parser.parse(bytes_of(batch))), "batch | head.partition: below 64");
  batch.mutable_header()->mutable_heads(0)->set_stream(v1::STREAM_UNSPECIFIED);
  EXPECT_EQ(rule(parser.parse(bytes_of(batch))), "batch | head.stream: 1 to 17");
}

TEST(Batch, OutlivesTruncationsBitFlipsAndNoise) {
  Rng rng{24};
  BatchWriter writer;
  BatchParser parser;
  std::vector<Bytes> frames;
  for (int i = 0; i < 50; ++i) frames.push_back(write(header(), random_runs(rng), writer));
  Event event;
  int taken = 0;
  int refused = 0;
  for (int i = 0; i < 100'000; ++i) {
    auto bytes = frames[rng.below(frames.size())];
    if (rng.chance(30)) bytes.resize(rng.below(bytes.size() + 1));
    for (auto flips = 1 + rng.below(3); flips > 0 && !bytes.empty(); --flips)
      bytes[rng.below(std::min<std::size_t>(bytes.size(), 400))] ^= static_cast<std::byte>(1U << rng.below(8));
    if (rng.chance(5))
      for (auto& byte : bytes) byte = static_cast<std::byte>(rng.next());
    if (!parser.parse(bytes)) {
      ++refused;
      continue;
    }
    ++taken;
    const auto* begin = bytes.data();
    const auto* end = begin + bytes.size();
    for (const auto& run : parser.runs()) {
      ASSERT_LT(run.first.partition, kPartitions);
      for (const auto payload : run.payloads) {
        ASSERT_TRUE(payload.data() >= begin && payload.data() + payload.size() <= end);
        if (i % 16 == 0) (void)codec.decode(run.first.stream, payload, event);
      }
    }
  }
  EXPECT_GT(taken, 1'000);
  EXPECT_GT(refused, 10'000);
}

TEST(BatchWriter, KeepsLocalInputsAtHome) {
  BatchWriter writer;
  writer.start({});
  EXPECT_THROW(writer.add({Stream::local, 0, {1, 1}}, {}), InvariantError);
  EXPECT_THROW(writer.add({Stream::tick, 64, {1, 1}}, {}), InvariantError);
}

TEST(BatchWriter, PutsEventsOfOnePartitionSideBySideAndBeginsARunWhereASequenceIsMissing) {
  BatchWriter writer;
  BatchParser parser;
  for (int again = 0; again < 2; ++again) {
    writer.start(header());
    const auto say = [&](Partition partition, Sequence sequence) {
      writer.add({Stream::order, partition, {7, sequence}}, as_bytes(std::to_string(sequence)));
    };
    say(1, 10), say(2, 50), say(1, 11), say(2, 51), say(1, 13), say(1, 14), say(2, 52);
    EXPECT_EQ(writer.count(), 7U);
    const auto frame = writer.finish();
    ASSERT_EQ(rule(parser.parse(frame)), "taken");
    std::string told;
    for (const RunView& run : parser.runs()) {
      told += to_string(run.first) + ":";
      for (const ByteView payload : run.payloads) told += " " + std::string(as_text(payload));
      told += "; ";
    }
    EXPECT_EQ(told, "order.1@7/10: 10 11; order.2@7/50: 50 51 52; order.1@7/13: 13 14; ");
  }
}

TEST(Chunk, GivesBackItsRunAndIsTheMessageOfTheContract) {
  Rng rng{25};
  RunWriter run;
  const Name first{Stream::order, 5, {77, 42}};
  run.start(first);
  std::vector<Bytes> payloads(10);
  for (auto& payload : payloads) {
    codec.encode(random_event(11, rng), payload);
    run.add(payload);
  }
  Bytes reply;
  write_chunk(run, reply);

  v1::ReplayReply message;
  ASSERT_TRUE(message.ParseFromArray(reply.data(), static_cast<int>(reply.size())));
  EXPECT_EQ(message.chunk().run().order_events_size(), 10);
  EXPECT_EQ(bytes_of(message), reply);

  const auto found = chunk_of(reply);
  ASSERT_TRUE(found && *found);
  RunParser parser;
  ASSERT_EQ(rule(parser.parse(**found)), "taken");
  EXPECT_EQ(parser.run().first, first);
  ASSERT_EQ(parser.run().payloads.size(), payloads.size());
  for (std::size_t i = 0; i < payloads.size(); ++i) EXPECT_EQ(as_text(parser.run().payloads[i]), as_text(payloads[i]));
}

TEST(Chunk, IsToldFromOtherAnswers) {
  v1::ReplayReply trimmed;
  trimmed.mutable_trimmed()->set_first_sequence(9);
  const auto other = chunk_of(bytes_of(trimmed));
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->has_value());
  EXPECT_FALSE(chunk_of({}));
  v1::ReplayReply without_run;
  without_run.mutable_chunk();
  EXPECT_FALSE(chunk_of(bytes_of(without_run)));
  auto twice = bytes_of(trimmed);
  protobuf_wire::put_bytes(2, {}, twice);
  EXPECT_FALSE(chunk_of(twice));
}

}  // namespace
}  // namespace tickmesh
