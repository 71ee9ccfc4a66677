#include "store/projector.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "store/backlog_book.hpp"
#include "store/batch_reader.hpp"
#include "store/isolate.hpp"
#include "store/postgres.hpp"
#include "store/projection_row.hpp"
#include "store/yield.hpp"

namespace tickmesh {
namespace {

using std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

// Records that say nothing (inputs taken) move the offset too, but are not worth a transaction each.
constexpr std::uint64_t kSilentBytes = 1u << 20;
// About what an event takes in the journal, no more: how many records wait is only known when they are read.
constexpr std::uint64_t kEventBytes = 64;
// A server that crashes may take back commits this young (they are not synced: the journal has what they held), so the journal keeps them.
constexpr std::chrono::seconds kUnsyncedCommits{3};
// Turns in which the server's process is asked to yield, until it does: more of them than services start at once.
constexpr int kYieldTries = 30;

class JournalProjector final : public Projector {
 public:
  JournalProjector(ProjectorOptions options, Journal& journal, const Codec& codec, std::unique_ptr<Projection> projection)
      : options_{std::move(options)},
        journal_{journal},
        codec_{codec},
        projection_{std::move(projection)},
        book_{journal, *projection_},
        row_{options_.service, options_.instance},
        reader_{journal_, codec_, *projection_, book_},
        batch_{reader_.batch()} {
    // Until the offset is known, anything held may still be needed.
    if (options_.pins) journal_.pin("projector", journal_.first());
  }
  ~JournalProjector() override {
    if (thread_.joinable()) cut();
  }

  Result<void> begin() {
    auto link = Session::open(options_.dsn, options_.instance);
    if (!link && link.error().code != "unreachable") return std::unexpected(link.error());
    if (link) {
      try {
        if (auto ours = claim_database(**link, options_.mesh); !ours) return ours;
      } catch (const SqlError&) {
        // Its thread asks again, and tells.
      }
    }
    if (link)
      adopt(std::move(*link));
    else
      failed(link.error());
    thread_ = std::thread{[this] { run(); }};
    return {};
  }

  Result<void> stop(milliseconds deadline) override {
    if (!thread_.joinable()) return {};
    {
      std::unique_lock lock{mutex_};
      target_ = journal_.end();
      wake_.notify_all();
      done_.wait_for(lock, deadline, [this] { return finished_; });
    }
    cut();
    const auto left = book_.events();
    if (position() >= *target_) return {};
    const auto why = last_error();
    return std::unexpected(Error{
        "unreachable", "", "",
        fmt::format("{} events of {} are left for the next start{}{}", left, options_.instance, why ? ": " : "", why ? why->message : "")});
  }

  std::optional<Error> last_error() const override {
    const std::lock_guard lock{mutex_};
    return error_;
  }
  std::uint64_t errors() const override {
    const std::lock_guard lock{mutex_};
    return errors_;
  }
  Lsn position() const override {
    const std::lock_guard lock{mutex_};
    return committed_.lsn;
  }
  std::uint64_t projected() const override {
    const std::lock_guard lock{mutex_};
    return projected_;
  }
  ProjectorLosses losses() const override {
    const std::lock_guard lock{mutex_};
    return losses_;
  }
  ProjectorLag lag(Timestamp now) const override { return book_.lag(now); }

 private:
  void run() {
    yield_to_others();
    auto retry = options_.first_retry;
    while (!abandoned()) {
      const auto done = turn();
      if (link_ && yield_tries_ > 0) yield_tries_ = link_->yield() ? 0 : yield_tries_ - 1;
      if (!done) {
        failed(done.error());
        if (!sleep(retry)) break;
        retry = std::min(retry * 2, options_.last_retry);
        continue;
      }
      retry = options_.first_retry;
      if (*done == Turn::finished) break;
      // The journal does not call; a fifth of the age a batch may reach is soon enough to look again.
      if (*done == Turn::idle && !sleep(std::max(options_.batch_age / 5, milliseconds{1}))) break;
    }
    const std::lock_guard lock{mutex_};
    finished_ = true;
    done_.notify_all();
  }

