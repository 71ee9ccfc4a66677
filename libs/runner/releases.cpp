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
  for (Outbox::Said& s : said) take(codec, s);
  said.clear();
  append(journal, begin);
}

void Releases::record_whole(Journal& journal, const Codec& codec, std::vector<Outbox::Said>& said) {
  if (chains_.empty()) chains_.resize(kStreams * kPartitions);
  next_of_.assign(said.size(), kNone);
  item_of_.resize(said.size());
  for (std::uint32_t i = 0; i < said.size(); ++i) {
    const std::uint32_t cell = static_cast<std::uint32_t>(said[i].name.stream) * kPartitions + said[i].name.partition;
    Chain& chain = chains_[cell];
    if (chain.first == kNone) {
      chain.first = i;
      chained_.push_back(cell);
    } else {
      next_of_[chain.last] = i;
    }
    chain.last = i;
  }
  const std::size_t begin = items_.size(), bytes = bytes_.size();
  for (const std::uint32_t cell : chained_) {
    for (std::uint32_t i = chains_[cell].first; i != kNone; i = next_of_[i]) {
      item_of_[i] = static_cast<std::uint32_t>(items_.size());
      take(codec, said[i]);
    }
    chains_[cell] = {};
  }
  // A frame and a run's head for each: more than any takes.
  constexpr std::size_t kFrame = 64;
  const std::size_t size = bytes_.size() - bytes + kFrame * chained_.size();
  const bool fits = size <= kMaxPartBytes && chained_.size() <= kMaxPartRuns;
  chained_.clear();
  said.clear();
  append(journal, begin, fits ? std::span<const std::uint32_t>{} : std::span<const std::uint32_t>{item_of_});
}

void Releases::take(const Codec& codec, Outbox::Said& said) {
  const std::size_t at = open_item();
  codec.encode(said.event, bytes_);
  std::size_t event = kNoEvent;
  if (said.name.stream != Stream::tick) {
    event = events_.size();
    events_.push_back(std::move(said.event));
  }
  close_item({said.name, at, 0, event, {}, false});
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

void Releases::append(Journal& journal, std::size_t begin, std::span<const std::uint32_t> order) {
  runs_.clear();
  const auto item = [&](std::size_t i) -> const Item& { return items_[order.empty() ? begin + i : order[i]]; };
  const std::size_t count = items_.size() - begin;
  for (std::size_t i = 0; i < count;) {
    const Item& first = item(i);
    Name next = first.name;
    std::size_t j = i;
    for (; j < count && item(j).name == next; ++j) ++next.at.sequence;
    const Item& last = item(j - 1);
    // Lengths and bytes lie here as the journal wants them, those of one run side by side.
    const std::size_t from = first.begin - sizeof(std::uint32_t);
    runs_.push_back({first.name, static_cast<std::uint32_t>(j - i), ByteView{bytes_}.subspan(from, last.begin + last.size - from)});
    i = j;
  }
  const Lsn recorded = journal.append_said(runs_);
  for (std::size_t i = begin; i < items_.size(); ++i) items_[i].recorded = recorded;
}

}  // namespace tickmesh
