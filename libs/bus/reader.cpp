#include <algorithm>
#include <deque>

#include "bus/bus.hpp"
#include "bus/requests.hpp"
#include "bus/sequencer.hpp"
#include "bus/sockets.hpp"
#include "bus/wire.hpp"

namespace tickmesh {
namespace {

/// Messages taken from one publisher before the next one has its turn.
constexpr int kTurn = 16;

std::string lane_prefix(Stream stream) {
  std::string text = topic(stream, 0);
  text.resize(text.size() - 2);
  return text;
}

class Sink final : public SequencerSink {
 public:
  using OnRun = std::function<void(const ReceivedRun&)>;
  using OnGap = std::function<void(const StreamGap&)>;
  void aim(const OnRun* on_run, const OnGap* on_gap) {
    on_run_ = on_run;
    on_gap_ = on_gap;
    delivered = 0;
  }
  void deliver(const Name& first, std::span<const ByteView> events) override {
    run_.first = first;
    run_.events.assign(events.begin(), events.end());
    delivered += events.size();
    (*on_run_)(run_);
  }
  void gap(const StreamGap& gap) override { (*on_gap_)(gap); }
  std::size_t delivered{0};

 private:
  const OnRun* on_run_{nullptr};
  const OnGap* on_gap_{nullptr};
  ReceivedRun run_;
};

struct Peer {
  Peer(zmq::context_t& context, const Subscription& to, const Reader::Options& options, const Positions& applied)
      : publisher{to.publisher},
        name{to.publisher.service + "-" + std::to_string(to.publisher.ordinal)},
        sub{context, zmq::socket_type::sub},
        dealer{context, zmq::socket_type::dealer},
        sequencer{{.streams = to.streams, .buffer_bytes = options.buffer_bytes}, applied} {
    set_common_options(sub, high_water_mark(options.hwm_bytes));
    for (const Stream stream : to.streams) {
      prefixes.push_back(lane_prefix(stream));
      sub.set(zmq::sockopt::subscribe, prefixes.back());
    }
    sub.set(zmq::sockopt::subscribe, heartbeat_topic());
    sub.connect(publisher.pub);
    set_common_options(dealer, 64);
    dealer.set(zmq::sockopt::immediate, true);  // what is asked of a publisher that is away is not asked when it is back
    dealer.connect(publisher.replay);
  }

  bool expects(std::string_view said) const {
    if (said == heartbeat) return true;
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const std::string& p) { return said.size() == p.size() + 2 && said.starts_with(p); });
  }
  /// libzmq gives a connection up for good when a frame breaks its protocol or its size limit; so whoever is silent is connected anew.
  static void reconnect(zmq::socket_t& socket, const std::string& to) {
    try {
      socket.disconnect(to);
    } catch (const zmq::error_t&) {
      // it was gone already
    }
    socket.connect(to);
  }
  void reconnect_if_silent(std::int64_t now, std::int64_t silence_ns) {
    if (sub_since == 0) sub_since = now;
    if (idle && now - sub_since > silence_ns) {
      reconnect(sub, publisher.pub);
      sub_since = now;
    }
    if (blocked_since != 0 && now - blocked_since > silence_ns) {
      reconnect(dealer, publisher.replay);
      blocked_since = now;
    }
  }
  bool is(std::string_view service, std::uint32_t ordinal) const { return service == publisher.service && ordinal == publisher.ordinal; }

  Endpoint publisher;
  std::string name;
  std::string heartbeat{heartbeat_topic()};
  std::vector<std::string> prefixes;
  zmq::socket_t sub;
  zmq::socket_t dealer;
  Sequencer sequencer;
  bool required{true};
  bool heard{false};
  std::int64_t heard_at{0};
  std::uint64_t config_hash{0};
  bool idle{false};               ///< the last look at `sub` found nothing
  std::int64_t sub_since{0};      ///< the last frame on `sub`, or its last connect
  std::int64_t blocked_since{0};  ///< requests cannot be sent; 0: they can
};

}  // namespace

struct Reader::Impl {
  Impl(zmq::context_t& context, Options given, const Positions& applied) : options{std::move(given)} {
    for (const Subscription& to : options.subscriptions) {
      peers.push_back(std::make_unique<Peer>(context, to, options, applied));
      peers.back()->required = to.required;
    }
  }

