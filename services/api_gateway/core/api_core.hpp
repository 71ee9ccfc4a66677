// api_gateway's core: what people ask becomes `control` commands, what the mesh says becomes one picture of it.
#pragma once
#include <deque>
#include <map>
#include <string>

#include "core/core.hpp"
#include "core/instrument.hpp"

namespace tickmesh {

/// The last word on everything a person asks for. Bounded: closed positions and finished orders keep the newest `kKept`.
struct MeshView {
  static constexpr std::size_t kKept = 500;
  std::map<Symbol, Latest> latest;
  std::map<Symbol, Metrics> metrics;
  std::map<std::pair<Symbol, std::string>, Signal> signals;            ///< by symbol and strategy
  std::map<std::pair<Symbol, std::string>, StrategyEvent> strategies;  ///< the same
  std::map<std::string, PositionEvent> open_positions;                 ///< by id
  std::deque<PositionEvent> closed_positions;                          ///< oldest first
  std::map<std::string, OrderEvent> working_orders;                    ///< by client order id
  std::deque<OrderEvent> finished_orders;                              ///< oldest first
  AccountEvent account;
  RiskEvent risk;                           ///< the account's last change of state
  std::map<Symbol, RiskEvent> symbol_risk;  ///< symbols that are not ACTIVE
  VenueEvent venue;                         ///< the gateway's last word on its session or state
};

struct ApiConfig {
  Duration command_valid{seconds(10)};
};

class ApiCore final : public Core {
 public:
  /// `codec` packs the view's events into snapshots.
  ApiCore(ApiConfig config, const Codec& codec) : config_{config}, codec_{codec} {}
  std::uint32_t version() const override { return 3; }
  /// Request (local) → exactly one Command on Stream::control, partition 0. All else only updates the view.
  void apply(const Input& in, Outbox& out) override;
  void save(ByteWriter& out) const override;
  void load(ByteReader& in) override;
  const MeshView& view() const { return view_; }

 private:
  void on(const Metrics& event);
  void on(const PositionEvent& event);
  void on(const OrderEvent& event);
  void on(const RiskEvent& event);

  ApiConfig config_;
  const Codec& codec_;
  MeshView view_;
};

/// True when nothing more can happen to the order.
bool is_final(OrderEventKind kind);

}  // namespace tickmesh
