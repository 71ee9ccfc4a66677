#include <poll.h>

#include <algorithm>
#include <deque>

#include "bus/bus.hpp"
#include "bus/conversation.hpp"
#include "bus/sockets.hpp"

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
    delivered += events.size();
    (*on_run_)({first, events, from});
  }
  void gap(const StreamGap& gap) override { (*on_gap_)(gap); }
  void keyframe(const Name& name, ByteView event) override {
    ++delivered;
    (*on_run_)({name, std::span{&event, 1}, from, true});
  }
  std::size_t delivered{0};
  std::size_t from{0};  ///< the subscription whose messages are taken

 private:
  const OnRun* on_run_{nullptr};
  const OnGap* on_gap_{nullptr};
};

struct Peer {
  Peer(zmq::context_t& context, const Subscription& to, const Reader::Options& options, const Positions& applied)
      : publisher{to.publisher},
        sub{context, zmq::socket_type::sub},
        dealer{context, zmq::socket_type::dealer},
        talk{to, options.name, options.buffer_bytes, applied, options.token} {
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
    if (!hot.sub && now - sub_since > silence_ns) {
      reconnect(sub, publisher.pub);
      hot.sub = true;
      sub_since = now;
    }
    if (blocked_since != 0 && now - blocked_since > silence_ns) {
      reconnect(dealer, publisher.replay);
      hot.dealer = true;
      blocked_since = now;
    }
  }

  /// Whether a socket may have something to read. Its descriptor tells of news once, and sending or connecting may be where libzmq takes
  /// notice of them; so it is asked until it has nothing, and then only after one of these. Asking in vain costs system calls.
  struct Hot {
    bool sub{true}, dealer{true};
  };

  Endpoint publisher;
  std::string heartbeat{heartbeat_topic()};
  std::vector<std::string> prefixes;
  zmq::socket_t sub;
  zmq::socket_t dealer;
  Conversation talk;
  Hot hot;
  std::int64_t sub_since{0};      ///< the last frame on `sub`, or its last connect
  std::int64_t blocked_since{0};  ///< requests cannot be sent; 0: they can
};

}  // namespace

struct Reader::Impl {
  Impl(zmq::context_t& context, Options given, const Positions& applied) : options{std::move(given)} {
    for (const Subscription& to : options.subscriptions) {
      peers.push_back(std::make_unique<Peer>(context, to, options, applied));
      fds.push_back({peers.back()->sub.get(zmq::sockopt::fd), POLLIN, 0});
      fds.push_back({peers.back()->dealer.get(zmq::sockopt::fd), POLLIN, 0});
    }
  }

  /// Finds out with one call whose descriptors tell of news.
  void look() {
    if (::poll(fds.data(), fds.size(), 0) <= 0) return;
    for (std::size_t i = 0; i < peers.size(); ++i) {
      peers[i]->hot.sub |= fds[2 * i].revents != 0;
      peers[i]->hot.dealer |= fds[2 * i + 1].revents != 0;
    }
  }

