#include "bus/sequencer.hpp"

#include <algorithm>

#include "bus/stream_index.hpp"

namespace tickmesh {
namespace {

/// A sequence above this was never said: whoever speaks of it is broken, and believing it would leave us behind for ever.
constexpr Sequence kMaxSequence = Sequence{1} << 62;
constexpr std::size_t kRunCost = 96, kEventCost = sizeof(ByteView);

}  // namespace

Sequencer::Sequencer(SequencerOptions options, const Positions& applied) : options_{std::move(options)} {
  base_.fill(-1);
  for (const Stream stream : options_.streams) {
    TM_INVARIANT(stream != Stream::local && index(stream) < kStreams, "a subscription names streams of the mesh");
    if (base_[index(stream)] >= 0) continue;
    base_[index(stream)] = static_cast<std::int16_t>(cursors_.size());
    for (unsigned p = 0; p < kPartitions; ++p) {
      Cursor cursor;
      cursor.stream = stream;
      cursor.partition = static_cast<Partition>(p);
      if (const auto shard = options_.shards.find(stream); shard != options_.shards.end()) cursor.ours = (shard->second >> p & 1) != 0;
      if (const auto it = applied.find({stream, cursor.partition}); cursor.ours && it != applied.end() && it->second.epoch != 0) {
        cursor.at = it->second;
        cursor.known = true;
      }
      cursors_.push_back(std::move(cursor));
    }
  }
}

Sequencer::Cursor* Sequencer::find(Stream stream, Partition partition) {
  if (index(stream) >= kStreams || partition >= kPartitions || base_[index(stream)] < 0) return nullptr;
  return &cursors_[static_cast<std::size_t>(base_[index(stream)]) + partition];
}
const Sequencer::Cursor* Sequencer::find(Stream stream, Partition partition) const {
  return const_cast<Sequencer*>(this)->find(stream, partition);
}

std::uint64_t Sequencer::behind(const Cursor& cursor) const {
  const Sequence held = cursor.held.empty() ? 0 : cursor.held.rbegin()->first + cursor.held.rbegin()->second.events.size() - 1;
  const Sequence head = std::max(cursor.head, held);
  if (closing(cursor)) return head + 1;  // at least the end of its epoch is to be learned
  return head > cursor.at.sequence ? head - cursor.at.sequence : 0;
}

bool Sequencer::heard(Token token, SequencerSink&) {
  if (token_ && token.epoch < token_->epoch) {
    ++stale_;
    return false;
  }
  // An earlier incarnation of the same journal: what it said before the later one started is in that journal and is healed from there;
  // what it says beside it is nobody's word.
  if (token_ && token < *token_) return false;
  if (token_ && token == *token_) return true;
  const bool new_epoch = token_ && token.epoch != token_->epoch;
  token_ = token;
  told_ = welcomed_ = false;
  hello_at_ = get_at_ = 0;
  asked_.reset();
  for (Cursor& cursor : cursors_) {
    if (new_epoch) {
      drop_held(cursor);  // of the epoch that is over; what is left of it is asked for
      if (cursor.known && cursor.head > 0) cursor.unheard = cursor.head;
    }
    cursor.head = 0;
  }
  return true;
}

const EndedStream* Sequencer::ended(const Cursor& cursor, Epoch from) const {
  const auto it = std::ranges::find_if(
      ended_, [&](const EndedStream& e) { return e.stream == cursor.stream && e.partition == cursor.partition && e.epoch >= from; });
  return it == ended_.end() ? nullptr : &*it;
}

/// Goes on to the next epoch, as long as nothing of the cursor's own is left to read.
void Sequencer::close_epochs(Cursor& cursor, SequencerSink& sink) {
  while (closing(cursor) && welcomed_) {
    const EndedStream* here = ended(cursor, cursor.at.epoch);
    if (here != nullptr && here->epoch == cursor.at.epoch && here->last > cursor.at.sequence) return;
    const EndedStream* next = ended(cursor, cursor.at.epoch + 1);
    const Position old = cursor.at;
    const Sequence lost = cursor.unheard > old.sequence ? cursor.unheard - old.sequence : 0;
    cursor.at = {next != nullptr ? next->epoch : token_->epoch, 0};
    cursor.unheard = 0;
    cursor.joins = false;
    counts_[index(cursor.stream)].lost += lost;
    if (old.sequence > 0 || lost > 0) sink.gap({cursor.stream, cursor.partition, old, cursor.at});
  }
  queue_if_ready(cursor);
}

void Sequencer::heads(Token token, const Outbox::Heads& last) {
  if (!token_ || token != *token_) return;
  told_ = true;
  for (Cursor& cursor : cursors_) {
    if (!cursor.ours) continue;
    const Sequence head = last[index(cursor.stream)][cursor.partition];
    if (head > cursor.head && head < kMaxSequence) cursor.head = head;
    if (behind(cursor) > 0) maybe_behind_ = true;
  }
}

void Sequencer::welcome(Token token, const Outbox::Heads& first, const Outbox::Heads& last, SequencerSink& sink,
                        std::vector<EndedStream> ended_streams) {
  if (!token_ || token != *token_) return;
  welcomed_ = true;
  ended_ = std::move(ended_streams);
  std::erase_if(ended_, [](const EndedStream& e) { return e.last >= kMaxSequence || e.first == 0 || e.first > e.last; });
  for (Cursor& cursor : cursors_) {
    if (!cursor.ours) continue;
    if (!cursor.known) {
      Position first_held{token.epoch, first[index(cursor.stream)][cursor.partition]};
      if (const EndedStream* oldest = ended(cursor, 0); oldest != nullptr && oldest->epoch < token.epoch)
        first_held = {oldest->epoch, oldest->first};
      cursor.at = {first_held.epoch, first_held.sequence > 0 ? first_held.sequence - 1 : last[index(cursor.stream)][cursor.partition]};
      // What is gone is asked for all the same: its last values come with the answer.
      cursor.joins = first_held.sequence > 1;
      if (cursor.joins) cursor.at.sequence = 0;
      cursor.known = true;
    }
    close_epochs(cursor, sink);
  }
  heads(token, last);
}

bool Sequencer::live(const Name& first, std::span<const ByteView> events, SequencerSink& sink) { return run(first, events, false, sink); }

bool Sequencer::run(const Name& first, std::span<const ByteView> events, bool replayed, SequencerSink& sink) {
  Cursor* cursor = find(first.stream, first.partition);
  if (!cursor || events.empty() || first.at.sequence == 0 || first.at.sequence >= kMaxSequence || !token_) return false;
  if (first.at.epoch > token_->epoch) return false;
  if (!cursor->ours) return true;
  if (replayed && closing(*cursor) && first.at.epoch == cursor->at.epoch) {
    if (first.at.sequence > cursor->at.sequence + 1) return true;  // the answer to what is no longer asked
    deliver(*cursor, first.at.sequence, events, replayed, sink);
    close_epochs(*cursor, sink);
    return true;
  }
  if (first.at.epoch < token_->epoch || (cursor->known && cursor->at.epoch > first.at.epoch)) {
    ++stale_;
    return true;
  }
  const Sequence last = first.at.sequence + events.size() - 1;
  cursor->head = std::max(cursor->head, last);
  if (!in_epoch(*cursor) || !cursor->known || first.at.sequence > cursor->at.sequence + 1) {
    hold(*cursor, first.at.sequence, events);
    maybe_behind_ = true;
    return true;
  }
  deliver(*cursor, first.at.sequence, events, replayed, sink);
  queue_if_ready(*cursor);
  return true;
}

void Sequencer::deliver(Cursor& cursor, Sequence first, std::span<const ByteView> events, bool replayed, SequencerSink& sink) {
  SequencerCounts& counts = counts_[index(cursor.stream)];
  const std::size_t seen = first <= cursor.at.sequence ? static_cast<std::size_t>(cursor.at.sequence - first) + 1 : 0;
  counts.duplicates += std::min(seen, events.size());
  if (seen >= events.size()) return;
  events = events.subspan(seen);
  const Name name{cursor.stream, cursor.partition, {cursor.at.epoch, cursor.at.sequence + 1}};
  cursor.at.sequence += events.size();
  counts.delivered += events.size();
  if (replayed) counts.healed += events.size();
  sink.deliver(name, events);
}

void Sequencer::hold(Cursor& cursor, Sequence first, std::span<const ByteView> events) {
  std::size_t bytes = 0;
  for (const ByteView event : events) bytes += event.size();
  const std::size_t cost = bytes + kRunCost + kEventCost * events.size();
  const auto known = cursor.held.find(first);
  if (known != cursor.held.end() && known->second.events.size() >= events.size()) {
    counts_[index(cursor.stream)].duplicates += events.size();
    return;
  }
  if (buffered_ + cost > options_.buffer_bytes) {
    ++overflow_;
    return;
  }
  Held held;
  held.cost = cost;
  held.bytes.reserve(bytes);
  held.events.reserve(events.size());
  for (const ByteView event : events) {
    const std::size_t at = held.bytes.size();
    held.bytes.insert(held.bytes.end(), event.begin(), event.end());
    held.events.emplace_back(held.bytes.data() + at, event.size());  // reserved above: the bytes do not move
  }
  if (known != cursor.held.end()) {
    buffered_ -= known->second.cost;
    cursor.held.erase(known);
  }
  buffered_ += cost;
  cursor.held.emplace(first, std::move(held));
}

void Sequencer::drop_held(Cursor& cursor) {
  for (const auto& [first, held] : cursor.held) buffered_ -= held.cost;
  cursor.held.clear();
}

void Sequencer::queue_if_ready(Cursor& cursor) {
  if (cursor.queued || !in_epoch(cursor) || cursor.held.empty() || cursor.held.begin()->first > cursor.at.sequence + 1) return;
  cursor.queued = true;
  ready_.push_back(static_cast<std::size_t>(&cursor - cursors_.data()));
}

std::size_t Sequencer::pump(std::size_t max_events, SequencerSink& sink) {
  std::size_t delivered = 0;
  while (!ready_.empty() && delivered < max_events) {
    Cursor& cursor = cursors_[ready_.front()];
    while (delivered < max_events && !cursor.held.empty() && cursor.held.begin()->first <= cursor.at.sequence + 1) {
      const Sequence first = cursor.held.begin()->first;
      spent_.push_back(std::move(cursor.held.begin()->second));
      cursor.held.erase(cursor.held.begin());
      buffered_ -= spent_.back().cost;
      const Sequence before = cursor.at.sequence;
      deliver(cursor, first, spent_.back().events, false, sink);
      delivered += cursor.at.sequence - before;
    }
    if (!cursor.held.empty() && cursor.held.begin()->first <= cursor.at.sequence + 1) break;
    cursor.queued = false;
    ready_.pop_front();
  }
  return delivered;
}

/// An answer on the stream and partition that was asked frees the way for the next Get, even when it is the answer to an earlier one:
/// what both hold is dropped as known.
bool Sequencer::settle_answer(Stream stream, Partition partition) {
  if (!asked_ || asked_->first.stream != stream || asked_->first.partition != partition) return false;
  asked_.reset();
  get_at_ = 0;
  maybe_behind_ = true;
  return true;
}

bool Sequencer::chunk(const Name& first, std::span<const ByteView> events, std::int64_t now, SequencerSink& sink) {
  if (!find(first.stream, first.partition)) return false;
  const bool answered = settle_answer(first.stream, first.partition);
  if (!events.empty()) return run(first, events, true, sink);
  if (answered) get_at_ = now + options_.empty_retry_ns;
  return true;
}

bool Sequencer::trimmed(Stream stream, Partition partition, Position first_held, SequencerSink& sink, std::span<const LastValue> keyframe) {
  Cursor* cursor = find(stream, partition);
  if (!cursor || first_held.sequence >= kMaxSequence) return false;
  settle_answer(stream, partition);
  if (!cursor->known || (!in_epoch(*cursor) && !closing(*cursor)) || first_held.epoch != cursor->at.epoch) {
    ++stale_;
    return true;
  }
  if (first_held.sequence <= cursor->at.sequence + 1) return true;  // we have come further meanwhile
  // What is buffered needs no replay, so only what lies before it is lost.
  const Sequence held = closing(*cursor) || cursor->held.empty() ? first_held.sequence : cursor->held.begin()->first;
  const Sequence next = std::min(first_held.sequence, std::max(held, cursor->at.sequence + 1));
  if (next > cursor->at.sequence + 1) {
    const Position from{cursor->at.epoch, cursor->at.sequence + 1}, to{cursor->at.epoch, next - 1};
    // Who joins late has lost nothing; it never had it.
    if (!cursor->joins) counts_[index(stream)].lost += to.sequence - from.sequence + 1;
    cursor->joins = false;
    cursor->at = to;
    sink.gap({stream, partition, from, to});
    // In the order they were said, and only those of the gap: what follows comes with the stream.
    Sequence last = from.sequence - 1;
    for (const LastValue& value : keyframe) {
      if (value.sequence <= last || value.sequence > to.sequence) continue;
      last = value.sequence;
      sink.keyframe({stream, partition, {to.epoch, last}}, value.bytes);
    }
  }
  close_epochs(*cursor, sink);
  return true;
}

bool Sequencer::hello_due(std::int64_t now) {
  if (welcomed_ || now < hello_at_) return false;
  hello_at_ = now + options_.hello_retry_ns;
  return true;
}

std::optional<GetRequest> Sequencer::get_due(std::int64_t now) {
  if (now < get_at_ || (!asked_ && !maybe_behind_)) return std::nullopt;
  asked_.reset();  // here only when it stayed unanswered too long
  for (std::size_t i = 0; i < cursors_.size(); ++i) {
    const std::size_t at = (next_cursor_ + i) % cursors_.size();
    const Cursor& cursor = cursors_[at];
    if (!cursor.known || cursor.queued || behind(cursor) == 0) continue;
    const Sequence from = cursor.at.sequence + 1;
    Sequence until = cursor.held.empty() ? cursor.head : cursor.held.begin()->first - 1;
    if (closing(cursor)) {
      const EndedStream* here = ended(cursor, cursor.at.epoch);  // none: what was held when it was told is known no more
      until = here != nullptr && here->epoch == cursor.at.epoch ? here->last : 0;
    } else if (!in_epoch(cursor)) {
      continue;
    }
    if (until < from) continue;
    asked_ = GetRequest{{cursor.stream, cursor.partition, {cursor.at.epoch, from}},
                        static_cast<std::uint32_t>(std::min<Sequence>(until - from + 1, options_.get_count))};
    next_cursor_ = (at + 1) % cursors_.size();
    get_at_ = now + options_.get_retry_ns;
    return asked_;
  }
  maybe_behind_ = false;
  return std::nullopt;
}

void Sequencer::hello_unsent(std::int64_t now) { hello_at_ = now + options_.empty_retry_ns; }

void Sequencer::get_unsent(std::int64_t now) {
  asked_.reset();
  maybe_behind_ = true;
  get_at_ = now + options_.empty_retry_ns;
}

bool Sequencer::caught_up() const { return told_ && !worst(); }

std::optional<Sequencer::Behind> Sequencer::worst() const {
  std::optional<Behind> worst;
  for (const Cursor& cursor : cursors_) {
    if (!cursor.ours) continue;
    Behind one{cursor.stream, cursor.partition, behind(cursor), false};
    if (told_ && cursor.known) one.ahead = cursor.at.epoch > token_->epoch || (in_epoch(cursor) && cursor.at.sequence > cursor.head);
    const bool misses = one.events > 0 || one.ahead || (told_ && !cursor.known);
    if (misses && (!worst || one.events > worst->events || (one.ahead && !worst->ahead))) worst = one;
  }
  return worst;
}

bool Sequencer::hears(Stream stream, Partition partition) const {
  const Cursor* cursor = find(stream, partition);
  return cursor != nullptr && cursor->ours;
}

SequencerCounts Sequencer::counts(Stream stream) const {
  if (!subscribed(stream)) return {};
  SequencerCounts counts = counts_[index(stream)];
  const auto base = static_cast<std::size_t>(base_[index(stream)]);
  for (std::size_t i = base; i < base + kPartitions; ++i) counts.behind += behind(cursors_[i]);
  return counts;
}

Position Sequencer::position(Stream stream, Partition partition) const {
  const Cursor* cursor = find(stream, partition);
  return cursor ? cursor->at : Position{};
}

bool Sequencer::subscribed(Stream stream) const { return index(stream) < kStreams && base_[index(stream)] >= 0; }

Sequencer::Positions Sequencer::positions() const {
  Positions all;
  for (const Cursor& cursor : cursors_)
    if (cursor.known) all.emplace(std::pair{cursor.stream, cursor.partition}, cursor.at);
  return all;
}

}  // namespace tickmesh
