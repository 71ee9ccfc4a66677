#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <mutex>

#include "bus/bus.hpp"
#include "bus/replay_desk.hpp"
#include "bus/sockets.hpp"

namespace tickmesh {

struct ReplayServer::Impl {
  Impl(zmq::context_t& context, const Endpoint& endpoint, Speaker who, const Journal& from, const Keyframe* keyframe)
      : desk{std::move(who), from, keyframe}, router{context, zmq::socket_type::router, endpoint.replay, 1000} {
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
    try {
      const auto reply = [&](ByteView body) { send(frames[0], body); };
      if (!desk.answer({frames[1].data<std::byte>(), frames[1].size()}, reply)) reject();
    } catch (const zmq::error_t&) {
      throw;
    } catch (const std::exception& error) {
      fail(error.what());
    }
  }

  void send(zmq::message_t& to, ByteView body) {
    zmq::message_t payload{body.data(), body.size()};
    if (!router->send(to, zmq::send_flags::sndmore | zmq::send_flags::dontwait)) return;
    router->send(payload, zmq::send_flags::dontwait);
  }

  void reject() { rejected.fetch_add(1, std::memory_order_relaxed); }
  void fail(const char* what) {
    const std::lock_guard lock{mutex};
    if (!failure) failure = what;
  }

  ReplayDesk desk;
  BoundSocket router;
  int stop_fd{-1};
  std::atomic<std::uint64_t> rejected{0};
  mutable std::mutex mutex;
  std::optional<std::string> failure;
  std::thread thread;
};

ReplayServer::ReplayServer(zmq::context_t& context, const Endpoint& endpoint, Speaker speaker, const Journal& journal,
                           const Keyframe* keyframe)
    : impl_{std::make_unique<Impl>(context, endpoint, std::move(speaker), journal, keyframe)} {}
ReplayServer::~ReplayServer() = default;

void ReplayServer::released(const Outbox::Heads& heads) { impl_->desk.released(heads); }
std::vector<ReaderState> ReplayServer::readers() const { return impl_->desk.readers(); }
std::uint64_t ReplayServer::rejected() const { return impl_->rejected.load(std::memory_order_relaxed); }
std::uint64_t ReplayServer::served() const { return impl_->desk.served(); }
std::optional<Challenge> ReplayServer::challenge() const { return impl_->desk.challenge(); }
std::optional<std::string> ReplayServer::failure() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->failure;
}

}  // namespace tickmesh
