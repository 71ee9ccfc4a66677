// Bodies of POST /ticks, of commands and of predictions.
#include "api_gateway/predictions.hpp"
#include "api_gateway/requests.hpp"
#include "bus/codec.hpp"
#include "fuzz/targets.hpp"
#include "tick_ingestor/feeds/push_rows.hpp"

namespace tickmesh::fuzz {
namespace {

const Instruments& listed() {
  static const Instruments one = [] {
    std::vector<Instrument> list;
    for (const char* name : {"AAPL.DEMO", "EURUSD.OANDA", "EURUSD.FXCM"})
      list.push_back({.symbol = *Symbol::parse(name),
                      .tick_size = *Price::parse("0.01"),
                      .lot = Quantity::from_units(1),
                      .multiplier = Quantity::from_units(1),
                      .currency = "USD",
                      .calendar = "24x7"});
    return *Instruments::make(std::move(list));
  }();
  return one;
}

void push(std::string_view body) {
  const auto rows = parse_push_rows(body, listed());
  if (!rows) return promise(!rows.error().code.empty() && !error_body(rows.error()).empty(), "a refusal says why");
  promise(rows->accepted.size() + rows->rejected_count == rows->rows, "every row is accepted or rejected");
  promise(rows->rejected.size() <= kMostRejected && rows->rejected.size() <= rows->rejected_count, "an answer is bounded");
  for (const PushRow& row : rows->accepted) {
    promise(listed().find(row.tick.instrument) != nullptr && row.tick.feed == FeedKind::push && row.tick.kind != TickKind::none,
            "a row that is taken is a tick of an instrument there is");
    promise(row.row < rows->rows, "and knows its place");
  }
  for (const RejectedRow& row : rows->rejected) promise(!row.rule.empty() && row.value.size() <= 64, "a row that is not is told its rule");
}

void command(const std::string& body) {
  static const ProtoCodec codec;
  const auto command = parse_command(body, listed());
  if (!command) return promise(!error_body(command.error()).empty(), "a refusal says why");
  promise(command->verb != Verb::none, "a command asks for something");
  Bytes bytes;
  codec.encode(*command, bytes);
  Event again;
  promise(codec.decode(Stream::control, bytes, again).has_value(), "a command that is taken can be said");
}

void predictions(const std::string& body) {
  const auto rows = parse_predictions(body, listed(), Timestamp{}, "fuzz");
  if (!rows) return promise(!error_body(rows.error()).empty(), "a refusal says why");
  promise(rows->accepted.size() + rows->rejected.size() <= kMostPredictions, "an answer is bounded");
  for (const Command& c : rows->accepted) {
    const Prediction& p = c.prediction;
    promise(c.verb == Verb::predict && listed().find(c.symbol) != nullptr, "a row that is taken is of an instrument there is");
    promise(p.confidence >= 0 && p.confidence <= 1 && p.horizon.ns > 0 && !p.model.empty() && p.as_of.ns > 0, "and can be followed");
  }
  for (const RejectedPrediction& r : rows->rejected) promise(!r.rule.empty() && r.value.size() <= 64, "a row that is not is told its rule");
  promise(!predictions_answer(*rows).empty(), "there is an answer");
}

/// One byte: which request; the rest is its body.
void run(ByteView input) {
  Feeder feed{input};
  const auto kind = feed.number(1);
  const auto body = feed.rest();
  if (kind % 2 == 0)
    push(as_text(body));
  else if (kind % 4 == 1)
    command(std::string(as_text(body)));
  else
    predictions(std::string(as_text(body)));
}

Bytes seed(char kind, std::string_view text) {
  Bytes out{static_cast<std::byte>(kind)};
  out.insert(out.end(), as_bytes(text).begin(), as_bytes(text).end());
  return out;
}

std::vector<Bytes> seeds() {
  return {
      seed('0', R"([{"symbol":"AAPL.DEMO","time":"2025-01-20T12:40:14.5Z","bid":201.27,"ask":"201.29","bid_size":100,"ask_size":200}])"),
      seed(
          '0',
          "{\"symbol\":\"AAPL\",\"time\":1737376814000000000,\"price\":201.28,\"size\":5,\"side\":\"buy\",\"id\":7}\n{\"symbol\":\"X\"}\n"),
      seed('0', R"([{"symbol":"EURUSD","time":0,"bid":null,"ask":1e-8}])"),
      seed('1', R"({"verb":"open","symbol":"AAPL","quantity":"-10","limit":"201.5","stop":203,"target":195.25,"note":"by hand"})"),
      seed('1', R"({"verb":"halt","hard":true})"),
      seed('1', R"({"verb":"cancel","client_order_id":"TA1"})")};
}

}  // namespace

const Target kHttp{"http", run, seeds};

}  // namespace tickmesh::fuzz
