// Bodies of `POST /api/v1/predictions`: what a user's model says, a JSON array or NDJSON, into commands. Row by row: one bad row costs
// that row.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/events.hpp"
#include "core/instrument.hpp"

namespace tickmesh {

struct RejectedPrediction {
  std::uint32_t row{0};  ///< from 0: index in the array, or among the lines that are not blank
  std::string field;
  std::string rule;
  std::string value;  ///< as sent, at most 64 bytes
};
struct PredictionRows {
  std::vector<Command> accepted;  ///< verb predict
  std::vector<RejectedPrediction> rejected;
};
inline constexpr std::size_t kMostPredictions = 1000;  ///< rows a request

/// {"symbol","side":"long"|"short"|"flat","confidence":0..1,"horizon_s":(0,604800],"model":1 to 64 bytes,"as_of":ISO 8601 or integer ns};
/// every field is required, others are ignored. `now` zero: times are not held against a clock (recorded data); else as_of lies at most 5 s
/// ahead and as_of + horizon_s is still to come. Error (code "unreadable"): no JSON, neither array nor objects, too many rows.
Result<PredictionRows> parse_predictions(const std::string& body, const Instruments& instruments, Timestamp now, const std::string& issuer);
/// {"accepted":n,"rejected":[{"row","field","rule","value"},…]}
std::string predictions_answer(const PredictionRows& rows);

}  // namespace tickmesh
