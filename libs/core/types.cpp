#include "core/types.hpp"

#include <algorithm>
#include <cmath>

#include "core/events.hpp"

namespace tickmesh {
namespace {

constexpr std::array<std::string_view, kStreams> kStreamNames{"local",    "tick",   "latest", "feed",     "bar",     "metrics",
                                                              "profile",  "signal", "intent", "position", "account", "risk",
                                                              "strategy", "order",  "venue",  "control",  "depth",   "book"};

bool symbol_part(std::string_view part) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':' || c == '/' || c == '-';
  };
  return !part.empty() && part.size() <= 15 && std::ranges::all_of(part, allowed);
}

}  // namespace

Result<Symbol> Symbol::parse(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos || !symbol_part(text.substr(0, dot)) || !symbol_part(text.substr(dot + 1)))
    return bad_value("symbol", "SYMBOL.VENUE, each part [A-Z0-9_:/-]{1,15}",
                     "'" + std::string(text.substr(0, 64)) + "' is not an instrument");
  Symbol symbol;
  std::ranges::copy(text, symbol.text_.begin());
  symbol.size_ = static_cast<std::uint8_t>(text.size());
  return symbol;
}

std::string_view to_string(Stream stream) {
  const auto i = static_cast<std::size_t>(stream);
  return i < kStreams ? kStreamNames[i] : "?";
}

Result<Stream> parse_stream(std::string_view text) {
  for (std::size_t i = 1; i < kStreams; ++i)
    if (kStreamNames[i] == text) return static_cast<Stream>(i);
  std::string names;
  for (std::size_t i = 1; i < kStreams; ++i) names += (i > 1 ? ", " : "") + std::string(kStreamNames[i]);
  return bad_value("stream", "one of " + names, "'" + std::string(text.substr(0, 64)) + "' is not a stream");
}

std::string to_string(const Name& name) {
  return std::string(to_string(name.stream)) + '.' + std::to_string(name.partition) + '@' + std::to_string(name.at.epoch) + '/' +
         std::to_string(name.at.sequence);
}

std::string to_string(const Error& error) {
  std::string out;
  for (const auto* part : {&error.field, &error.rule, &error.message}) {
    if (part->empty()) continue;
    if (!out.empty()) out += ": ";
    out += *part;
  }
  return out.empty() ? error.code : out;
}

void invariant_failed(const char* expression, const char* promise, const char* file, int line) {
  throw InvariantError(std::string("Invariant: ") + promise + " (" + expression + ", " + file + ':' + std::to_string(line) + ')');
}

// One table an enumeration, in the order of its numbers.
#define TM_NAMES(Enum, ...)                                         \
  std::string_view to_string(Enum value) {                          \
    static constexpr std::string_view names[] = {__VA_ARGS__};      \
    const auto i = static_cast<std::size_t>(value);                 \
    return i < std::size(names) ? names[i] : std::string_view{"?"}; \
  }
TM_NAMES(Status, "", "WARMUP", "OK", "UNDEFINED", "STALE")
TM_NAMES(Side, "NONE", "BUY", "SELL")
TM_NAMES(FeedKind, "none", "demo", "push", "replay")
TM_NAMES(BarBasis, "", "trade", "mid")
TM_NAMES(BarQuality, "", "complete", "gap", "late", "revised")
TM_NAMES(MarketStateKind, "UNKNOWN", "BALANCE", "IMBALANCE_UP", "IMBALANCE_DOWN")
TM_NAMES(LvnChange, "none", "near", "away", "node_gone")
TM_NAMES(ProfileEventKind, "", "developing", "completed", "state_changed", "lvn")
TM_NAMES(SignalAction, "", "WAIT", "ENTER_LONG", "ENTER_SHORT", "EXIT")
TM_NAMES(OrderType, "", "MARKET", "LIMIT", "STOP")
TM_NAMES(Purpose, "", "ENTRY", "EXIT")
TM_NAMES(KellyBound, "", "TOO_FEW", "EDGE<=0", "FRACTION", "CAP")
TM_NAMES(RiskState, "", "ACTIVE", "REDUCING", "HALTED")
TM_NAMES(Outcome, "", "done", "refused", "expired", "unknown")
TM_NAMES(OrderEventKind, "", "SENDING", "ACCEPTED", "PARTIALLY_FILLED", "FILLED", "CANCELING", "CANCELED", "REJECTED", "EXPIRED", "UNKNOWN")
TM_NAMES(Verb, "", "open", "close", "cancel", "cancel_all", "reduce", "halt", "resume", "flatten", "predict")
#undef TM_NAMES

std::string profile_note(bool approx, double volume_share) {
  std::string text = approx ? "APPROX, from bars" : "";
  if (volume_share > 0 && volume_share < 1) {
    const long long tenths = std::llround(volume_share * 1'000);
    text += (text.empty() ? "" : "; ") + std::string("this feed sees ") + std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) +
            " % of the volume";
  }
  return text;
}

}  // namespace tickmesh
