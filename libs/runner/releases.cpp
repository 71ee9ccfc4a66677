#include "runner/releases.hpp"

#include <cstring>

namespace tickmesh {

Released Releases::front() const {
  const Item& item = items_[next_];
  return {item.name, ByteView{bytes_}.subspan(item.begin, item.size), item.event == kNoEvent ? nullptr : &events_[item.event],
          item.recorded, item.replayed};
}

void Releases::pop() {
  if (++next_ < items_.size()) return;
  items_.clear();
  bytes_.clear();
  events_.clear();
  next_ = 0;
}

void Releases::record(Journal& journal, const Codec& codec, std::vector<Outbox::Said>& said) {
  if (said.empty()) return;
  const std::size_t begin = items_.size();
  for (Outbox::Said& s : said) {
    const std::size_t at = open_item();
    codec.encode(s.event, bytes_);
    std::size_t event = kNoEvent;
    if (s.name.stream != Stream::tick) {
      event = events_.size();
      events_.push_back(std::move(s.event));
    }
    close_item({s.name, at, 0, event, {}, false});
  }
  said.clear();
  append(journal, begin);
}

void Releases::record_replayed(Journal& journal, const Name& name, ByteView bytes, Event event) {
  const std::size_t at = open_item();
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  close_item({name, at, 0, events_.size(), {}, true});
  events_.push_back(std::move(event));
  append(journal, items_.size() - 1);
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

void Releases::append(Journal& journal, std::size_t begin) {
  runs_.clear();
  for (std::size_t i = begin; i < items_.size();) {
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
  for (std::size_t i = begin; i < items_.size(); ++i) items_[i].recorded = recorded;
}

}  // namespace tickmesh
