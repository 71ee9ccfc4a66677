#include "analytics/quote_filter.hpp"

#include <cmath>

namespace tickmesh {

void put(ByteWriter& out, const Quote& q) { out.put(q.time), out.put(q.bid), out.put(q.ask), out.put(q.bid_size), out.put(q.ask_size); }

Quote get_quote(ByteReader& in) {
  Quote q;
  q.time = in.get<Timestamp>();
  q.bid = in.get<Price>();
  q.ask = in.get<Price>();
  q.bid_size = in.get<Quantity>();
  q.ask_size = in.get<Quantity>();
  return q;
}

namespace {

bool same_quote(const Quote& a, const Quote& b) {
  // All four at once: that something differs is certain nearly always, what it is never.
  return ((a.bid.raw() ^ b.bid.raw()) | (a.ask.raw() ^ b.ask.raw()) | (a.bid_size.raw() ^ b.bid_size.raw()) |
          (a.ask_size.raw() ^ b.ask_size.raw())) == 0;
}

double mid_of(const Quote& q) { return mid_units(twice_mid(q.bid, q.ask)); }

}  // namespace

bool QuoteFilter::asks_for_sd(const Quote& quote) const {
  if (has_held_) return true;
  if (!has_last_ || settings_.filters == Filters::raw) return false;
  // Nine tenths of the fraction: far from where the roundings of `too_far` could tell otherwise.
  const auto last = static_cast<double>(last_.bid.raw()) + static_cast<double>(last_.ask.raw());
  const auto now = static_cast<double>(quote.bid.raw()) + static_cast<double>(quote.ask.raw());
  return !(std::abs(now - last) <= 0.9 * settings_.bad_print_fraction * last);
}

bool QuoteFilter::too_far(const Quote& quote, const Quote& from, const Value& sd) const {
  if (!sd.has_value) return false;
  const double last = mid_of(from);
  const double distance = std::abs(mid_of(quote) - last);
  return distance > settings_.bad_print_sds * sd.value && distance > settings_.bad_print_fraction * last;
}

Verdict QuoteFilter::take(const Quote& quote) {
  const bool moved = !has_last_ || ((quote.bid.raw() ^ last_.bid.raw()) | (quote.ask.raw() ^ last_.ask.raw())) != 0;
  last_ = quote;
  has_last_ = true;
  ++(moved ? counts_.counted : counts_.sizes_only);
  return moved ? Verdict::counted : Verdict::sizes_only;
}

QuoteFilter::Outcome QuoteFilter::apply(const Quote& quote, const Value& sd) {
  if (quote.bid.raw() <= 0 || quote.ask.raw() <= 0) return ++counts_.one_sided, Outcome{Verdict::one_sided};
  if (quote.bid.raw() > kMaxWindowPrice || quote.ask.raw() > kMaxWindowPrice) return ++counts_.out_of_range, Outcome{Verdict::out_of_range};
  if (settings_.filters == Filters::raw) {
    last_ = quote;
    has_last_ = true;
    return ++counts_.counted, Outcome{Verdict::counted};
  }
  if (quote.bid > quote.ask) return ++counts_.crossed, Outcome{Verdict::crossed};

  Outcome outcome;
  // A repeat is not a tick, so it confirms nothing.
  if ((has_held_ && same_quote(quote, held_)) || (!has_held_ && has_last_ && same_quote(quote, last_)))
    return ++counts_.repeated, Outcome{Verdict::repeated};
  if (has_held_) {
    has_held_ = false;
    // The next tick confirms a jump when it stands with the held quote rather than with the last one.
    if (too_far(quote, last_, sd) && !too_far(quote, held_, sd)) {
      outcome.released = true;
      outcome.held = held_;
      take(held_);
    } else {
      ++counts_.dropped;
    }
  }
  if (has_last_ && same_quote(quote, last_)) {
    ++counts_.repeated;
    outcome.verdict = Verdict::repeated;
  } else if (has_last_ && too_far(quote, last_, sd)) {
    held_ = quote;
    has_held_ = true;
    ++counts_.held;
    outcome.verdict = Verdict::held;
  } else {
    outcome.verdict = take(quote);
  }
  return outcome;
}

void QuoteFilter::reset() { has_last_ = has_held_ = false; }

void QuoteFilter::save(ByteWriter& out) const {
  out.put(has_last_), put(out, last_), out.put(has_held_), put(out, held_);
  out.put(counts_.counted), out.put(counts_.sizes_only), out.put(counts_.repeated), out.put(counts_.one_sided);
  out.put(counts_.crossed), out.put(counts_.held), out.put(counts_.dropped), out.put(counts_.out_of_range);
}

void QuoteFilter::load(ByteReader& in) {
  has_last_ = in.get<bool>();
  last_ = get_quote(in);
  has_held_ = in.get<bool>();
  held_ = get_quote(in);
  for (auto* count : {&counts_.counted, &counts_.sizes_only, &counts_.repeated, &counts_.one_sided, &counts_.crossed, &counts_.held,
                      &counts_.dropped, &counts_.out_of_range})
    *count = in.get<std::uint64_t>();
}

}  // namespace tickmesh
