#include "bus/replay_desk.hpp"

#include <algorithm>

#include "bus/keyframe.hpp"
#include "bus/stream_index.hpp"

namespace tickmesh {
namespace {

constexpr std::size_t kMaxChunkEvents = 16384, kMaxChunkBytes = 1u << 20;

}  // namespace

bool ReplayDesk::answer(ByteView request, const Reply& reply) {
  const auto asked = parse_request(request);
  return asked && std::visit([&](const auto& one) { return answer(one, reply); }, *asked);
}

bool ReplayDesk::answer(const HelloRequest& hello, const Reply& reply) {
  if (!latest(hello.reader, hello.own, reply)) return true;
  hold_against(hello.reader, hello.heard, hello.positions);
  // Without positions it is a mere question, of tickmeshctl or of a recovery.
  if (!hello.positions.empty() && !remember(hello.reader, hello.positions, {}, true)) return false;
  welcome(reply);
  return true;
}

bool ReplayDesk::answer(const AckRequest& ack, const Reply& reply) {
  if (!latest(ack.reader, ack.own, reply)) return true;
  hold_against(ack.reader, ack.heard, ack.applied);
  return remember(ack.reader, ack.applied, ack.snapshotted, false);
}

bool ReplayDesk::latest(const std::string& reader, Token own, const Reply& reply) {
  if (own == Token{}) return true;
  Token newest;
  {
    const std::lock_guard lock{mutex_};
    auto it = tokens_.find(reader);
    if (it == tokens_.end()) {
      if (tokens_.size() >= kMaxReaders) return true;
      it = tokens_.emplace(reader, own).first;
    }
    newest = it->second = std::max(it->second, own);
  }
  if (newest == own) return true;
  reply(as_bytes(encode(FaultReply{"a later start of " + reader + " reads here", newest})));
  return false;
}

void ReplayDesk::hold_against(const std::string& reader, Token heard, const Positions& positions) {
  Challenge found{reader, {}, {}};
  if (heard > speaker_.token) found.newer = heard;
  // What was said is in the journal before anyone hears it, so nobody can be beyond it but who heard another life of it.
  const Outbox::Heads held = journal_.heads();
  for (const auto& [key, at] : positions) {
    const bool later = at.epoch > speaker_.token.epoch;
    if (!later && (at.epoch != speaker_.token.epoch || at.sequence <= held[index(key.first)][key.second])) continue;
    const Position worst = found.beyond.at;
    if (at.epoch > worst.epoch || (at.epoch == worst.epoch && at.sequence > worst.sequence)) found.beyond = {key.first, key.second, at};
  }
  if (found.newer == Token{} && found.beyond.at.epoch == 0) return;
  const std::lock_guard lock{mutex_};
  if (!challenge_ || (challenge_->newer == Token{} && found.newer != Token{})) challenge_ = std::move(found);
}

std::optional<Challenge> ReplayDesk::challenge() const {
  const std::lock_guard lock{mutex_};
  return challenge_;
}

bool ReplayDesk::answer(const GetFrom& get, const Reply& reply) {
  const Sequence from = get.first.at.sequence;
  if (get.first.stream == Stream::local || from == 0) return false;
  Sequence last = 0;
  {
    const std::lock_guard lock{mutex_};
    if (!told_) return true;
    last = heads_[index(get.first.stream)][get.first.partition];
  }
  const bool current = get.first.at.epoch == speaker_.token.epoch;
  if (current && from > last) {
    reply(encode_chunk(get.first, std::span<const ByteView>{}));
    return true;
  }
  const Sequence most = std::min<Sequence>(current ? last - from + 1 : kMaxChunkEvents,
                                           get.max_count == 0 ? kMaxChunkEvents : std::min<std::size_t>(get.max_count, kMaxChunkEvents));
  const std::size_t bytes = get.max_bytes == 0 ? kBatchBytes : std::min<std::size_t>(get.max_bytes, kMaxChunkBytes);
  if (!current) return answer_before(get, most, bytes, reply);
  if (!said_) said_ = journal_.said_reader();
  const SaidSlice& chunk = said_->read(get.first.stream, get.first.partition, from, most, bytes);
  if (chunk.trimmed_before > from) {
    trimmed(get.first, {get.first.at.epoch, chunk.trimmed_before}, reply);
    return true;
  }
  const auto events = std::span{chunk.events}.first(std::min(most, chunk.events.size()));
  served_.fetch_add(events.size(), std::memory_order_relaxed);
  reply(encode_chunk(get.first, events));
  return true;
}

bool ReplayDesk::answer_before(const GetFrom& get, std::size_t most, std::size_t bytes, const Reply& reply) {
  const SaidChunk chunk = journal_.said_before(get.first, most, bytes);
  if (chunk.trimmed_before > get.first.at.sequence) {
    trimmed(get.first, {get.first.at.epoch, chunk.trimmed_before}, reply);
  } else if (chunk.events.empty()) {
    welcome(reply);  // nothing of it is held: the asker learns where things stand
  } else {
    const std::vector<ByteView> events(chunk.events.begin(), chunk.events.end());
    served_.fetch_add(events.size(), std::memory_order_relaxed);
    reply(encode_chunk(get.first, events));
  }
  return true;
}

void ReplayDesk::welcome(const Reply& reply) const {
  WelcomeReply welcome{speaker_.service, speaker_.ordinal, speaker_.token, speaker_.config_hash, {}, {}};
  {
    const std::lock_guard lock{mutex_};
    if (!told_) return;  // the reader asks again
    welcome.last = heads_;
  }
  welcome.first = journal_.first_held();
  welcome.ended = journal_.ended();
  for (unsigned s = 0; s < kStreams; ++s)
    for (unsigned p = 0; p < kPartitions; ++p)
      if (welcome.first[s][p] == 0) welcome.first[s][p] = welcome.last[s][p] + 1;
  reply(as_bytes(encode(welcome)));
}

void ReplayDesk::trimmed(const Name& asked, Position first, const Reply& reply) const {
  std::vector<Keyframe::Value> values;
  if (keyframe_) values = keyframe_->before(asked.stream, asked.partition, first);
  std::vector<ByteView> bytes;
  for (const auto& value : values) bytes.emplace_back(value.bytes);
  std::vector<RunView> runs;
  std::size_t size = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    // The asker has it, or a frame has no room for it.
    if (values[i].sequence < asked.at.sequence || size + bytes[i].size() > kMaxChunkBytes) continue;
    size += bytes[i].size();
    runs.push_back({{asked.stream, asked.partition, {first.epoch, values[i].sequence}}, std::span<const ByteView>{bytes}.subspan(i, 1)});
  }
  reply(encode(TrimmedReply{asked.stream, asked.partition, first, runs}));
}

bool ReplayDesk::remember(const std::string& name, const Positions& applied, const Positions& snapshotted, bool anew) {
  const std::lock_guard lock{mutex_};
  auto it = readers_.find(name);
  if (it == readers_.end()) {
    if (readers_.size() >= kMaxReaders) return false;
    it = readers_.emplace(name, Known{}).first;
  }
  // What a snapshot covers it covers for good, whatever a new start has applied.
  if (anew) it->second.applied.clear();
  for (const auto& [key, at] : applied) it->second.applied[key] = at;
  for (const auto& [key, at] : snapshotted) it->second.snapshotted[key] = at;
  return true;
}

void ReplayDesk::released(const Outbox::Heads& heads) {
  const std::lock_guard lock{mutex_};
  heads_ = heads;
  told_ = true;
}

std::vector<ReaderState> ReplayDesk::readers() const {
  const std::lock_guard lock{mutex_};
  std::vector<ReaderState> all;
  for (const auto& [name, known] : readers_) all.push_back({name, known.applied, known.snapshotted});
  return all;
}

}  // namespace tickmesh
