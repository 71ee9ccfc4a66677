#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <utility>

#include "runner/source_runner.hpp"
#include "service/loop.hpp"
#include "tick_ingestor/configure.hpp"
#include "tick_ingestor/push.hpp"
#include "tick_ingestor/replay.hpp"
#include "tick_ingestor/spec.hpp"

namespace {

using namespace tickmesh;

/// Feeds in, ticks out: no reader, and a journal of what was said alone.
class Ingestor {
 public:
  Ingestor(Host& host, IngestCore& core, DemoFeed* demo, ReplayFeed* replay)
      : host_{host},
        core_{core},
        demo_{demo},
        replay_{replay},
        runner_{core, host.journal(), host.codec()},
        // Nobody pushes ticks of today among recorded ones.
        push_{host, replay != nullptr ? "" : host.config().text("feed.push_token_file")} {}

  int run() {
    auto observed = runner_.recover([this](const Name& name, const Event& said) { core_.observe(name, said); }, host_.clock().now());
    if (!observed) throw StartError(observed.error());
    core_.recovered();
    for (const Error& rejected : runner_.rejected_snapshots()) spdlog::error("Snapshot rejected: {}", to_string(rejected));
    spdlog::info("Recovered said_observed={} incarnation={}", *observed, runner_.token().incarnation);
    if (replay_ != nullptr) {
      std::uint64_t said = 0;
      const Outbox::Heads heads = host_.journal().heads();
      for (const Sequence head : heads[static_cast<std::size_t>(Stream::tick)]) said += head;
      replay_->skip(said, core_.depth().recorded());
      if (event_time_) {
        replay_->whole_moments();
        // Who waits for us to go on is not ready before we do.
        if (said > 0) replay_->begin(monotonic_ns());
      }
    }
    if (replay_ == nullptr) tell_absence();  // nothing of recorded days is missed by being away
    host_.set_extra_http([this](HttpRequest& request, HttpRespond& respond) { return push_.on_http(request, respond); });
    host_.open_bus(runner_.token(), host_.journal().heads());
    promise();
    next_snapshot_ = monotonic_ns() + snapshot_interval();
    while (!host_.stopping()) turn();
    host_.set_extra_http({});
    push_.answer_durable({});
    host_.journal().sync();
    push_.answer_durable(host_.journal().durable());
    host_.release(runner_.said());
    runner_.snapshot();
    host_.close();
    return 0;
  }

 private:
  static constexpr std::size_t kTurn = 4096, kPart = 256;

