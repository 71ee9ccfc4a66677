// The paper exchange behind the venue port, with a ledger of its own that survives the gateway.
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker_gateway/venues/paper_ledger.hpp"
#include "broker_gateway/venues/venue.hpp"
#include "venue/paper_exchange.hpp"

namespace tickmesh {

class PaperVenue final : public Venue {
 public:
  /// Rebuilds the exchange from the ledger at `path` (created when missing); an empty path keeps none, for the backtester.
  /// Quotes are not kept: after a reopen nothing fills before the next quote. Ticks at or before the last ones the ledger
  /// names in their partition and epoch are dropped: what they could fill, they have filled.
  /// Error: the ledger is locked, unreadable or corrupt.
  static Result<std::unique_ptr<PaperVenue>> open(Instruments instruments, PaperConfig config, const std::string& path);

  // Each of these returns after the ledger is synced, and throws LedgerError when it cannot be.
  void submit(const Intent& order, Timestamp now) override;
  void cancel(std::string_view client_order_id, Timestamp now) override;
  void on_tick(const Tick& tick, const Name& name) override;
  void on_feed(const FeedEvent& event) override;
  void advance(Timestamp now) override {
    exchange_.advance(now, facts_);
    settle();
  }
  Timestamp next_wake() const override { return exchange_.next_wake(); }
  void poll(std::vector<VenueReport>& out) override {
    if (!reports_.empty()) hand_over(out);
  }
  void reconcile(Timestamp now, std::vector<VenueReport>& out) override;

  const PaperExchange& exchange() const { return exchange_; }
  std::uint64_t ledger_lines() const { return ledger_ ? ledger_->lines() : 0; }
  std::uint64_t ledger_cut_bytes() const { return ledger_ ? ledger_->cut_bytes() : 0; }
  std::uint64_t dropped_ticks() const { return dropped_; }

 private:
  PaperVenue(Instruments instruments, PaperConfig config) : instruments_{instruments}, exchange_{std::move(instruments), config} {}
  /// After every call: facts are entered and become reports. Nearly always there are none.
  void settle() {
    if (!facts_.empty()) settle_facts();
  }
  void settle_facts();
  void hand_over(std::vector<VenueReport>& out);
  void remember(const Name& tick);

  Instruments instruments_;
  PaperExchange exchange_;
  std::optional<PaperLedger> ledger_{};
  Name last_tick_{};
  std::array<Position, kPartitions> kept_{};  ///< last tick of each partition that the ledger names
  std::vector<PaperFact> facts_{};            ///< of the call in hand
  std::vector<VenueReport> reports_{};        ///< not yet polled; the shell polls after each call, which bounds it
  std::uint64_t dropped_{0};
};

}  // namespace tickmesh
