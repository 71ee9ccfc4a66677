// Who traded aggressively, where the feed does not say: METRICS.md 2.3, Lee & Ready (1991) with the tick rule.
#pragma once
#include "core/bytes.hpp"
#include "core/events.hpp"

namespace tickmesh {

/// Above the prevailing mid a buy, below it a sell, at it what the tick rule says; the prevailing quote is the last one strictly before the
/// trade. The tick rule: up a buy, down a sell, unchanged as the last one, none before the first change. A one-sided, locked or crossed
/// quote leaves it to the tick rule.
class LeeReady {
 public:
  /// Any quote, usable or not, in the order of arrival.
  void quote(Timestamp time, Price bid, Price ask) {
    if (time > now_.time) before_ = now_;
    now_ = {time, bid.raw(), ask.raw()};
  }
  /// A trade of price > 0; every one, so that the tick rule knows the last.
  Side trade(Timestamp time, Price price) {
    if (last_price_ != 0 && price.raw() != last_price_) last_ = price.raw() > last_price_ ? Side::buy : Side::sell;
    last_price_ = price.raw();
    const Quote& quote = now_.time < time ? now_ : before_;
    if (quote.bid <= 0 || quote.ask <= quote.bid || quote.time >= time) return last_;
    const Int128 beyond = Int128{2} * price.raw() - quote.bid - quote.ask;
    return beyond > 0 ? Side::buy : beyond < 0 ? Side::sell : last_;
  }
  void reset() { *this = {}; }
  void save(ByteWriter& out) const {
    for (const Quote& q : {now_, before_}) out.put(q.time), out.put(q.bid), out.put(q.ask);
    out.put(last_price_), out.put(last_);
  }
  void load(ByteReader& in) {
    for (Quote* q : {&now_, &before_}) {
      q->time = in.get<Timestamp>();
      q->bid = in.get<std::int64_t>();
      q->ask = in.get<std::int64_t>();
    }
    last_price_ = in.get<std::int64_t>();
    last_ = in.get<Side>();
  }

 private:
  struct Quote {
    Timestamp time{};
    std::int64_t bid{0}, ask{0};
  };
  Quote now_, before_;  // the last, and the last of an earlier time
  std::int64_t last_price_{0};
  Side last_{Side::none};
};

}  // namespace tickmesh
