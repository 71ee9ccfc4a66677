// bar_compressor: one table a length; a correction replaces its bar.
#pragma once
#include <map>

#include "store/projection.hpp"

namespace tickmesh {

class BarsProjection final : public Projection {
 public:
  BarsProjection();
  void add(const Name& name, const Event& event) override;
  std::vector<Table> tables() const override;

 private:
  std::map<std::int64_t, RowBatch*> by_length_;  ///< by seconds
};

}  // namespace tickmesh
