#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>

#include "bus/bus.hpp"
#include "bus/requests.hpp"
#include "bus/sockets.hpp"

namespace tickmesh {
namespace {

constexpr std::size_t kMaxChunkEvents = 16384, kMaxChunkBytes = 1u << 20;

std::size_t index(Stream stream) { return static_cast<std::size_t>(stream); }

}  // namespace

struct ReplayServer::Impl {
  Impl(zmq::context_t& context, const Endpoint& endpoint, Speaker who, const Journal& from)
      : speaker{std::move(who)}, journal{from}, router{context, zmq::socket_type::router, endpoint.replay, 1000} {
    stop_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    TM_INVARIANT(stop_fd >= 0, "an eventfd can be had");
    thread = std::thread{[this] { run(); }};
  }
  ~Impl() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(stop_fd, &one, sizeof one);
    thread.join();
    ::close(stop_fd);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void run() {
    std::vector<zmq::pollitem_t> items{{router->handle(), 0, ZMQ_POLLIN, 0}, {nullptr, stop_fd, ZMQ_POLLIN, 0}};
    while (true) {
      try {
        zmq::poll(items, std::chrono::milliseconds{-1});
        if (items[1].revents != 0) return;
        if (items[0].revents != 0) take();
      } catch (const zmq::error_t& error) {
        if (error.num() == ETERM) return;
        if (error.num() != EINTR) fail(error.what());
      }
    }
  }

  /// One message a turn, so that a stop is never behind a crowd of readers.
  void take() {
    std::vector<zmq::message_t> frames;
    do {
      zmq::message_t frame;
      if (!router->recv(frame, frames.empty() ? zmq::recv_flags::dontwait : zmq::recv_flags::none)) return;
      // An empty crowd of frames costs a counter, not memory.
      if (frames.size() < 3) frames.push_back(std::move(frame));
    } while (router->get(zmq::sockopt::rcvmore) != 0);
    if (frames.size() != 2 || frames[1].size() > kMaxFrameBytes) return reject();
    const auto request = parse_request({frames[1].data<std::byte>(), frames[1].size()});
    if (!request) return reject();
    try {
      std::visit([&](const auto& asked) { answer(frames[0], asked); }, *request);
    } catch (const zmq::error_t&) {
      throw;
    } catch (const std::exception& error) {
      fail(error.what());
    }
  }

  void answer(zmq::message_t& to, const HelloRequest& hello) {
    // Without positions it is a mere question, of tickmeshctl or of a recovery.
    if (!hello.positions.empty() && !remember(hello.reader, hello.positions, true)) return reject();
    welcome(to);
  }
  void answer(zmq::message_t&, const AckRequest& ack) {
    if (!remember(ack.reader, ack.applied, false)) return reject();
  }
  void answer(zmq::message_t& to, const GetFrom& get) {
    const Sequence from = get.first.at.sequence;
    if (get.first.stream == Stream::local || from == 0) return reject();
    Sequence last = 0;
    {
      const std::lock_guard lock{mutex};
      if (!told) return;
      last = heads[index(get.first.stream)][get.first.partition];
    }
    // Another epoch is none of this journal's: the asker learns where things stand.
    if (get.first.at.epoch != speaker.token.epoch) return welcome(to);
    if (from > last) {
      send(to, encode_chunk(get.first, {}));
      return;
    }
    const std::size_t most =
        std::min<Sequence>(last - from + 1, get.max_count == 0 ? kMaxChunkEvents : std::min<std::size_t>(get.max_count, kMaxChunkEvents));
    const std::size_t bytes = get.max_bytes == 0 ? kBatchBytes : std::min<std::size_t>(get.max_bytes, kMaxChunkBytes);
    SaidChunk chunk = journal.said(get.first.stream, get.first.partition, from, most, bytes);
    if (chunk.trimmed_before > from) {
      send(to, encode(TrimmedReply{get.first.stream, get.first.partition, {speaker.token.epoch, chunk.trimmed_before}}));
      return;
    }
    if (chunk.events.size() > most) chunk.events.resize(most);
    served.fetch_add(chunk.events.size(), std::memory_order_relaxed);
    send(to, encode_chunk(get.first, chunk.events));
  }

  void welcome(zmq::message_t& to) {
    WelcomeReply reply{speaker.service, speaker.ordinal, speaker.token, speaker.config_hash, {}, {}};
    {
      const std::lock_guard lock{mutex};
      if (!told) return;  // the reader asks again
      reply.last = heads;
    }
    reply.first = journal.first_held();
    for (unsigned s = 0; s < kStreams; ++s)
      for (unsigned p = 0; p < kPartitions; ++p)
        if (reply.first[s][p] == 0) reply.first[s][p] = reply.last[s][p] + 1;
    send(to, encode(reply));
  }

  template <class Body>
  void send(zmq::message_t& to, const Body& body) {
    zmq::message_t payload{body.data(), body.size()};
    if (!router->send(to, zmq::send_flags::sndmore | zmq::send_flags::dontwait)) return;
    router->send(payload, zmq::send_flags::dontwait);
  }

  bool remember(const std::string& name, const Positions& positions, bool anew) {
    const std::lock_guard lock{mutex};
    auto it = readers.find(name);
    if (it == readers.end()) {
      if (readers.size() >= kMaxReaders) return false;
      it = readers.emplace(name, Positions{}).first;
    }
    if (anew) it->second.clear();
    for (const auto& [key, at] : positions) it->second[key] = at;
    return true;
  }

  void reject() { rejected.fetch_add(1, std::memory_order_relaxed); }
  void fail(const char* what) {
    const std::lock_guard lock{mutex};
    if (!failure) failure = what;
  }

  const Speaker speaker;
  const Journal& journal;
  BoundSocket router;
  int stop_fd{-1};
  std::atomic<std::uint64_t> rejected{0}, served{0};
  mutable std::mutex mutex;
  bool told{false};
  Outbox::Heads heads{};
  std::map<std::string, Positions> readers;
  std::optional<std::string> failure;
  std::thread thread;
};

ReplayServer::ReplayServer(zmq::context_t& context, const Endpoint& endpoint, Speaker speaker, const Journal& journal)
    : impl_{std::make_unique<Impl>(context, endpoint, std::move(speaker), journal)} {}
ReplayServer::~ReplayServer() = default;

void ReplayServer::released(const Outbox::Heads& heads) {
  const std::lock_guard lock{impl_->mutex};
  impl_->heads = heads;
  impl_->told = true;
}
std::vector<ReaderState> ReplayServer::readers() const {
  const std::lock_guard lock{impl_->mutex};
  std::vector<ReaderState> all;
  for (const auto& [name, applied] : impl_->readers) all.push_back({name, applied});
  return all;
}
std::uint64_t ReplayServer::rejected() const { return impl_->rejected.load(std::memory_order_relaxed); }
std::uint64_t ReplayServer::served() const { return impl_->served.load(std::memory_order_relaxed); }
std::optional<std::string> ReplayServer::failure() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->failure;
}

}  // namespace tickmesh
