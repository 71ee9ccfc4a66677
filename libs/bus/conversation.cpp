#include "bus/conversation.hpp"

#include <utility>

namespace tickmesh {
namespace {

/// Of an answer to a Get: enough that the way there and back does not count, little enough that what is live is not held up by it.
constexpr std::uint32_t kHealBytes = 512u << 10;

}  // namespace

Conversation::Conversation(const Subscription& to, std::string reader, std::size_t buffer_bytes, const Positions& applied, Token own)
    : service_{to.publisher.service},
      ordinal_{to.publisher.ordinal},
      required_{to.required},
      reader_{std::move(reader)},
      own_{own},
      sequencer_{{.streams = to.streams, .shards = to.shards, .buffer_bytes = buffer_bytes}, applied} {}

bool Conversation::batch(ByteView frame, bool beat, std::int64_t now, SequencerSink& sink) {
  if (!parser_.parse(frame)) return false;
  const BatchHeader& header = parser_.header();
  if (!is(header.service, header.ordinal)) return false;
  if (!hear(header.token, header.config_hash, now, sink)) return true;
  bool ours = true;
  for (const RunView& run : parser_.runs()) ours = sequencer_.live(run.first, run.payloads, sink) && ours;
  if (beat) {
    Outbox::Heads last{};
    for (const Head& head : header.heads) last[static_cast<std::size_t>(head.stream)][head.partition] = head.last;
    sequencer_.heads(header.token, last);
    if (header.promise.until) told_ = header.promise;
  }
  return ours;
}

bool Conversation::reply(ByteView frame, std::int64_t now, SequencerSink& sink) {
  return replies_.parse(frame) && std::visit([&](const auto& said) { return replied(said, now, sink); }, replies_.reply());
}

bool Conversation::replied(const WelcomeReply& welcome, std::int64_t now, SequencerSink& sink) {
  if (!is(welcome.service, welcome.ordinal)) return false;
  if (hear(welcome.token, welcome.config_hash, now, sink))
    sequencer_.welcome(welcome.token, welcome.first, welcome.last, sink, welcome.ended);
  return true;
}

bool Conversation::replied(const ChunkReply& chunk, std::int64_t now, SequencerSink& sink) {
  return sequencer_.chunk(chunk.first, chunk.events, now, sink);
}

bool Conversation::replied(const TrimmedReply& trimmed, std::int64_t, SequencerSink& sink) {
  std::vector<LastValue> values;
  for (const RunView& run : trimmed.keyframe)
    if (run.first.stream == trimmed.stream && run.first.partition == trimmed.partition && run.first.at.epoch == trimmed.first_held.epoch)
      for (std::size_t i = 0; i < run.payloads.size(); ++i) values.push_back({run.first.at.sequence + i, run.payloads[i]});
  return sequencer_.trimmed(trimmed.stream, trimmed.partition, trimmed.first_held, sink, values);
}

bool Conversation::replied(const FaultReply& fault, std::int64_t, SequencerSink&) {
  if (own_ == Token{} || fault.newer <= own_) return false;
  superseded_ = fault.newer;
  return true;
}

/// False: of an epoch that is over.
bool Conversation::hear(Token token, std::uint64_t config_hash, std::int64_t now, SequencerSink& sink) {
  if (!sequencer_.heard(token, sink)) return false;
  if (token == sequencer_.token()) config_hash_ = config_hash;
  heard_ = true;
  heard_at_ = now;
  return true;
}

void Conversation::ask(std::int64_t now, const Send& send) {
  if (sequencer_.hello_due(now)) {
    HelloRequest hello{reader_, {}, own_, sequencer_.token().value_or(Token{})};
    for (const Stream stream : sequencer_.streams())
      for (unsigned p = 0; p < kPartitions; ++p)
        if (sequencer_.hears(stream, static_cast<Partition>(p)))
          hello.positions[{stream, static_cast<Partition>(p)}] = sequencer_.position(stream, static_cast<Partition>(p));
    if (!send(encode(hello))) sequencer_.hello_unsent(now);
  }
  if (const auto get = sequencer_.get_due(now))
    if (!send(encode(GetFrom{get->first, get->count, kHealBytes}))) sequencer_.get_unsent(now);
}

std::optional<std::string> Conversation::ack(const Positions& applied, const Positions& snapshotted) const {
  AckRequest ack{reader_, {}, {}, own_, sequencer_.token().value_or(Token{})};
  const auto ours = [&](const Positions& from, Positions& to) {
    for (const auto& [key, at] : from)
      if (sequencer_.hears(key.first, key.second)) to.emplace(key, at);
  };
  ours(applied, ack.applied);
  ours(snapshotted, ack.snapshotted);
  return ack.applied.empty() ? std::nullopt : std::optional{encode(ack)};
}

std::optional<std::string> Conversation::waiting_for() const {
  if (!heard_ || !sequencer_.told()) return "waiting for " + name();
  const auto worst = sequencer_.worst();
  if (!worst) return std::nullopt;
  std::string where{to_string(worst->stream)};
  where += "." + std::to_string(worst->partition) + " of " + name();
  if (worst->ahead) return where + " ends before what was applied here";
  return "replaying " + where + ", " + std::to_string(worst->events) + " behind";
}

Promise Conversation::promise() {
  if (told_ && sequencer_.caught_up()) promise_ = *std::exchange(told_, std::nullopt);
  return promise_;
}

PeerState Conversation::state(std::int64_t now, std::int64_t silence_ns) const {
  PeerState state{.service = service_, .ordinal = ordinal_, .heard = heard_};
  state.silent_ns = heard_ ? now - heard_at_ : 0;
  state.alive = heard_ && state.silent_ns <= silence_ns;
  state.token = sequencer_.token().value_or(Token{});
  state.config_hash = config_hash_;
  return state;
}

}  // namespace tickmesh
