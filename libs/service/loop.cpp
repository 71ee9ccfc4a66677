#include "service/loop.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <thread>

#include "service/event_time.hpp"
#include "service/handover.hpp"
#include "service/live_references.hpp"
#include "service/skip_request.hpp"

namespace tickmesh {
namespace {

/// Of recorded time: what is heard last must not look stale beside what was heard first.
constexpr Duration kTogether = milliseconds(500);
constexpr auto kGulp = std::chrono::milliseconds(50);

class Loop final : private Surroundings {
 public:
  Loop(Host& host, Core& core, Attachment* attachment)
      : host_{host},
        attachment_{attachment},
        merges_{host.config().text("mesh.time") == "event-time" && !host.spec().follows},
        runner_{core, host.journal(), host.codec(), options(host.spec(), merges_)},
        life_{runner_, host.journal(), host.spec().durable, *this} {}

  int run() {
    if (attachment_ != nullptr) {
      attachment_->attach(host_, runner_);
      runner_.machine().observer = [this](const Name& name, const Event& event) { attachment_->applied(name, event); };
    }
    LiveReferences references{host_};
    take_word();
    Attempts attempts{real_disk(), host_.journal_dir(), host_.journal().end()};
    if (attempts.crashes() > 0)
      spdlog::warn("Starts that ended while running the tail: {}; each input is written down before it is applied", attempts.crashes());
    auto recovered = runner_.recover(references, host_.clock().now(), &attempts);
    if (!recovered) {
      if (recovered.error().code == "poison") return stand_still(recovered.error(), *attempts.poison());
      if (host_.stopping()) return 0;
      throw StartError(recovered.error());
    }
    for (const Error& rejected : recovered->rejected_snapshots) spdlog::error("Snapshot rejected: {}", to_string(rejected));
    spdlog::info("Recovered snapshot={} inputs_run={} said_compared={} said_completed={} inputs_lost={} incarnation={}",
                 recovered->from_snapshot, recovered->inputs_run, recovered->said_compared, recovered->said_completed,
                 recovered->inputs_lost, runner_.token().incarnation);
    std::error_code ignored;
    std::filesystem::remove(applied_path(host_.journal_dir()), ignored);  // from now on it is not where it stopped
    host_.clock().reach(runner_.machine().now());
    const auto heads = runner_.machine().outbox().heads();
    host_.open_bus(runner_.token(), heads);
    life_.open();
    if (recovered->continued) life_.go_on();
    open_reader();
    if (attachment_ != nullptr) attachment_->recovered(host_.clock().now());
    next_snapshot_ = monotonic_ns() + snapshot_interval();
    // Asking costs a call: after the first time only when there is news.
    for (bool stopping = host_.stopping(); !stopping; stopping = news(signal_at_, durable_at_) && host_.stopping()) turn();
    return stop();
  }

 private:
  static RunnerOptions options(const ServiceSpec& spec, bool continues) {
    RunnerOptions o;
    o.continues = continues;
    for (const Stream s : spec.by_reference) o.by_reference[static_cast<std::size_t>(s)] = true;
    return o;
  }
  /// What a person said of an input, before the tail is run.
  void take_word() {
    const auto skipped = take_skip_request(host_.journal_dir(), host_.journal(), host_.clock().now());
    if (!skipped) spdlog::error("A skip is not taken: {}", to_string(skipped.error()));
    if (skipped && *skipped) spdlog::warn("Skipped for good, by a person's word: {}", to_string(**skipped));
  }

