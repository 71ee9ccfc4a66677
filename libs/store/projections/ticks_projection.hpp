// tick_ingestor: ticks by day, latest, the feeds' health, and the symbols.
#pragma once
#include <string>
#include <unordered_map>

#include "store/projection.hpp"

namespace tickmesh {

class TicksProjection final : public Projection {
 public:
  TicksProjection(const Instruments& instruments, const ProjectionOptions& options);
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
  std::string_view symbol_of(InstrumentId id);

  const Instruments& instruments_;
  std::unordered_map<std::uint64_t, std::string> names_;
  bool symbols_declared_{false};  ///< in this batch or a committed one
  RowBatch& symbols_;
  RowBatch& ticks_;
  RowBatch& latest_;
  RowBatch& feed_events_;
  RowBatch& sessions_;
  std::vector<std::pair<Name, FeedEvent>> ended_;
};

}  // namespace tickmesh
