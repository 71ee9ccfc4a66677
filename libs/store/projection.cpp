#include "store/projection.hpp"

#include "store/projections/api_projection.hpp"
#include "store/projections/bars_projection.hpp"
#include "store/projections/gateway_projection.hpp"
#include "store/projections/metrics_projection.hpp"
#include "store/projections/positions_projection.hpp"
#include "store/projections/ticks_projection.hpp"

namespace tickmesh {

void Projection::flush(Session& session, RowBatch::Manner manner) {
  for (const auto& batch : batches_) batch.flush(session, manner);
}

void Projection::committed() {
  for (auto& batch : batches_) batch.clear();
}

void Projection::discarded() {
  for (auto& batch : batches_) batch.clear();
}

RowBatch& Projection::batch(const std::string& table, std::vector<RowBatch::Column> columns, const std::vector<std::string>& key,
                            RowBatch::Way way) {
  return batches_.emplace_back(table, std::move(columns), key, way);
}

std::unique_ptr<Projection> make_projection(const std::string& service, const Instruments& instruments, const ProjectionOptions& options) {
  if (service == "tick_ingestor") return std::make_unique<TicksProjection>(instruments, options.tick_days);
  if (service == "bar_compressor") return std::make_unique<BarsProjection>();
  if (service == "metrics_engine") return std::make_unique<MetricsProjection>();
  if (service == "position_manager") return std::make_unique<PositionsProjection>();
  if (service == "broker_gateway") return std::make_unique<GatewayProjection>();
  if (service == "api_gateway") return std::make_unique<ApiProjection>();
  return nullptr;
}

}  // namespace tickmesh
