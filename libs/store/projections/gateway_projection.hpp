// broker_gateway: orders as they stand, what happened to them, fills, and the venue.
#pragma once
#include "store/projection.hpp"

namespace tickmesh {

class GatewayProjection final : public Projection {
 public:
  GatewayProjection();
  void add(const Name& name, const Event& event) override;
  std::vector<Table> tables() const override;

 private:
  void add(const Name& name, const OrderEvent& e);
  void add(const Name& name, const VenueEvent& e);

  RowBatch& orders_;
  RowBatch& order_events_;
  RowBatch& executions_;
  RowBatch& sessions_;
  RowBatch& venue_events_;
};

}  // namespace tickmesh
