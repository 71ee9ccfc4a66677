#include "simulation/node.hpp"

#include <algorithm>

namespace tickmesh::simulation {
namespace {

constexpr Nanos kHeartbeat = millis(250);

}  // namespace

void Postbox::add(const Name& name, ByteView bytes) {
  auto it = std::ranges::find(open_, name.stream, &Batch::stream);
  if (it == open_.end()) {
    it = open_.insert(open_.end(), std::make_unique<Batch>());
    (*it)->stream = name.stream;
    (*it)->writer.start(header());
  }
  (*it)->writer.add(name, bytes);
}

void Postbox::flush(const std::function<void(Stream, ByteView)>& send) {
  for (auto& batch : open_) send(batch->stream, batch->writer.finish());
  open_.clear();
}

Bytes Postbox::heartbeat(const Outbox::Heads& heads) const {
  BatchHeader said = header();
  for (unsigned s = 1; s < kStreams; ++s)
    for (unsigned p = 0; p < kPartitions; ++p)
      if (heads[s][p] > 0) said.heads.push_back({static_cast<Stream>(s), static_cast<Partition>(p), heads[s][p], speaker_.token.epoch, 0});
  BatchWriter beat;
  beat.start(said);
  const ByteView bytes = beat.finish();
  return {bytes.begin(), bytes.end()};
}

Node::Node(Mesh& mesh, std::string name, Dice dice) : mesh_{mesh}, name_{std::move(name)}, dice_{dice} {}
Node::~Node() = default;

std::int64_t Node::monotonic() const { return secs(1'000) + mesh_.timeline.now(); }
std::int64_t Node::system() const { return mesh_.utc().ns + offset; }

void Node::moment() {
  if (fuse_ > 0 && --fuse_ == 0) throw Killed{};
}

template <class Do>
void Node::guarded(Do&& what) {
  try {
    what();
  } catch (const Killed&) {
    ++mesh_.counts.kills;
    end("killed");
  } catch (const DiskError& e) {
    end(std::string("the disk refused: ") + e.what());
  } catch (const InvariantError& e) {
    mesh_.verdict.fail(name_ + ": " + e.what());
    end(e.what());
  }
}

void Node::start() {
  if (running_) return;
  running_ = true;
  ++generation_;
  disk_ = std::make_unique<ProcessDisk>(mesh_.machine, ProcessDisk::Hooks{.moment = [this] { moment(); },
                                                                          .write =
                                                                              [this](std::size_t n) {
                                                                                if (fuse_ == 0 || --fuse_ > 0) return n;
                                                                                return static_cast<std::size_t>(dice_.below(n));
                                                                              }});
  disk_->syncs_fail = broken == Broken::syncs;
  disk_->writes_fail = broken == Broken::writes;
  disk_->full = broken == Broken::full;
  disk_->lies = mesh_.plant == Plant::lying_disk;
  clock_ = std::make_unique<Clock>(*this);
  guarded([this] { begin(); });
}

void Node::begin() {
  JournalOptions options;
  options.dir = dir();
  options.instance = name_ + "-0";
  options.core_version = core_version();
  options.segment_bytes = 64u << 10;
  options.reserve_segments = reserve_segments();
  options.commit_thread = false;
  const std::uint64_t known_boot = std::exchange(boot_, 0);
  const std::uint64_t boot = mesh_.plant == Plant::boot_id_kept ? 1 : mesh_.boot;
  auto journal = Journal::open(options, *disk_, clock_->now(), "boot-" + std::to_string(boot));
  if (!journal) {
    if (journal.error().code != "disk") mesh_.verdict.fail(name_ + ": its journal does not open: " + to_string(journal.error()));
    return end("its journal does not open: " + to_string(journal.error()));
  }
  journal_ = std::move(*journal);
  const JournalState& state = journal_->state();
  boot_ = mesh_.boot;
  if (known_boot != 0) {  // else the last start died before its journal was open
    const bool expected = !closed_ && known_boot != mesh_.boot;
    if (state.new_epoch != expected || state.empty)
      mesh_.verdict.fail(fmt::format("{}: a new epoch {} although its journal was {} and the machine was {}", name_,
                                     state.new_epoch ? "began" : "did not begin", closed_ ? "closed" : "not closed",
                                     known_boot == mesh_.boot ? "the same" : "restarted"));
  }
  // A start that died before it was open may have begun one.
  const bool fits = state.new_epoch ? journal_->epoch() > last_epoch_ : journal_->epoch() == last_epoch_ || known_boot == 0;
  if (!fits || journal_->epoch() < last_epoch_)
    mesh_.verdict.fail(fmt::format("{}: epoch {} after {}", name_, journal_->epoch(), last_epoch_));
  last_epoch_ = journal_->epoch();
  closed_ = false;

  auto heads = recover(clock_->now());
  if (!heads) {
    if (heads.error().code != "unreachable") mesh_.verdict.fail(name_ + ": does not recover: " + to_string(heads.error()));
    return end("waits: " + to_string(heads.error()));
  }
  ++starts_;
  journal_->sync();
  const Speaker speaker{name_, 0, token_, 1};
  post_.begin(speaker);
  desk_ = std::make_unique<ReplayDesk>(speaker, *journal_);
  heads_ = *heads;
  desk_->released(heads_);
  up_ = true;
  committing_ = false;
  wake_at_ = 0;
  next_heartbeat_ = 0;
  next_snapshot_ = mesh_.timeline.now() + mesh_.faults.snapshot_every;
  mesh_.trace("{} is up: epoch {} incarnation {}{}{}", name_, token_.epoch, token_.incarnation, state.torn_bytes > 0 ? ", torn tail" : "",
              !lives_.empty() && lives_.back().lossy ? ", inputs lost" : "");
  opened();
  wake(mesh_.timeline.now());
}

void Node::record_life(bool lossy, Bytes state) {
  lives_.push_back({token_, journal_->end(), journal_->end(), std::move(state), lossy});
  if (lossy) ++mesh_.counts.lossy;
}

void Node::wake(Nanos when) {
  if (!up_) return;
  when = std::max(when, mesh_.timeline.now());
  if (wake_at_ != 0 && wake_at_ <= when) return;
  wake_at_ = when;
  mesh_.timeline.at(when, [this, generation = generation_, when] {
    if (generation != generation_ || wake_at_ != when) return;
    wake_at_ = 0;
    guarded([this] { turn(); });
  });
}

void Node::turn() {
  if (mesh_.timeline.now() < paused_until_) return wake(paused_until_);
  moment();
  work();
  const Nanos now = mesh_.timeline.now();
  if (now >= next_heartbeat_) {
    next_heartbeat_ = now + kHeartbeat;
    published();  // what the heads tell was sent before
    const auto beat = std::make_shared<const Bytes>(post_.heartbeat(heads_));
    mesh_.tell(name_, Stream::local, Channel::beat, beat);
  }
  if (const auto failure = journal_->failure()) throw DiskError(*failure, EIO);
  if (now >= next_snapshot_) {
    next_snapshot_ = now + mesh_.faults.snapshot_every;
    snapshot();
  }
  commit_soon();
  wake(next_wake());
}

void Node::commit_soon() {
  if (committing_) return;
  committing_ = true;
  Nanos takes = dice_.between(micros(20), mesh_.faults.sync_takes);
  if (dice_.chance(mesh_.faults.sync_stalls)) takes += dice_.between(0, secs(1));
  mesh_.timeline.after(takes, [this, generation = generation_] {
    if (generation != generation_) return;
    committing_ = false;
    guarded([this] {
      if (!journal_->commit()) return;
      commit_soon();
      wake(mesh_.timeline.now());
    });
  });
}

void Node::publish(const Released& said) {
  moment();
  mesh_.chronicle.heard(said.name, said.bytes, "published");
  post_.add(said.name, said.bytes);
  heads_[static_cast<std::size_t>(said.name.stream)][said.name.partition] = said.name.at.sequence;
}

void Node::published() {
  moment();
  post_.flush([this](Stream stream, ByteView bytes) {
    mesh_.tell(name_, stream, Channel::batch, std::make_shared<const Bytes>(bytes.begin(), bytes.end()));
  });
  desk_->released(heads_);
}

void Node::receive(Frame frame) {
  if (!up_) return;
  if (frame.channel == Channel::request) {
    answer(*frame.bytes, [&](ByteView reply) {
      mesh_.send({Channel::reply, name_, frame.from, std::make_shared<const Bytes>(reply.begin(), reply.end()), frame.life});
    });
    return;
  }
  if (frame.channel == Channel::reply && frame.life != generation_) return;
  inbox_.push_back(std::move(frame));
  wake(mesh_.timeline.now() + dice_.between(0, micros(100)));
}

void Node::request(const std::string& publisher, ByteView bytes) {
  mesh_.send({Channel::request, name_, publisher, std::make_shared<const Bytes>(bytes.begin(), bytes.end()), generation_});
}

bool Node::answer(ByteView request, const ReplayDesk::Reply& reply) {
  if (!up_) return false;
  // It may die over its own files, whoever asks.
  guarded([&] {
    if (!desk_->answer(request, reply)) mesh_.verdict.fail(name_ + ": a request of a reader of ours was refused");
    if (const auto challenge = desk_->challenge())
      mesh_.verdict.fail(
          fmt::format("{}: {} knows more of it than it does itself: {}", name_, challenge->reader, to_string(challenge->beyond)));
  });
  return up_;
}

void Node::stop() {
  if (!up_) return kill("stopped while it waited");
  guarded([this] {
    finish();
    published();
    lives_.back().end = journal_->end();
    const std::uint64_t boot = std::exchange(boot_, 0);  // until it has returned, nobody knows whether it is closed
    journal_->close();
    boot_ = boot;
    closed_ = true;
    while (journal_->commit()) {
    }
    end("stopped in order");
  });
}

void Node::kill(const char* why) {
  if (!running_) return;
  ++mesh_.counts.kills;
  end(why);
}

void Node::end(const std::string& why) {
  if (!running_) return;
  mesh_.trace("{} {}", name_, why);
  if (up_) lives_.back().end = std::max(lives_.back().end, journal_->end());
  ++generation_;
  up_ = running_ = false;
  fuse_ = 0;
  paused_until_ = 0;
  inbox_.clear();
  forget();
  desk_.reset();
  journal_.reset();
  disk_.reset();
  post_ = {};
  mesh_.ended(*this, why.starts_with("waits"));
}

void Node::heal() {
  fuse_ = 0;
  paused_until_ = 0;
  broken = Broken::none;
  if (disk_) disk_->syncs_fail = disk_->writes_fail = disk_->full = false;
}

}  // namespace tickmesh::simulation
