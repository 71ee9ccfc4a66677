#include "api_gateway/predictions.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "core/time_text.hpp"

namespace tickmesh {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kLongest = 604'800;
constexpr Duration kMostAhead = seconds(5);
constexpr std::size_t kLongestModel = 64;

std::string value_text(const Json& value) {
  if (value.is_structured()) return "a list or an object";
  return (value.is_string() ? value.get<std::string>() : value.dump()).substr(0, 64);
}

/// Builds one command from one row, or says which field broke which rule.
class RowReader {
 public:
  RowReader(const Json& row, const Instruments& instruments, Timestamp now) : row_{row}, instruments_{instruments}, now_{now} {}

  std::optional<RejectedPrediction> read(Command& command) const {
    command.verb = Verb::predict;
    Prediction& p = command.prediction;
    if (!row_.is_object()) return RejectedPrediction{0, "row", "a JSON object", value_text(row_)};
    for (const char* field : {"symbol", "side", "confidence", "horizon_s", "model", "as_of"})
      if (!row_.contains(field) || row_[field].is_null()) return RejectedPrediction{0, field, "required", ""};
    if (!row_["symbol"].is_string()) return reject("symbol", "a string");
    const auto symbol = instruments_.resolve(row_["symbol"].get<std::string>());
    if (!symbol) return reject("symbol", symbol.error().rule);
    command.symbol = *symbol;
    const std::string side = row_["side"].is_string() ? row_["side"].get<std::string>() : "";
    if (side != "long" && side != "short" && side != "flat") return reject("side", "long, short or flat");
    p.side = side == "long" ? Side::buy : side == "short" ? Side::sell : Side::none;
    if (!number("confidence", 0, 1, p.confidence)) return reject("confidence", "a number from 0 to 1");
    double horizon = 0;
    if (!number("horizon_s", 1e-3, kLongest, horizon)) return reject("horizon_s", "a number of seconds from 0.001 to 604800");
    p.horizon = nanoseconds(static_cast<std::int64_t>(horizon * 1e9));
    if (!row_["model"].is_string()) return reject("model", "a string");
    p.model = row_["model"].get<std::string>();
    if (p.model.empty() || p.model.size() > kLongestModel || !printable(p.model))
      return reject("model", "1 to 64 printable ASCII characters");
    const Json& as_of = row_["as_of"];
    if (!as_of.is_string() && !as_of.is_number_integer()) return reject("as_of", "ISO 8601 with Z or offset, or integer ns");
    const auto at = as_of.is_string() ? parse_iso_time(as_of.get<std::string>()) : parse_ns_time(as_of.dump());
    if (!at) return reject("as_of", at.error().rule);
    p.as_of = *at;
    if (now_ && p.as_of > now_ + kMostAhead) return reject("as_of", "not in the future");
    if (now_ && p.as_of + p.horizon <= now_) return reject("as_of", "as_of + horizon_s is still to come");
    return {};
  }

 private:
  RejectedPrediction reject(const char* field, std::string rule) const { return {0, field, std::move(rule), value_text(row_[field])}; }
  bool number(const char* field, double least, double most, double& out) const {
    if (!row_[field].is_number()) return false;
    out = row_[field].get<double>();
    return out >= least && out <= most;
  }
  /// The name of a model goes into reasons, logs and tables.
  static bool printable(const std::string& text) {
    for (const char c : text)
      if (c < ' ' || c > '~') return false;
    return true;
  }

  const Json& row_;
  const Instruments& instruments_;
  Timestamp now_;
};

Error unreadable(std::string rule, std::string message) { return {"unreadable", "body", std::move(rule), std::move(message)}; }

/// A JSON array, one object, or objects a line.
Result<std::vector<Json>> rows_of(const std::string& body) {
  std::vector<Json> rows;
  const Json whole = Json::parse(body, nullptr, false);
  if (whole.is_array()) {
    if (whole.size() > kMostPredictions) return std::unexpected(unreadable("at most 1000 rows", std::to_string(whole.size())));
    for (const Json& row : whole) rows.push_back(row);
    return rows;
  }
  if (!whole.is_discarded()) {
    if (!whole.is_object()) return std::unexpected(unreadable("a JSON array or objects a line", "it is neither"));
    rows.push_back(whole);
    return rows;
  }
  bool any = false;
  for (std::size_t from = 0; from < body.size();) {
    const std::size_t end = std::min(body.find('\n', from), body.size());
    const std::string line = body.substr(from, end - from);
    from = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (rows.size() == kMostPredictions) return std::unexpected(unreadable("at most 1000 rows", "there are more"));
    Json row = Json::parse(line, nullptr, false);
    any |= row.is_object();
    rows.push_back(row.is_discarded() ? Json(line.substr(0, 64)) : std::move(row));
  }
  if (!any) return std::unexpected(unreadable("a JSON array or objects a line", "no row is JSON"));
  return rows;
}

}  // namespace

Result<PredictionRows> parse_predictions(const std::string& body, const Instruments& instruments, Timestamp now,
                                         const std::string& issuer) {
  const auto rows = rows_of(body);
  if (!rows) return std::unexpected(rows.error());
  PredictionRows out;
  for (std::uint32_t i = 0; i < rows->size(); ++i) {
    Command command;
    command.issuer = issuer;
    if (auto rejected = RowReader{(*rows)[i], instruments, now}.read(command)) {
      rejected->row = i;
      out.rejected.push_back(std::move(*rejected));
    } else {
      out.accepted.push_back(std::move(command));
    }
  }
  return out;
}

std::string predictions_answer(const PredictionRows& rows) {
  Json rejected = Json::array();
  for (const RejectedPrediction& r : rows.rejected)
    rejected.push_back({{"row", r.row}, {"field", r.field}, {"rule", r.rule}, {"value", r.value}});
  return Json{{"accepted", rows.accepted.size()}, {"rejected", std::move(rejected)}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tickmesh
