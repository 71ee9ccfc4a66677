#include "market/sessions.hpp"

#include <algorithm>

namespace tickmesh {

Result<SessionTable> SessionTable::make(std::vector<MarketSession> sessions) {
  std::ranges::sort(sessions, {}, &MarketSession::open);
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    if (sessions[i].close <= sessions[i].open)
      return bad_value("session", "open < close", "opens at " + std::to_string(sessions[i].open.ns) + " ns");
    if (i > 0 && sessions[i].open < sessions[i - 1].close)
      return bad_value("session", "begins after the one before has ended", "opens at " + std::to_string(sessions[i].open.ns) + " ns");
  }
  SessionTable table;
  table.sessions_ = std::move(sessions);
  return table;
}

const MarketSession* SessionTable::at(Timestamp t) const {
  auto it = std::ranges::upper_bound(sessions_, t, {}, &MarketSession::open);
  if (it == sessions_.begin()) return nullptr;
  --it;
  return t < it->close ? &*it : nullptr;
}

const MarketSession* SessionTable::next(Timestamp t) const {
  const auto it = std::ranges::lower_bound(sessions_, t, {}, &MarketSession::open);
  return it == sessions_.end() ? nullptr : &*it;
}

}  // namespace tickmesh
