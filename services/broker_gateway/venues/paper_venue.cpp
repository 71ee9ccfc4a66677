#include "broker_gateway/venues/paper_venue.hpp"

#include <utility>

namespace tickmesh {

Result<std::unique_ptr<PaperVenue>> PaperVenue::open(Instruments instruments, PaperConfig config, const std::string& path) {
  std::unique_ptr<PaperVenue> venue{new PaperVenue(std::move(instruments), config)};
  if (path.empty()) return venue;
  try {
    auto ledger = PaperLedger::open(path, [&](const LedgerEntry& entry) {
      venue->exchange_.apply(entry.fact);
      venue->remember(entry.tick);
      venue->remember(entry.fact.quote);
    });
    if (!ledger) return std::unexpected(ledger.error());
    venue->ledger_ = std::move(*ledger);
  } catch (const InvariantError& e) {
    // Every line passed its checksum, yet together they tell what cannot have happened.
    return std::unexpected(Error{"corrupt", "ledger", "its lines tell a possible history", path + ": " + e.what()});
  }
  return venue;
}

void PaperVenue::remember(const Name& tick) {
  if (tick.at.sequence == 0) return;
  Position& kept = kept_[tick.partition];
  if (kept.epoch != tick.at.epoch || kept.sequence < tick.at.sequence) kept = tick.at;
}

// Synced before reported: a report that outlives its ledger line would be a fill that never happened.
void PaperVenue::settle_facts() {
  if (ledger_) {
    std::vector<LedgerEntry> entries;
    entries.reserve(facts_.size());
    for (const PaperFact& fact : facts_) entries.push_back({fact, last_tick_});
    ledger_->append(entries);
  }
  for (const PaperFact& fact : facts_)
    if (auto report = report_of(fact, exchange_); report.kind != VenueReportKind::none) reports_.push_back(std::move(report));
  facts_.clear();
}

void PaperVenue::submit(const Intent& order, Timestamp now) {
  exchange_.submit(order, now, facts_);
  settle();
}

void PaperVenue::cancel(std::string_view client_order_id, Timestamp now) {
  exchange_.cancel(client_order_id, now, facts_);
  settle();
}

void PaperVenue::on_tick(const Tick& tick, const Name& name) {
  const Position& kept = kept_[name.partition];
  if (name.at.sequence != 0 && kept.epoch == name.at.epoch && name.at.sequence <= kept.sequence) {
    ++dropped_;
    return;
  }
  // What was due before this tick traded on older ones, and is entered before this one is named.
  exchange_.advance(tick.time, facts_);
  settle();
  if (name.at.sequence != 0) last_tick_ = name;
  exchange_.on_tick(tick, name, facts_);
  settle();
}

void PaperVenue::on_feed(const FeedEvent& event) {
  if (event.kind != FeedEventKind::halted && event.kind != FeedEventKind::resumed) return;
  const bool halted = event.kind == FeedEventKind::halted;
  if (!event.symbol.empty()) {
    exchange_.set_halted(event.symbol, halted, event.header.time, facts_);
  } else {
    for (const Instrument& i : instruments_.list()) exchange_.set_halted(i.symbol, halted, event.header.time, facts_);
  }
  settle();
}

void PaperVenue::hand_over(std::vector<VenueReport>& out) {
  for (VenueReport& report : reports_) out.push_back(std::move(report));
  reports_.clear();
}

void PaperVenue::reconcile(Timestamp now, std::vector<VenueReport>& out) {
  out.push_back({.kind = VenueReportKind::reconcile_begin, .time = now});
  for (const auto& [number, order] : exchange_.orders()) {
    VenueReport known{.kind = VenueReportKind::known_order,
                      .client_order_id = order.intent.client_order_id,
                      .venue_order_id = order.venue_order_id(),
                      .cumulative = order.filled,
                      .open = order.status == PaperStatus::open,
                      .time = now};
    out.push_back(known);
    VenueReport detail = known;
    detail.open = false;
    for (const Fill& fill : order.fills) {
      detail.kind = VenueReportKind::filled;
      detail.fill = fill;
      detail.time = fill.time;
      out.push_back(detail);
    }
    if (order.status != PaperStatus::canceled && order.status != PaperStatus::rejected) continue;
    detail.kind = order.status == PaperStatus::canceled ? VenueReportKind::canceled : VenueReportKind::rejected;
    detail.fill = {};
    detail.time = order.closed_at;
    detail.reason = order.reason;
    out.push_back(detail);
  }
  out.push_back({.kind = VenueReportKind::reconcile_end, .time = now});
}

}  // namespace tickmesh
