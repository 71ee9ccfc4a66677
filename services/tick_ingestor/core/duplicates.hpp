// The last pushed rows of one symbol, so that a request sent twice changes nothing.
#pragma once
#include <array>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "core/bytes.hpp"
#include "core/events.hpp"

namespace tickmesh {

class RecentRows {
 public:
  /// Two rows are the same when time and kind are, and the source's id of the print or, without one, every value.
  struct Key {
    std::int64_t event_time{0};
    TickKind kind{TickKind::none};
    Side aggressor{Side::none};
    std::uint64_t trade_id{0};
    std::array<std::int64_t, 4> values{};
    friend bool operator==(const Key&, const Key&) = default;
  };
  static Key key(const Tick& tick);
  bool contains(const Key& key) const { return set_.contains(key); }
  /// Adds a key that is not there; beyond `limit` keys the oldest goes.
  void add(const Key& key, std::size_t limit);
  std::size_t size() const { return ring_.size(); }
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  std::vector<Key> ring_;
  std::size_t oldest_{0};              ///< once the ring is full
  std::unordered_set<Key, Hash> set_;  ///< asked, never iterated
};

}  // namespace tickmesh
