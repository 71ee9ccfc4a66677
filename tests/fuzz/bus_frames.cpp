// What a reader does with whatever its SUB and DEALER sockets bring: every stream still comes gapless, in order and once, within the
// buffer's bound.
#include <map>

#include "bus/requests.hpp"
#include "bus/sequencer.hpp"
#include "bus/wire.hpp"
#include "fuzz/targets.hpp"

namespace tickmesh::fuzz {
namespace {

constexpr std::size_t kBuffer = 1u << 16;

class Gapless final : public SequencerSink {
 public:
  void deliver(const Name& first, std::span<const ByteView> events) override {
    Position& at = at_[{first.stream, first.partition}];
    promise(!events.empty(), "a delivery brings something");
    // Of an epoch in which nothing was heard, no end is told.
    const bool begins = at.sequence == 0 && first.at.epoch > at.epoch && first.at.sequence == 1;
    if (at.epoch != 0 && !begins)
      promise(first.at.epoch == at.epoch && first.at.sequence == at.sequence + 1, "events come in order, once, without a gap");
    at = {first.at.epoch, first.at.sequence + events.size() - 1};
    for (const ByteView event : events)
      for (const std::byte b : event) sum_ += static_cast<unsigned>(b);  // the bytes are there to be read
  }
  void gap(const StreamGap& gap) override {
    Position& at = at_[{gap.stream, gap.partition}];
    promise(at.epoch == 0 || gap.to.epoch > at.epoch || (gap.to.epoch == at.epoch && gap.to.sequence >= at.sequence), "a gap leads on");
    at = gap.to;
  }

 private:
  std::map<std::pair<Stream, Partition>, Position> at_;
  unsigned sum_{0};
};

/// The events of every stream and partition, in order.
std::map<std::pair<Stream, Partition>, std::vector<std::pair<Position, std::string>>> events_of(const BatchParser& parsed) {
  std::map<std::pair<Stream, Partition>, std::vector<std::pair<Position, std::string>>> all;
  for (const RunView& run : parsed.runs()) {
    Position at = run.first.at;
    for (const ByteView payload : run.payloads) {
      all[{run.first.stream, run.first.partition}].emplace_back(at, as_text(payload));
      ++at.sequence;
    }
  }
  return all;
}

/// What was parsed, written again, parses to the same.
void same_again(const BatchParser& parsed) {
  BatchWriter writer;
  writer.start(parsed.header());
  for (const RunView& run : parsed.runs()) {
    Name name = run.first;
    for (const ByteView payload : run.payloads) {
      writer.add(name, payload);
      ++name.at.sequence;
    }
  }
  BatchParser again;
  const auto ok = again.parse(writer.finish());
  promise(ok.has_value(), "what we write we read");
  promise(again.header() == parsed.header() && events_of(again) == events_of(parsed), "a batch survives being written");
}

void hear_frame(ByteView frame, BatchParser& parser, Sequencer& sequencer, Gapless& sink) {
  if (!parser.parse(frame)) {
    promise(parser.runs().empty(), "of a frame that is refused nothing is taken");
    return;
  }
  same_again(parser);
  const Token token = parser.header().token;
  if (!sequencer.heard(token, sink)) return;
  Outbox::Heads last{};
  for (const Head& head : parser.header().heads)
    if (static_cast<std::size_t>(head.stream) < kStreams && head.partition < kPartitions)
      last[static_cast<std::size_t>(head.stream)][head.partition] = head.last;
  sequencer.heads(token, last);
  for (const RunView& run : parser.runs()) sequencer.live(run.first, run.payloads, sink);
}

void hear_reply(ByteView bytes, ReplyParser& parser, Sequencer& sequencer, std::int64_t now, Gapless& sink) {
  if (!parser.parse(bytes)) return;
  if (const auto* welcome = std::get_if<WelcomeReply>(&parser.reply())) {
    if (sequencer.heard(welcome->token, sink)) sequencer.welcome(welcome->token, welcome->first, welcome->last, sink, welcome->ended);
  } else if (const auto* chunk = std::get_if<ChunkReply>(&parser.reply())) {
    sequencer.chunk(chunk->first, chunk->events, now, sink);
  } else if (const auto* trimmed = std::get_if<TrimmedReply>(&parser.reply())) {
    sequencer.trimmed(trimmed->stream, trimmed->partition, trimmed->first_held, sink);
  }
}

/// A sequence of (kind, chunk).
void run(ByteView input) {
  Feeder feed{input};
  Sequencer sequencer{{.streams = {Stream::tick, Stream::order}, .buffer_bytes = kBuffer}, {}};
  Gapless sink;
  BatchParser frames;
  ReplyParser replies;
  for (std::int64_t now = 0; !feed.empty(); now += 300'000'000) {
    const auto kind = feed.number(1);
    if (kind % 4 == 0)
      hear_frame(feed.chunk(), frames, sequencer, sink);
    else if (kind % 4 == 1)
      hear_reply(feed.chunk(), replies, sequencer, now, sink);
    else if (kind % 4 == 2)
      (void)sequencer.hello_due(now), (void)sequencer.get_due(now);
    sequencer.pump(64, sink);
    sequencer.release();
    promise(sequencer.buffered_bytes() <= kBuffer, "the buffer keeps its bound");
    (void)sequencer.worst();
    (void)sequencer.caught_up();
  }
}

Bytes frame(Sequence first, unsigned count, Token token) {
  BatchWriter batch;
  batch.start({.service = "tick_ingestor", .token = token, .config_hash = 7, .sent = {5}, .heads = {{Stream::tick, 3, first + count - 1}}});
  for (unsigned i = 0; i < count; ++i) batch.add({Stream::tick, 3, {token.epoch, first + i}}, as_bytes("event"));
  const ByteView bytes = batch.finish();
  return {bytes.begin(), bytes.end()};
}

void put(Bytes& out, std::uint8_t kind, ByteView bytes) {
  out.push_back(std::byte{kind});
  put_chunk(out, bytes);
}

std::vector<Bytes> seeds() {
  const Token token{9, 1}, later{9, 2}, newer{11, 1};
  WelcomeReply welcome{.service = "tick_ingestor", .token = token};
  welcome.first[1][3] = 1;
  welcome.last[1][3] = 8;
  Bytes healed, restarted, trimmed;
  put(healed, 1, view(encode(welcome)));
  put(healed, 0, frame(5, 4, token));
  healed.push_back(std::byte{2});
  put(healed, 1, encode_chunk({Stream::tick, 3, {9, 1}}, {Bytes(3), Bytes(4), Bytes(5), Bytes(6)}));
  put(restarted, 1, view(encode(welcome)));
  put(restarted, 0, frame(1, 3, token));
  put(restarted, 0, frame(4, 2, later));
  put(restarted, 0, frame(1, 2, newer));
  put(trimmed, 1, view(encode(welcome)));
  put(trimmed, 0, frame(7, 2, token));
  put(trimmed, 1, view(encode(TrimmedReply{Stream::tick, 3, {9, 7}})));
  put(trimmed, 0, frame(7, 2, token));
  return {healed, restarted, trimmed};
}

}  // namespace

const Target kBusFrames{"bus_frames", run, seeds};

}  // namespace tickmesh::fuzz
