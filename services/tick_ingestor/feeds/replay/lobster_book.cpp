#include "tick_ingestor/feeds/replay/lobster_book.hpp"

#include <algorithm>
#include <charconv>

namespace tickmesh::replay {
namespace {

constexpr std::size_t kChunk = 64 << 10;
constexpr std::int64_t kMostPrice = 90'000'000'000'000;  // of 0.0001 dollars, as Price holds them
constexpr std::int64_t kNoLevel = 9'999'999'999;         // what LOBSTER writes where there is none; a bid's is negative

/// What makes `before` into `now`; both best first.
void changes(const std::vector<DepthLevel>& before, const std::vector<DepthLevel>& now, std::vector<DepthLevel>& into) {
  const auto holds = [](const std::vector<DepthLevel>& levels, Price price) {
    return std::ranges::find(levels, price, &DepthLevel::price) != levels.end();
  };
  for (const DepthLevel& level : before)
    if (!holds(now, level.price)) into.push_back({level.price, {}});
  for (const DepthLevel& level : now)
    if (std::ranges::find(before, level) == before.end()) into.push_back(level);
}

}  // namespace

bool LobsterBook::line(std::string& into) {
  into.clear();
  for (;;) {
    const char* const at = text_.data() + begin_;
    const char* const newline = std::find<const char*>(at, text_.data() + end_, '\n');
    into.append(at, newline);
    begin_ = static_cast<std::size_t>(newline - text_.data());
    if (begin_ < end_) return ++begin_, true;
    if (over_ || into.size() > kChunk) return !into.empty();
    if (!archive_) {
      auto archive = Archive::open(path_);
      if (!archive) return over_ = true, false;
      archive_ = std::move(*archive);
      text_.resize(kChunk);
    }
    const auto n = archive_->read(text_);
    begin_ = 0;
    end_ = n ? *n : 0;
    over_ = end_ == 0;
    if (over_) archive_.reset();
  }
}

bool LobsterBook::parse(std::string_view text, Levels& bids, Levels& asks) {
  bids.clear(), asks.clear();
  const char* at = text.data();
  const char* const end = at + text.size();
  for (bool more = true; more;) {
    std::int64_t values[4]{};  // ask, its size, bid, its size
    for (std::int64_t& value : values) {
      const auto [stop, error] = std::from_chars(at, end, value);
      if (error != std::errc{}) return false;
      at = stop;
      more = at != end && *at == ',';
      if (!more && &value != &values[3]) return false;
      if (more) ++at;
    }
    for (const bool ask : {true, false}) {
      const std::int64_t price = values[ask ? 0 : 2], size = values[ask ? 1 : 3];
      if (price == kNoLevel || price == -kNoLevel) continue;
      if (price <= 0 || price > kMostPrice || size <= 0 || size > kMostPrice / 1'000) return false;
      (ask ? asks : bids).push_back({Price::from_raw(price * (Price::kScale / 10'000)), Quantity::from_units(size)});
    }
  }
  return at == end;
}

LobsterBook::Told LobsterBook::next(std::uint64_t row, DepthUpdate& into, const char*& rule) {
  rule = "a line of the published book an event";
  do {
    if (!line(line_)) return Told::bad;
    if (line_.ends_with('\r')) line_.pop_back();
  } while (row == 1 && last_ == 0 && !line_.empty() && line_[0] >= 'A');  // some copies name the columns
  rule = "ask, its size, bid, its size, of every level of the published book";
  if (!parse(line_, new_bids_, new_asks_)) return Told::bad;
  if (last_ != 0 && new_bids_ == bids_ && new_asks_ == asks_) return Told::nothing;
  const bool whole = last_ == 0 || new_bids_.empty() || new_asks_.empty() || bids_.empty() || asks_.empty();
  into.kind = whole ? DepthKind::snapshot : DepthKind::delta;
  into.previous = whole ? 0 : last_;
  into.last = last_ = numbers_ | row;
  if (whole) {
    into.bids = new_bids_;
    into.asks = new_asks_;
  } else {
    changes(bids_, new_bids_, into.bids);
    changes(asks_, new_asks_, into.asks);
  }
  std::swap(bids_, new_bids_);
  std::swap(asks_, new_asks_);
  return Told::change;
}

}  // namespace tickmesh::replay