  enum class Turn { busy, idle, finished };
  /// What is thrown here is PostgreSQL's, or a promise of ours that an event broke; either way the batch is taken up again from the offset.
  Result<Turn> turn() {
    try {
      auto read = reader_.begun() ? fill(std::min(options_.piece_rows, options_.batch_rows)) : Result<void>{};
      if (!link_ || !resumed_) {
        if (auto opened = reconnect(); !opened) return std::unexpected(opened.error());
        return Turn::busy;
      }
      const bool behind = read && batch_.events >= options_.piece_rows && !batch_.suspect &&
                          journal_.end().value - batch_.end.lsn.value >= kEventBytes * options_.batch_rows;
      if (read && !behind) read = fill(options_.batch_rows);
      const auto target = stop_target();
      const bool stopping = target.has_value();
      const bool due = behind || batch_.events >= options_.batch_rows ||
                       (batch_.events > 0 && (catching_up_ || std::chrono::steady_clock::now() - batch_.begun >= options_.batch_age)) ||
                       batch_.end.lsn.value - committed_.lsn.value >= kSilentBytes || batch_.gap || batch_.suspect;
      if (batch_.end != committed_ && (due || stopping || !read)) {
        if (auto done = commit(behind); !done) return std::unexpected(done.error());
        catching_up_ = behind;
        if (!stopping) maintain();
        if (!read) return std::unexpected(read.error());
        return Turn::busy;
      }
      if (!read) return std::unexpected(read.error());
      return stopping && committed_.lsn >= *target ? Turn::finished : Turn::idle;
    } catch (const SqlError& thrown) {
      auto error = database_error(thrown, options_.dsn);
      // Whatever the server's state, a new connection is the one that is known to be sound.
      drop();
      rewind();
      return std::unexpected(std::move(error));
    } catch (const std::exception& thrown) {
      drop();
      rewind();
      return std::unexpected(Error{"database", "", "", thrown.what()});
    }
  }

  Result<void> reconnect() {
    if (!link_) {
      auto link = Session::open(options_.dsn, options_.instance);
      if (!link) return std::unexpected(link.error());
      adopt(std::move(*link));
    }
    return read_offset();
  }

  /// The stored offset decides; a batch in memory that does not begin there is dropped and read again.
  Result<void> read_offset() {
    if (auto ours = claim_database(*link_, options_.mesh); !ours) {
      drop();
      return ours;
    }
    // What a crash of the server takes back is in the journal, offset and rows alike: no commit waits for its disk.
    link_->exec("set synchronous_commit = off");
    const auto stored = row_.read(*link_);
    if (!reader_.begun() || stored.at != stored_) {
      if (auto done = resume(stored.at, stored.heads); !done) return done;
      stored_ = stored.at;
    }
    resumed_ = true;
    healthy();
    return {};
  }

  /// Takes the journal up where the tables stand, or at the first record still to be had.
  Result<void> resume(const ProjectedAt& stored, const std::optional<Outbox::Heads>& heads) {
    auto point = resume_point(journal_, stored);
    if (!point) return std::unexpected(point.error());
    auto behind = heads && !point->gap && point->at == stored && stored.epoch == journal_.epoch() ? Backlog{.projected = *heads}
                                                                                                  : backlog(journal_, point->at.lsn);
    if (!behind) return std::unexpected(behind.error());
    projection_->discarded();
    reader_.begin(point->at, heads.value_or(Outbox::Heads{}));
    stand_at(point->at);
    book_.resume(*behind);
    batch_.gap = point->gap;
    // Of tables that hold nothing yet, all of the epoch found is missing.
    if (point->gap && heads)
      batch_.lost = said_between(journal_, *heads, stored.epoch == 0 ? point->at.epoch : stored.epoch, point->at.lsn);
    if (batch_.lost == 0) batch_.gap.reset();  // what went was only inputs
    pin(point->at.lsn, true);
    return {};
  }

