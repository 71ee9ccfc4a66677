#include "tick_ingestor/core/duplicates.hpp"

namespace tickmesh {

RecentRows::Key RecentRows::key(const Tick& t) {
  Key key{.event_time = t.event_time.ns, .kind = t.kind};
  if (t.trade_id != 0)
    key.trade_id = t.trade_id;
  else if (t.kind != TickKind::quote)
    key.aggressor = t.aggressor, key.values = {t.price.raw(), t.size.raw(), 0, 0};
  else
    key.values = {t.bid.raw(), t.ask.raw(), t.bid_size.raw(), t.ask_size.raw()};
  return key;
}

std::size_t RecentRows::Hash::operator()(const Key& key) const {
  std::uint64_t hash = static_cast<std::uint64_t>(key.kind) + 16 * static_cast<std::uint64_t>(key.aggressor);
  const auto stir = [&](std::uint64_t x) {
    hash = (hash ^ x) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 29;
  };
  stir(static_cast<std::uint64_t>(key.event_time));
  stir(key.trade_id);
  for (const std::int64_t value : key.values) stir(static_cast<std::uint64_t>(value));
  return hash;
}

void RecentRows::add(const Key& key, std::size_t limit) {
  set_.insert(key);
  if (ring_.size() < limit) {
    ring_.push_back(key);
    return;
  }
  set_.erase(ring_[oldest_]);
  ring_[oldest_] = key;
  oldest_ = (oldest_ + 1) % ring_.size();
}

void RecentRows::save(ByteWriter& out) const {
  out.put(static_cast<std::uint32_t>(ring_.size()));
  for (std::size_t i = 0; i < ring_.size(); ++i) {
    const Key& key = ring_[(oldest_ + i) % ring_.size()];
    out.put(key.event_time), out.put(key.kind), out.put(key.aggressor), out.put(key.trade_id);
    for (const std::int64_t value : key.values) out.put(value);
  }
}

void RecentRows::load(ByteReader& in) {
  *this = {};
  const auto count = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count; ++i) {
    Key key;
    key.event_time = in.get<std::int64_t>();
    key.kind = in.get<TickKind>();
    key.aggressor = in.get<Side>();
    key.trade_id = in.get<std::uint64_t>();
    for (std::int64_t& value : key.values) value = in.get<std::int64_t>();
    ring_.push_back(key);
    set_.insert(key);
  }
}

}  // namespace tickmesh
