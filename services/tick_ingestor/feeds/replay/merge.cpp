#include "tick_ingestor/feeds/replay/merge.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <set>

namespace tickmesh::replay {

Result<bool> FileReader::fill() {
  while (empty() && !over_) {
    auto more = read();
    if (!more) return more;
  }
  if (!empty()) return true;
  rows_ = {};
  next_ = next_depth_ = 0;
  return false;
}

Result<bool> FileReader::read() {
  read_before_ = read_until();
  if (!archive_) {
    auto archive = Archive::open(file_->path);
    if (!archive) return std::unexpected(archive.error());
    archive_ = std::move(*archive);
    text_.resize(kChunk + 1);
  }
  rows_.clear();
  next_ = next_depth_ = 0;
  if (kept_ == kChunk) return std::unexpected(Error{"bad_file", file_->path, "lines of at most 64 KiB", "one is longer"});
  const auto n = archive_->read({text_.data() + kept_, kChunk - kept_});
  if (!n) {
    over_ = true;
    return std::unexpected(n.error());
  }
  std::size_t filled = kept_ + *n;
  if (*n == 0) {
    over_ = true;
    if (filled > 0) text_[filled++] = '\n';  // the last line may lack it
  }
  const std::string_view all{text_.data(), filled};
  const auto end = all.rfind('\n');
  const std::size_t whole = end == std::string_view::npos ? 0 : end + 1;
  parser_.parse(all.substr(0, whole), rows_);
  kept_ = filled - whole;
  std::memmove(text_.data(), text_.data() + whole, kept_);
  if (over_) {
    archive_.reset();
    text_ = {};
  }
  return true;
}

Merge::Merge(const std::vector<DataFile>& files, const Instruments& listed) : listed_{&listed} {
  std::set<std::string_view> symbols;
  for (const DataFile& file : files) symbols.insert(file.symbol.view());
  readers_.reserve(files.size());
  for (std::uint32_t i = 0; i < files.size(); ++i) {
    const DataFile& file = files[i];
    readers_.emplace_back(file, listed);
    reached_.push_back(std::numeric_limits<std::int64_t>::min());
    symbol_rank_.push_back(static_cast<std::uint64_t>(std::distance(symbols.begin(), symbols.find(file.symbol.view()))));
    // Not opened before its day: a year of days needs no more open files than one of them.
    heap_.push_back({{file.not_before ? file.not_before.ns : std::numeric_limits<std::int64_t>::min(), 0}, i});
  }
  std::ranges::make_heap(heap_, std::greater<>{});
}

Merge::Key Merge::key_of(std::uint32_t i) {
  const Tick& tick = readers_[i].front();
  reached_[i] = std::max(reached_[i], tick.event_time.ns);
  const std::uint64_t symbol = readers_[i].file().symbol.empty() ? listed_->index_of(tick.instrument) : symbol_rank_[i];
  return {reached_[i], (tick.kind != TickKind::quote ? std::uint64_t{1} << 62 : 0) | symbol << 24 | i};
}

Result<void> Merge::push(std::uint32_t i) {
  const auto more = readers_[i].fill();
  if (!more) return std::unexpected(more.error());
  if (!*more) return {};
  heap_.push_back({key_of(i), i});
  std::ranges::push_heap(heap_, std::greater<>{});
  return {};
}

Result<std::size_t> Merge::next(std::size_t limit, Rows& out) {
  std::size_t count = 0;
  while (count < limit && !heap_.empty()) {
    std::ranges::pop_heap(heap_, std::greater<>{});
    const std::uint32_t i = heap_.back().reader;
    heap_.pop_back();
    FileReader& reader = readers_[i];
    // As long as no other file is due first, this one goes on.
    const Key other = heap_.empty() ? Key{std::numeric_limits<std::int64_t>::max(), ~std::uint64_t{0}} : heap_.front().key;
    while (count < limit && !reader.empty() && key_of(i) < other) {
      out.ticks.push_back(reader.front());
      if (holds_depth(reader.front())) out.depths.push_back(std::move(reader.depth()));
      reader.pop();
      ++count;
    }
    if (auto ok = push(i); !ok) {
      heap_.clear();
      return std::unexpected(ok.error());
    }
  }
  given_ += count;
  return count;
}

Tally Merge::tally() const {
  Tally all;
  for (const FileReader& reader : readers_) all.add(reader.parser().tally());
  return all;
}

std::uint64_t Merge::consumed() const {
  std::uint64_t n = 0;
  for (const FileReader& reader : readers_) n += reader.consumed();
  return n;
}

std::uint64_t Merge::bytes() const {
  std::uint64_t n = 0;
  for (const FileReader& reader : readers_) n += reader.file().bytes;
  return n;
}

}  // namespace tickmesh::replay
