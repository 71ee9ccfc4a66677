#include "simulation/venue.hpp"

#include <algorithm>
#include <set>

namespace tickmesh::simulation {
namespace {

PaperConfig paper() {
  PaperConfig config;
  config.latency = milliseconds(5);
  config.jitter = milliseconds(20);
  return config;
}

}  // namespace

VenueWorld::VenueWorld(const Instruments& instruments, Timeline& timeline, const Faults& faults, Plant plant, Dice dice, Timestamp epoch,
                       Verdict& verdict)
    : timeline_{timeline}, faults_{faults}, plant_{plant}, dice_{dice}, epoch_{epoch}, verdict_{verdict}, exchange_{instruments, paper()} {}

void VenueWorld::quote(const Tick& tick, const Name& name) {
  exchange_.on_tick(tick, name, facts_);
  settle();
}

void VenueWorld::advance() {
  exchange_.advance(utc(), facts_);
  settle();
}

void VenueWorld::begin(Line& line) {
  line_ = &line;
  ++session_;
  last_report_ = timeline_.now();
  last_of_order_.clear();
  if (!kept_.empty()) deliver(std::exchange(kept_, {}), delay(), true);
}

void VenueWorld::end(Line& line) {
  if (line_ != &line) return;
  line_ = nullptr;
  // Of what the dead process had sent, the line still carries the first few requests or none; the rest is lost with it.
  for (auto& [id, request] : std::exchange(travelling_, {})) {
    if (dice_.chance(0.4)) break;
    arrive(request);
  }
}

void VenueWorld::ask(Request request) {
  if (dice_.chance(faults_.requests_lost)) return;
  const std::uint64_t id = ++request_;
  travelling_.emplace_back(id, std::move(request));
  last_arrival_ = std::max(last_arrival_, timeline_.now() + delay());  // one line: requests keep their order
  timeline_.at(last_arrival_, [this, id, session = session_] {
    if (session != session_) return;
    const auto it = std::ranges::find(travelling_, id, &std::pair<std::uint64_t, Request>::first);
    if (it == travelling_.end()) return;
    const Request arrived = std::move(it->second);
    travelling_.erase(it);
    arrive(arrived);
  });
}

void VenueWorld::arrive(const Request& request) {
  const std::string& id = request.order.client_order_id;
  if (!request.cancel) {
    for (const Arrival& before : arrivals_) {
      if (before.cancel || before.client_order_id != id) continue;
      const auto proof = absent_.find(id);
      if (proof == absent_.end() || proof->second < before.at)
        verdict_.fail("order " + id + " was sent twice and nothing had proved that the venue did not have it");
    }
  }
  arrivals_.push_back({id, timeline_.now(), request.cancel});
  if (request.cancel)
    exchange_.cancel(id, utc(), facts_);
  else
    exchange_.submit(request.order, utc(), facts_);
  settle();
}

void VenueWorld::settle() {
  for (const PaperFact& fact : std::exchange(facts_, {})) {
    if (fact.kind == PaperFactKind::fill) {
      const PaperOrder& order = *exchange_.find(fact.client_order_id);
      const bool buy = order.intent.side == Side::buy;
      nets_[order.intent.symbol] += buy ? fact.fill.quantity : -fact.fill.quantity;
      const Money value = notional(fact.fill.price, fact.fill.quantity);
      cash_ += (buy ? -value : value) - fact.fill.commission;
      ++fills_;
      if (plant_ == Plant::drop_a_fill && dropped_.empty() && fills_ > 3) dropped_ = fact.fill.execution_id;
    }
    if (auto said = report_of(fact, exchange_); said.kind != VenueReportKind::none) report(said);
  }
}

void VenueWorld::report(const VenueReport& said) {
  if (said.kind == VenueReportKind::filled && said.fill.execution_id == dropped_) return;
  if (line_ == nullptr) {
    if (faults_.venue_keeps_reports) kept_.push_back(said);
    return;
  }
  if (dice_.chance(faults_.reports_lost)) {
    ++lost_;
    return;
  }
  const auto send = [&](bool ordered) {
    Nanos takes = delay();
    if (dice_.chance(faults_.reports_late)) takes += dice_.between(0, faults_.reports_late_by);
    if (ordered) {
      Nanos& last = last_of_order_[said.client_order_id];
      takes = std::max(takes, last - timeline_.now());
      last = timeline_.now() + takes;
    }
    deliver({said}, takes, false);
  };
  send(true);
  if (dice_.chance(faults_.reports_doubled)) send(true);
}

/// A block is an answer that speaks for a moment: what was said before it is heard before it or is a repeat, what is said later is heard
/// later.
void VenueWorld::deliver(std::vector<VenueReport> reports, Nanos takes, bool block) {
  const Nanos when = std::max(timeline_.now() + takes, last_report_);
  if (block) last_report_ = when;
  timeline_.at(when, [this, reports = std::move(reports), session = session_]() mutable {
    if (session != session_ || line_ == nullptr) return;
    if (reports.front().kind == VenueReportKind::reconcile_begin) {
      std::set<std::string_view> named;
      for (const VenueReport& r : reports) named.insert(r.client_order_id);
      for (const Arrival& a : arrivals_)
        if (!named.contains(a.client_order_id)) absent_[a.client_order_id] = timeline_.now();
    }
    for (VenueReport& r : reports) line_->inbox.push_back(std::move(r));
    line_->arrived_();
  });
}

void VenueWorld::reconcile(Timestamp asked) {
  if (dice_.chance(faults_.reconciliations_lost)) return;
  // Asked now, looked at when the question arrives, told when the answer does; in line with the requests before it.
  last_arrival_ = std::max(last_arrival_, timeline_.now() + delay());
  timeline_.at(last_arrival_, [this, asked, session = session_] {
    if (session != session_ || line_ == nullptr) return;
    std::vector<VenueReport> block;
    block.push_back({.kind = VenueReportKind::reconcile_begin, .time = asked});
    for (const auto& [number, order] : exchange_.orders()) {
      VenueReport known{.kind = VenueReportKind::known_order,
                        .client_order_id = order.intent.client_order_id,
                        .venue_order_id = order.venue_order_id(),
                        .cumulative = order.filled,
                        .open = order.status == PaperStatus::open,
                        .time = asked};
      std::vector<VenueReport> details;
      for (const Fill& fill : order.fills) {
        if (fill.execution_id == dropped_) {
          known.cumulative = known.cumulative - fill.quantity;
          continue;
        }
        VenueReport detail = known;
        detail.open = false;
        detail.kind = VenueReportKind::filled;
        detail.fill = fill;
        detail.time = fill.time;
        details.push_back(std::move(detail));
      }
      if (order.status == PaperStatus::canceled || order.status == PaperStatus::rejected) {
        VenueReport detail = known;
        detail.open = false;
        detail.kind = order.status == PaperStatus::canceled ? VenueReportKind::canceled : VenueReportKind::rejected;
        detail.time = order.closed_at;
        detail.reason = order.reason;
        details.push_back(std::move(detail));
      }
      block.push_back(std::move(known));
      for (VenueReport& d : details) block.push_back(std::move(d));
    }
    block.push_back({.kind = VenueReportKind::reconcile_end, .time = asked});
    deliver(std::move(block), delay(), true);
  });
}

std::map<Symbol, Quantity> VenueWorld::nets() const { return nets_; }
Money VenueWorld::cash() const { return cash_; }

}  // namespace tickmesh::simulation
