// metrics_engine: the metrics, what closed bars say, the signals with every value they used; profiles, states and flow; the last book of
// every minute.
#pragma once
#include "store/projection.hpp"

namespace tickmesh {

class MetricsProjection final : public Projection {
 public:
  explicit MetricsProjection(const ProjectionOptions& options);
  void add(const Name& name, const Event& event) override;
  std::vector<Table> tables() const override;

 private:
  RowBatch& metrics_;
  RowBatch& indicators_;  // a row a closed bar
  RowBatch& signals_;
  RowBatch& profiles_;
  RowBatch& states_;
  RowBatch& flow_;  // a row each time bars closed, of the shortest of them
  RowBatch& book_;  // a row a symbol and minute
};

}  // namespace tickmesh