  /// HALTED: three starts died of one input. Nothing is applied, so nothing is decided; what was said can be read until a person decides.
  int stand_still(const Error& poison, const InputPlace& place) {
    const auto reason = fmt::format("HALTED: {} starts in a row died of {}; to skip it for good: tickmeshctl journal skip {} --at {}",
                                    Attempts::kPoison, poison.message, host_.instance(), to_text(place));
    spdlog::critical("{}", reason);
    host_.open_reads();
    pollfd stop{host_.signal_fd(), POLLIN, 0};
    while (!host_.stopping()) {
      ::poll(&stop, 1, 100);
      host_.turn();
      if (skip_request(host_.journal_dir())) {
        spdlog::warn("Stopped to start anew without what a person skipped");
        return 1;
      }
      if (host_.status_due()) host_.publish_status({reason}, nullptr);
    }
    return 0;  // not closed: the tail is still to be run
  }
  std::int64_t snapshot_interval() const { return host_.config().integer("journal.snapshot_s") * 1'000'000'000; }

  void open_reader() {
    Reader::Options o;
    o.name = host_.instance();
    o.token = runner_.token();
    const auto shard = [&](const std::vector<Stream>& streams, std::uint64_t partitions) {
      std::map<Stream, std::uint64_t> shards;
      for (const Stream stream : streams) shards[stream] = partitions;
      return shards;
    };
    const auto& spec = host_.spec();
    std::vector<Merge::Source> sources;
    for (const auto& reads : spec.reads) {
      const std::uint32_t all = instances_of(host_.config(), reads.publisher);
      for (std::uint32_t i = 0; i < all; ++i) {
        Subscription to{host_.endpoint(reads.publisher, i), reads.streams, reads.required};
        // Of several publishers each says its own partitions, whatever it said before their number was changed.
        if (all > 1) to.shards = shard(reads.streams, partitions_of(i, all));
        if (!spec.sharded_by.empty())
          to.shards = shard(spec.sharded_by, partitions_of(host_.ordinal(), instances_of(host_.config(), spec.name)));
        o.subscriptions.push_back(std::move(to));
        sources.push_back({i == 0 ? reads.publisher : instance_name(reads.publisher, i), reads.streams, reads.awaited, reads.partner});
      }
    }
    reader_ = std::make_unique<Reader>(host_.context(), o, runner_.machine().positions());
    if (merges_) event_time_ = std::make_unique<EventTime>(host_, life_, runner_, *reader_, attachment_, std::move(sources));
    const auto add_fd = [&](int fd) {
      if (fd >= 0) fds_.push_back({fd, POLLIN, 0});
    };
    for (const auto& item : reader_->poll_items()) add_fd(item.fd);
    reader_fds_ = fds_.size();
    signal_at_ = fds_.size();
    add_fd(host_.signal_fd());
    durable_at_ = fds_.size();
    add_fd(host_.journal().durable_fd());
    others_at_ = fds_.size();
    if (attachment_ != nullptr) add_fd(attachment_->wake_fd());
  }

  void turn() {
    wait();
    // Whoever was away for long has been followed, perhaps: nothing is taken before that is known.
    host_.before_effect();
    // What an order waited for has come: it goes out before more is taken.
    if (durable_moved_ && !merges_) life_.settle();
    const std::size_t taken = reader_->drain(
        monotonic_ns(), 8192, [this](const ReceivedRun& run) { take(run); },
        [this](const StreamGap& gap) {
          spdlog::warn("Events lost stream={} partition={} from={} to={}", to_string(gap.stream), gap.partition, gap.from.sequence,
                       gap.to.sequence);
          life_.lose(gap);
        });
    life_.step();
    took_ = taken > 0;
    if (const auto by = host_.clock().take_step_ns(); by != 0) {
      spdlog::warn("The machine's clock stepped by_ms={}", by / 1'000'000);
      runner_.step_local(host_.clock().now(), ClockStepped{nanoseconds(by)});
    }
    host_.count_in(taken);
    unacked_ += taken;
    peers();
    watch_disk();
    if (!life_.live() && reader_->caught_up() && (!merges_ || event_time_->unheard().empty()) && life_.caught_up())
      spdlog::info("Live: every stream is healed up to what its publisher has said");
    if (merges_) more_ = event_time_->turn(monotonic_ns());
    life_.turn();
    if (attachment_ != nullptr) attachment_->turn(host_.clock().now());
    life_.settle();
    host_.count_waiting(life_.waiting());
    host_.turn(reader_.get());
    upkeep();
  }

  /// The core hears of a full disk as of anything else: recorded, so that running it again says the same.
  void watch_disk() {
    if (host_.spec().reserve_segments == 0) return;
    const Journal& journal = host_.journal();
    const bool full = journal.disk_full() || journal.reserve_in_use();
    disk_full_ = full;
    if (!life_.disk(full)) return;
    if (full)
      spdlog::error("The disk is full: the journal goes on in its reserve, entries are refused, exits go on");
    else
      spdlog::info("The disk has room again: the journal's reserve is whole");
  }

  void wait() {
    // On the reserve what comes is taken in large gulps: ticks are recorded by run, and it must last for the exits.
    if (disk_full_) std::this_thread::sleep_for(kGulp);
    const std::int64_t gather = host_.spec().gather.ns;
    if (gather > 0 && took_ && !reader_->pending()) poll(std::span{fds_}.subspan(reader_fds_), gather);
    std::int64_t wait_ns = 50'000'000;
    if (reader_->pending() || more_) {
      wait_ns = 0;
    } else if (!merges_) {
      const Timestamp now = host_.clock().now();
      const auto until = [&](Timestamp t) { wait_ns = std::clamp<std::int64_t>((t - now).ns, 0, wait_ns); };
      if (const auto timer = runner_.next_timer()) until(timer->due);
      if (attachment_ != nullptr)
        if (const auto wake = attachment_->next_wake()) until(*wake);
    }
    poll(fds_, wait_ns);
    durable_moved_ = news(durable_at_, others_at_);
    std::uint64_t ignored = 0;
    while (durable_moved_ && ::read(host_.journal().durable_fd(), &ignored, sizeof ignored) > 0) {
    }
  }

  /// Whether the last poll found something at one of these places of fds_.
  bool news(std::size_t from, std::size_t to) const {
    return std::any_of(fds_.begin() + static_cast<std::ptrdiff_t>(from), fds_.begin() + static_cast<std::ptrdiff_t>(to),
                       [](const pollfd& fd) { return fd.revents != 0; });
  }

  static void poll(std::span<pollfd> fds, std::int64_t wait_ns) {
    const timespec timeout{wait_ns / 1'000'000'000, wait_ns % 1'000'000'000};
    ::ppoll(fds.data(), fds.size(), &timeout, nullptr);
  }

  void take(const ReceivedRun& run) {
    if (merges_) {
      event_time_->hold(run);
      if (!run.events.empty()) ages_.took(run.first.stream, run.events.back());
      return;
    }
    if (host_.clock().is_recorded()) return take_recorded(run);
    if (run.keyframe) return life_.learn(run.first, run.events);
    life_.take(run.first, run.events);
    if (!run.events.empty()) ages_.took(run.first.stream, run.events.back());
  }

  /// Recorded time is what the events bear. What lies within kTogether of it is taken together and at the time of its last one, as on a
  /// live mesh is what waited together, but for timers: those due within it fire where they belong.
  void take_recorded(const ReceivedRun& run) {
    std::size_t from = 0;
    const auto hand = [&](std::size_t to) {
      Name first = run.first;
      first.at.sequence += from;
      const auto events = std::span{run.events}.subspan(from, to - from);
      if (events.empty()) return;
      run.keyframe ? life_.learn(first, events) : life_.take(first, events);
      from = to;
    };
    const auto said = [&](std::size_t i) { return host_.codec().said_at(run.first.stream, run.events[i]); };
    const auto timer_by = [&](Timestamp at) {
      const auto timer = runner_.next_timer();
      return timer && timer->due <= at;
    };
    const auto last = run.events.empty() ? std::nullopt : said(run.events.size() - 1);
    for (std::size_t i = 0; last && i < run.events.size() && (*last - together_since_ > kTogether || timer_by(*last)); ++i) {
      const auto at = said(i);
      if (!at || *at <= host_.clock().now()) continue;
      const bool fires = timer_by(*at);
      if (fires || *at - together_since_ > kTogether) {
        hand(i);
        life_.step();
        together_since_ = *at;
      }
      host_.clock().reach(*at);
      if (fires) life_.turn();
    }
    if (last) host_.clock().reach(*last);
    hand(run.events.size());
    if (!run.events.empty()) ages_.took(run.first.stream, run.events.back());
  }

  // Surroundings
  Timestamp now() override { return host_.clock().now(); }
  void publish(const Released& said) override {
    host_.publish(said);
    time_since_tick(said);
    if (said.event == nullptr) return;
    if (merges_ && event_time_) event_time_->published(said);
    if (attachment_ != nullptr) attachment_->released(said);
  }
  void published() override { host_.published(); }
  void locals(Timestamp at, std::vector<Event>& out) override {
    if (attachment_ != nullptr) attachment_->locals(at, out);
  }
  void stepping(bool begins) override {
    if (begins)
      step_began_ = monotonic_ns();
    else
      host_.probes().journal_append(static_cast<double>(monotonic_ns() - step_began_) / 1e9);
  }

  /// How old the tick is now that others can hear what it led to. What is learned while catching up is late by design and not counted,
  /// nor is what an order meets after it was sent.
  void time_since_tick(const Released& r) {
    if (!life_.live() || r.replayed || !leads_to_orders(r.name.stream)) return;
    if (!r.tick_time) return;
    if (const auto* order = std::get_if<OrderEvent>(r.event); order != nullptr && order->kind != OrderEventKind::sending) return;
    host_.probes().tick_to(r.name.stream, static_cast<double>(std::max<std::int64_t>(0, (host_.clock().now() - r.tick_time).ns)) / 1e9);
  }

  void peers() {
    const std::int64_t mono = monotonic_ns();
    if (mono < next_peers_) return;
    next_peers_ = mono + 100'000'000;
    for (const PeerState& peer : reader_->peers()) {
      if (!peer.heard) continue;
      // The first of a service is called as the service is, the others by ordinal.
      const std::string name = peer.ordinal == 0 ? peer.service : instance_name(peer.service, peer.ordinal);
      // Silence is of the machine's clock, and starts show in nothing: event-time knows neither.
      if (!(merges_ ? life_.peer(name, true, {peer.token.epoch, 1}) : life_.peer(name, peer.alive, peer.token))) continue;
      spdlog::info("Peer {} service={} epoch={} incarnation={}", peer.alive ? "alive" : "silent", name, peer.token.epoch,
                   peer.token.incarnation);
      if (peer.alive && peer.config_hash != host_.config().hash())
        spdlog::warn("Configuration differs service={} theirs={:016x} ours={:016x}", peer.service, peer.config_hash, host_.config().hash());
    }
  }

  void upkeep() {
    const std::int64_t mono = monotonic_ns();
    // Often enough that a paced publisher does not run dry between two of them.
    if (mono >= next_ack_ || unacked_ >= kAckEvery) {
      next_ack_ = mono + 100'000'000;
      unacked_ = 0;
      // What a snapshot covers is told now and then again: a publisher that was away heard nothing of it.
      const bool again = mono >= next_covered_;
      if (again) next_covered_ = mono + 5'000'000'000;
      reader_->ack(runner_.machine().positions(), again ? snapshotted_ : Covered{});
    }
    if (mono >= next_snapshot_) {
      next_snapshot_ = mono + snapshot_interval();
      if (runner_.inputs_since_snapshot() > 0) host_.unless_disk_full([this] { snapshot(); });
    }
    if (!host_.status_due()) return;
    std::vector<std::string> reasons;
    if (!life_.live()) reasons = reader_->waiting_for();
    if (merges_ && reasons.empty()) reasons = life_.live() ? event_time_->waiting_for(mono) : event_time_->unheard();
    if (!life_.live() && reasons.empty()) reasons.push_back("not yet live");
    for (const PeerState& peer : reader_->peers())
      if (peer.heard && !peer.alive)
        reasons.push_back((peer.ordinal == 0 ? peer.service : instance_name(peer.service, peer.ordinal)) + " is silent");
    if (attachment_ != nullptr) attachment_->report(host_.probes(), reasons);
    if (runner_.undecodable() > undecodable_) {
      host_.count_rejected("event", "bytes of its stream", runner_.undecodable() - undecodable_);
      undecodable_ = runner_.undecodable();
    }
    if (merges_) host_.probes().queue_depth("event_time", static_cast<double>(event_time_->held()));
    host_.publish_status(std::move(reasons), reader_.get(), &ages_);
  }

  void snapshot() {
    runner_.snapshot();
    snapshotted_ = runner_.machine().positions();
    next_covered_ = 0;
  }

  int stop() {
    if (attachment_ != nullptr) attachment_->stopping();
    life_.stop();
    snapshot();
    reader_->ack(runner_.machine().positions(), snapshotted_);
    event_time_.reset();
    reader_.reset();
    const auto applied = runner_.machine().positions();
    host_.close();
    if (!host_.spec().sharded_by.empty()) write_handover(applied_path(host_.journal_dir()), applied);
    return 0;
  }

  Host& host_;
  Attachment* attachment_;
  const bool merges_;  ///< in event-time
  Runner runner_;
  Life life_;
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<EventTime> event_time_;
  bool more_{false};                                                         ///< may be taken at once
  std::vector<pollfd> fds_;                                                  ///< the reader's, then all others
  std::size_t reader_fds_{0}, signal_at_{0}, durable_at_{0}, others_at_{0};  ///< where each kind ends or begins
  bool durable_moved_{false};
  bool took_{false};
  Timestamp together_since_{};  ///< recorded time of the last step that was not the turn's own
  bool disk_full_{false};
  std::int64_t next_peers_{0};
  std::int64_t next_ack_{0};
  static constexpr std::size_t kAckEvery = 16'384;
  std::size_t unacked_{0};  ///< events taken since
  std::int64_t next_snapshot_{0};
  using Covered = std::map<std::pair<Stream, Partition>, Position>;
  Covered snapshotted_;  ///< where this life's last snapshot stands
  std::int64_t next_covered_{0};
  std::uint64_t undecodable_{0};
  std::int64_t step_began_{0};
  StreamAges ages_;
};

}  // namespace

int run_service(int argc, char** argv, const ServiceSpec& spec, const MakeCore& make_core, std::unique_ptr<Attachment> attachment) {
  return run_program(argc, argv, spec, [&](Config config) {
    auto instruments = load_instruments(config.text("mesh.instruments"));
    if (!instruments) throw StartError(instruments.error());
    const auto core = make_core(config, *instruments);
    Host host{spec, std::move(config), core->version()};
    return Loop{host, *core, attachment.get()}.run();
  });
}

}  // namespace tickmesh
