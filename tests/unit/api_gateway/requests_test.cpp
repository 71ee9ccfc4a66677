#include "api_gateway/requests.hpp"

#include <nlohmann/json.hpp>

#include "unit/api_gateway/kit.hpp"

namespace tickmesh::testing {
namespace {

Result<Command> parse(const std::string& body) {
  static const Instruments all = instruments();
  return parse_command(body, all);
}
Error refused(const std::string& body) {
  auto command = parse(body);
  if (command) {
    ADD_FAILURE() << "taken: " << body.substr(0, 100);
    return {};
  }
  return command.error();
}

TEST(Commands, AWholeOneIsTakenFieldByField) {
  const auto command =
      parse(R"({"verb":"open","symbol":"AAPL","quantity":"-10","limit":201.5,"stop":"203","target":199.00000001,"note":"by hand"})");
  ASSERT_TRUE(command) << to_string(command.error());
  EXPECT_EQ(command->verb, Verb::open);
  EXPECT_EQ(command->symbol, kApple);
  EXPECT_EQ(command->quantity, Quantity::from_units(-10));
  EXPECT_EQ(command->limit, price("201.5"));
  EXPECT_EQ(command->stop, price("203"));
  EXPECT_EQ(command->target, price("199.00000001"));
  EXPECT_EQ(command->note, "by hand");
  EXPECT_EQ(command->issuer, "api.sock");
  EXPECT_TRUE(command->id.empty()) << "its id is its place in the journal";
  EXPECT_TRUE(parse(R"({"verb":"halt","hard":true})")->hard);
  EXPECT_EQ(parse(R"({"verb":"cancel","client_order_id":"TA1"})")->client_order_id, "TA1");
  for (const char* verb : {"cancel_all", "reduce", "halt", "resume", "flatten"})
    EXPECT_EQ(to_string(parse(std::string(R"({"verb":")") + verb + "\"}")->verb), verb);
  EXPECT_TRUE(parse(R"({"verb":"open","symbol":"AAPL","quantity":1,"limit":null})")->limit.is_zero());
}

TEST(Commands, WhatBreaksARuleIsRefusedWithItsField) {
  const std::vector<std::tuple<std::string, std::string, std::string>> cases{
      {"", "body", "a JSON object"},
      {"[]", "body", "a JSON object"},
      {"{\"verb\":", "body", "a JSON object"},
      {"{}", "verb", "one of open, close, cancel, cancel_all, reduce, halt, resume, flatten"},
      {R"({"verb":"buy"})", "verb", "one of open, close, cancel, cancel_all, reduce, halt, resume, flatten"},
      {R"({"verb":"predict"})", "verb", "one of open, close, cancel, cancel_all, reduce, halt, resume, flatten"},
      {R"({"verb":5})", "verb", "a text of at most 200 bytes"},
      {R"({"verb":"halt","volume":1})", "volume", "a known field"},
      {R"({"verb":"close"})", "symbol", "given"},
      {R"({"verb":"close","symbol":"NONE"})", "symbol", "listed in instruments.toml"},
      {R"({"verb":"close","symbol":"AAPL.XNAS"})", "symbol", "listed in instruments.toml"},
      {R"({"verb":"close","symbol":7})", "symbol", "a text of at most 200 bytes"},
      {R"({"verb":"open","symbol":"AAPL"})", "quantity", "given"},
      {R"({"verb":"open","symbol":"AAPL","quantity":0})", "quantity", "not 0"},
      {R"({"verb":"open","symbol":"AAPL","quantity":"ten"})", "quantity", "a decimal number"},
      {R"({"verb":"open","symbol":"AAPL","quantity":true})", "quantity", "a decimal, as text or number"},
      {R"({"verb":"open","symbol":"AAPL","quantity":1e20})", "quantity", "a decimal number"},
      {R"({"verb":"open","symbol":"AAPL","quantity":"0.000000001"})", "quantity", "at most 8 decimals"},
      {R"({"verb":"open","symbol":"AAPL","quantity":1,"limit":-1})", "limit", "> 0"},
      {R"({"verb":"open","symbol":"AAPL","quantity":1,"limit":0})", "limit", "> 0"},
      {R"({"verb":"open","symbol":"AAPL","quantity":1,"stop":"0"})", "stop", "> 0"},
      {R"({"verb":"open","symbol":"AAPL","quantity":1,"target":"x"})", "target", "a decimal number"},
      {R"({"verb":"cancel"})", "client_order_id", "given"},
      {R"({"verb":"halt","hard":"yes"})", "hard", "true or false"},
      {R"({"verb":"halt","note":")" + std::string(201, 'n') + "\"}", "note", "a text of at most 200 bytes"},
  };
  for (const auto& [body, field, rule] : cases) {
    const auto error = refused(body);
    EXPECT_EQ(error.field, field) << body;
    EXPECT_EQ(error.rule, rule) << body;
    EXPECT_EQ(error.code, "bad_value") << body;
  }
}

TEST(Commands, ARefusalOfHostileTextIsStillJson) {
  // Cut in the middle of a character, at every offset; and bytes that are no UTF-8 at all.
  for (std::size_t pad = 0; pad < 4; ++pad) {
    std::string wide(pad, 'a');
    for (int i = 0; i < 45; ++i) wide += "\xe2\x82\xac";
    for (const std::string& body : {R"({"verb":")" + wide + "\"}", R"({"verb":"close","symbol":")" + wide + "\"}",
                                    R"({"verb":"open","symbol":"AAPL","quantity":")" + wide + "\"}", R"({")" + wide + R"(":1})"}) {
      const auto json = nlohmann::json::parse(error_body(refused(body)), nullptr, false);
      ASSERT_TRUE(json.is_object()) << body;
      EXPECT_EQ(json["ok"], false);
    }
  }
  EXPECT_EQ(refused("{\"verb\":\"\xff\xfe\"}").field, "body");
  const auto raw = nlohmann::json::parse(error_body({"not_found", "path", "a page", "/\xff"}), nullptr, false);
  EXPECT_TRUE(raw.is_object());
}

TEST(Commands, NestingAMillionDeepIsRefusedLikeAnyOtherValue) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  EXPECT_EQ(refused(R"({"verb":)" + deep + "}").field, "verb");
  EXPECT_EQ(refused(R"({"verb":"open","symbol":"AAPL","quantity":)" + deep + "}").field, "quantity");
  EXPECT_EQ(refused(R"({"verb":"halt","hard":)" + deep + "}").field, "hard");
  EXPECT_EQ(refused(deep).field, "body");
}

}  // namespace
}  // namespace tickmesh::testing
