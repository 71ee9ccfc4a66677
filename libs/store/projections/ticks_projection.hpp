// tick_ingestor: ticks by day, latest, the feeds' health, and the symbols.
#pragma once
#include <chrono>
#include <set>
#include <unordered_map>

#include "store/projection.hpp"

namespace tickmesh {

class TicksProjection final : public Projection {
 public:
  TicksProjection(const Instruments& instruments, int tick_days);
  void add(const Name& name, const Event& event) override;
  void flush(Session& session, RowBatch::Manner manner) override;
  void committed() override;
  void discarded() override;
  std::vector<Table> tables() const override;

 private:
  void add(const Name& name, const Tick& tick);
  void add(const Name& name, const Latest& latest);
  void add(const Name& name, const FeedEvent& event);
  void declare_symbols(const Name& name, const Header& header);
  void open_days(Session& session);
  void forget_days();
  std::string_view symbol_of(InstrumentId id);

  const Instruments& instruments_;
  const int tick_days_;
  std::unordered_map<std::uint64_t, std::string> names_;
  bool symbols_declared_{false};            ///< in this batch or a committed one
  std::set<std::chrono::sys_days> days_;    ///< of the ticks in this batch
  Timestamp day_from_{}, day_to_{};         ///< of the last tick
  std::set<std::chrono::sys_days> opened_;  ///< known to have a partition, should this batch commit
  RowBatch& symbols_;
  RowBatch& ticks_;
  RowBatch& latest_;
  RowBatch& feed_events_;
  RowBatch& sessions_;
  std::vector<std::pair<Name, FeedEvent>> ended_;
};

}  // namespace tickmesh
