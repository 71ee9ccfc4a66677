#include "tick_ingestor/feeds/push_rows.hpp"

#include <gtest/gtest.h>

#include "tick_ingestor/feeds/push_values.hpp"
#include "unit/market/demo_instruments.hpp"

namespace tickmesh {
namespace {

Result<PushedRows> parse(std::string_view body) {
  static const Instruments all = testing::demo_instruments();
  return parse_push_rows(body, all);
}
const std::string kQuote = R"({"symbol":"AAPL.DEMO","time":1737376814000000001,"bid":201.27,"ask":201.29,"bid_size":100,"ask_size":200})";
const std::string kTrade =
    R"({"symbol":"AAPL.DEMO","time":"2025-01-20T12:40:14.000000001Z","price":"201.28","size":7,"side":"buy","id":"99"})";

/// field: rule of the only row, or "accepted".
std::string verdict(const std::string& row) {
  const auto rows = parse("[" + row + "]");
  if (!rows) return "unreadable";
  if (rows->rejected.empty()) return "accepted";
  return rows->rejected.front().field + ": " + rows->rejected.front().rule;
}
std::string with(std::string row, const std::string& from, const std::string& to) { return row.replace(row.find(from), from.size(), to); }

TEST(PushRows, ReadsQuotesAndTradesExactlyFromArrayAndLines) {
  for (const std::string& body :
       {"[" + kQuote + "," + kTrade + "]", kQuote + "\n\r\n" + kTrade + "\n", "\xef\xbb\xbf [" + kQuote + ",\n" + kTrade + "]\n"}) {
    const auto rows = parse(body);
    ASSERT_TRUE(rows.has_value()) << body;
    ASSERT_EQ(rows->accepted.size(), 2U);
    const Tick& q = rows->accepted[0].tick;
    EXPECT_EQ(q.kind, TickKind::quote);
    EXPECT_EQ(q.feed, FeedKind::push);
    EXPECT_EQ(q.event_time.ns, 1737376814000000001);
    EXPECT_EQ(q.bid.raw(), 20'127'000'000);
    EXPECT_EQ(q.ask_size, Quantity::from_units(200));
    const Tick& t = rows->accepted[1].tick;
    EXPECT_EQ(t.kind, TickKind::trade);
    EXPECT_EQ(t.event_time, q.event_time);
    EXPECT_EQ(t.price.raw(), 20'128'000'000);
    EXPECT_EQ(t.aggressor, Side::buy);
    EXPECT_EQ(t.trade_id, 99U);
    EXPECT_EQ(rows->accepted[1].row, 1U);
  }
}

TEST(PushRows, ABustIsATradeThatIsTakenBack) {
  const auto bust = [](const std::string& value) { return with(kTrade, "{", "{\"bust\":" + value + ","); };
  const auto kind = [&](const std::string& value) {
    const auto rows = parse("[" + bust(value) + "]");
    return rows && !rows->accepted.empty() ? rows->accepted[0].tick.kind : TickKind::none;
  };
  EXPECT_EQ(kind("true"), TickKind::bust);
  EXPECT_EQ(kind("false"), TickKind::trade);
  EXPECT_EQ(parse("[" + bust("true") + "]")->accepted[0].tick.trade_id, 99U);
  EXPECT_EQ(verdict(bust("1")), "bust: true or false");
  EXPECT_EQ(verdict(with(kQuote, "{", "{\"bust\":true,")), "price: a quote or a trade, not both");
}

TEST(PushRows, KeepsEveryDigitThatADoubleWouldLose) {
  const auto price = [](const std::string& number) {
    const auto rows = parse("[" + with(kTrade, "\"201.28\"", number) + "]");
    return rows && !rows->accepted.empty() ? rows->accepted[0].tick.price.str() : std::string("rejected");
  };
  EXPECT_EQ(price("90071992547.40993001"), "90071992547.40993001");
  EXPECT_EQ(price("0.00000001"), "0.00000001");
  EXPECT_EQ(price("1e-8"), "0.00000001");
  EXPECT_EQ(price("1.25E+3"), "1250");
  EXPECT_EQ(price("201.2800000000000"), "201.28");
  EXPECT_EQ(price("0.30000000000000004"), "rejected");
  EXPECT_EQ(price("99999999999999999999"), "rejected");
  EXPECT_EQ(price("1e31"), "rejected");
}

TEST(PushRows, NamesFieldAndRuleOfABadRow) {
  EXPECT_EQ(verdict(with(kQuote, "201.29", "201.26")), "ask: ask >= bid");
  EXPECT_EQ(verdict(with(kQuote, "201.27", "-1")), "bid: bid > 0, or null");
  EXPECT_EQ(verdict(with(kQuote, "201.27", "\"x\"")), "bid: a decimal number");
  EXPECT_EQ(verdict(with(kQuote, "201.27", "[1]")), "bid: a decimal number");
  EXPECT_EQ(verdict(with(kQuote, "201.27", "true")), "bid: a decimal number");
  EXPECT_EQ(verdict(with(kQuote, "201.27", "null")), "accepted");
  EXPECT_EQ(verdict(with(with(kQuote, "201.27", "null"), "201.29", "0")), "bid: at least one side");
  EXPECT_EQ(verdict(with(kQuote, "\"ask_size\":200", "\"ask_size\":-1")), "ask_size: size >= 0");
  EXPECT_EQ(verdict(with(kQuote, "\"ask_size\"", "\"asksize\"")), "ask_size: required");
  EXPECT_EQ(verdict(with(kQuote, "\"ask\"", "\"bid\"")), "bid: given once");
  EXPECT_EQ(verdict(with(kQuote, "AAPL.DEMO", "NONE.DEMO")), "symbol: listed in instruments.toml");
  EXPECT_EQ(verdict(with(kQuote, "AAPL.DEMO", "AAPL")), "accepted");
  EXPECT_EQ(verdict(with(kQuote, "\"AAPL.DEMO\"", "7")), "symbol: a string");
  EXPECT_EQ(verdict(with(kQuote, "1737376814000000001", "1737376814")), "time: ns since 1970, not before 1990");
  EXPECT_EQ(verdict(with(kQuote, "1737376814000000001", "1737376814.5")), "time: ISO 8601 with Z or offset, or integer ns");
  EXPECT_EQ(verdict(with(kTrade, "\"201.28\"", "0")), "price: price > 0");
  EXPECT_EQ(verdict(with(kTrade, "\"buy\"", "\"up\"")), "side: buy or sell");
  EXPECT_EQ(verdict(with(kTrade, "\"99\"", "-1")), "id: an integer >= 0, or a string of 1-64 bytes");
  EXPECT_EQ(verdict(with(kTrade, "\"99\"", "\"x-1\"")), "accepted");
  EXPECT_EQ(verdict(with(kTrade, "\"side\"", "\"bid\":1,\"side\"")), "price: a quote or a trade, not both");
  EXPECT_EQ(verdict("{}"), "price: a quote (bid, ask) or a trade (price, size)");
  EXPECT_EQ(verdict("5"), ": a JSON object");
  EXPECT_EQ(verdict("[[{\"symbol\":1}]]"), ": a JSON object");
  EXPECT_EQ(verdict(with(kQuote, "{", "{\"extra\":{\"symbol\":[1,{\"bid\":2}]},")), "accepted");
}

TEST(PushRows, CostsABadRowNoOtherRow) {
  const auto rows = parse("[" + kQuote + "," + with(kQuote, "201.29", "1.0") + "," + kTrade + "]");
  ASSERT_TRUE(rows.has_value());
  EXPECT_EQ(rows->accepted.size(), 2U);
  ASSERT_EQ(rows->rejected.size(), 1U);
  EXPECT_EQ(rows->rejected[0].row, 1U);
  EXPECT_EQ(rows->rejected[0].value, "1.0");
  const auto lines = parse(kQuote + "\n{\"symbol\":\n" + kTrade);
  ASSERT_TRUE(lines.has_value());
  EXPECT_EQ(lines->accepted.size(), 2U);
  EXPECT_EQ(lines->rejected[0].rule, "valid JSON");
}

TEST(PushRows, CallsUnreadableWhatIsNotRows) {
  const std::string deep(2'000'000, '[');
  const std::string cut = "[" + kQuote + "," + kQuote.substr(0, 40);
  for (const std::string& body :
       {std::string(), std::string("  \n"), std::string("hello"), std::string("[1,"), std::string("{\"a\":"), cut, deep,
        std::string("[\"\xff\xfe\"]"), std::string("[NaN]"), std::string("[] []"), std::string("\0\0", 2)}) {
    const auto rows = parse(body);
    ASSERT_FALSE(rows.has_value()) << body.substr(0, 50);
    EXPECT_EQ(rows.error().code, "unreadable");
    EXPECT_FALSE(rows.error().message.empty());
  }
  EXPECT_TRUE(parse("[]").has_value());
}

TEST(PushRows, SurvivesEveryCutAndEveryFlippedByteOfABody) {
  const std::string body = "[" + kQuote + "," + kTrade + "]";
  for (std::size_t i = 0; i < body.size(); ++i) {
    EXPECT_FALSE(parse(std::string_view(body).substr(0, i)).has_value());
    for (const int bit : {0, 3, 5, 7}) {
      std::string flipped = body;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      const auto rows = parse(flipped);
      if (rows) {
        EXPECT_EQ(rows->rows, rows->accepted.size() + rows->rejected_count);
      }
    }
  }
}

TEST(PushRows, ListsABoundedNumberOfRejectionsAndShortValues) {
  std::string body = "[\"" + std::string(500, 'x') + "\"";
  for (int i = 0; i < 5000; ++i) body += ",0";
  const auto rows = parse(body + "]");
  ASSERT_TRUE(rows.has_value());
  EXPECT_EQ(rows->rejected.size(), kMostRejected);
  EXPECT_EQ(rows->rejected_count, 5001U);
  EXPECT_EQ(rows->rejected[0].value.size(), 64U);
}

TEST(PushValues, ReadIsoTimesWithZonesAndRefuseTheRest) {
  const auto ns = [](std::string_view text) { return parse_iso_time(text).value_or(Timestamp{-1}).ns; };
  EXPECT_EQ(ns("2025-01-20T12:40:14Z"), 1737376814000000000);
  EXPECT_EQ(ns("2025-01-20T07:40:14-05:00"), 1737376814000000000);
  EXPECT_EQ(ns("2025-01-20 18:10:14.5+0530"), 1737376814500000000);
  EXPECT_EQ(ns("2024-02-29T00:00:00.123456789Z"), 1709164800123456789);
  for (const char* bad : {"2025-01-20T12:40:14", "2025-02-29T00:00:00Z", "2025-13-01T00:00:00Z", "2025-01-20", "", "2025-01-20T24:00:00Z",
                          "2025-01-20T12:40:14.Z", "2025-01-20T12:40:14.1234567890Z", "1875-01-01T00:00:00Z", "2025-01-20T12:40:14Zx"})
    EXPECT_EQ(ns(bad), -1) << bad;
}

}  // namespace
}  // namespace tickmesh
