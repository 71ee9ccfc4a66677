// The gateway's dealings with its venue, as venues/venue.hpp asks for them; without clock and host, so that simulations deal the same way.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "broker_gateway/venues/venue.hpp"
#include "runner/releases.hpp"

namespace tickmesh {

class VenueDesk {
 public:
  static constexpr std::int64_t kReconcileEvery = 60'000'000'000;
  explicit VenueDesk(Venue& venue, std::int64_t reconcile_every_ns = kReconcileEvery) : venue_{venue}, every_{reconcile_every_ns} {}

  /// Each input of the core, also of the tail that is run again.
  void applied(const Name& name, const Event& event) {
    if (const auto* tick = std::get_if<Tick>(&event))
      venue_.on_tick(*tick, name);
    else if (const auto* feed = std::get_if<FeedEvent>(&event))
      venue_.on_feed(*feed);
    else if (std::holds_alternative<WentLive>(event) && name.stream == Stream::local)
      next_reconcile_ = 1;
  }
  /// What the venue has said since the last call, and a reconciliation when it is time for one and the account is `ours`.
  void locals(Timestamp now, std::int64_t monotonic_ns, bool ours, std::vector<Event>& out) {
    reports_.clear();
    venue_.advance(now);
    venue_.poll(reports_);
    if (ours && next_reconcile_ != 0 && monotonic_ns >= next_reconcile_) {
      next_reconcile_ = monotonic_ns + every_;
      venue_.reconcile(now, reports_);
    }
    for (VenueReport& report : reports_) out.push_back(std::move(report));
  }
  /// The order event to be performed, when what was released asks for it. What recovery completed is not performed: its outcome is
  /// unknown, and reconciliation tells.
  static const OrderEvent* effect(const Released& released) {
    const auto* order = released.event == nullptr || released.replayed ? nullptr : std::get_if<OrderEvent>(released.event);
    return order != nullptr && effect_of(*order) != Effect::none ? order : nullptr;
  }
  void perform(const OrderEvent& order) { tickmesh::perform(order, venue_); }

 private:
  Venue& venue_;
  std::int64_t every_;
  std::int64_t next_reconcile_{0};  ///< monotonic; 0: not live yet
  std::vector<VenueReport> reports_;
};

}  // namespace tickmesh
