#include "analytics/profile/lvn_alert.hpp"

#include <algorithm>
#include <cmath>

namespace tickmesh {

LvnChange LvnAlert::update(Price last, std::span<const Price> nodes, const Value& atr) {
  const double range = atr.has_value && std::isfinite(atr.value) && atr.value > 0 ? atr.value : 0;
  const double tick = tick_.to_double();
  const double on = std::max(2 * tick, 0.25 * range);
  const bool gone = near() && !std::ranges::binary_search(nodes, node_);
  if (gone) node_ = {};
  if (nodes.empty()) {
    ticks_ = atrs_ = undefined_value();
    return gone ? LvnChange::node_gone : LvnChange::none;
  }
  auto nearest = std::ranges::lower_bound(nodes, last);
  if (nearest == nodes.end() || (nearest != nodes.begin() && last - *std::prev(nearest) <= *nearest - last)) --nearest;
  const double distance = (*nearest - last).to_double();
  ticks_ = ok_value(distance / tick);
  atrs_ = range > 0 ? ok_value(distance / range) : undefined_value();
  if (gone) return LvnChange::node_gone;  // a node beside it is told with the next price
  // Rounding of a price to a double is far below a tick: a hair on the limits keeps what is equal equal.
  const double hair = 1e-6 * tick;
  if (near()) {
    if (std::abs((node_ - last).to_double()) <= 1.5 * on + hair) return LvnChange::none;
    node_ = {};
    return LvnChange::away;
  }
  if (std::abs(distance) > on + hair) return LvnChange::none;
  node_ = *nearest;
  return LvnChange::near;
}

void LvnAlert::reset() {
  node_ = {};
  ticks_ = atrs_ = undefined_value();
}

void LvnAlert::save(ByteWriter& out) const {
  out.put(node_);
  for (const Value* v : {&ticks_, &atrs_}) out.put(v->value), out.put(v->status), out.put(v->has_value);
}

void LvnAlert::load(ByteReader& in) {
  node_ = in.get<Price>();
  TM_INVARIANT(node_.raw() >= 0, "a stored node has a price");
  for (Value* v : {&ticks_, &atrs_}) {
    v->value = in.get<double>();
    v->status = in.get<Status>();
    v->has_value = in.get<bool>();
    TM_INVARIANT(std::isfinite(v->value), "a stored value is a number");
  }
}

}  // namespace tickmesh
