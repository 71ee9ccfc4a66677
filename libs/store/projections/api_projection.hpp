// api_gateway: the audit log.
#pragma once
#include "store/projection.hpp"

namespace tickmesh {

class ApiProjection final : public Projection {
 public:
  ApiProjection();
  void add(const Name& name, const Event& event) override;
  std::vector<Table> tables() const override;

 private:
  RowBatch& audit_;
};

}  // namespace tickmesh
