#include "runner/merge.hpp"

#include <algorithm>
#include <utility>

namespace tickmesh {
namespace {

std::size_t index(Stream stream) { return static_cast<std::size_t>(stream); }

}  // namespace

Merge::Merge(std::vector<Source> sources) {
  for (auto& row : places_) row.fill(-1);
  for (Source& source : sources) {
    std::uint8_t lowest = std::numeric_limits<std::uint8_t>::max();
    for (const Stream stream : source.streams) lowest = std::min(lowest, merge_rank(stream));
    sources_.push_back({std::move(source), lowest, {}});
  }
}

void Merge::add(std::size_t source, const Name& first, std::span<const ByteView> events, std::span<const Timestamp> times) {
  if (events.empty()) return;
  std::int16_t& place = places_[index(first.stream)][first.partition];
  if (place < 0) {
    place = static_cast<std::int16_t>(queues_.size());
    queues_.push_back({source, {}});
  }
  const auto queue = static_cast<std::size_t>(place);
  Queue& to = queues_[queue];
  const bool was_empty = to.blocks.empty();
  Block& block = to.blocks.emplace_back();
  block.first = first;
  std::size_t bytes = 0;
  for (const ByteView event : events) bytes += event.size();
  block.bytes.reserve(bytes);
  block.events.reserve(events.size());
  for (const ByteView event : events) {
    const std::size_t at = block.bytes.size();
    block.bytes.insert(block.bytes.end(), event.begin(), event.end());
    block.events.emplace_back(block.bytes.data() + at, event.size());  // reserved above: the bytes do not move
  }
  block.times.assign(times.begin(), times.end());
  held_ += events.size();
  if (was_empty) push(queue);
}

void Merge::promised(std::size_t source, const Promise& promise) {
  sources_[source].promise = promise;
  if (!sources_[source].source.partner) return;
  while (!unanswered_.empty() && unanswered_.front().count <= promise.heard) unanswered_.pop_front();
}

void Merge::said(std::uint64_t count, Timestamp time) {
  if (count <= said_) return;
  said_ = count;
  unanswered_.push_back({count, time});
}

Merge::Head Merge::head_of(std::size_t queue) const {
  const Queue& from = queues_[queue];
  const Block& block = from.blocks.front();
  Name name = block.first;
  name.at.sequence += block.next;
  MergeKey key = merge_key(block.times[block.next], name);
  if (!sources_[from.source].source.awaited) key.time = {std::numeric_limits<std::int64_t>::min()};
  return {key, queue};
}

namespace {
constexpr auto kLater = [](const auto& a, const auto& b) { return a.key > b.key; };
}  // namespace

void Merge::push(std::size_t queue) {
  heads_.push_back(head_of(queue));
  std::ranges::push_heap(heads_, kLater);
}

const Merge::Head* Merge::first() const { return heads_.empty() ? nullptr : &heads_.front(); }

/// Before this nothing more comes of `source` than is there.
Timestamp Merge::until(const Known& source) const {
  if (!source.source.partner) return source.promise.until;
  // What it has not answered it may answer, at the time of the question.
  for (const Said& one : unanswered_)
    if (one.count > source.promise.heard) return std::min(source.promise.until, one.time);
  return said_ > source.promise.heard ? Timestamp{} : source.promise.until;
}

bool Merge::holds_back(const Known& source, const Head& head) const {
  if (!source.source.awaited) return false;
  const Timestamp safe = until(source);
  if (safe > head.key.time) return false;
  const bool own = &source == &sources_[queues_[head.queue].source];
  // In its own stream and partition all that is still to come comes later; of the others a partner has none that would come before.
  if (own && source.source.partner && head.key.rank == source.lowest) return false;
  return safe < head.key.time || source.lowest <= head.key.rank;
}

std::optional<Merge::Input> Merge::next(std::optional<Timestamp> due) const {
  const Head* head = first();
  if (head == nullptr) return std::nullopt;
  const Queue& queue = queues_[head->queue];
  const Block& block = queue.blocks.front();
  Name name = block.first;
  name.at.sequence += block.next;
  const Input input{head->key, name, block.events[block.next], !sources_[queue.source].source.awaited};
  if (input.at_once) return input;
  if (due && *due <= head->key.time) return std::nullopt;
  for (const Known& source : sources_)
    if (holds_back(source, *head)) return std::nullopt;
  return input;
}

void Merge::pop() {
  std::ranges::pop_heap(heads_, kLater);
  const std::size_t queue = heads_.back().queue;
  heads_.pop_back();
  Queue& from = queues_[queue];
  --held_;
  if (++from.blocks.front().next == from.blocks.front().events.size()) {
    spent_.push_back(std::move(from.blocks.front()));
    from.blocks.pop_front();
  }
  if (!from.blocks.empty()) push(queue);
}

bool Merge::may_fire(Timestamp due) const {
  if (const Head* head = first(); head != nullptr && head->key.time < due) return false;
  return std::ranges::all_of(sources_, [&](const Known& source) { return !source.source.awaited || until(source) >= due; });
}

Timestamp Merge::quiet_until(std::optional<Timestamp> due) const {
  Timestamp until = due.value_or(Promise::kForEver);
  if (const Head* head = first()) until = std::min(until, head->key.time);
  for (const Known& source : sources_)
    if (source.source.awaited && !source.source.partner) until = std::min(until, source.promise.until);
  return until;
}

std::vector<std::string> Merge::waiting_for() const {
  std::vector<std::string> names;
  if (const Head* head = first())
    for (const Known& source : sources_)
      if (holds_back(source, *head)) names.push_back(source.source.name);
  return names;
}

}  // namespace tickmesh