  std::size_t drain(std::int64_t monotonic_ns, std::size_t max_events, const Sink::OnRun& on_run, const Sink::OnGap& on_gap) {
    now = monotonic_ns;
    if (first_drain == 0) first_drain = now;
    kept.clear();
    for (auto& peer : peers) peer->sequencer.release();
    sink.aim(&on_run, &on_gap);
    for (bool more = true; more && sink.delivered < max_events;) {
      more = false;
      for (std::size_t i = 0; i < peers.size() && sink.delivered < max_events; ++i) {
        Peer& peer = *peers[turn++ % peers.size()];
        peer.sequencer.pump(max_events - sink.delivered, sink);
        for (int n = 0; n < kTurn && sink.delivered < max_events; ++n) {
          const bool replied = take_reply(peer), said = take_batch(peer);
          if (!replied && !said) break;
          more = true;
          peer.sequencer.pump(max_events - std::min(max_events, sink.delivered), sink);
          ask(peer);
        }
      }
    }
    for (auto& peer : peers) {
      ask(*peer);
      peer->reconnect_if_silent(now, options.silence_ns);
    }
    return sink.delivered;
  }

  /// Keeps a message only when events in it were delivered: their bytes live until the next drain.
  template <class Use>
  void use(zmq::message_t& message, Use&& use) {
    const std::size_t before = sink.delivered;
    use(ByteView{message.data<std::byte>(), message.size()});
    if (sink.delivered == before) kept.pop_back();
  }

  bool take_batch(Peer& peer) {
    zmq::message_t& said = kept.emplace_back();  // a deque: what is kept does not move
    peer.idle = !peer.sub.recv(said, zmq::recv_flags::dontwait);
    if (peer.idle) {
      kept.pop_back();
      return false;
    }
    peer.sub_since = now;
    const bool expected = peer.expects(said.to_string_view()), beat = said.to_string_view() == peer.heartbeat;
    int frames = 1;
    bool last = peer.sub.get(zmq::sockopt::rcvmore) == 0;
    bool fits = true;
    for (; !last; last = peer.sub.get(zmq::sockopt::rcvmore) == 0) {
      std::ignore = peer.sub.recv(said);
      fits = fits && said.size() <= kMaxFrameBytes;
      ++frames;
    }
    if (!expected || frames != 2 || !fits) {
      ++rejected;
      kept.pop_back();
      return true;
    }
    use(said, [&](ByteView bytes) {
      if (!batch(peer, bytes, beat)) ++rejected;
    });
    return true;
  }

  bool batch(Peer& peer, ByteView bytes, bool beat) {
    if (!parser.parse(bytes)) return false;
    const BatchHeader& header = parser.header();
    if (!peer.is(header.service, header.ordinal)) return false;
    if (!hear(peer, header.token, header.config_hash)) return true;
    bool ours = true;
    for (const RunView& run : parser.runs()) ours = peer.sequencer.live(run.first, run.payloads, sink) && ours;
    if (beat) {
      Outbox::Heads last{};
      for (const Head& head : header.heads) last[static_cast<std::size_t>(head.stream)][head.partition] = head.last;
      peer.sequencer.heads(header.token, last);
    }
    return ours;
  }

  bool take_reply(Peer& peer) {
    zmq::message_t& said = kept.emplace_back();
    if (!peer.dealer.recv(said, zmq::recv_flags::dontwait)) {
      kept.pop_back();
      return false;
    }
    int frames = 1;
    for (; peer.dealer.get(zmq::sockopt::rcvmore) != 0; ++frames) std::ignore = peer.dealer.recv(said);
    if (frames != 1 || said.size() > kMaxFrameBytes) {
      ++rejected;
      kept.pop_back();
      return true;
    }
    use(said, [&](ByteView bytes) {
      if (!replies.parse(bytes) || !std::visit([&](const auto& reply) { return replied(peer, reply); }, replies.reply())) ++rejected;
    });
    return true;
  }

  bool replied(Peer& peer, const WelcomeReply& welcome) {
    if (!peer.is(welcome.service, welcome.ordinal)) return false;
    if (hear(peer, welcome.token, welcome.config_hash)) peer.sequencer.welcome(welcome.token, welcome.first, welcome.last);
    return true;
  }
  bool replied(Peer& peer, const ChunkReply& chunk) { return peer.sequencer.chunk(chunk.first, chunk.events, now, sink); }
  bool replied(Peer& peer, const TrimmedReply& t) { return peer.sequencer.trimmed(t.stream, t.partition, t.first_held, sink); }
  bool replied(Peer&, const FaultReply&) { return false; }

  /// False: of an epoch that is over.
  bool hear(Peer& peer, Token token, std::uint64_t config_hash) {
    if (!peer.sequencer.heard(token, sink)) return false;
    if (token == peer.sequencer.token()) peer.config_hash = config_hash;
    peer.heard = true;
    peer.heard_at = now;
    return true;
  }

