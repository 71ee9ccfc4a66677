// position_manager: positions, trades, the account, intents, risk and strategies.
#pragma once
#include "store/projection.hpp"

namespace tickmesh {

class PositionsProjection final : public Projection {
 public:
  PositionsProjection();
  void add(const Name& name, const Event& event) override;
  std::vector<Table> tables() const override;

 private:
  void add(const Name& name, const PositionEvent& e);
  void add(const Name& name, const AccountEvent& e);
  void add(const Name& name, const Intent& e);
  void add(const Name& name, const RiskEvent& e);
  void add(const Name& name, const StrategyEvent& e);

  RowBatch& positions_;
  RowBatch& trades_;
  RowBatch& account_;
  RowBatch& intents_;
  RowBatch& risk_;
  RowBatch& strategies_;
};

}  // namespace tickmesh
