#include "ledger.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

namespace auditor {
namespace {

using Json = nlohmann::json;

unsigned one_of(const std::string& text, std::initializer_list<const char*> names) {
  unsigned n = 1;
  for (const char* name : names) {
    if (text == name) return n;
    ++n;
  }
  return 0;
}

/// `tick.17@1737376814000/42`
Name name_of(const std::string& text) {
  const auto dot = text.find('.'), at = text.find('@'), slash = text.find('/');
  if (dot == std::string::npos || at == std::string::npos || slash == std::string::npos) return {};
  Name n;
  for (std::uint8_t s = 0; s < kStreams; ++s)
    if (text.substr(0, dot) == kStreamNames[s]) n.stream = s;
  n.partition = static_cast<std::uint8_t>(std::stoul(text.substr(dot + 1, at - dot - 1)));
  n.epoch = std::stoull(text.substr(at + 1, slash - at - 1));
  n.sequence = std::stoull(text.substr(slash + 1));
  return n;
}

std::int64_t amount(const Json& line, const char* key) { return e8(line.value(key, std::string{})); }

}  // namespace

std::int64_t e8(const std::string& text) {
  if (text.empty()) return 0;
  const bool negative = text.front() == '-';
  std::int64_t value = 0;
  int decimals = -1;
  for (const char c : text.substr(negative ? 1 : 0)) {
    if (c == '.' && decimals < 0) {
      decimals = 0;
      continue;
    }
    if (c < '0' || c > '9' || decimals == 8) throw Malformed("not a decimal: " + text);
    value = value * 10 + (c - '0');
    if (decimals >= 0) ++decimals;
  }
  for (int d = std::max(decimals, 0); d < 8; ++d) value *= 10;
  return negative ? -value : value;
}

Ledger::Ledger(const std::string& path, Report& report) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error(path + ": cannot be read");
  std::string text;
  for (std::uint64_t line = 1; std::getline(file, text); ++line) {
    try {
      take(line, text, report);
    } catch (const std::exception& e) {
      report.expect(false, "ledger", [&] { return "line " + std::to_string(line) + ": " + e.what(); });
    }
  }
}

void Ledger::take(std::uint64_t number, const std::string& text, Report& report) {
  const auto where = [&] { return "line " + std::to_string(number) + ": "; };
  const auto tail = text.rfind(",\"crc\":\"");
  if (tail == std::string::npos) throw Malformed("without a checksum");
  const bool whole = crc32c(std::string_view(text).substr(0, tail)) == std::stoul(text.substr(tail + 8, 8), nullptr, 16);
  if (!report.expect(whole, "ledger", [&] { return where() + "the checksum does not match"; })) return;
  const Json line = Json::parse(text);
  report.expect(line.at("n").get<std::uint64_t>() == number, "ledger", [&] { return where() + "n is " + line.at("n").dump(); });
  const auto type = line.at("type").get<std::string>();
  const auto id = line.value("client_order_id", std::string{});
  if (type == "order" || type == "reject") {
    const LedgerOrder order{number,
                            line.value("time_ns", std::int64_t{0}),
                            line.value("symbol", std::string{}),
                            one_of(line.value("side", std::string{}), {"BUY", "SELL"}),
                            one_of(line.value("order_type", std::string{}), {"MARKET", "LIMIT", "STOP"}),
                            one_of(line.value("purpose", std::string{}), {"ENTRY", "EXIT"}),
                            amount(line, "quantity"),
                            amount(line, "limit_price"),
                            amount(line, "stop_price"),
                            type == "reject"};
    const auto [it, fresh] = orders_.emplace(id, order);
    report.expect(fresh, "ledger: an order once",
                  [&] { return where() + "order " + id + " is there already, in line " + std::to_string(it->second.line); });
  } else if (type == "fill") {
    fills_.push_back({number,
                      id,
                      line.value("symbol", std::string{}),
                      {line.at("execution_id").get<std::string>(), amount(line, "price"), amount(line, "fill_quantity"),
                       amount(line, "commission"), line.value("time_ns", std::int64_t{0}), amount(line, "bid"), amount(line, "ask")},
                      name_of(line.value("quote", std::string{}))});
    report.expect(orders_.contains(id), "ledger", [&] { return where() + "a fill of " + id + ", which never came"; });
  } else if (type == "cancel") {
    const auto it = orders_.find(id);
    if (report.expect(it != orders_.end(), "ledger", [&] { return where() + "a cancel of " + id + ", which never came"; }))
      it->second.canceled = true;
  } else if (type == "refuse") {
    const auto reason = line.value("reason", std::string{});
    report.expect(reason != "duplicate client id", "ledger: sent once", [&] { return where() + id + " was sent again"; });
  }
}

}  // namespace auditor