  void ask(Peer& peer) {
    if (peer.sequencer.hello_due(now)) {
      HelloRequest hello{options.name, {}};
      for (const Stream stream : peer.sequencer.streams())
        for (unsigned p = 0; p < kPartitions; ++p)
          hello.positions[{stream, static_cast<Partition>(p)}] = peer.sequencer.position(stream, static_cast<Partition>(p));
      if (!send(peer, encode(hello))) peer.sequencer.hello_unsent(now);
    }
    if (const auto get = peer.sequencer.get_due(now))
      if (!send(peer, encode(GetFrom{get->first, get->count, 0}))) peer.sequencer.get_unsent(now);
  }
  bool send(Peer& peer, const std::string& request) {
    const bool sent = peer.dealer.send(zmq::buffer(request), zmq::send_flags::dontwait).has_value();
    if (sent)
      peer.blocked_since = 0;
    else if (peer.blocked_since == 0)
      peer.blocked_since = now;
    return sent;
  }

  Options options;
  std::vector<std::unique_ptr<Peer>> peers;
  std::deque<zmq::message_t> kept;
  BatchParser parser;
  ReplyParser replies;
  Sink sink;
  std::size_t turn{0};
  std::int64_t now{0};
  std::int64_t first_drain{0};
  std::uint64_t rejected{0};
};

Reader::Reader(zmq::context_t& context, Options options, const std::map<std::pair<Stream, Partition>, Position>& applied)
    : impl_{std::make_unique<Impl>(context, std::move(options), applied)} {}
Reader::~Reader() = default;

std::vector<zmq::pollitem_t> Reader::poll_items() const {
  std::vector<zmq::pollitem_t> items;
  for (const auto& peer : impl_->peers) {
    items.push_back({peer->sub.handle(), 0, ZMQ_POLLIN, 0});
    items.push_back({peer->dealer.handle(), 0, ZMQ_POLLIN, 0});
  }
  return items;
}

bool Reader::pending() const {
  return std::any_of(impl_->peers.begin(), impl_->peers.end(), [](const auto& peer) { return peer->sequencer.pending(); });
}

std::size_t Reader::drain(std::int64_t monotonic_ns, std::size_t max_events, const std::function<void(const ReceivedRun&)>& on_run,
                          const std::function<void(const StreamGap&)>& on_gap) {
  return impl_->drain(monotonic_ns, max_events, on_run, on_gap);
}

bool Reader::caught_up() const {
  const bool waited = impl_->first_drain != 0 && impl_->now - impl_->first_drain > kOptionalWaitNs;
  return std::all_of(impl_->peers.begin(), impl_->peers.end(),
                     [&](const auto& peer) { return peer->sequencer.caught_up() || (!peer->required && !peer->heard && waited); });
}

std::vector<std::string> Reader::waiting_for() const {
  std::vector<std::string> reasons;
  for (const auto& peer : impl_->peers) {
    const auto worst = peer->sequencer.worst();
    if (!peer->heard || !peer->sequencer.told()) {
      reasons.push_back("waiting for " + peer->name);
    } else if (worst) {
      std::string where{to_string(worst->stream)};
      where += "." + std::to_string(worst->partition) + " of " + peer->name;
      reasons.push_back(worst->ahead ? where + " ends before what was applied here"
                                     : "replaying " + where + ", " + std::to_string(worst->events) + " behind");
    }
  }
  return reasons;
}

std::vector<PeerState> Reader::peers() const {
  std::vector<PeerState> states;
  for (const auto& peer : impl_->peers) {
    PeerState state{.service = peer->publisher.service, .ordinal = peer->publisher.ordinal, .heard = peer->heard};
    state.silent_ns = peer->heard ? impl_->now - peer->heard_at : 0;
    state.alive = peer->heard && state.silent_ns <= impl_->options.silence_ns;
    state.token = peer->sequencer.token().value_or(Token{});
    state.config_hash = peer->config_hash;
    states.push_back(std::move(state));
  }
  return states;
}

StreamLag Reader::lag(Stream stream) const {
  StreamLag lag;
  for (const auto& peer : impl_->peers) {
    const SequencerCounts counts = peer->sequencer.counts(stream);
    lag.behind += counts.behind;
    lag.healed += counts.healed;
    lag.lost += counts.lost;
    lag.delivered += counts.delivered;
  }
  return lag;
}

std::uint64_t Reader::rejected() const { return impl_->rejected; }

std::uint64_t Reader::stale() const {
  std::uint64_t stale = 0;
  for (const auto& peer : impl_->peers) stale += peer->sequencer.stale();
  return stale;
}

void Reader::ack(const std::map<std::pair<Stream, Partition>, Position>& applied) {
  for (auto& peer : impl_->peers) {
    AckRequest ack{impl_->options.name, {}};
    for (const auto& [key, at] : applied)
      if (peer->sequencer.subscribed(key.first)) ack.applied.emplace(key, at);
    // Unsent while the publisher is away: the next one says more.
    if (!ack.applied.empty()) impl_->send(*peer, encode(ack));
  }
}

}  // namespace tickmesh
