// A venue on the other side of a line: requests may be lost, answers may come late, twice or never. It matches like the paper exchange,
// sees the market whether the gateway runs or not, and knows what it was asked and has done.
#pragma once
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "broker_gateway/venues/venue.hpp"
#include "simulation/chronicle.hpp"
#include "simulation/faults.hpp"
#include "venue/paper_exchange.hpp"

namespace tickmesh::simulation {

class VenueWorld {
 public:
  VenueWorld(const Instruments& instruments, Timeline& timeline, const Faults& faults, Plant plant, Dice dice, Timestamp epoch,
             Verdict& verdict);

  /// The market moves, whoever listens.
  void quote(const Tick& tick, const Name& name);
  /// Something may be due.
  void advance();
  Timestamp utc() const { return epoch_ + Duration{timeline_.now()}; }

  /// The gateway's line: one session a life of it.
  class Line final : public Venue {
   public:
    Line(VenueWorld& world, std::function<void()> arrived) : world_{world}, arrived_{std::move(arrived)} { world_.begin(*this); }
    ~Line() override { world_.end(*this); }
    Line(const Line&) = delete;
    void submit(const Intent& order, Timestamp) override { world_.ask({.order = order, .cancel = false}); }
    void cancel(std::string_view id, Timestamp) override {
      Intent order;
      order.client_order_id = id;
      world_.ask({.order = order, .cancel = true});
    }
    void on_tick(const Tick&, const Name&) override {}
    void on_feed(const FeedEvent&) override {}
    void advance(Timestamp) override {}
    Timestamp next_wake() const override { return {}; }
    void poll(std::vector<VenueReport>& out) override {
      for (VenueReport& report : inbox) out.push_back(std::move(report));
      inbox.clear();
    }
    void reconcile(Timestamp now, std::vector<VenueReport>&) override { world_.reconcile(now); }
    std::vector<VenueReport> inbox;

   private:
    friend class VenueWorld;
    VenueWorld& world_;
    std::function<void()> arrived_;
  };

  const PaperExchange& exchange() const { return exchange_; }
  /// Of all orders that ever were.
  std::map<Symbol, Quantity> nets() const;
  Money cash() const;
  struct Arrival {
    std::string client_order_id;
    Nanos at{0};
    bool cancel{false};
  };
  const std::vector<Arrival>& arrivals() const { return arrivals_; }
  std::uint64_t fills() const { return fills_; }
  std::uint64_t forgotten_reports() const { return lost_; }

 private:
  struct Request {
    Intent order;
    bool cancel{false};
  };
  void begin(Line& line);
  void end(Line& line);
  void ask(Request request);
  void arrive(const Request& request);
  void settle();
  void report(const VenueReport& report);
  void deliver(std::vector<VenueReport> reports, Nanos delay, bool block);
  void reconcile(Timestamp asked);
  Nanos delay() { return dice_.between(micros(100), faults_.venue_delay); }

  Timeline& timeline_;
  const Faults& faults_;
  Plant plant_;
  Dice dice_;
  Timestamp epoch_;
  Verdict& verdict_;
  PaperExchange exchange_;
  Line* line_{nullptr};
  std::uint64_t session_{0};
  std::deque<std::pair<std::uint64_t, Request>> travelling_;  ///< requests of this session that have not arrived, in order
  std::uint64_t request_{0};
  Nanos last_arrival_{0};
  Nanos last_report_{0};                                     ///< no report said later is heard before this
  std::map<std::string, Nanos, std::less<>> last_of_order_;  ///< what is told of one order is told in its order
  std::vector<VenueReport> kept_;
  std::vector<PaperFact> facts_;
  std::vector<Arrival> arrivals_;
  std::map<std::string, Nanos, std::less<>> absent_;  ///< when a reconciliation without it was heard
  std::string dropped_;                               ///< execution id the plant keeps back
  std::map<Symbol, Quantity> nets_;
  Money cash_{};
  std::uint64_t fills_{0}, lost_{0};
};

}  // namespace tickmesh::simulation
