#include "api_gateway/predictions.hpp"

#include <nlohmann/json.hpp>

#include "core/time_text.hpp"
#include "unit/api_gateway/kit.hpp"

namespace tickmesh::testing {
namespace {

const Timestamp kNow = *parse_iso_time("2025-01-20T12:00:10Z");
constexpr const char* kGood =
    R"({"symbol":"AAPL","side":"long","confidence":0.8,"horizon_s":30,"model":"lean-1","as_of":"2025-01-20T12:00:09.5Z","more":1})";

Result<PredictionRows> parse(const std::string& body, Timestamp now = kNow) {
  static const Instruments all = instruments();
  return parse_predictions(body, all, now, "api.sock");
}
/// The good row with one field changed or, by null, left out.
std::string with(const std::string& field, const std::string& value) {
  auto row = nlohmann::ordered_json::parse(kGood);
  row[field] = nlohmann::ordered_json::parse(value);
  return row.dump();
}

TEST(PredictionRows, OneIsTakenFieldByField) {
  for (const std::string& body : {std::string(kGood), "[" + std::string(kGood) + "]", std::string(kGood) + "\r\n\n"}) {
    const auto rows = parse(body);
    ASSERT_TRUE(rows) << to_string(rows.error());
    ASSERT_EQ(rows->accepted.size(), 1U);
    const Command& c = rows->accepted[0];
    EXPECT_EQ(c.verb, Verb::predict);
    EXPECT_EQ(c.symbol, kApple);
    EXPECT_EQ(c.issuer, "api.sock");
    EXPECT_EQ(c.prediction, (Prediction{Side::buy, 0.8, seconds(30), "lean-1", kNow - milliseconds(500)}));
    EXPECT_EQ(predictions_answer(*rows), R"({"accepted":1,"rejected":[]})");
  }
  const auto ns = parse(with("as_of", std::to_string(kNow.ns)));
  EXPECT_EQ(ns->accepted.at(0).prediction.as_of, kNow);
  EXPECT_EQ(parse(with("side", "\"short\""))->accepted.at(0).prediction.side, Side::sell);
  EXPECT_EQ(parse(with("side", "\"flat\""))->accepted.at(0).prediction.side, Side::none);
}

TEST(PredictionRows, OneThatBreaksARuleCostsItselfAloneAndIsNamedWithFieldRuleAndValue) {
  struct Case {
    const char* field;
    const char* value;
    const char* rule;
  };
  for (const Case& c :
       {Case{"symbol", "null", "required"}, Case{"symbol", "\"NONE\"", "listed in instruments.toml"}, Case{"symbol", "5", "a string"},
        Case{"side", "\"buy\"", "long, short or flat"}, Case{"side", "1", "long, short or flat"},
        Case{"confidence", "1.01", "a number from 0 to 1"}, Case{"confidence", "-0.1", "a number from 0 to 1"},
        Case{"confidence", "\"0.5\"", "a number from 0 to 1"}, Case{"horizon_s", "0", "a number of seconds from 0.001 to 604800"},
        Case{"horizon_s", "1e9", "a number of seconds from 0.001 to 604800"}, Case{"horizon_s", "null", "required"},
        Case{"model", "\"\"", "1 to 64 printable ASCII characters"}, Case{"model", "\"a\\nb\"", "1 to 64 printable ASCII characters"},
        Case{"as_of", "\"2025-01-20 noon\"", "ISO 8601 with Z or offset, or integer ns"},
        Case{"as_of", "1737374410", "ns since 1970, not before 1990"}, Case{"as_of", "\"2025-01-20T12:00:16Z\"", "not in the future"},
        Case{"as_of", "\"2025-01-20T11:59:40Z\"", "as_of + horizon_s is still to come"}}) {
    const auto rows = parse(std::string(kGood) + "\n" + with(c.field, c.value));
    ASSERT_TRUE(rows);
    EXPECT_EQ(rows->accepted.size(), 1U);
    ASSERT_EQ(rows->rejected.size(), 1U) << c.field << " " << c.value;
    EXPECT_EQ(rows->rejected[0].row, 1U);
    EXPECT_EQ(rows->rejected[0].field, c.field);
    EXPECT_EQ(rows->rejected[0].rule, c.rule);
  }
  const auto rows = parse(with("confidence", "2"));
  EXPECT_EQ(predictions_answer(*rows),
            R"({"accepted":0,"rejected":[{"row":0,"field":"confidence","rule":"a number from 0 to 1","value":"2"}]})");
  EXPECT_EQ(parse(std::string(kGood) + "\n{\"symbol\":")->rejected.at(0).field, "row");
}

TEST(PredictionRows, OfRecordedDataTheClockIsNotAsked) { EXPECT_EQ(parse(kGood, Timestamp{})->accepted.size(), 1U); }

TEST(PredictionRows, WhatIsNoJsonOrTooMuchIsUnreadable) {
  for (const char* body : {"", "nonsense", "5", "\"text\"", "[1,"}) EXPECT_EQ(parse(body).error().code, "unreadable") << body;
  std::string many;
  for (std::size_t i = 0; i <= kMostPredictions; ++i) many += std::string(kGood) + "\n";
  EXPECT_EQ(parse(many).error().rule, "at most 1000 rows");
  EXPECT_EQ(parse("[]")->accepted.size(), 0U);
}

}  // namespace
}  // namespace tickmesh::testing
