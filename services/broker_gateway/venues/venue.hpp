// What the gateway's shell needs of a venue. All calls come from the core thread and return at once; what the venue says
// later is taken with `poll`, recorded as `VenueReport` inputs, and only then believed.
//
// The shell's part:
//   1. An OrderEvent of kind sending or canceling is performed (`perform`) after its record is durable, once, in the order said.
//      Events said while a journal's tail is run again are not performed: `Started` makes them unknown, reconciliation tells.
//   2. Ticks and feed events are handed over as they are taken, before `poll`.
//   3. `advance(now)` is called when `next_wake()` is reached. In replay `now` is the merge's time, never the clock.
//   4. After `WentLive`, after each reconnect and now and then: `reconcile`, its reports taken as one uninterrupted run.
#pragma once
#include <string_view>
#include <vector>

#include "broker_gateway/core/gateway_core.hpp"
#include "core/events.hpp"

namespace tickmesh {

class Venue {
 public:
  virtual ~Venue() = default;
  /// `now`: the time of the order's `sending` event; the venue's latency counts from it.
  virtual void submit(const Intent& order, Timestamp now) = 0;
  virtual void cancel(std::string_view client_order_id, Timestamp now) = 0;
  /// Only venues that match by themselves listen; brokers ignore both.
  virtual void on_tick(const Tick& tick, const Name& name) = 0;
  virtual void on_feed(const FeedEvent& event) = 0;
  virtual void advance(Timestamp now) = 0;
  /// Zero: nothing to wait for.
  virtual Timestamp next_wake() const = 0;
  /// Appends what the venue has said since the last call.
  virtual void poll(std::vector<VenueReport>& out) = 0;
  /// Appends reconcile_begin, then for each order the venue knows: known_order, its fills, and canceled or rejected where it
  /// ended so; then reconcile_end. Between the two, what is not named does not exist at the venue.
  virtual void reconcile(Timestamp now, std::vector<VenueReport>& out) = 0;
};

/// Does at the venue what a durable order event asks for; nothing for events that ask for nothing.
inline void perform(const OrderEvent& event, Venue& venue) {
  switch (effect_of(event)) {
    case Effect::submit: venue.submit(event.order, event.header.time); break;
    case Effect::cancel: venue.cancel(event.order.client_order_id, event.header.time); break;
    case Effect::none: break;
  }
}

}  // namespace tickmesh
