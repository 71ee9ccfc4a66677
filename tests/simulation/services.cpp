#include "simulation/services.hpp"

#include <algorithm>

#include "api_gateway/core/api_core.hpp"
#include "backtester/cores.hpp"
#include "simulation/planted.hpp"

namespace tickmesh::simulation {
namespace {

/// What a tail names, from the publisher's replay thread; who waits for an answer is started again until there is one.
class References final : public ReferenceSource {
 public:
  References(const Mesh& mesh, std::string reader) : mesh_{mesh}, reader_{std::move(reader)} {}
  Result<void> fetch(const Name& first, std::uint32_t count, std::vector<ByteView>& out) override {
    Node* publisher = mesh_.publisher_of(first.stream);
    kept_.clear();
    while (kept_.size() < count) {
      const Name from{first.stream, first.partition, {first.at.epoch, first.at.sequence + kept_.size()}};
      const std::size_t before = kept_.size();
      bool gone = false;
      if (publisher != nullptr && mesh_.connected(reader_, publisher->name()) && mesh_.connected(publisher->name(), reader_))
        publisher->answer(as_bytes(encode(GetFrom{from, count - static_cast<std::uint32_t>(before), 0})), [&](ByteView reply) {
          ReplyParser parser;
          if (!parser.parse(reply)) return;
          if (const auto* chunk = std::get_if<ChunkReply>(&parser.reply()))
            for (const ByteView event : chunk->events) kept_.emplace_back(event.begin(), event.end());
          else if (const auto* welcome = std::get_if<WelcomeReply>(&parser.reply()))
            gone = welcome->token.epoch != from.at.epoch;
          else
            gone = std::holds_alternative<TrimmedReply>(parser.reply());
        });
      if (gone) return std::unexpected(Error{"trimmed", "", "", to_string(from)});
      if (kept_.size() == before) return std::unexpected(Error{"unreachable", "", "", to_string(from)});
    }
    for (const Bytes& bytes : kept_) out.emplace_back(bytes);
    return {};
  }

