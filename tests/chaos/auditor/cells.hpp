// Cells as PostgreSQL would show them; what is not there is NULL.
#pragma once
#include <cstdio>

#include "tables.hpp"

namespace auditor {

inline Cell text(std::string_view value) { return value.empty() ? Cell{} : Cell{std::string(value)}; }
inline Cell integer(std::int64_t value) { return std::to_string(value); }
inline Cell number(std::uint64_t value) { return std::to_string(value); }
inline Cell flag(bool value) { return value ? "1" : "0"; }
inline Cell exact(std::int64_t e8) { return std::to_string(e8); }
inline Cell unless_zero(std::int64_t e8) { return e8 == 0 ? Cell{} : exact(e8); }
inline Cell time(std::int64_t ns) { return ns == 0 ? Cell{} : Cell{std::to_string(ns >= 0 ? ns / 1000 : -((-ns + 999) / 1000))}; }
inline Cell real(double value) {
  char out[40];
  std::snprintf(out, sizeof out, "%.17g", value);
  return Cell{out};
}
inline Cell real_of(std::int64_t e8) { return e8 == 0 ? Cell{} : real(static_cast<double>(e8) / 1e8); }
template <std::size_t N>
std::string_view one_of(const char* const (&names)[N], std::uint64_t value) {
  return value < N ? names[value] : "?";
}

inline constexpr const char* kSides[] = {"", "BUY", "SELL"};
inline constexpr const char* kSidesOrNone[] = {"NONE", "BUY", "SELL"};
inline constexpr const char* kDirections[] = {"NONE", "LONG", "SHORT"};
inline constexpr const char* kFeeds[] = {"none", "demo", "push", "replay"};
inline constexpr const char* kTypes[] = {"", "MARKET", "LIMIT", "STOP"};
inline constexpr const char* kKellyBounds[] = {"", "TOO_FEW", "EDGE<=0", "FRACTION", "CAP"};
inline constexpr const char* kPurposes[] = {"", "ENTRY", "EXIT"};
inline constexpr const char* kIntentKinds[] = {"NONE", "PLACE", "CANCEL"};
inline constexpr const char* kRiskStates[] = {"", "ACTIVE", "REDUCING", "HALTED"};
inline constexpr const char* kOutcomes[] = {"", "done", "refused", "expired", "unknown"};

// The tables of each service.
void market_tables(const MeshData& mesh, const std::map<std::uint64_t, std::string>& instruments, std::vector<Table>& out);
void metrics_tables(const MeshData& mesh, std::vector<Table>& out);
void profile_tables(const MeshData& mesh, std::vector<Table>& out);
void position_tables(const MeshData& mesh, std::vector<Table>& out);
void order_tables(const MeshData& mesh, std::vector<Table>& out);

/// The last event of each key, in name order.
std::vector<Event> last_of(const std::vector<Event>& events, const std::function<std::string(const Event&)>& key);
std::vector<Event> those(const std::vector<Event>& events, const std::function<bool(const Event&)>& wanted);

}  // namespace auditor
