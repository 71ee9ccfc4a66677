// Reads the journal into a projection, a batch at a time, and knows what the batch is.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "journal/journal.hpp"
#include "store/backlog_book.hpp"
#include "store/projection.hpp"
#include "store/resume.hpp"

namespace tickmesh {

class BatchReader {
 public:
  struct Batch {
    ProjectedAt end{};
    Lsn from{};
    std::size_t events{0};
    std::chrono::steady_clock::time_point begun{};
    std::optional<std::string> gap{};     ///< before it
    std::optional<std::uint64_t> lost{};  ///< events in that gap, where it can be known
    bool suspect{false};                  ///< it holds an event that does not become rows
  };
  BatchReader(Journal& journal, const Codec& codec, Projection& projection, BacklogBook& book)
      : journal_{journal}, codec_{codec}, projection_{projection}, book_{book} {}

  bool begun() const { return cursor_ != nullptr; }
  /// An empty batch from `at` on; `heads`: last sequences in the tables there.
  void begin(const ProjectedAt& at, const Outbox::Heads& heads);
  /// The batch is in the tables: the next one begins where it ended.
  void next();
  /// What was read since `begin` or `next` is to be read again; a gap before it stays.
  void again(const ProjectedAt& from);
  /// Reads on until the batch has `max_events` or the journal ends. Errors: what the journal says ("trimmed"); what was read stays.
  Result<void> fill(std::size_t max_events);

  Batch& batch() { return batch_; }
  const Outbox::Heads& heads() const { return heads_; }              ///< last sequences at the batch's end, in its epoch
  const Outbox::Heads& first_heads() const { return first_heads_; }  ///< and before its beginning, in the tables

 private:
  Result<void> take(const RecordView& record);
  void add(const Name& name);

  Journal& journal_;
  const Codec& codec_;
  Projection& projection_;
  BacklogBook& book_;
  std::unique_ptr<JournalCursor> cursor_;
  Batch batch_;
  Outbox::Heads heads_{}, first_heads_{};
  SaidRecord said_;
  Event scratch_;
};

/// How many events of `epoch` were said beyond `heads` and before the segment that begins at `first`: its first record knows.
std::optional<std::uint64_t> said_between(const Journal& journal, const Outbox::Heads& heads, Epoch epoch, Lsn first);

}  // namespace tickmesh
