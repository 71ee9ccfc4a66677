// tick_ingestor: ticks by day, latest, the feeds' health, and the symbols.
#pragma once
#include <chrono>
#include <set>

#include "store/projection.hpp"

namespace tickmesh {

class TicksProjection final : public Projection {
 public:
  TicksProjection(const Instruments& instruments, int tick_days);
  void add(const Name& name, const Event& event) override;
  void flush(pqxx::work& w) override;
  void committed() override;
  void discarded() override;
  std::vector<Table> tables() const override;

 private:
  void add(const Name& name, const Tick& tick);
  void add(const Name& name, const Latest& latest);
  void add(const Name& name, const FeedEvent& event);
  void declare_symbols(const Name& name, const Header& header);
  void open_days(pqxx::work& w);

  const Instruments& instruments_;
  const int tick_days_;
  bool symbols_declared_{false};            ///< in this batch or a committed one
  std::set<std::chrono::sys_days> days_;    ///< of the ticks in this batch
  std::set<std::chrono::sys_days> opened_;  ///< known to have a partition, should this batch commit
  RowBatch& symbols_;
  RowBatch& ticks_;
  RowBatch& latest_;
  RowBatch& feed_events_;
  RowBatch& sessions_;
  std::vector<std::pair<Name, FeedEvent>> ended_;
};

}  // namespace tickmesh
