#include "runner/releases.hpp"

#include <cstring>

namespace tickmesh {

Released Releases::front() const {
  const Item& item = items_[next_];
  return {.name = item.name,
          .bytes = ByteView{bytes_}.subspan(item.begin, item.size),
          .event = item.event == kNoEvent ? nullptr : &events_[item.event],
          .tick_time = item.tick_time,
          .recorded = item.recorded,
          .replayed = item.replayed};
}

void Releases::pop() {
  if (++next_ < items_.size()) return;
  items_.clear();
  bytes_.clear();
  events_.clear();
  next_ = recorded_ = 0;
}

void Releases::add(const Codec& codec, std::vector<Outbox::Said>& said) {
  for (Outbox::Said& s : said) {
    const std::size_t at = open_item();
    codec.encode(s.event, bytes_);
    std::size_t event = kNoEvent;
    Timestamp tick_time{};
    if (s.name.stream != Stream::tick) {
      event = events_.size();
      tick_time = tick_time_of(s.event);
      events_.push_back(std::move(s.event));
    }
    close_item({s.name, at, 0, event, tick_time, false});
  }
  said.clear();
}

void Releases::add(const Codec& codec, const Name& name, const Metrics& metrics) {
  const std::size_t at = open_item();
  codec.encode(metrics, bytes_);
  close_item({name, at, 0, kNoEvent, metrics.header.tick_time, false});
}

void Releases::record_replayed(Journal& journal, const Name& name, ByteView bytes, Event event) {
  const std::size_t at = open_item();
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  close_item({name, at, 0, events_.size(), tick_time_of(event), true});
  events_.push_back(std::move(event));
  record(journal);
}

std::size_t Releases::open_item() {
  bytes_.resize(bytes_.size() + sizeof(std::uint32_t));
  return bytes_.size();
}

void Releases::close_item(Item item) {
  item.size = bytes_.size() - item.begin;
  const auto size = static_cast<std::uint32_t>(item.size);
  std::memcpy(bytes_.data() + item.begin - sizeof size, &size, sizeof size);
  items_.push_back(item);
}

void Releases::record(Journal& journal) {
  if (recorded_ == items_.size()) return;
  runs_.clear();
  for (std::size_t i = recorded_; i < items_.size();) {
    const Item& first = items_[i];
    Name next = first.name;
    std::size_t j = i;
    for (; j < items_.size() && items_[j].name == next; ++j) ++next.at.sequence;
    const Item& last = items_[j - 1];
    // Lengths and bytes lie here as the journal wants them.
    const std::size_t from = first.begin - sizeof(std::uint32_t);
    runs_.push_back({first.name, static_cast<std::uint32_t>(j - i), ByteView{bytes_}.subspan(from, last.begin + last.size - from)});
    i = j;
  }
  const Lsn recorded = journal.append_said(runs_);
  for (; recorded_ < items_.size(); ++recorded_) items_[recorded_].recorded = recorded;
}

}  // namespace tickmesh
