// Which quotes count (METRICS.md 0.3 and 0.4).
#pragma once
#include <cstddef>
#include <cstdint>

#include "analytics/mid_window.hpp"
#include "core/bytes.hpp"
#include "core/fixed.hpp"
#include "core/types.hpp"

namespace tickmesh {

enum class Filters : std::uint8_t { raw = 1, clean = 2 };

struct Quote {
  Timestamp time{};  ///< the source's
  Price bid{}, ask{};
  Quantity bid_size{}, ask_size{};
};
void put(ByteWriter& out, const Quote& quote);
Quote get_quote(ByteReader& in);

enum class Verdict : std::uint8_t {
  counted = 1,     ///< a tick: a price changed (raw: any row with two sides)
  sizes_only = 2,  ///< good, but neither mid nor spread moved: no observation of theirs
  repeated = 3,    ///< identical to the last quote
  one_sided = 4,
  crossed = 5,
  held = 6,          ///< too far from the last mid: waits for the next tick to confirm it
  out_of_range = 7,  ///< beyond kMaxWindowPrice
};

struct FilterCounts {
  std::uint64_t repeated{0}, one_sided{0}, crossed{0}, held{0}, dropped{0}, out_of_range{0}, counted{0}, sizes_only{0};
};

/// `clean` applies the table of METRICS.md 0.4; `raw` counts every row that has two sides, crossed and repeated ones too.
class QuoteFilter {
 public:
  struct Settings {
    Filters filters{Filters::clean};
    double bad_print_sds{20};         ///< k: a mid further than this many rolling sd …
    double bad_print_fraction{0.05};  ///< … and than this fraction from the last one is held for one tick
  };
  struct Outcome {
    Verdict verdict{Verdict::counted};
    bool released{false};  ///< the quote held before this one was confirmed: `held` counts first
    Quote held{};
  };
  /// The first bytes of this are what few quotes touch.
  static constexpr std::size_t kRare = sizeof(Quote) + 6 * sizeof(std::uint64_t);
  QuoteFilter() : QuoteFilter(Settings{}) {}
  explicit QuoteFilter(const Settings& settings) : settings_{settings} {}

  /// True when what `apply` says of `quote` may depend on the deviation; else any value does.
  bool asks_for_sd(const Quote& quote) const;
  /// `sd` is the rolling deviation of the mid, price units; while it has no value nothing is held.
  Outcome apply(const Quote& quote, const Value& sd);
  const FilterCounts& counts() const { return counts_; }
  /// Forgets the last quote and the one held; counts stay.
  void reset();
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  bool too_far(const Quote& quote, const Quote& from, const Value& sd) const;
  Verdict take(const Quote& quote);
  Quote held_{};
  FilterCounts counts_{};
  Settings settings_;
  bool has_last_{false};
  bool has_held_{false};
  Quote last_{};
};

}  // namespace tickmesh
