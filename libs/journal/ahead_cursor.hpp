// Reads a journal while what was read is being used: reading and checking take one core, running it again another.
#pragma once
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "journal/journal.hpp"

namespace tickmesh {

/// What another cursor gives, read by a thread of its own a little ahead of `next` (two batches of 1 MiB, or a record each). Unlike other
/// cursors it is over at the first end it finds.
class AheadCursor final : public JournalCursor {
 public:
  explicit AheadCursor(std::unique_ptr<JournalCursor> under);
  ~AheadCursor() override;
  AheadCursor(const AheadCursor&) = delete;
  AheadCursor& operator=(const AheadCursor&) = delete;
  Result<std::optional<RecordView>> next() override;
  Lsn position() const override { return position_; }

 private:
  static constexpr std::size_t kBatchBytes = 1u << 20;
  struct Batch {
    Bytes bytes;                      ///< the records' bodies
    std::vector<RecordView> records;  ///< `body` points into `bytes` once that grows no more
    std::vector<std::size_t> ends;    ///< of each body in `bytes`
    bool last{false};
    std::optional<Error> error{};  ///< behind the last record
    std::exception_ptr thrown{};
  };
  void read();
  void fill(Batch& batch);

  std::unique_ptr<JournalCursor> under_;  ///< the thread's, until it has ended
  Lsn position_;
  Batch current_;
  std::size_t at_{0};

  std::mutex mutex_;
  std::condition_variable moved_;
  Batch ready_;
  bool full_{false};  ///< `ready_` is to be taken
  bool stop_{false};
  std::thread thread_;
};

}  // namespace tickmesh
