// bar_compressor: one table a length; a correction replaces its bar. First words are many and new, so they are copied.
#pragma once
#include <map>

#include "store/projection.hpp"

namespace tickmesh {

class BarsProjection final : public Projection {
 public:
  explicit BarsProjection(const ProjectionOptions& options);
  void add(const Name& name, const Event& event) override;
  std::vector<Table> tables() const override;

 private:
  struct Batches {
    RowBatch* first;
    RowBatch* corrections;
  };
  std::map<std::int64_t, Batches> by_length_;  ///< by seconds
};

}  // namespace tickmesh
