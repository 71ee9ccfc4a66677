#include "journal/ahead_cursor.hpp"

#include <utility>

namespace tickmesh {

AheadCursor::AheadCursor(std::unique_ptr<JournalCursor> under) : under_{std::move(under)}, position_{under_->position()} {
  thread_ = std::thread{[this] { read(); }};
}

AheadCursor::~AheadCursor() {
  {
    const std::lock_guard lock{mutex_};
    stop_ = true;
  }
  moved_.notify_all();
  thread_.join();
}

void AheadCursor::read() {
  Batch batch;
  for (bool more = true; more;) {
    fill(batch);
    more = !batch.last;
    std::unique_lock lock{mutex_};
    moved_.wait(lock, [this] { return stop_ || !full_; });
    if (stop_) return;
    std::swap(batch, ready_);  // what comes back keeps its room
    full_ = true;
    moved_.notify_all();
  }
}

void AheadCursor::fill(Batch& batch) {
  batch.bytes.clear();
  batch.records.clear();
  batch.ends.clear();
  try {
    while (batch.bytes.size() < kBatchBytes) {
      const auto record = under_->next();
      if (!record || !*record) {
        batch.last = true;
        if (!record) batch.error = record.error();
        break;
      }
      batch.bytes.insert(batch.bytes.end(), (**record).body.begin(), (**record).body.end());
      batch.records.push_back(**record);
      batch.ends.push_back(batch.bytes.size());
    }
  } catch (...) {
    batch.last = true;
    batch.thrown = std::current_exception();
  }
  std::size_t begin = 0;
  for (std::size_t i = 0; i < batch.records.size(); ++i) {
    batch.records[i].body = ByteView{batch.bytes}.subspan(begin, batch.ends[i] - begin);
    begin = batch.ends[i];
  }
}

Result<std::optional<RecordView>> AheadCursor::next() {
  while (at_ == current_.records.size()) {
    if (current_.thrown) std::rethrow_exception(current_.thrown);
    if (current_.error) return std::unexpected(*current_.error);
    if (current_.last) return std::nullopt;
    std::unique_lock lock{mutex_};
    moved_.wait(lock, [this] { return full_; });
    std::swap(current_, ready_);
    full_ = false;
    at_ = 0;
    moved_.notify_all();
  }
  const RecordView& record = current_.records[at_++];
  position_ = record.next;
  return record;
}

}  // namespace tickmesh
