#include "store/backlog_book.hpp"

#include <algorithm>

#include "store/projector.hpp"

namespace tickmesh {

void BacklogBook::resume(const Backlog& from) {
  const std::lock_guard lock{mutex_};
  done_ = from;
  known_ = true;
  forget();
}

void BacklogBook::read(const Name& first, std::size_t count, Timestamp oldest, Timestamp newest) {
  const std::lock_guard lock{mutex_};
  const auto stream = static_cast<std::size_t>(first.stream);
  if (first.at.epoch == journal_.epoch())
    heads_[stream][first.partition] = first.at.sequence + count - 1;
  else
    older_[stream] += count;
  if (!oldest_[stream]) oldest_[stream] = oldest;
  newest_ = std::max(newest_, newest);
}

void BacklogBook::committed() {
  const std::lock_guard lock{mutex_};
  for (std::size_t s = 0; s < kStreams; ++s) {
    for (std::size_t p = 0; p < kPartitions; ++p) done_.projected[s][p] = std::max(done_.projected[s][p], heads_[s][p]);
    done_.older_epochs[s] -= std::min(done_.older_epochs[s], older_[s]);
  }
  forget();
}

// The batch is read again from where it began, so the ages stay: a lag must not vanish because an attempt failed.
void BacklogBook::discarded() {
  const std::lock_guard lock{mutex_};
  heads_ = {};
  older_ = {};
}

void BacklogBook::forget() {
  heads_ = {};
  older_ = {};
  oldest_ = {};
  newest_ = {};
}

BacklogBook::PerStream BacklogBook::behind() const {
  const auto heads = journal_.heads();
  const auto first_held = known_ ? Outbox::Heads{} : journal_.first_held();
  PerStream behind = done_.older_epochs;
  for (std::size_t s = 0; s < kStreams; ++s)
    for (std::size_t p = 0; p < kPartitions; ++p) {
      const auto from = known_ ? done_.projected[s][p] : first_held[s][p] == 0 ? heads[s][p] : first_held[s][p] - 1;
      if (heads[s][p] > from) behind[s] += heads[s][p] - from;
    }
  return behind;
}

std::uint64_t BacklogBook::events() const {
  const std::lock_guard lock{mutex_};
  std::uint64_t sum = 0;
  for (const auto count : behind()) sum += count;
  return sum;
}

ProjectorLag BacklogBook::lag(Timestamp now) const {
  const std::lock_guard lock{mutex_};
  const auto counts = behind();
  ProjectorLag lag{.known = known_};
  // Until PostgreSQL was reached once nobody knows where its tables stand: what is missing is at least as old as the first look.
  if (!first_look_) first_look_ = now;
  std::array<double, kStreams> ages{};
  for (std::size_t s = 0; s < kStreams; ++s) {
    lag.events += counts[s];
    // A stream that is behind and not in the batch begins after what the batch holds.
    const auto since = oldest_[s] ? oldest_[s] : known_ || newest_ ? newest_ : first_look_;
    if (counts[s] > 0 && since && now > since) ages[s] = static_cast<double>((now - since).ns) * 1e-9;
    lag.seconds = std::max(lag.seconds, ages[s]);
  }
  for (const auto& table : tables_) {
    const auto s = static_cast<std::size_t>(table.stream);
    lag.tables.push_back({table.name, counts[s], ages[s]});
  }
  return lag;
}

}  // namespace tickmesh
