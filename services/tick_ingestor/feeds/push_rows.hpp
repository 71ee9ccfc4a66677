// Bodies of `POST /ticks`: a JSON array or NDJSON of quotes and trades, into raw ticks. Row by row: one bad row costs that row.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/events.hpp"
#include "core/instrument.hpp"

namespace tickmesh {

struct PushRow {
  std::uint32_t row{0};
  Tick tick{};  ///< feed push; event_time set, time not
};
struct RejectedRow {
  std::uint32_t row{0};  ///< from 0: index in the array, or among the lines that are not blank
  std::string field;
  std::string rule;
  std::string value;  ///< as sent, at most 64 bytes of valid UTF-8
};
struct PushedRows {
  std::vector<PushRow> accepted;
  std::vector<RejectedRow> rejected;  ///< the first kMostRejected
  std::uint64_t rejected_count{0};    ///< all of them
  std::uint64_t rows{0};
};
/// A body of nothing but bad rows must not make an answer larger than itself.
inline constexpr std::size_t kMostRejected = 1000;

/// Rules of a row: every field known here appears once; either a quote (bid, ask, bid_size, ask_size; null or 0 for a missing side) or a
/// trade (price, size, and if given side "buy" | "sell", id); decimals exact to 8 places, as JSON numbers or strings; other fields are
/// ignored. Error (code "unreadable"): no JSON, neither array nor objects, an array cut short; the message tells the byte. An NDJSON line
/// that is no JSON is a rejected row, unless no line is.
Result<PushedRows> parse_push_rows(std::string_view body, const Instruments& instruments);

}  // namespace tickmesh
