#include "analytics/bar_clock.hpp"

#include <algorithm>
#include <limits>

namespace tickmesh {

bool BarClock::advance(Timestamp time, ClosedBar& closed) {
  if (!open_ || time < end()) return false;
  closed = bar_;
  done_ = end();
  open_ = false;
  return true;
}

void BarClock::add(Timestamp time, Price price, Quantity size, bool session_begins) {
  if (time < (open_ ? bar_.start : done_)) {
    ++late_;
    return;
  }
  if (!open_) {
    const std::int64_t past = time.ns % length_.ns;
    bar_ = {.start = {time.ns - past - (past < 0 ? length_.ns : 0)},
            .open = price,
            .high = price,
            .low = price,
            .first_of_session = session_begins};
    open_ = true;
  }
  // Without a branch: whether a price is an extreme nobody can guess.
  const auto beyond = [price](Price edge, bool yes) {
    return Price::from_raw(edge.raw() + ((price.raw() - edge.raw()) & -std::int64_t{yes}));
  };
  bar_.high = beyond(bar_.high, price > bar_.high);
  bar_.low = beyond(bar_.low, price < bar_.low);
  bar_.close = price;
  // A volume that 63 bits do not hold is full.
  const std::int64_t room = std::numeric_limits<std::int64_t>::max() - bar_.volume.raw();
  bar_.volume = Quantity::from_raw(bar_.volume.raw() + std::min(room, size.raw()));
}

void BarClock::reset() {
  open_ = false;
  bar_ = {};
  done_ = {};
}

void BarClock::save(ByteWriter& out) const { out.put(open_), put(out, bar_), out.put(done_), out.put(late_); }

void BarClock::load(ByteReader& in) {
  open_ = in.get<bool>();
  bar_ = get_closed_bar(in);
  TM_INVARIANT(!open_ || (bar_.low.raw() > 0 && bar_.low <= bar_.high), "a stored bar has prices");
  done_ = in.get<Timestamp>();
  late_ = in.get<std::uint64_t>();
}

}  // namespace tickmesh
