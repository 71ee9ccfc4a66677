// The trading hours of one calendar as cores get them: UTC intervals, computed by a shell that knows time zones.
#pragma once
#include <vector>

#include "core/types.hpp"

namespace tickmesh {

/// Open over [open, close).
struct MarketSession {
  Timestamp open{}, close{};
  friend bool operator==(const MarketSession&, const MarketSession&) = default;
};

class SessionTable {
 public:
  /// Error: a session that ends before it begins, or overlaps the one before it. Sorts by open.
  static Result<SessionTable> make(std::vector<MarketSession> sessions);
  /// The session `t` lies in, or nullptr. O(log n).
  const MarketSession* at(Timestamp t) const;
  /// The first session that opens at or after `t`, or nullptr.
  const MarketSession* next(Timestamp t) const;
  /// The last time this table knows of; beyond it nothing can be said.
  Timestamp known_until() const { return sessions_.empty() ? Timestamp{} : sessions_.back().close; }
  const std::vector<MarketSession>& sessions() const { return sessions_; }

 private:
  std::vector<MarketSession> sessions_;
};

}  // namespace tickmesh
