#include "store/projector.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <pqxx/pqxx>
#include <thread>

#include "store/backlog_book.hpp"
#include "store/postgres.hpp"

namespace tickmesh {
namespace {

using std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

// Records that say nothing (inputs taken) move the offset too, but are not worth a transaction each.
constexpr std::uint64_t kSilentBytes = 1u << 20;

class JournalProjector final : public Projector {
 public:
  JournalProjector(ProjectorOptions options, Journal& journal, const Codec& codec, std::unique_ptr<Projection> projection)
      : options_{std::move(options)}, journal_{journal}, codec_{codec}, projection_{std::move(projection)}, book_{journal, *projection_} {
    // Until the offset is known, anything held may still be needed.
    journal_.pin("projector", journal_.first());
  }
  ~JournalProjector() override {
    if (thread_.joinable()) cut();
  }

  Result<void> begin() {
    auto link = connect(options_.dsn, options_.instance);
    if (!link && link.error().code != "unreachable") return std::unexpected(link.error());
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
  ProjectorLag lag(Timestamp now) const override { return book_.lag(now); }

 private:
  void run() {
    auto retry = options_.first_retry;
    while (!abandoned()) {
      const auto done = turn();
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
      const auto read = cursor_ ? fill() : Result<void>{};
      if (!link_ || !resumed_) {
        if (auto opened = reconnect(); !opened) return std::unexpected(opened.error());
        return Turn::busy;
      }
      const auto target = stop_target();
      const bool stopping = target.has_value();
      const bool due = batch_.events >= options_.batch_rows ||
                       (batch_.events > 0 && std::chrono::steady_clock::now() - batch_.begun >= options_.batch_age) ||
                       batch_.end.lsn.value - committed_.lsn.value >= kSilentBytes || batch_.gap;
      if (batch_.end != committed_ && (due || stopping || !read)) {
        if (auto done = commit(); !done) return std::unexpected(done.error());
        if (!read) return std::unexpected(read.error());
        return Turn::busy;
      }
      if (!read) return std::unexpected(read.error());
      return stopping && committed_.lsn >= *target ? Turn::finished : Turn::idle;
    } catch (const std::exception& thrown) {
      auto error = database_error(thrown, options_.dsn);
      // Whatever the server's state, a new connection is the one that is known to be sound.
      drop();
      rewind(committed_);
      return std::unexpected(std::move(error));
    }
  }

  Result<void> reconnect() {
    if (!link_) {
      auto link = connect(options_.dsn, options_.instance);
      if (!link) return std::unexpected(link.error());
      adopt(std::move(*link));
    }
    return read_offset();
  }

  /// The stored offset decides; a batch in memory that does not begin there is dropped and read again.
  Result<void> read_offset() {
    pqxx::work w{*link_};
    const auto rows =
        w.exec_params(fmt::format("select epoch, lsn from {}.projection where instance = $1", quoted(options_.service)), options_.instance);
    ProjectedAt stored;
    if (rows.empty()) {
      w.exec_params(fmt::format("insert into {}.projection (instance, epoch, lsn) values ($1, 0, 0) on conflict do nothing",
                                quoted(options_.service)),
                    options_.instance);
      w.commit();
    } else {
      stored = {static_cast<Epoch>(rows[0][0].as<std::int64_t>()), Lsn{static_cast<std::uint64_t>(rows[0][1].as<std::int64_t>())}};
    }
    if (!cursor_ || stored != stored_) {
      auto point = resume_point(journal_, stored);
      if (!point) return std::unexpected(point.error());
      auto behind = backlog(journal_, point->at.lsn);
      if (!behind) return std::unexpected(behind.error());
      stored_ = stored;
      cursor_ = journal_.read_from(point->at.lsn);
      rewind(point->at);
      book_.resume(*behind);
      batch_.gap = point->gap;
      journal_.pin("projector", point->at.lsn);
    }
    resumed_ = true;
    healthy();
    return {};
  }

  /// Reads on until the batch is full or the journal ends.
  Result<void> fill() {
    while (batch_.events < options_.batch_rows) {
      const auto record = cursor_->next();
      if (!record) return skip_trimmed(record.error());
      if (!*record) return {};
      if (auto done = take(**record); !done) {
        cursor_ = journal_.read_from(batch_.end.lsn);
        return std::unexpected(done.error());
      }
      batch_.end.lsn = (*record)->next;
    }
    return {};
  }

  Result<void> take(const RecordView& record) {
    if (record.type == RecordType::opened) {
      OpenedRecord opened;
      if (auto done = decode(record.body, opened); !done) return done;
      batch_.end.epoch = opened.epoch;
    }
    if (record.type != RecordType::said) return {};
    SaidRecord said;
    if (auto done = decode(record.body, said); !done) return done;
    std::vector<Event> events(said.events.size());
    for (std::size_t i = 0; i < events.size(); ++i)
      if (auto done = codec_.decode(said.first.stream, said.events[i], events[i]); !done)
        return std::unexpected(Error{
            "corrupt", done.error().field, done.error().rule,
            fmt::format("The journal's record at {} holds an event that cannot be read: {}", record.lsn.value, done.error().message)});
    if (batch_.events == 0) batch_.begun = std::chrono::steady_clock::now();
    auto name = said.first;
    for (const auto& event : events) {
      projection_->add(name, event);
      ++name.at.sequence;
    }
    batch_.events += events.size();
    if (!events.empty()) book_.read(said.first, events.size(), time_of(events.front()), time_of(events.back()));
    return {};
  }

  /// The oldest records went while they were waiting: say so in the tables and go on with what is left.
  Result<void> skip_trimmed(const Error& error) {
    const auto first = journal_.first();
    if (error.code != "trimmed" || batch_.end.lsn >= first || batch_.end != committed_) {
      cursor_ = journal_.read_from(batch_.end.lsn);
      return std::unexpected(error);
    }
    auto point = resume_point(journal_, committed_);
    if (!point) return std::unexpected(point.error());
    auto behind = backlog(journal_, point->at.lsn);
    if (!behind) return std::unexpected(behind.error());
    book_.resume(*behind);
    batch_.end = point->at;
    batch_.from = point->at.lsn;
    batch_.gap = point->gap;
    cursor_ = journal_.read_from(point->at.lsn);
    return {};
  }

  Result<void> commit() {
    pqxx::work w{*link_};
    // First, so that a second projector of this instance waits here and then finds the offset gone.
    const auto moved = w.exec_params(
        fmt::format("update {}.projection set epoch = $2, lsn = $3, updated_at = now() where instance = $1 and epoch = $4 and lsn = $5",
                    quoted(options_.service)),
        options_.instance, static_cast<std::int64_t>(batch_.end.epoch), static_cast<std::int64_t>(batch_.end.lsn.value),
        static_cast<std::int64_t>(stored_.epoch), static_cast<std::int64_t>(stored_.lsn.value));
    if (moved.affected_rows() != 1) {
      w.abort();
      drop();
      rewind(committed_);
      return std::unexpected(Error{"refused", "instance", "one projector an instance",
                                   fmt::format("Another projector of {} moved the offset; taking it up from there", options_.instance)});
    }
    if (batch_.gap)
      w.exec_params(
          fmt::format("insert into {}.projection_gaps (instance, from_lsn, to_lsn, reason) values ($1, $2, $3, $4) on conflict do nothing",
                      quoted(options_.service)),
          options_.instance, static_cast<std::int64_t>(stored_.lsn.value),
          static_cast<std::int64_t>(std::max(batch_.from, stored_.lsn).value), *batch_.gap);
    projection_->flush(w);
    w.commit();
    projection_->committed();
    book_.committed();
    {
      const std::lock_guard lock{mutex_};
      committed_ = batch_.end;
      projected_ += batch_.events;
    }
    stored_ = committed_;
    batch_ = {.end = committed_, .from = committed_.lsn};
    journal_.pin("projector", committed_.lsn);
    healthy();
    return {};
  }

  void rewind(const ProjectedAt& to) {
    projection_->discarded();
    book_.discarded();
    {
      const std::lock_guard lock{mutex_};
      committed_ = to;
    }
    auto gap = std::move(batch_.gap);
    batch_ = {.end = to, .from = to.lsn, .gap = std::move(gap)};
    if (cursor_) cursor_ = journal_.read_from(to.lsn);
  }

  void adopt(std::unique_ptr<pqxx::connection> link) {
    const std::lock_guard lock{mutex_};
    link_ = std::move(link);
    socket_ = link_->sock();
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

  struct Batch {
    ProjectedAt end{};
    Lsn from{};
    std::size_t events{0};
    SteadyTime begun{};
    std::optional<std::string> gap{};
  };

  const ProjectorOptions options_;
  Journal& journal_;
  const Codec& codec_;
  const std::unique_ptr<Projection> projection_;
  BacklogBook book_;

  // The projector's thread alone (before it runs: its maker).
  std::unique_ptr<pqxx::connection> link_;
  std::unique_ptr<JournalCursor> cursor_;
  Batch batch_;
  ProjectedAt stored_;   ///< the row as it was last read or written
  bool resumed_{false};  ///< this connection has read it

  mutable std::mutex mutex_;
  std::condition_variable wake_, done_;
  ProjectedAt committed_;
  std::optional<Error> error_;
  std::uint64_t errors_{0};
  std::uint64_t projected_{0};
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
  auto link = connect(dsn, instance);
  if (!link) return std::unexpected(link.error());
  try {
    pqxx::work w{**link};
    const auto rows = w.exec_params(fmt::format("select epoch, lsn from {}.projection where instance = $1", quoted(service)), instance);
    if (rows.empty()) return std::nullopt;
    return ProjectedAt{static_cast<Epoch>(rows[0][0].as<std::int64_t>()), Lsn{static_cast<std::uint64_t>(rows[0][1].as<std::int64_t>())}};
  } catch (const std::exception& thrown) {
    return std::unexpected(database_error(thrown, dsn));
  }
}

}  // namespace tickmesh
