#include "service/host.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "service/command_line.hpp"
#include "service/endpoints.hpp"
#include "service/mesh_id.hpp"

namespace tickmesh {
namespace {

std::string read_line(const std::string& path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  return line;
}

int block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

std::string folder_of(const Config& config, const std::string& instance) { return config.text("journal.dir") + "/" + instance; }

bool holds_journal(const std::string& dir) {
  return std::ranges::any_of(real_disk().list(dir), [](const std::string& name) { return name.ends_with(".tmj"); });
}

constexpr std::int64_t kIdentity = 50'000'000;
constexpr std::int64_t kAbsence = 1'000'000'000;  ///< without a turn: somebody else may have been started meanwhile
constexpr int kAskMs = 300;
constexpr std::int64_t kHeartbeat = 250'000'000;

}  // namespace

Host::Host(const ServiceSpec& spec, Config config, std::uint32_t core_version)
    : spec_{spec},
      config_{std::move(config)},
      clock_{config_.text("mesh.time") == "live" ? Clock{} : Clock::recorded({config_.integer("mesh.start_ns")})},
      probes_{spec.name, ordinal(), build_version(), spec.says},
      signal_fd_{block_signals()},
      identity_{config_.text("mesh.run_dir"), folder_of(config_, instance()), instance()},
      started_mono_{monotonic_ns()} {
  if (const auto all = spec_.sharded_by.empty() ? 1 : instances_of(config_, spec_.name); ordinal() >= all)
    throw StartError(
        Error{"bad_value", "mesh.ordinal", fmt::format("below {}", all), fmt::format("this mesh has {} of {}", all, spec_.name)});
  auto instruments = load_instruments(config_.text("mesh.instruments"));
  if (!instruments) throw StartError(instruments.error());
  instruments_ = std::move(*instruments);
  std::filesystem::create_directories(config_.text("mesh.run_dir"));

  auto mesh = mesh_id(config_);
  if (!mesh) throw StartError(mesh.error());
  mesh_ = std::move(*mesh);
  if (const auto to = dsn(); !to.empty() && spec_.projects)
    if (auto ours = claim_database(to, mesh_); !ours && ours.error().code == "foreign") throw StartError(ours.error());
  open_journal(core_version);
  // Until the projector knows how far the tables are, all of it may be needed; it moves this pin.
  if (!perishable() && spec_.projects && config_.boolean("postgres.enabled")) journal_->pin("projector", journal_->first());
  retention_ = std::make_unique<Retention>(
      RetentionOptions{journal_dir(), perishable(),
                       perishable() ? bytes_of("journal.budget.perishable_bytes") : bytes_of("journal.budget.kept_bytes"),
                       bytes_of("journal.segment_bytes")},
      *journal_, codec_);

  const std::string address = fmt::format("{}:{}", config_.text("health.address"), health_port(config_, spec_.health_offset, ordinal()));
  try {
    http_ = std::make_unique<HttpServer>(
        HttpOptions{.tcp = address}, [this](HttpRequest request, HttpRespond respond) { on_http(std::move(request), std::move(respond)); });
  } catch (const std::exception& e) {
    throw StartError(Error{"in_use", "health.base_port", "a free port", fmt::format("cannot listen on {}", e.what())});
  }
  turn();
}

Host::~Host() {
  http_.reset();
  retention_.reset();
  replay_.reset();
  projector_.reset();
  publisher_.reset();
  if (signal_fd_ >= 0) ::close(signal_fd_);
}

bool Host::perishable() const { return std::ranges::none_of(spec_.says, kept); }
std::uint64_t Host::bytes_of(const char* key) const { return static_cast<std::uint64_t>(config_.integer(key)); }

void Host::open_journal(std::uint32_t core_version) {
  JournalOptions options;
  options.dir = journal_dir();
  options.instance = instance();
  options.core_version = core_version;
  options.segment_bytes = bytes_of("journal.segment_bytes");
  options.reserve_segments = spec_.reserve_segments;
  options.budget_bytes = bytes_of(perishable() ? "journal.budget.perishable_bytes" : "journal.budget.kept_bytes");
  if (!perishable()) options.keep_for = seconds(86'400 * config_.integer("journal.budget.kept_days"));
  if (std::ranges::find(spec_.says, Stream::depth) != spec_.says.end())
    options.rules = {
        {Stream::depth, bytes_of("journal.budget.depth_bytes"), seconds(86'400 * config_.integer("journal.budget.depth_days"))}};
  if (auto none = earlier_life(options.dir); !none) throw StartError(none.error());
  Epoch floor = identity_.floor().value_or(0);
  options.begin_epoch = floor != 0;
  const auto open = [&] {
    journal_.reset();  // its lock
    // A run's epoch is its own name, not a time.
    const auto named = static_cast<std::int64_t>(config_.integer("mesh.epoch")) * 1'000'000;
    auto journal = Journal::open(options, real_disk(), named > 0 ? Timestamp{named} : clock_.now(),
                                 read_line("/proc/sys/kernel/random/boot_id"), floor);
    if (!journal) throw StartError(journal.error());
    journal_ = std::move(*journal);
  };
  open();
  const JournalState& state = journal_->state();
  const Token last{state.new_epoch ? state.previous_epoch : journal_->epoch(), state.last_incarnation};
  if (auto may = identity_.may_start(last); !may) throw StartError(may.error());
  // Restored from an older copy, or cut: others know more of this journal than it holds.
  std::string why;
  if (const auto known = identity_.known(); known && *known > last) {
    floor = std::max(floor, known->epoch);
    why = fmt::format("start {} is known here, its last is {}", to_string(*known), to_string(last));
  }
  if (const auto at = projected(); at && (at->epoch > journal_->epoch() || (at->epoch == journal_->epoch() && at->lsn > journal_->end()))) {
    floor = std::max(floor, at->epoch);
    why = fmt::format("the tables hold what it said up to {} of epoch {}", at->lsn.value, at->epoch);
  }
  if (!why.empty() && !(state.new_epoch && journal_->epoch() > floor)) {
    spdlog::warn("The journal holds less than was said, a new epoch begins: {}", why);
    options.begin_epoch = true;
    open();
  }
  spdlog::info("Journal open dir={} epoch={} clean={} torn_bytes={} new_epoch={}", options.dir, journal_->epoch(), journal_->state().clean,
               journal_->state().torn_bytes, journal_->state().new_epoch);
}

/// Nobody trades from a flat start who has traded before: an empty folder is believed only when nobody knows better.
Result<void> Host::earlier_life(const std::string& dir) {
  if ((spec_.witnesses.empty() && !spec_.earlier_life) || holds_journal(dir)) return {};
  std::string known;
  const auto add = [&](const std::string& what) { known += (known.empty() ? "" : "; ") + what; };
  if (const auto token = identity_.known())
    add(fmt::format("its start {} is known in {}", to_string(*token), config_.text("mesh.run_dir")));
  if (const auto at = projected(); at && at->epoch != 0) add(fmt::format("the tables hold what it said in epoch {}", at->epoch));
  if (spec_.earlier_life)
    if (const auto what = spec_.earlier_life(config_)) add(*what);
  for (const auto& [service, stream] : spec_.witnesses) {
    const auto heads = ReplayClient{context_, instance() + "-start", endpoint(service)}.heads(kAskMs);
    if (!heads) continue;
    std::uint64_t said = 0;
    for (const Sequence last : heads->last[static_cast<std::size_t>(stream)]) said += last;
    if (said > 0) add(fmt::format("{} has said {} events of stream {}", service, said, to_string(stream)));
  }
  if (known.empty()) return {};
  return std::unexpected(
      Error{"lost_journal", "journal.dir", "a lost journal is rebuilt, never begun anew",
            fmt::format("{} holds no journal, and yet {}. Put the journal back, or run: tickmeshctl rebuild {}", dir, known, spec_.name)});
}

std::string Host::dsn() const {
  if (!config_.boolean("postgres.enabled")) return {};
  const std::string role = "tickmesh_" + spec_.name;
  std::string dsn = config_.text("postgres.dsn") + " user=" + role;
  const std::string password = read_line(config_.text("postgres.password_dir") + "/" + role);
  return password.empty() ? dsn : dsn + " password=" + password;
}

/// Nothing when PostgreSQL is not used, is away or does not know this instance.
std::optional<ProjectedAt> Host::projected() {
  const std::string to = dsn();
  if (!spec_.projects || to.empty()) return std::nullopt;
  const auto at = projected_at(to, spec_.name, instance());
  return at ? *at : std::nullopt;
}

void Host::open_bus(Token token, const Outbox::Heads& heads) {
  token_ = token;
  const Speaker speaker{spec_.name, ordinal(), token, config_.hash()};
  const auto bound = own_endpoint(config_, spec_.name, ordinal());
  if (!bound) throw StartError(bound.error());
  const Endpoint& own = *bound;
  journal_->sync();  // what recovery found or completed is released below
  try {
    publisher_ = std::make_unique<Publisher>(context_, own, speaker, static_cast<unsigned>(config_.integer("mesh.lanes")), 256u << 20);
    replay_ = std::make_unique<ReplayServer>(context_, own, speaker, *journal_, &retention_->keyframe());
  } catch (const zmq::error_t& e) {
    throw StartError(Error{"in_use", config_.text("mesh.transport") == "ipc" ? "mesh.run_dir" : "mesh.endpoints." + spec_.name,
                           "free sockets", fmt::format("cannot bind {}: {}", own.pub, e.what())});
  }
  identity_.claim(token);  // only now: whoever cannot bind has followed nobody
  released_heads_ = heads;
  replay_->released(released_heads_);
  retention_->start([this] { return replay_->readers(); });
  start_projector();
  publisher_->heartbeat(released_heads_);
}

void Host::open_reads() {
  token_ = {journal_->epoch(), journal_->state().last_incarnation};
  const Speaker speaker{spec_.name, ordinal(), token_, config_.hash()};
  replay_ = std::make_unique<ReplayServer>(context_, endpoint(spec_.name, ordinal()), speaker, *journal_);
  released_heads_ = journal_->heads();
  replay_->released(released_heads_);
  start_projector();
}

void Host::start_projector() {
  if (!spec_.projects || !config_.boolean("postgres.enabled")) return;
  ProjectorOptions options;
  options.service = spec_.name;
  options.instance = instance();
  options.mesh = mesh_;
  options.dsn = dsn();
  options.batch_rows = static_cast<std::size_t>(config_.integer("postgres.batch_rows"));
  options.pins = !perishable();
  options.batch_age = std::chrono::milliseconds{config_.integer("postgres.batch_ms")};
  const auto number = [this](const char* key) { return static_cast<int>(config_.integer(key)); };
  const ProjectionOptions projection{.tick_days = number("postgres.retention.ticks_days"),
                                     .tick_bytes = config_.integer("postgres.retention.ticks_bytes"),
                                     .metrics_days = number("postgres.retention.metrics_days"),
                                     .book_days = number("postgres.retention.book_days"),
                                     .signal_days = number("postgres.retention.signals_days"),
                                     .bar_days = number("postgres.retention.bars_days"),
                                     .days_ahead = number("postgres.days_ahead")};
  auto projector = Projector::start(std::move(options), *journal_, codec_, make_projection(spec_.name, instruments_, projection));
  if (!projector) throw StartError(projector.error());
  projector_ = std::move(*projector);
}

Endpoint Host::endpoint(const std::string& service, std::uint32_t ordinal) const {
  auto found = reader_endpoint(config_, service, ordinal);
  if (!found) throw StartError(found.error());
  return std::move(*found);
}

void Host::publish(const Released& said) {
  publisher_->add(said.name, said.bytes);
  released_heads_[static_cast<std::size_t>(said.name.stream)][said.name.partition] = said.name.at.sequence;
  ++out_;
}

void Host::published() {
  unpublished_ = false;
  publisher_->flush();
  replay_->released(released_heads_);
}

void Host::hand_out(SaidRuns& said) {
  if (!publisher_) return;
  for (; !said.empty(); said.pop()) {
    const SaidRun run = said.front();
    publisher_->add(run);
    released_heads_[static_cast<std::size_t>(run.first.stream)][run.first.partition] = run.first.at.sequence + run.count - 1;
    out_ += run.count;
    unpublished_ = true;
  }
}

void Host::hand_out_in_order(SaidRuns& said) {
  hand_out(said);
  if (publisher_) publisher_->end_runs();
}

void Host::release(SaidRuns& said) {
  hand_out(said);
  if (unpublished_) published();
}

void Host::promise(const Promise& promise) {
  if (promise == promise_ || !publisher_) return;
  promise_ = promise;
  publisher_->heartbeat(released_heads_, promise_);
}

Pace Host::pace_of(Stream stream, const std::vector<std::string>& services) const {
  return pace(released_heads_, token_.epoch, stream, services, replay_->readers());
}

void Host::turn(const Reader* reader) {
  const std::int64_t mono = monotonic_ns();
  if (mono >= next_identity_ || mono - last_turn_ > kAbsence) {
    next_identity_ = mono + kIdentity;
    before_effect();
    if (reader != nullptr)
      if (const auto newer = reader->superseded()) identity_.superseded(*newer, "a publisher has heard it");
    if (replay_)
      if (const auto challenge = replay_->challenge()) heed(*challenge);
  }
  last_turn_ = mono;
  if (publisher_ && mono >= next_heartbeat_) {
    publisher_->heartbeat(released_heads_, promise_);
    next_heartbeat_ = mono + kHeartbeat;
  }
  if (auto failure = journal_->failure()) throw DiskError(*failure, EIO);
  if (replay_)
    if (auto failure = replay_->failure()) throw DiskError(*failure, EIO);
}

void Host::before_effect() {
  identity_.check();
  if (!publisher_ || monotonic_ns() - last_turn_ <= kAbsence) return;
  for (const auto& reads : spec_.reads) {
    const auto heads = ReplayClient{context_, instance(), endpoint(reads.publisher), token_}.heads(kAskMs);
    if (!heads && heads.error().code == "superseded") identity_.superseded({token_.epoch, token_.incarnation + 1}, heads.error().message);
  }
  last_turn_ = monotonic_ns();
}

void Host::heed(const Challenge& challenge) {
  if (challenge.newer > token_) identity_.superseded(challenge.newer, challenge.reader + " has heard it");
  if (challenge.beyond.at.epoch == 0) return;
  identity_.ask_epoch(std::max(challenge.beyond.at.epoch, token_.epoch));
  throw BeginEpoch(fmt::format("{} has applied {}, which this journal does not hold", challenge.reader, to_string(challenge.beyond)));
}

void Host::unless_disk_full(const std::function<void()>& snapshot) {
  try {
    snapshot();
  } catch (const DiskError& e) {
    if (e.error != ENOSPC && e.error != EDQUOT) throw;
    spdlog::warn("No snapshot, the disk is full: {}", e.what());
  }
}

bool Host::stopping() {
  signalfd_siginfo info{};
  if (!stop_ && ::read(signal_fd_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    stop_ = true;
    spdlog::info("Stopping signal={}", info.ssi_signo);
  }
  return stop_;
}

void Host::count_rejected(const std::string& input, const std::string& rule, std::uint64_t n) { rejected_[{input, rule}] += n; }

void Host::close() {
  journal_->sync();
  if (publisher_) publisher_->heartbeat(released_heads_);
  http_.reset();
  if (projector_)
    if (auto stopped = projector_->stop(std::chrono::seconds(5)); !stopped)
      spdlog::warn("The projection is not complete: {}", to_string(stopped.error()));
  projector_.reset();
  retention_->finish();
  replay_.reset();
  publisher_.reset();
  journal_->close();
  spdlog::info("Stopped in order");
}

}  // namespace tickmesh
