#include "tick_ingestor/feeds/replay/binance.hpp"

#include <limits>

namespace tickmesh::replay {
namespace {

/// Reads the JSON that the venue writes: no spaces, no escapes in what is read. Where it does not, `good` goes false and stays so.
class Words {
 public:
  explicit Words(std::string_view text) : at_{text.data()}, end_{text.data() + text.size()} {}
  bool good() const { return good_; }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  void want(char c) { good_ = good_ && take(c); }
  std::string_view text() {
    want('"');
    const char* const begin = at_;
    while (at_ != end_ && *at_ != '"' && *at_ != '\\') ++at_;
    const std::string_view value{begin, static_cast<std::size_t>(at_ - begin)};
    want('"');
    return value;
  }
  std::uint64_t whole() {
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max() / 10 - 1;
    std::uint64_t value = 0;
    const char* const begin = at_;
    for (; at_ != end_ && digit(*at_) && value <= kMost; ++at_) value = value * 10 + static_cast<std::uint64_t>(*at_ - '0');
    good_ = good_ && at_ != begin && (at_ == end_ || !digit(*at_));
    return value;
  }
  /// "61837.63000000", as 10^-8. Digits beyond the eighth place must be zeros.
  std::int64_t decimal() {
    want('"');
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 100;
    std::int64_t value = 0;
    const char* const begin = at_;
    for (; at_ != end_ && digit(*at_) && value < kMost; ++at_) value = value * 10 + (*at_ - '0');
    int places = 0;
    if (take('.'))
      for (; at_ != end_ && digit(*at_); ++at_, ++places) {
        if (places < 8 && value < kMost)
          value = value * 10 + (*at_ - '0');
        else if (*at_ != '0')
          good_ = false;
      }
    for (; places < 8 && value < kMost; ++places) value *= 10;
    good_ = good_ && at_ != begin && places >= 8;
    want('"');
    return value;
  }
  bool truth() {
    const std::string_view rest{at_, static_cast<std::size_t>(end_ - at_)};
    const bool yes = rest.starts_with("true");
    good_ = good_ && (yes || rest.starts_with("false"));
    if (good_) at_ += yes ? 4 : 5;
    return yes;
  }
  void levels(Side side, std::vector<LevelChange>& into) {
    want('[');
    if (take(']')) return;
    do {
      want('[');
      const std::int64_t price = decimal();
      want(',');
      const std::int64_t size = decimal();
      want(']');
      into.push_back({Price::from_raw(price), Quantity::from_raw(size), side});
    } while (good_ && take(','));
    want(']');
  }
  /// A value of no interest: a text, a number, a word.
  void skip() {
    if (at_ != end_ && *at_ == '"') {
      text();
      return;
    }
    const char* const begin = at_;
    while (at_ != end_ && *at_ != ',' && *at_ != '}' && *at_ != '[' && *at_ != '{') ++at_;
    good_ = good_ && at_ != begin;
  }
  /// {"key":value,…}: `value(key)` reads it.
  template <class F>
  void object(F&& value) {
    want('{');
    if (take('}')) return;
    do {
      const std::string_view key = text();
      want(':');
      if (good_) value(key);
    } while (good_ && take(','));
    want('}');
  }
  bool done() const { return at_ == end_; }

 private:
  static bool digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }
  const char* at_;
  const char* end_;
  bool good_{true};
};

BinanceKind kind_of(std::string_view stream) {
  const auto at = stream.find('@');
  if (at == std::string_view::npos) return BinanceKind::other;
  const std::string_view what = stream.substr(at + 1);
  if (what == "trade") return BinanceKind::trade;
  if (what == "bookTicker") return BinanceKind::quote;
  return what.starts_with("depth") ? BinanceKind::depth : BinanceKind::other;
}

}  // namespace

bool parse_binance(std::string_view line, BinanceLine& into, const char*& rule) {
  into.levels.clear();
  into = {.levels = std::move(into.levels)};
  Words words{line};
  const std::uint64_t received = words.whole();
  words.want(' ');
  std::uint64_t update_first = 0, update_time = 0;
  bool named = false, chained = false, whole_book = false;
  const auto field = [&](std::string_view key) {
    const bool quote = into.kind == BinanceKind::quote;
    if (key == "u" || key == "lastUpdateId") {
      whole_book = whole_book || key != "u";
      into.last = words.whole();
    } else if (key == "U") {
      update_first = words.whole();
    } else if (key == "pu") {
      chained = true;
      into.previous = words.whole();
    } else if (key == "E" || key == "T") {
      const std::uint64_t ms = words.whole();
      if (key == "T" || update_time == 0) update_time = ms;
    } else if (key == "bids" || (key == "b" && !quote)) {
      words.levels(Side::buy, into.levels);
    } else if (key == "asks" || (key == "a" && !quote)) {
      words.levels(Side::sell, into.levels);
    } else if (quote && key == "b") {
      into.bid = Price::from_raw(words.decimal());
    } else if (quote && key == "B") {
      into.bid_size = Quantity::from_raw(words.decimal());
    } else if (quote && key == "a") {
      into.ask = Price::from_raw(words.decimal());
    } else if (quote && key == "A") {
      into.ask_size = Quantity::from_raw(words.decimal());
    } else if (key == "p" && into.kind == BinanceKind::trade) {
      into.price = Price::from_raw(words.decimal());
    } else if (key == "q" && into.kind == BinanceKind::trade) {
      into.size = Quantity::from_raw(words.decimal());
    } else if (key == "t" && into.kind == BinanceKind::trade) {
      into.trade_id = words.whole();
    } else if (key == "m" && into.kind == BinanceKind::trade) {
      into.aggressor = words.truth() ? Side::sell : Side::buy;
    } else {
      words.skip();
    }
  };
  words.object([&](std::string_view key) {
    if (key == "stream") {
      named = true;
      into.kind = kind_of(words.text());
    } else if (key == "data") {
      words.object(field);
    } else {
      field(key);
    }
  });
  if (!named && whole_book) into.kind = BinanceKind::snapshot;
  constexpr std::uint64_t kMostMs = 9'000'000'000'000;
  const bool times = received > 0 && received < 9'000'000'000'000'000'000ULL && update_time <= kMostMs;
  rule = "a time, a space and an object as the venue writes it";
  if (!words.good() || !words.done() || !times) return false;
  into.received = {static_cast<std::int64_t>(received)};
  into.event = {static_cast<std::int64_t>(update_time) * 1'000'000};
  switch (into.kind) {
    case BinanceKind::trade:
      rule = "a trade has price and size above 0 and a side";
      return into.price.raw() > 0 && into.size.raw() > 0 && into.aggressor != Side::none;
    case BinanceKind::quote: rule = "a best quote has a side"; return into.bid.raw() > 0 || into.ask.raw() > 0;
    case BinanceKind::depth:
      rule = "a change of depth has U and u in order";
      if (!chained) into.previous = update_first - 1;
      return update_first > 0 && into.last >= update_first && into.previous < into.last;
    case BinanceKind::snapshot: rule = "a snapshot has lastUpdateId"; return into.last > 0;
    case BinanceKind::other: rule = "a stream trade, bookTicker or depth"; return false;
  }
  return false;
}

}  // namespace tickmesh::replay