  /// Reads on. The oldest records may have gone while they were waiting: that is said in the tables, and what is left is read.
  Result<void> fill(std::size_t events) {
    auto read = reader_.fill(events);
    if (read || read.error().code != "trimmed" || batch_.end != committed_ || batch_.end.lsn >= journal_.first()) return read;
    return resume(committed_, reader_.first_heads());
  }

  /// `behind`: the batch is read on while the server works on what was read.
  Result<void> commit(bool behind) {
    if (!batch_.suspect) {
      try {
        const auto rows = [&] {
          if (behind) pass_pieces();
          projection_->flush(*link_, RowBatch::Manner::fast);
        };
        if (auto done = write(rows); !done) return done;
        return committed();
      } catch (const SqlError& thrown) {
        if (!thrown.about_data()) throw;
        link_->exec("rollback");
        batch_.suspect = true;
      }
    }
    Isolation isolation{*link_, row_, codec_, *projection_};
    if (auto done = isolation.read(journal_, batch_.from, batch_.end.lsn); !done) {
      rewind();
      return done;
    }
    std::uint64_t rejected = 0;
    if (auto done = write([&] { rejected = isolation.write(); }); !done) return done;
    if (rejected > 0) {
      const std::lock_guard lock{mutex_};
      losses_.rejected += rejected;
      const auto& last = isolation.rejects().back();
      losses_.last_reject = fmt::format("{}: {}", to_string(last.name), last.why);
    }
    return committed();
  }

  /// One transaction: the offset, the gap before the batch, and the rows.
  template <class Rows>
  Result<void> write(Rows&& rows) {
    if (!row_.begin_and_hold(*link_, stored_)) {
      drop();
      rewind();
      return std::unexpected(Error{"refused", "instance", "one projector an instance",
                                   fmt::format("Another projector of {} moved the offset; taking it up from there", options_.instance)});
    }
    if (batch_.gap) row_.note_gap(*link_, stored_.lsn, std::max(batch_.from, stored_.lsn), batch_.lost, *batch_.gap);
    rows();
    row_.move_and_commit(*link_, batch_.end, reader_.heads());
    return {};
  }

  /// What cannot be read is left for the next turn, which says so; an event that does not become rows ends the attempt as SQL would.
  void pass_pieces() {
    projection_->pass(*link_);
    for (bool more = true; more && batch_.events < options_.batch_rows;) {
      const auto before = batch_.events;
      more = reader_.fill(std::min(before + options_.piece_rows, options_.batch_rows)) && batch_.events > before;
      if (batch_.suspect) {
        projection_->passed(*link_);
        throw SqlError{"22000", "an event does not become rows", false};
      }
      projection_->pass(*link_);
    }
  }

  /// Between transactions. Noted as done before it is: what fails is tried again a minute later, and rows go on meanwhile.
  void maintain() {
    const auto now = std::chrono::steady_clock::now();
    if (maintained_at_ && now - *maintained_at_ < options_.maintenance) return;
    maintained_at_ = now;
    projection_->maintain(*link_);
  }

  Result<void> committed() {
    projection_->committed();
    book_.committed();
    {
      const std::lock_guard lock{mutex_};
      committed_ = batch_.end;
      projected_ += batch_.events;
      if (batch_.gap) {
        ++losses_.gaps;
        losses_.lost += batch_.lost.value_or(0);
        losses_.last_gap = *batch_.gap;
      }
    }
    stored_ = committed_;
    reader_.next();
    pin(committed_.lsn, false);
    healthy();
    return {};
  }

  /// Follows the offset at a distance, unless `at_once`: see kUnsyncedCommits.
  void pin(Lsn lsn, bool at_once) {
    const auto now = std::chrono::steady_clock::now();
    if (!options_.pins) return;
    if (at_once) journal_.pin("projector", lsn);
    if (!at_once && now - pin_at_ < kUnsyncedCommits) return;
    if (!at_once) journal_.pin("projector", pin_next_);
    pin_next_ = lsn;
    pin_at_ = now;
  }

