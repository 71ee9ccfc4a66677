// The paper venue's ledger, by services/broker_gateway/venues/README.md.
#pragma once
#include <map>
#include <vector>

#include "events.hpp"
#include "report.hpp"

namespace auditor {

struct LedgerOrder {
  std::uint64_t line{0};
  std::int64_t time{0};
  std::string symbol;
  unsigned side{0}, type{0}, purpose{0};
  std::int64_t quantity{0}, limit_price{0}, stop_price{0};
  bool rejected{false}, canceled{false};
};
struct LedgerFill {
  std::uint64_t line{0};
  std::string client_order_id, symbol;
  Fill fill;
  Name quote;
};

class Ledger {
 public:
  /// Damaged and repeated lines are findings of kind "ledger".
  Ledger(const std::string& path, Report& report);
  const std::map<std::string, LedgerOrder>& orders() const { return orders_; }
  const std::vector<LedgerFill>& fills() const { return fills_; }

 private:
  void take(std::uint64_t line, const std::string& text, Report& report);
  std::map<std::string, LedgerOrder> orders_;
  std::vector<LedgerFill> fills_;
};

/// An exact decimal as an integer of 10^-8; empty: 0. Throws Malformed.
std::int64_t e8(const std::string& text);

}  // namespace auditor