  std::size_t drain(std::int64_t monotonic_ns, std::size_t max_events, const Sink::OnRun& on_run, const Sink::OnGap& on_gap) {
    now = monotonic_ns;
    if (first_drain == 0) first_drain = now;
    kept.clear();
    look();
    for (auto& peer : peers) peer->talk.sequencer().release();
    sink.aim(&on_run, &on_gap);
    for (bool more = true; more && sink.delivered < max_events;) {
      more = false;
      for (std::size_t i = 0; i < peers.size() && sink.delivered < max_events; ++i) {
        sink.from = turn++ % peers.size();
        Peer& peer = *peers[sink.from];
        peer.talk.sequencer().pump(max_events - sink.delivered, sink);
        for (int n = 0; n < kTurn && sink.delivered < max_events; ++n) {
          const bool replied = take_reply(peer), said = take_batch(peer);
          if (!replied && !said) break;
          more = true;
          peer.talk.sequencer().pump(max_events - std::min(max_events, sink.delivered), sink);
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
    if (!peer.hot.sub) return false;
    zmq::message_t& said = kept.emplace_back();  // a deque: what is kept does not move
    if (!peer.sub.recv(said, zmq::recv_flags::dontwait)) {
      peer.hot.sub = false;
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
      if (!peer.talk.batch(bytes, beat, now, sink)) ++rejected;
    });
    return true;
  }

  bool take_reply(Peer& peer) {
    if (!peer.hot.dealer) return false;
    zmq::message_t& said = kept.emplace_back();
    if (!peer.dealer.recv(said, zmq::recv_flags::dontwait)) {
      peer.hot.dealer = false;
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
      if (!peer.talk.reply(bytes, now, sink)) ++rejected;
    });
    return true;
  }

  void ask(Peer& peer) {
    peer.talk.ask(now, [&](const std::string& request) { return send(peer, request); });
  }
  bool send(Peer& peer, const std::string& request) {
    const bool sent = peer.dealer.send(zmq::buffer(request), zmq::send_flags::dontwait).has_value();
    peer.hot.dealer = true;
    if (sent)
      peer.blocked_since = 0;
    else if (peer.blocked_since == 0)
      peer.blocked_since = now;
    return sent;
  }

  Options options;
  std::vector<std::unique_ptr<Peer>> peers;
  std::vector<pollfd> fds;  ///< of each peer, sub and dealer
  std::deque<zmq::message_t> kept;
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
  for (const pollfd& fd : impl_->fds) items.push_back({nullptr, fd.fd, ZMQ_POLLIN, 0});
  return items;
}

bool Reader::pending() const {
  return std::any_of(impl_->peers.begin(), impl_->peers.end(),
                     [](const auto& peer) { return peer->hot.sub || peer->hot.dealer || peer->talk.sequencer().pending(); });
}

std::size_t Reader::drain(std::int64_t monotonic_ns, std::size_t max_events, const std::function<void(const ReceivedRun&)>& on_run,
                          const std::function<void(const StreamGap&)>& on_gap) {
  return impl_->drain(monotonic_ns, max_events, on_run, on_gap);
}

bool Reader::caught_up() const {
  const bool waited = impl_->first_drain != 0 && impl_->now - impl_->first_drain > kOptionalWaitNs;
  return std::all_of(impl_->peers.begin(), impl_->peers.end(), [&](const auto& peer) { return peer->talk.caught_up(waited); });
}

std::vector<std::string> Reader::waiting_for() const {
  std::vector<std::string> reasons;
  for (const auto& peer : impl_->peers)
    if (auto reason = peer->talk.waiting_for()) reasons.push_back(std::move(*reason));
  return reasons;
}

std::vector<PeerState> Reader::peers() const {
  std::vector<PeerState> states;
  for (const auto& peer : impl_->peers) states.push_back(peer->talk.state(impl_->now, impl_->options.silence_ns));
  return states;
}

Promise Reader::promise(std::size_t subscription) { return impl_->peers[subscription]->talk.promise(); }

StreamLag Reader::lag(Stream stream) const {
  StreamLag lag;
  for (const auto& peer : impl_->peers) {
    const SequencerCounts counts = peer->talk.sequencer().counts(stream);
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
  for (const auto& peer : impl_->peers) stale += peer->talk.sequencer().stale();
  return stale;
}

std::optional<Token> Reader::superseded() const {
  for (const auto& peer : impl_->peers)
    if (const auto newer = peer->talk.superseded()) return newer;
  return std::nullopt;
}

void Reader::ack(const std::map<std::pair<Stream, Partition>, Position>& applied,
                 const std::map<std::pair<Stream, Partition>, Position>& snapshotted) {
  // Unsent while the publisher is away: the next one says more.
  for (auto& peer : impl_->peers)
    if (const auto ack = peer->talk.ack(applied, snapshotted)) impl_->send(*peer, *ack);
}

}  // namespace tickmesh