  std::int64_t snapshot_interval() const { return host_.config().integer("journal.snapshot_s") * 1'000'000'000; }

  void tell_absence() {
    const Timestamp now = host_.clock().now();
    const Event input{absence_of_feed(runner_.spoke_until(), now)};
    runner_.step(now, {&input, 1});
  }

  /// Everyone who reads the feed learns of it; those who trade see their own clock's, too.
  void tell_clock_step(Timestamp now) {
    const std::int64_t step = host_.clock().take_step_ns();
    if (step == 0) return;
    const std::string by = std::to_string(step / 1'000'000);
    spdlog::warn("The machine's clock stepped by_ms={}", by);
    const Event input{FeedEvent{.kind = FeedEventKind::clock_stepped, .text = "clock stepped by " + by + " ms"}};
    runner_.step(now, {&input, 1});
  }

  void turn() {
    wait();
    const Timestamp now = host_.clock().now();
    // Asked again when the room is used up, and now and then.
    if ((paced_ || replay_ != nullptr) && (pace_.allowed < kTurn || monotonic_ns() >= next_pace_)) {
      pace_ = paced_by_readers();
      next_pace_ = monotonic_ns() + 10'000'000;
    }
    std::size_t given = 0;
    if (demo_ != nullptr) given = take_demo(now, std::min<std::size_t>(kTurn, pace_.allowed));
    paced_out_ = pace_.allowed == 0;
    if (replay_ != nullptr) given = take_replay(std::min<std::size_t>(kTurn, pace_.allowed));
    if (paced_ || replay_ != nullptr) pace_.allowed -= std::min<std::uint64_t>(given, pace_.allowed);
    for (PushFeed::Batch& batch : push_.take()) take(std::move(batch), now);
    tell_clock_step(now);
    host_.release(runner_.said());
    promise();
    push_.answer_durable(host_.journal().durable());
    host_.turn();
    const std::int64_t mono = monotonic_ns();
    if (mono >= next_snapshot_) {
      next_snapshot_ = mono + snapshot_interval();
      if (runner_.inputs_since_snapshot() > 0) host_.unless_disk_full([this] { runner_.snapshot(); });
    }
    if (host_.status_due()) {
      host_.probes().feed_age(host_.config().text("feed.kind"), static_cast<double>(mono - last_tick_) / 1e9);
      for (std::size_t r = 1; r < kRefusals; ++r)
        if (core_.counts().refused[r] > 0)
          host_.probes().rejected("tick", std::string(rule_of(static_cast<TickRefusal>(r))), core_.counts().refused[r]);
      const auto& depth = core_.depth().refused();
      for (std::size_t r = 1; r < depth.size(); ++r)
        if (depth[r] > 0) host_.probes().rejected("depth", std::string(rule_of(static_cast<DepthRefusal>(r))), depth[r]);
      std::vector<std::string> reasons;
      for (const std::string& service : pace_.waiting) reasons.push_back("paced: waiting for " + service);
      if (replay_ != nullptr) report_replay(mono);
      host_.publish_status(std::move(reasons), nullptr);
    }
  }

  Pace paced_by_readers() const {
    Pace pace = host_.pace_of(Stream::tick, {"metrics_engine", "bar_compressor", "position_manager", "broker_gateway"});
    const Pace depth = host_.pace_of(Stream::depth, {"metrics_engine"});
    pace.allowed = std::min(pace.allowed, depth.allowed);
    for (const std::string& service : depth.waiting)
      if (std::ranges::find(pace.waiting, service) == pace.waiting.end()) pace.waiting.push_back(service);
    return pace;
  }

  /// Records what was taken from a feed and hands it on.
  void record_part() {
    const std::int64_t begin = monotonic_ns();
    runner_.record();
    host_.count_in(std::exchange(taken_, 0));
    last_tick_ = monotonic_ns();
    host_.probes().journal_append(static_cast<double>(last_tick_ - begin) / 1e9);
  }

  /// What is due, up to `room`, in parts that stay in the processor's caches from here to the batch that goes out. How much that was.
  std::size_t take_demo(Timestamp now, std::size_t room) {
    std::size_t all = 0;
    while (room > 0) {
      const std::size_t given = demo_->due(now, std::min(room, kPart), [&](const Event& input) { ++taken_, runner_.take(now, input); });
      if (given == 0) break;
      all += given;
      record_part();
      host_.hand_out(runner_.said());
      room -= given;
    }
    return all;
  }

  /// Event-time: what readers may rely on, all that was taken being said.
  void promise() {
    if (event_time_) host_.promise({replay_->quiet_until(), 0});
  }

  /// What is due, up to `room`, each tick at its own time. How much that was.
  std::size_t take_replay(std::size_t room) {
    if (!replay_->begun() && !readers_ready()) return 0;
    std::size_t all = 0;
    while (room > 0) {
      const std::size_t given =
          replay_->due(monotonic_ns(), std::min(room, kPart), [&](const Event& input) { ++taken_, runner_.take_recorded(input); });
      if (given == 0) break;
      all += given;
      record_part();
      host_.clock().reach(runner_.machine().now());
      // Readers that put everything in order by themselves need no order of partitions.
      event_time_ ? host_.hand_out(runner_.said()) : host_.hand_out_in_order(runner_.said());
      room -= std::min(room, given);
    }
    return all;
  }

  /// Recorded days begin when everyone who decides anything is ready: what they learn before that, they do not act on.
  bool readers_ready() {
    const std::int64_t mono = monotonic_ns();
    if (mono < next_look_) return false;
    next_look_ = mono + 100'000'000;
    for (unsigned offset = 1; offset <= 4; ++offset) {
      const std::string address =
          host_.config().text("health.address") + ':' + std::to_string(host_.config().integer("health.base_port") + offset);
      try {
        if (http_call(address, "GET", "/readyz", "", "", 200).status != 200) return false;
      } catch (const std::exception&) {
        return false;
      }
    }
    replay_->begin(monotonic_ns());
    spdlog::info("Replay begins: metrics, bars, positions and gateway are ready");
    return true;
  }

  void report_replay(std::int64_t mono) {
    const replay::Tally tally = replay_->tally();
    for (const auto& [rule, count] : tally.bad) {
      std::uint64_t& told = told_bad_[rule];
      if (count > told) host_.count_rejected("replay", rule, count - told);
      told = std::max(told, count);
    }
    for (; told_examples_ < tally.examples.size(); ++told_examples_) spdlog::warn("Row skipped: {}", tally.examples[told_examples_]);
    const bool over = replay_->over();
    if (!replay_->begun() || told_over_ || (!over && mono < next_progress_)) return;
    next_progress_ = mono + 5'000'000'000;
    told_over_ = over;
    spdlog::info("Replay {} rows={} ticks={} depths={} suspicious={} bad={} backwards={}", replay_->progress(mono), tally.rows, tally.ticks,
                 tally.depths, tally.suspicious, tally.bad_rows(), tally.backwards);
  }

  void wait() {
    pollfd fds[] = {{host_.signal_fd(), POLLIN, 0}, {host_.journal().durable_fd(), POLLIN, 0}, {push_.wake_fd(), POLLIN, 0}};
    std::int64_t wait_ns = 100'000'000;
    if (demo_ != nullptr) {
      const Timestamp due = demo_->next_due();
      wait_ns = due ? std::clamp<std::int64_t>((due - host_.clock().now()).ns, paced_ ? 1'000'000 : 0, wait_ns) : 0;
    }
    if (replay_ != nullptr)
      wait_ns = std::min(wait_ns, std::max<std::int64_t>(replay_->wait_ns(monotonic_ns()), paced_out_ ? 1'000'000 : 0));
    const timespec timeout{wait_ns / 1'000'000'000, wait_ns % 1'000'000'000};
    ::ppoll(fds, std::size(fds), &timeout, nullptr);
    std::uint64_t ignored = 0;
    while (::read(host_.journal().durable_fd(), &ignored, sizeof ignored) > 0) {
    }
  }

  void take(PushFeed::Batch batch, Timestamp now) {
    const IngestCore::Counts before = core_.counts();
    std::vector<RejectedRow> refused;
    inputs_.clear();
    for (const PushRow& row : batch.rows.accepted) {
      if (const auto refusal = core_.check(row.tick, now); refusal != TickRefusal::none)
        refused.push_back({row.row, "", std::string(rule_of(refusal)), ""});
      else
        inputs_.emplace_back(row.tick);
    }
    runner_.step(now, inputs_);
    host_.count_in(inputs_.size());
    last_tick_ = monotonic_ns();
    push_.applied(std::move(batch), before, core_.counts(), std::move(refused), host_.journal().end());
    host_.journal().request_sync();
  }

  Host& host_;
  IngestCore& core_;
  DemoFeed* demo_;
  ReplayFeed* replay_;
  SourceRunner runner_;
  PushFeed push_;
  const bool event_time_{host_.config().text("mesh.time") == "event-time"};
  bool paced_{host_.config().boolean("feed.paced")};
  std::vector<Event> inputs_;  ///< pushed
  std::size_t taken_{0};       ///< of a feed, and not recorded yet
  Pace pace_{.allowed = kTurn, .waiting = {}};
  std::int64_t next_pace_{0};
  bool paced_out_{false};
  std::int64_t next_look_{0}, next_progress_{0};
  std::map<std::string, std::uint64_t> told_bad_;
  std::size_t told_examples_{0};
  bool told_over_{false};
  std::int64_t next_snapshot_{0};
  std::int64_t last_tick_{monotonic_ns()};  ///< or the start
};

}  // namespace

int main(int argc, char** argv) {
  const ServiceSpec spec = tick_ingestor_spec();
  return run_program(argc, argv, spec, [&](Config config) {
    auto instruments = load_instruments(config.text("mesh.instruments"));
    if (!instruments) throw StartError(instruments.error());
    std::optional<DemoFeed> demo;
    if (config.text("feed.kind") == "demo") {
      auto market = demo_market(config, *instruments);
      if (!market) throw StartError(market.error());
      demo.emplace(std::move(*market), true);
    }
    std::optional<ReplayFeed> replay;
    if (config.text("feed.kind") == "replay") replay.emplace(config, *instruments);
    if (!replay && config.text("mesh.time") == "event-time")
      throw StartError(Error{"bad_value", "mesh.time", "event-time needs feed.kind = replay", config.text("feed.kind")});
    IngestCore core{*instruments, ingest_options(config), demo ? &*demo : nullptr};
    Host host{spec, std::move(config), core.version()};
    return Ingestor{host, core, demo ? &*demo : nullptr, replay ? &*replay : nullptr}.run();
  });
}