 private:
  const Mesh& mesh_;
  std::string reader_;
  std::vector<Bytes> kept_;
};

}  // namespace

CoreNode::CoreNode(Mesh& mesh, const ServiceSpec& spec, Dice dice) : Node{mesh, spec.name, dice}, spec_{spec} {}
CoreNode::~CoreNode() = default;

std::unique_ptr<Core> CoreNode::make_core() const {
  auto core = name_ == "api_gateway" ? std::make_unique<ApiCore>(ApiConfig{mesh_.setting.config.ms("api.command_valid_ms")}, mesh_.codec)
                                     : tickmesh::make_core(name_, mesh_.setting.config, mesh_.setting.instruments);
  return planted(std::move(core), name_, mesh_.plant);
}

Result<Outbox::Heads> CoreNode::recover(Timestamp now) {
  core_ = make_core();
  RunnerOptions options;
  for (const Stream s : spec_.by_reference) options.by_reference[static_cast<std::size_t>(s)] = true;
  runner_ = std::make_unique<Runner>(*core_, *journal_, mesh_.codec, options);
  if (name_ == "broker_gateway") {
    line_ = std::make_unique<VenueWorld::Line>(*mesh_.venue, [this] { wake(mesh_.timeline.now()); });
    desk_ = std::make_unique<VenueDesk>(*line_, secs(5));
    runner_->machine().observer = [this](const Name& name, const Event& event) { desk_->applied(name, event); };
  }
  References references{mesh_, name_};
  auto recovered = runner_->recover(references, now);
  if (!recovered) return std::unexpected(recovered.error());
  token_ = runner_->token();
  Bytes state;
  ByteWriter writer{state};
  runner_->machine().save(writer);
  record_life(recovered->inputs_lost > 0, std::move(state));
  const auto& durable = mesh_.plant == Plant::release_early ? std::vector<Stream>{} : spec_.durable;
  life_ = std::make_unique<Life>(*runner_, *journal_, durable, static_cast<Surroundings&>(*this));
  return runner_->machine().outbox().heads();
}

void CoreNode::opened() {
  Positions applied = runner_->machine().positions();
  if (mesh_.plant == Plant::skip_one && !skipped_ && starts() > 1)
    for (auto& [key, at] : applied)
      if (key.first == Stream::tick && !skipped_) {
        ++at.sequence;
        skipped_ = Name{key.first, key.second, at};
      }
  talks_.clear();
  for (const auto& reads : spec_.reads) {
    const Subscription to{{.service = reads.publisher}, reads.streams, reads.required};
    Talk talk{reads.publisher, reads.required, std::make_unique<Conversation>(to, name_ + "-0", std::size_t{1} << 20, applied, token())};
    if (const Node* publisher = mesh_.node(reads.publisher); publisher->up()) {
      talk.when_opened = publisher->published_heads();
      talk.epoch = publisher->token().epoch;
    }
    talks_.push_back(std::move(talk));
  }
  life_->open();
  first_turn_ = next_peers_ = next_ack_ = 0;
}

void CoreNode::deliver(const Name& first, std::span<const ByteView> events) {
  Name name = first;
  for (const ByteView bytes : events) {
    mesh_.chronicle.heard(name, bytes, "delivered");
    ++name.at.sequence;
  }
  life_->take(first, events);
}

void CoreNode::gap(const StreamGap& gap) {
  mesh_.trace("{} lost {}.{} {}/{} to {}/{}", name_, to_string(gap.stream), gap.partition, gap.from.epoch, gap.from.sequence, gap.to.epoch,
              gap.to.sequence);
  if (mesh_.plant != Plant::deaf_to_gaps) life_->lose(gap);
}

void CoreNode::keyframe(const Name& name, ByteView event) { life_->learn(name, {&event, 1}); }

void CoreNode::hear(const Frame& frame, std::int64_t mono) {
  const auto talk = std::ranges::find(talks_, frame.from, &Talk::publisher);
  if (talk == talks_.end()) return;
  Conversation& c = *talk->conversation;
  const bool ours = frame.channel == Channel::reply ? c.reply(*frame.bytes, mono, *this)
                                                    : c.batch(*frame.bytes, frame.channel == Channel::beat, mono, *this);
  if (c.superseded()) mesh_.verdict.fail(name_ + ": " + frame.from + " takes another for it");
  if (!ours) mesh_.verdict.fail(name_ + ": a frame of " + frame.from + " was rejected");
  c.sequencer().pump(~std::size_t{0}, *this);
  ask(*talk, mono);
}

void CoreNode::ask(Talk& talk, std::int64_t mono) {
  talk.conversation->ask(mono, [&](const std::string& request) {
    if (!mesh_.node(talk.publisher)->up()) return false;
    Node::request(talk.publisher, as_bytes(request));
    return true;
  });
}

void CoreNode::work() {
  const std::int64_t mono = monotonic();
  if (first_turn_ == 0) first_turn_ = mono;
  // What is delivered points into the frames until the step is done.
  const std::vector<Frame> frames = std::exchange(inbox_, {});
  for (Talk& talk : talks_) talk.conversation->sequencer().release();
  for (const Frame& frame : frames) hear(frame, mono);
  for (Talk& talk : talks_) ask(talk, mono);
  life_->step();
  if (const auto by = clock().take_step_ns(); by != 0) runner_->step_local(clock().now(), ClockStepped{nanoseconds(by)});
  tell_peers(mono);
  if (spec_.reserve_segments > 0) life_->disk(journal_->disk_full() || journal_->reserve_in_use());
  const bool waited = mono - first_turn_ > kOptionalWaitNs;
  const auto is_caught_up = [&](const Talk& talk) { return talk.conversation->caught_up(waited); };
  if (!life_->live() && (mesh_.plant == Plant::live_at_once || std::ranges::all_of(talks_, is_caught_up)) && life_->caught_up())
    check_live();
  life_->turn();
  if (mono < next_ack_) return;
  next_ack_ = mono + secs(1);
  const Positions applied = runner_->machine().positions();
  for (Talk& talk : talks_)
    if (const auto ack = talk.conversation->ack(applied); ack && mesh_.node(talk.publisher)->up())
      Node::request(talk.publisher, as_bytes(*ack));
}

void CoreNode::tell_peers(std::int64_t mono) {
  if (mono < next_peers_) return;
  next_peers_ = mono + millis(100);
  for (const Talk& talk : talks_) {
    const PeerState peer = talk.conversation->state(mono, secs(2));
    if (peer.heard && life_->peer(peer.service, peer.alive, peer.token))
      mesh_.trace("{} hears {} {}", name_, peer.alive ? "of" : "nothing of", peer.service);
  }
}

/// Whoever is live has applied at least what had been published when it began to listen.
void CoreNode::check_live() {
  mesh_.trace("{} is live", name_);
  for (const Talk& talk : talks_) {
    if (!talk.required && !talk.conversation->sequencer().token()) continue;
    for (const Stream stream : talk.conversation->sequencer().streams())
      for (unsigned p = 0; p < kPartitions; ++p) {
        const Position at = talk.conversation->sequencer().position(stream, static_cast<Partition>(p));
        const Sequence head = talk.when_opened[static_cast<std::size_t>(stream)][p];
        if (head > 0 && (at.epoch < talk.epoch || (at.epoch == talk.epoch && at.sequence < head)))
          mesh_.verdict.fail(fmt::format("{} went live at {}.{}/{} of {}, which had said {} before", name_, to_string(stream), p,
                                         at.sequence, talk.publisher, head));
      }
  }
}

void CoreNode::publish(const Released& said) {
  Node::publish(said);
  if (!desk_) return;
  const OrderEvent* order = VenueDesk::effect(said);
  if (order == nullptr) return;
  moment();
  desk_->perform(*order);
  if (mesh_.plant == Plant::send_again) desk_->perform(*order);
  moment();
}

void CoreNode::locals(Timestamp now, std::vector<Event>& out) {
  if (desk_ && up()) desk_->locals(now, monotonic(), true, out);
  for (; !requests_.empty(); requests_.pop_front()) out.push_back(Request{std::to_string(++request_number_), std::move(requests_.front())});
}

void CoreNode::request(Command command) {
  if (!up()) return;
  requests_.push_back(std::move(command));
  wake(mesh_.timeline.now());
}

Nanos CoreNode::next_wake() const {
  Nanos wait = millis(50);
  if (const auto timer = runner_->next_timer()) {
    // As long as the clock will take; it is asked again then.
    const Nanos due = timer->due.ns - const_cast<CoreNode*>(this)->clock().now().ns;
    wait = std::clamp<Nanos>(due, micros(10), wait);
  }
  return mesh_.timeline.now() + wait;
}

void CoreNode::finish() {
  life_->stop();
  runner_->snapshot();
}

bool CoreNode::snapshot() {
  if (runner_->inputs_since_snapshot() == 0) return false;
  runner_->snapshot();
  return true;
}

void CoreNode::forget() {
  life_.reset();
  talks_.clear();
  runner_.reset();
  desk_.reset();
  line_.reset();
  core_.reset();
  requests_.clear();
}

std::string CoreNode::missing() const {
  if (!up()) return name_ + " is not up";
  if (!live()) return name_ + " is not live";
  const Positions positions = runner_->machine().positions();
  for (const Talk& talk : talks_) {
    const Node& publisher = *mesh_.node(talk.publisher);
    for (const Stream stream : talk.conversation->sequencer().streams())
      for (unsigned p = 0; p < kPartitions; ++p) {
        const Sequence head = publisher.published_heads()[static_cast<std::size_t>(stream)][p];
        const auto at = positions.find({stream, static_cast<Partition>(p)});
        const Position applied = at == positions.end() ? Position{} : at->second;
        const bool all = head == 0 ? applied.epoch != publisher.token().epoch || applied.sequence == 0
                                   : applied == Position{publisher.token().epoch, head};
        if (!all)
          return fmt::format("{} stands at {}.{} {}/{}, {} at {}/{}", name_, to_string(stream), p, applied.epoch, applied.sequence,
                             talk.publisher, publisher.token().epoch, head);
      }
  }
  return {};
}

SourceNode::SourceNode(Mesh& mesh, const ServiceSpec& spec, Dice dice) : Node{mesh, spec.name, dice}, spec_{spec} {}
SourceNode::~SourceNode() = default;

Result<Outbox::Heads> SourceNode::recover(Timestamp now) {
  core_ = std::make_unique<IngestCore>(mesh_.setting.instruments);
  runner_ = std::make_unique<SourceRunner>(*core_, *journal_, mesh_.codec);
  auto observed = runner_->recover([this](const Name& name, const Event& said) { core_->observe(name, said); }, now);
  if (!observed) return std::unexpected(observed.error());
  core_->recovered();
  token_ = runner_->token();
  record_life(false, {});
  const Event absence{absence_of_feed(runner_->spoke_until(), now)};
  runner_->step(now, {&absence, 1});
  return journal_->heads();
}

void SourceNode::push(std::vector<Tick> rows, std::function<void()> kept) {
  if (!up()) return;
  incoming_.push_back({std::move(rows), std::move(kept), {}});
  wake(mesh_.timeline.now());
}

void SourceNode::work() {
  const Timestamp now = clock().now();
  for (; !incoming_.empty(); incoming_.pop_front()) {
    Pushed& pushed = incoming_.front();
    std::vector<Event> inputs;
    for (const Tick& row : pushed.rows)
      if (core_->check(row, now) == TickRefusal::none) inputs.emplace_back(row);
    runner_->step(now, inputs);
    pushed.recorded = journal_->end();
    if (mesh_.faults.feed_syncs) journal_->request_sync();
    waiting_.push_back(std::move(pushed));
  }
  release();
  for (; !waiting_.empty() && journal_->durable() >= waiting_.front().recorded; waiting_.pop_front()) waiting_.front().kept();
}

void SourceNode::release() {
  SaidRuns& said = runner_->said();
  if (said.empty()) return;
  for (; !said.empty(); said.pop())
    for_each_event(said.front(),
                   [&](const Name& name, ByteView bytes) { publish({.name = name, .bytes = bytes, .recorded = said.recorded()}); });
  published();
}

void SourceNode::finish() {
  journal_->sync();
  work();
  runner_->snapshot();
}

bool SourceNode::snapshot() {
  if (runner_->inputs_since_snapshot() == 0) return false;
  runner_->snapshot();
  return true;
}

void SourceNode::forget() {
  runner_.reset();
  core_.reset();
  incoming_.clear();
  waiting_.clear();
}

}  // namespace tickmesh::simulation
