#include "risk/risk_book.hpp"

#include <algorithm>
#include <utility>

namespace tickmesh {

std::string_view to_string(RiskCause cause) {
  static constexpr std::string_view names[] = {
      "",      "person",        "stale",       "feed_silent", "metrics_silent", "gateway_silent", "dead_man",
      "venue", "unknown_order", "unprotected", "gap",         "difference",     "external",       "disk",
      "clock", "rebuilt"};
  const auto i = static_cast<std::size_t>(cause);
  return i < std::size(names) ? names[i] : std::string_view{"?"};
}

bool latched(RiskCause cause) {
  switch (cause) {
    case RiskCause::gap:
    case RiskCause::difference:
    case RiskCause::external:
    case RiskCause::clock:
    case RiskCause::rebuilt: return true;
    default: return false;
  }
}

bool RiskBook::raise(const Symbol& scope, RiskCause cause, RiskState to, std::string reason) {
  TM_INVARIANT(to == RiskState::reducing || (to == RiskState::halted && cause == RiskCause::person),
               "an automatic cause leads to REDUCING, only a person sets HALTED");
  auto [it, fresh] = scopes_[scope].try_emplace(cause);
  Held& held = it->second;
  if (!fresh && to <= held.state) return false;
  held = {to, std::move(reason)};
  return true;
}

bool RiskBook::lift(const Symbol& scope, RiskCause cause) {
  const auto it = scopes_.find(scope);
  if (it == scopes_.end() || it->second.erase(cause) == 0) return false;
  if (it->second.empty()) scopes_.erase(it);
  return true;
}

bool RiskBook::resume(const Symbol& scope) {
  const auto it = scopes_.find(scope);
  if (it == scopes_.end()) return false;
  const auto gone = std::erase_if(it->second, [](const auto& c) { return c.first == RiskCause::person || latched(c.first); });
  if (it->second.empty()) scopes_.erase(it);
  return gone > 0;
}

RiskState RiskBook::worst(const Symbol& scope) const {
  RiskState state = RiskState::active;
  if (const auto it = scopes_.find(scope); it != scopes_.end())
    for (const auto& [cause, held] : it->second) state = std::max(state, held.state);
  return state;
}

RiskState RiskBook::state(const Symbol& symbol) const { return std::max(account(), worst(symbol)); }

bool RiskBook::has(const Symbol& scope, RiskCause cause) const {
  const auto it = scopes_.find(scope);
  return it != scopes_.end() && it->second.contains(cause);
}

std::string RiskBook::reasons(const Symbol& scope) const {
  std::string text;
  if (const auto it = scopes_.find(scope); it != scopes_.end())
    for (const auto& [cause, held] : it->second)
      text += (text.empty() ? "" : "; ") + std::string(to_string(cause)) + (held.reason.empty() ? "" : ": " + held.reason);
  return text;
}

std::string RiskBook::why(const Symbol& symbol) const {
  std::string text = reasons(Symbol{});
  if (symbol.empty()) return text;
  const std::string own = reasons(symbol);
  if (!text.empty() && !own.empty()) text += "; ";
  return text + own;
}

void RiskBook::save(ByteWriter& out) const {
  out.put(static_cast<std::uint32_t>(scopes_.size()));
  for (const auto& [scope, causes] : scopes_) {
    out.put(scope);
    out.put(static_cast<std::uint32_t>(causes.size()));
    for (const auto& [cause, held] : causes) out.put(cause), out.put(held.state), out.put(held.reason);
  }
}

void RiskBook::load(ByteReader& in) {
  scopes_.clear();
  for (auto n = in.get<std::uint32_t>(); n > 0; --n) {
    Causes& causes = scopes_[in.get<Symbol>()];
    for (auto m = in.get<std::uint32_t>(); m > 0; --m) {
      const auto cause = in.get<RiskCause>();
      const auto state = in.get<RiskState>();
      causes[cause] = {state, in.get<std::string>()};
    }
  }
}

}  // namespace tickmesh
