// Who began a trade (METRICS.md 2.3): the venue's own word, else Lee & Ready 1991 against the quote strictly before it, else the tick
// rule.
#pragma once
#include <array>
#include <cstdint>

#include "analytics/quote_filter.hpp"
#include "analytics/value.hpp"
#include "core/events.hpp"

namespace tickmesh {

enum class SignRule : std::uint8_t { none = 0, venue = 1, quote = 2, tick = 3 };

/// Up: buy. Down: sell. Unchanged: as the trade before. Unknown until the first change.
class TickRule {
 public:
  /// The sign of a trade at `price` > 0: 1 buy, -1 sell, 0 unknown.
  int push(Price price) {
    if (!last_.is_zero() && price != last_) sign_ = price > last_ ? 1 : -1;
    last_ = price;
    return sign_;
  }
  void reset() { *this = {}; }
  void save(ByteWriter& out) const { out.put(last_), out.put(static_cast<std::int8_t>(sign_)); }
  void load(ByteReader& in);

 private:
  Price last_{};
  int sign_{0};
};

class TradeSigner {
 public:
  struct Signed {
    int sign{0};  ///< 1 buy, -1 sell, 0 unknown
    SignRule rule{SignRule::none};
  };
  /// A change of the best quote, good or not: an invalid one makes trades after it fall back to the tick rule. Only `time`, `bid`, `ask`
  /// are read.
  void quote(const Quote& quote);
  /// Of trades in order of time; price > 0.
  Signed trade(Timestamp time, Price price, Side aggressor);
  /// A session begins: memory and shares begin anew; the quote stays.
  void reset();
  /// No pair of trades is formed across a gap.
  void break_off() { ticks_.reset(); }
  /// Of the trades of the session, those that `rule` classified.
  Value share(SignRule rule) const;
  std::uint64_t trades() const { return counts_[0] + counts_[1] + counts_[2] + counts_[3]; }
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  struct Prices {
    Timestamp time{};
    Price bid{}, ask{};
  };
  Prices latest_{};  // the last quote
  Prices before_{};  // the last one of an earlier time than it
  bool has_latest_{false}, has_before_{false};
  TickRule ticks_;
  std::array<std::uint64_t, 4> counts_{};
};

}  // namespace tickmesh
