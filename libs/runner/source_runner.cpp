#include "runner/source_runner.hpp"

#include <algorithm>

#include "runner/restore.hpp"

namespace tickmesh {
namespace {

/// Recorded when as much is said: well below what fits a part of the journal, and small enough for the processor's caches.
constexpr std::size_t kPart = kMaxPartBytes / 2;

}  // namespace

Result<std::uint64_t> SourceRunner::recover(const Observe& observe, Timestamp now) {
  auto restored = restore(journal_, machine_);
  if (!restored) return std::unexpected(restored.error());
  rejected_snapshots_ = std::move(restored->rejected);
  std::uint64_t observed = 0;
  Event event;
  Timestamp last = machine_.now();
  const auto cursor = journal_.read_from(restored->from);
  for (;;) {
    auto record = cursor->next();
    if (!record) return std::unexpected(record.error());
    if (!record->has_value()) break;
    if ((**record).type != RecordType::said) continue;
    SaidRecord said;
    if (auto ok = decode((**record).body, said); !ok) return std::unexpected(ok.error());
    Name name = said.first;
    for (const ByteView bytes : said.events) {
      if (auto ok = codec_.decode(name.stream, bytes, event); !ok)
        return std::unexpected(Error{"corrupt", "journal", "events of its streams", to_string(ok.error())});
      observe(name, event);
      last = std::max(last, time_of(event));
      ++observed;
      ++name.at.sequence;
    }
  }
  machine_.outbox().set_epoch(journal_.epoch());
  machine_.outbox().heads() = journal_.heads();
  machine_.outbox().set_tick_sink(&said_);  // ticks go straight to where they are recorded from
  spoke_until_ = last;
  now = std::max({now, last, journal_.state().last_time});
  token_ = {journal_.epoch(), journal_.state().last_incarnation + 1};
  encode(StartedRecord{token_, now}, body_);
  journal_.append(RecordType::started, body_);
  machine_.apply(now, Name{}, Started{token_});
  take_said();
  said_.record(journal_);
  return observed;
}

void SourceRunner::take(Timestamp now, const Event& input) {
  ++since_snapshot_;
  machine_.apply(now, Name{}, input);
  take_said();
  if (said_.bytes() >= kPart) record();
}

void SourceRunner::take_recorded(const Event& input) {
  const auto* tick = std::get_if<Tick>(&input);
  const auto* depth = std::get_if<DepthUpdate>(&input);
  const auto* feed = std::get_if<FeedEvent>(&input);
  TM_INVARIANT(tick != nullptr || depth != nullptr || feed != nullptr, "what is recorded are ticks, depth and the health of their feed");
  take(tick != nullptr ? tick->event_time : depth != nullptr ? depth->header.event_time : feed->header.event_time, input);
}

void SourceRunner::step(Timestamp now, std::span<const Event> inputs) {
  for (const Event& input : inputs) take(now, input);
  record();
}

void SourceRunner::take_said() {
  if (machine_.said().empty()) return;
  for (const Outbox::Said& one : machine_.said()) said_.said(one.name, one.event);
  machine_.said().clear();
}

void SourceRunner::snapshot() {
  Bytes state;
  ByteWriter out{state};
  machine_.save(out);
  journal_.snapshot(state);
  since_snapshot_ = 0;
}

}  // namespace tickmesh
