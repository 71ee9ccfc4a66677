// What turns one service's events into rows of its own tables.
#pragma once
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/events.hpp"
#include "core/instrument.hpp"
#include "store/row_batch.hpp"

namespace tickmesh {

/// Gathers rows and writes them when asked; the projector owns the transaction and the offset. Used by one thread.
/// Adding and flushing an event again, in another batch or another process, changes no table.
class Projection {
 public:
  /// Which stream fills a table, for its lag.
  struct Table {
    std::string name;
    Stream stream;
  };
  virtual ~Projection() = default;
  /// Events of streams it does not know are left alone. What it throws (InvariantError) makes the event a reject.
  virtual void add(const Name& name, const Event& event) = 0;
  /// Writes what was added since the last `committed` or `discarded`, one of which follows. Throws SqlError.
  virtual void flush(Session& session, RowBatch::Manner manner);
  virtual void committed();
  virtual void discarded();
  virtual std::vector<Table> tables() const = 0;
  /// What `flush` would write, table by table: for measuring.
  const std::deque<RowBatch>& batches() const { return batches_; }

 protected:
  /// A batch flushed and cleared with the others, in the order made.
  RowBatch& batch(const std::string& table, std::vector<RowBatch::Column> columns, const std::vector<std::string>& key = {},
                  RowBatch::Way way = RowBatch::Way::inserted);

 private:
  std::deque<RowBatch> batches_;
};

struct ProjectionOptions {
  /// Days of ticks kept, counted back from the newest tick; 0: all. Older days go when a new one is opened.
  int tick_days{0};
};

/// `service` by its schema: "tick_ingestor", …; nullptr for one that keeps no tables. `instruments` must outlive it.
std::unique_ptr<Projection> make_projection(const std::string& service, const Instruments& instruments,
                                            const ProjectionOptions& options = {});

}  // namespace tickmesh
