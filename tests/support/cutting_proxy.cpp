#include "support/cutting_proxy.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <list>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tickmesh {
namespace {

using Clock = std::chrono::steady_clock;
using Fault = CuttingProxy::Fault;

/// What waits on one way at most; beyond it the sender is not read, as a full window would have it.
constexpr std::size_t kRoom = 256U << 10;

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_{fd} {}
  Fd(Fd&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

sockaddr_in loopback(unsigned port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

Fd listen_at(unsigned port) {
  Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const int yes = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const auto address = loopback(port);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(fd.get(), 64) != 0) return Fd{};
  return fd;
}

Fd connect_to(unsigned port) {
  Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const auto address = loopback(port);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return Fd{};
  return fd;
}

void prepare(const Fd& fd) {
  const int yes = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

/// One way of a connection.
struct Way {
  struct Piece {
    Clock::time_point due;
    std::string bytes;
  };
  std::deque<Piece> waiting;
  std::size_t held{0};
  double allowance{0};  ///< bytes that may go now, while throttled
  Clock::time_point filled{Clock::now()};
};

struct Connection {
  Fd reader, publisher;
  Way said, asked;  ///< publisher to reader, and back
  bool lossy{false};
  bool gone{false};
};

void reset(Connection& connection) {
  const linger at_once{1, 0};
  for (const Fd* fd : {&connection.reader, &connection.publisher}) ::setsockopt(fd->get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  connection.gone = true;
}

}  // namespace

const char* to_string(Fault fault) {
  constexpr const char* names[] = {"none", "cut", "stall", "swallow", "delay", "throttle", "corrupt"};
  return names[static_cast<std::size_t>(fault)];
}

struct CuttingProxy::Impl {
  explicit Impl(unsigned to) : target{to}, wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    std::mt19937 random{std::random_device{}()};
    for (int attempt = 0; attempt < 500 && !(listeners[0] && listeners[1]); ++attempt) {
      port = 6'000 + 2 * static_cast<unsigned>(random() % 3'000);
      open_doors();
    }
    if (!listeners[0] || !listeners[1]) throw std::runtime_error("no two free ports for a proxy");
    thread = std::thread{[this] { run(); }};
  }
  ~Impl() {
    {
      const std::lock_guard lock{mutex};
      stop = true;
    }
    rouse();
    thread.join();
  }

  void rouse() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake.get(), &one, sizeof one);
  }
  void open_doors() {
    for (unsigned i = 0; i < 2; ++i) listeners[i] = listen_at(port + i);
  }

  void run() {
    std::vector<pollfd> fds;
    for (;;) {
      {
        const std::lock_guard lock{mutex};
        if (stop) return;
        if (wanted != fault || wanted_amount != amount) change();
        counts = tally;
      }
      fds.assign({{wake.get(), POLLIN, 0}, {listeners[0].get(), POLLIN, 0}, {listeners[1].get(), POLLIN, 0}});
      int timeout_ms = 1'000;
      for (const Connection& c : connections) {
        fds.push_back(look(c.reader, interest(c.asked, c.said, timeout_ms)));
        fds.push_back(look(c.publisher, interest(c.said, c.asked, timeout_ms)));
      }
      ::poll(fds.data(), fds.size(), timeout_ms);
      std::uint64_t ignored = 0;
      [[maybe_unused]] const auto drained = ::read(wake.get(), &ignored, sizeof ignored);
      std::size_t at = 3;
      for (Connection& c : connections) {
        if (fds[at].revents != 0) take(c, c.reader, c.asked, false);
        if (fds[at + 1].revents != 0) take(c, c.publisher, c.said, true);
        give(c, c.publisher, c.asked);
        give(c, c.reader, c.said);
        at += 2;
      }
      std::erase_if(connections, [](const Connection& c) { return c.gone; });
      for (unsigned i = 0; i < 2; ++i)
        if (fds[1 + i].revents != 0) accept(i);
    }
  }

  void change() {
    const bool healed = wanted == Fault::none;
    for (Connection& c : connections)
      if (wanted == Fault::cut || (c.lossy && wanted != Fault::swallow)) {
        reset(c);
        ++tally.reset;
      }
    std::erase_if(connections, [](const Connection& c) { return c.gone; });
    if (wanted == Fault::cut)
      for (Fd& listener : listeners) listener = Fd{};
    else if (!listeners[0])
      open_doors();
    // Somebody else may have taken a port for a moment: the next turn tries again.
    if (wanted != Fault::cut && (!listeners[0] || !listeners[1])) {
      for (Fd& listener : listeners) listener = Fd{};
      fault = Fault::cut;
      return;
    }
    fault = wanted;
    amount = wanted_amount;
    if (healed)
      for (Connection& c : connections)
        for (Way* way : {&c.said, &c.asked})
          for (Way::Piece& piece : way->waiting) piece.due = {};
  }

  /// A socket that nothing is wanted of is not looked at: its end would be told again and again.
  static pollfd look(const Fd& fd, short events) { return {events == 0 ? -1 : fd.get(), events, 0}; }
  /// What a socket is polled for: it fills `in` and drains `out`.
  short interest(const Way& in, const Way& out, int& timeout_ms) const {
    short events = 0;
    if (in.held < kRoom) events |= POLLIN;
    if (out.waiting.empty() || fault == Fault::stall) return events;
    const auto now = Clock::now();
    const auto due = out.waiting.front().due;
    if (fault == Fault::throttle && out.allowance < 1) {
      timeout_ms = std::min(timeout_ms, 5);
    } else if (due <= now) {
      events |= POLLOUT;
    } else {
      timeout_ms =
          std::min<int>(timeout_ms, static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(due - now).count()) + 1);
    }
    return events;
  }

  void take(Connection& c, const Fd& from, Way& way, bool said) {
    if (way.held >= kRoom) return;
    std::array<char, 1U << 16> chunk;
    const auto n = ::recv(from.get(), chunk.data(), chunk.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
      c.gone = true;
      return;
    }
    const auto size = static_cast<std::size_t>(n);
    if (fault == Fault::swallow) {
      c.lossy = true;
      tally.lost += size;
      return;
    }
    std::string bytes{chunk.data(), size};
    if (fault == Fault::corrupt && said)
      for (; until_flip < size; until_flip += std::max<std::uint64_t>(1, amount), ++tally.corrupted)
        bytes[until_flip] = static_cast<char>(bytes[until_flip] ^ (1 << until_flip % 8));
    if (fault == Fault::corrupt && said) until_flip -= size;
    const auto due = fault == Fault::delay ? Clock::now() + std::chrono::milliseconds{amount} : Clock::time_point{};
    way.held += size;
    way.waiting.push_back({due, std::move(bytes)});
  }

  void give(Connection& c, const Fd& to, Way& way) {
    if (fault == Fault::stall || c.gone) return;
    const auto now = Clock::now();
    if (fault == Fault::throttle) {
      const double earned = std::chrono::duration<double>(now - way.filled).count() * static_cast<double>(amount);
      way.allowance = std::min(way.allowance + earned, static_cast<double>(amount) / 10 + 1);
    }
    way.filled = now;
    while (!way.waiting.empty() && way.waiting.front().due <= now) {
      std::string& bytes = way.waiting.front().bytes;
      const auto most = fault == Fault::throttle ? std::min(bytes.size(), static_cast<std::size_t>(way.allowance)) : bytes.size();
      if (most == 0) return;
      const auto n = ::send(to.get(), bytes.data(), most, MSG_NOSIGNAL);
      if (n < 0) {
        c.gone = c.gone || (errno != EAGAIN && errno != EINTR);
        return;
      }
      const auto size = static_cast<std::size_t>(n);
      way.held -= size;
      if (fault == Fault::throttle) way.allowance -= static_cast<double>(size);
      tally.forwarded += size;
      bytes.erase(0, size);
      if (!bytes.empty()) return;
      way.waiting.pop_front();
    }
  }

  void accept(unsigned door) {
    Fd reader{::accept4(listeners[door].get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (!reader) return;
    Fd publisher = connect_to(target + door);
    if (!publisher) return;  // nobody is there: the reader sees its connection closed
    prepare(reader);
    prepare(publisher);
    ++tally.connections;
    Connection c;
    c.reader = std::move(reader);
    c.publisher = std::move(publisher);
    connections.push_back(std::move(c));
  }

  const unsigned target;
  unsigned port{0};
  Fd wake;
  std::array<Fd, 2> listeners;
  std::list<Connection> connections;
  Fault fault{Fault::none};
  std::uint64_t amount{0};
  std::uint64_t until_flip{0};
  Counts tally;

  mutable std::mutex mutex;
  Fault wanted{Fault::none};
  std::uint64_t wanted_amount{0};
  Counts counts;
  bool stop{false};
  std::thread thread;
};

CuttingProxy::CuttingProxy(unsigned target_port) : impl_{std::make_unique<Impl>(target_port)} {}
CuttingProxy::~CuttingProxy() = default;

unsigned CuttingProxy::port() const { return impl_->port; }

void CuttingProxy::set(Fault fault, std::uint64_t amount) {
  {
    const std::lock_guard lock{impl_->mutex};
    impl_->wanted = fault;
    impl_->wanted_amount = amount;
  }
  impl_->rouse();
}

CuttingProxy::Counts CuttingProxy::counts() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->counts;
}

}  // namespace tickmesh
