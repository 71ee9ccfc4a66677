// metrics_engine: the metrics and the signals with every value they used.
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
  RowBatch& signals_;
};

}  // namespace tickmesh
