#include "analytics/order_flow.hpp"

#include "analytics/mid_window.hpp"

namespace tickmesh {
namespace {

constexpr double kUnit = static_cast<double>(Quantity::kScale);

}  // namespace

void put(ByteWriter& out, Int128 value) {
  out.put(static_cast<std::uint64_t>(value));
  out.put(static_cast<std::int64_t>(value >> 64));
}

Int128 get_int128(ByteReader& in) {
  const auto low = in.get<std::uint64_t>();
  const auto high = in.get<std::int64_t>();
  return static_cast<Int128>(high) * (static_cast<Int128>(1) << 64) + low;
}

bool OrderFlow::push(const Quote& quote) {
  if (!usable_size(quote.bid_size) || !usable_size(quote.ask_size)) {
    break_off();
    return false;
  }
  last_event_ = has_last_ ? ofi_event(last_, quote) : 0;
  last_ = quote;
  has_last_ = true;
  const std::int64_t depth = quote.bid_size.raw() + quote.ask_size.raw();
  const bool full = events_.full();
  sum_ += last_event_ - only_if(full, events_.leaving().e);
  depth_ += depth - only_if(full, events_.leaving().depth);
  events_.push({last_event_, depth});

  // Events come in order but for late ones, which count where they come. A bucket's end is divided for once a bucket.
  if (open_.events == 0 || quote.time.ns - open_.start >= bucket_length_.ns) {
    if (open_.events > 0) closed_ = open_;
    const std::int64_t past = quote.time.ns % bucket_length_.ns;
    open_ = {.start = quote.time.ns - past - (past < 0 ? bucket_length_.ns : 0)};
  }
  open_.sum += last_event_;
  open_.depth += depth;
  ++open_.events;
  return true;
}

void OrderFlow::reset() {
  events_.reset();
  sum_ = depth_ = 0;
  last_event_ = 0;
  has_last_ = false;
  open_ = closed_ = {};
}

Value OrderFlow::sum() const {
  if (events_.size() == 0) return warmup_value();
  Value v = ok_value(to_double(sum_) / kUnit);
  if (!events_.full()) v.status = Status::warmup;
  return depth_ == 0 ? undefined_value(v.value) : v;
}

Value OrderFlow::normalised() const {
  if (events_.size() == 0) return warmup_value();
  if (depth_ == 0) return undefined_value();
  Value v = ok_value(2 * static_cast<double>(events_.size()) * to_double(sum_) / to_double(depth_));
  if (!events_.full()) v.status = Status::warmup;
  return v;
}

OrderFlow::Bucket OrderFlow::bucket(Timestamp now) const {
  return open_.events > 0 && now.ns - open_.start >= bucket_length_.ns ? open_ : closed_;
}

Value OrderFlow::bucket_sum(const Bucket& bucket) {
  if (bucket.events == 0) return warmup_value();
  const Value v = ok_value(to_double(bucket.sum) / kUnit);
  return bucket.depth == 0 ? undefined_value(v.value) : v;
}

Value OrderFlow::bucket_normalised(const Bucket& bucket) {
  if (bucket.events == 0) return warmup_value();
  if (bucket.depth == 0) return undefined_value();
  return ok_value(2 * static_cast<double>(bucket.events) * to_double(bucket.sum) / to_double(bucket.depth));
}

void OrderFlow::save(ByteWriter& out) const {
  out.put(static_cast<std::uint32_t>(events_.size()));
  for (std::size_t i = 0; i < events_.size(); ++i) out.put(events_[i].e), out.put(events_[i].depth);
  out.put(has_last_), put(out, last_), out.put(last_event_);
  for (const Bucket* b : {&open_, &closed_}) out.put(b->start), put(out, b->sum), put(out, b->depth), out.put(b->events);
}

void OrderFlow::load(ByteReader& in) {
  reset();
  const auto count = in.get<std::uint32_t>();
  TM_INVARIANT(count <= events_.capacity(), "a stored window fits the window it is loaded into");
  for (std::uint32_t i = 0; i < count; ++i) {
    Entry entry;
    entry.e = in.get<std::int64_t>();
    entry.depth = in.get<std::int64_t>();
    TM_INVARIANT(entry.depth >= 0 && entry.depth <= 2 * kMaxFlowSize && entry.e >= -2 * kMaxFlowSize && entry.e <= 2 * kMaxFlowSize,
                 "a stored event is one that quotes can make");
    sum_ += entry.e;
    depth_ += entry.depth;
    events_.push(entry);
  }
  has_last_ = in.get<bool>();
  last_ = get_quote(in);
  TM_INVARIANT(usable_size(last_.bid_size) && usable_size(last_.ask_size), "a stored quote has sizes that sums take");
  last_event_ = in.get<std::int64_t>();
  for (Bucket* b : {&open_, &closed_}) {
    b->start = in.get<std::int64_t>();
    b->sum = get_int128(in);
    b->depth = get_int128(in);
    b->events = in.get<std::uint64_t>();
  }
}

Value book_imbalance(const Quote& quote) {
  const double bid = static_cast<double>(quote.bid_size.raw());
  const double ask = static_cast<double>(quote.ask_size.raw());
  return bid + ask > 0 ? ok_value((bid - ask) / (bid + ask)) : undefined_value(0);
}

Value microprice(const Quote& quote) {
  const double bid = static_cast<double>(quote.bid_size.raw());
  const double ask = static_cast<double>(quote.ask_size.raw());
  if (!(bid + ask > 0)) return undefined_value(mid_units(twice_mid(quote.bid, quote.ask)));
  return ok_value((quote.bid.to_double() * ask + quote.ask.to_double() * bid) / (bid + ask));
}

}  // namespace tickmesh
