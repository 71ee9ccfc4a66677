// What turns one service's events into rows of its own tables.
#pragma once
#include <chrono>
#include <deque>
#include <memory>
#include <set>
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
  /// Writes what there is of the one table that sees most rows, in the transaction that `flush` will end: the server works on these rows
  /// while the next are made. No other statement until `passed` or `flush`. Throws SqlError.
  void pass(Session& session);
  void passed(Session& session);
  virtual void committed();
  virtual void discarded();
  /// Makes days ahead, drops what is older than it is to be kept: in short statements of their own, none of which holds anybody up. What
  /// is in use stays until the next time. Throws SqlError.
  virtual void maintain(Session& session);
  virtual std::vector<Table> tables() const = 0;
  /// What `flush` would write, table by table: for measuring.
  const std::deque<RowBatch>& batches() const { return batches_; }

 protected:
  /// A batch flushed and cleared with the others, in the order made.
  RowBatch& batch(const std::string& table, std::vector<RowBatch::Column> columns, const std::vector<std::string>& key = {},
                  RowBatch::Way way = RowBatch::Way::inserted);

  /// How long the rows of a table are kept, counted back from its newest; 0: for ever.
  struct Keep {
    int days{0};
    std::int64_t bytes{0};  ///< tables by day: the oldest days go beyond this
  };
  /// `batch` is the one that `pass` writes.
  void pass_on(RowBatch& batch) { passed_ = &batch; }
  /// `batch` has a partition a day.
  RowBatch& by_day(RowBatch& batch, Keep keep, int days_ahead);
  /// Rows of a table that is in one piece, by the day of its column `time`.
  void keep_rows(RowBatch& batch, const std::string& time, int days);

 private:
  bool days_are_open() const;
  void open_days(Session& session);
  struct Daily {
    const RowBatch* batch;
    Keep keep;
    int days_ahead;
    std::set<std::chrono::sys_days> opened{};  ///< known to have a partition, should this batch commit
    std::chrono::sys_days newest{};            ///< of what was written
  };
  struct Aged {
    const RowBatch* batch;
    std::string time;
    int days;
  };
  std::deque<RowBatch> batches_;
  std::vector<Daily> daily_;
  std::vector<Aged> aged_;
  RowBatch* passed_{nullptr};
  bool copying_{false};  ///< `pass` began a COPY that has not ended
};

struct ProjectionOptions {
  int tick_days{0};            ///< days of ticks kept, counted back from the newest; 0: all
  std::int64_t tick_bytes{0};  ///< and at most this much of them; 0: all
  int metrics_days{0};
  int book_days{0};
  int signal_days{0};
  int bar_days{0};    ///< bars shorter than an hour
  int days_ahead{1};  ///< partitions made before they are needed
};

/// `service` by its schema: "tick_ingestor", …; nullptr for one that keeps no tables. `instruments` must outlive it.
std::unique_ptr<Projection> make_projection(const std::string& service, const Instruments& instruments,
                                            const ProjectionOptions& options = {});

}  // namespace tickmesh