  /// To where the tables stand.
  void rewind() {
    projection_->discarded();
    book_.discarded();
    if (reader_.begun()) reader_.again(committed_);
  }
  void stand_at(const ProjectedAt& at) {
    const std::lock_guard lock{mutex_};
    committed_ = at;
  }

  void adopt(std::unique_ptr<Session> link) {
    const std::lock_guard lock{mutex_};
    link_ = std::move(link);
    yield_tries_ = kYieldTries;
    socket_ = link_->socket();
  }
  void drop() {
    {
      const std::lock_guard lock{mutex_};
      socket_ = -1;
    }
    link_.reset();
    resumed_ = false;
  }
  /// Ends the thread now: a server that hangs would hold it for ever, so its socket is shut under it.
  void cut() {
    {
      const std::lock_guard lock{mutex_};
      abandoned_ = true;
      if (socket_ >= 0 && !finished_) ::shutdown(socket_, SHUT_RDWR);
      wake_.notify_all();
    }
    thread_.join();
    link_.reset();
  }

  /// False: stop at once.
  bool sleep(milliseconds time) {
    std::unique_lock lock{mutex_};
    const bool stopping = target_.has_value();
    wake_.wait_for(lock, time, [&] { return abandoned_ || target_.has_value() != stopping; });
    return !abandoned_;
  }
  bool abandoned() const {
    const std::lock_guard lock{mutex_};
    return abandoned_;
  }
  std::optional<Lsn> stop_target() const {
    const std::lock_guard lock{mutex_};
    return target_;
  }
  void failed(const Error& error) {
    const std::lock_guard lock{mutex_};
    error_ = error;
    ++errors_;
  }
  void healthy() {
    const std::lock_guard lock{mutex_};
    error_.reset();
  }

  const ProjectorOptions options_;
  Journal& journal_;
  const Codec& codec_;
  const std::unique_ptr<Projection> projection_;
  BacklogBook book_;
  const ProjectionRow row_;

  // The projector's thread alone (before it runs: its maker).
  int yield_tries_{0};
  std::unique_ptr<Session> link_;
  BatchReader reader_;
  BatchReader::Batch& batch_;
  ProjectedAt stored_;       ///< the row as it was last read or written
  bool resumed_{false};      ///< this connection has read it
  bool catching_up_{false};  ///< the last batch was full before all was read: what is left has waited long enough
  Lsn pin_next_{};
  SteadyTime pin_at_{};
  std::optional<SteadyTime> maintained_at_;

  mutable std::mutex mutex_;
  std::condition_variable wake_, done_;
  ProjectedAt committed_;
  std::optional<Error> error_;
  std::uint64_t errors_{0};
  std::uint64_t projected_{0};
  ProjectorLosses losses_;
  std::optional<Lsn> target_;
  int socket_{-1};
  bool abandoned_{false}, finished_{false};
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Projector>> Projector::start(ProjectorOptions options, Journal& journal, const Codec& codec,
                                                    std::unique_ptr<Projection> projection) {
  TM_INVARIANT(projection != nullptr, "a projector has a projection");
  auto projector = std::make_unique<JournalProjector>(std::move(options), journal, codec, std::move(projection));
  if (auto begun = projector->begin(); !begun) return std::unexpected(begun.error());
  return projector;
}

Result<std::optional<ProjectedAt>> projected_at(const std::string& dsn, const std::string& service, const std::string& instance) {
  auto link = Session::open(dsn, instance);
  if (!link) return std::unexpected(link.error());
  try {
    const auto rows = (*link)->exec(fmt::format("select epoch, lsn from {}.projection where instance = $1", quoted(service)), {instance});
    if (rows.size() == 0) return std::nullopt;
    return ProjectedAt{static_cast<Epoch>(rows.number(0, 0)), Lsn{static_cast<std::uint64_t>(rows.number(0, 1))}};
  } catch (const SqlError& thrown) {
    return std::unexpected(database_error(thrown, dsn));
  }
}

}  // namespace tickmesh
