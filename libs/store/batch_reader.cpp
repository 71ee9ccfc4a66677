#include "store/batch_reader.hpp"

#include <algorithm>

namespace tickmesh {

void BatchReader::begin(const ProjectedAt& at, const Outbox::Heads& heads) {
  first_heads_ = heads;
  batch_.gap.reset();
  batch_.lost.reset();
  again(at);
}

void BatchReader::next() {
  batch_ = {.end = batch_.end, .from = batch_.end.lsn};
  first_heads_ = heads_;
}

void BatchReader::again(const ProjectedAt& from) {
  batch_ = {.end = from, .from = from.lsn, .gap = std::move(batch_.gap), .lost = batch_.lost};
  heads_ = first_heads_;
  cursor_ = journal_.read_from(from.lsn);
}

Result<void> BatchReader::fill(std::size_t max_events) {
  while (batch_.events < max_events) {
    const auto record = cursor_->next();
    auto done = record ? Result<void>{} : std::unexpected(record.error());
    if (done && !*record) return {};
    if (done) done = take(**record);
    if (!done) {
      cursor_ = journal_.read_from(batch_.end.lsn);
      return done;
    }
    batch_.end.lsn = (*record)->next;
  }
  return {};
}

Result<void> BatchReader::take(const RecordView& record) {
  if (record.type == RecordType::opened) {
    OpenedRecord opened;
    if (auto done = decode(record.body, opened); !done) return done;
    batch_.end.epoch = opened.epoch;
    heads_ = opened.heads;
  }
  if (record.type != RecordType::said) return {};
  if (auto done = decode(record.body, said_); !done) return done;
  if (said_.events.empty()) return {};
  if (batch_.events == 0) batch_.begun = std::chrono::steady_clock::now();
  auto name = said_.first;
  Timestamp oldest{}, newest{};
  for (const auto bytes : said_.events) {
    // What cannot be read or breaks a promise makes the batch suspect; which event it was is found when the batch is written.
    if (!codec_.decode(name.stream, bytes, scratch_)) {
      batch_.suspect = true;
    } else {
      newest = time_of(scratch_);
      if (!oldest) oldest = newest;
      if (!batch_.suspect) add(name);
    }
    ++name.at.sequence;
  }
  heads_[static_cast<std::size_t>(name.stream)][name.partition] = name.at.sequence - 1;
  batch_.events += said_.events.size();
  book_.read(said_.first, said_.events.size(), oldest, newest);
  return {};
}

void BatchReader::add(const Name& name) {
  try {
    projection_.add(name, scratch_);
  } catch (const InvariantError&) {
    batch_.suspect = true;
  }
}

std::optional<std::uint64_t> said_between(const Journal& journal, const Outbox::Heads& heads, Epoch epoch, Lsn first) {
  const auto cursor = journal.read_from(first);
  const auto record = cursor->next();
  OpenedRecord opened;
  if (!record || !*record || (*record)->type != RecordType::opened || !decode((*record)->body, opened) || opened.epoch != epoch)
    return std::nullopt;
  std::uint64_t sum = 0;
  for (std::size_t s = 0; s < kStreams; ++s)
    for (std::size_t p = 0; p < kPartitions; ++p) sum += opened.heads[s][p] - std::min(opened.heads[s][p], heads[s][p]);
  return sum;
}

}  // namespace tickmesh
