#include "bus/sockets.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

namespace tickmesh {
namespace {

/// libzmq names the errno alone; a person needs to know which endpoint.
class EndpointError final : public zmq::error_t {
 public:
  EndpointError(const std::string& endpoint, int code) : zmq::error_t{code}, text_{endpoint + ": " + zmq_strerror(code)} {}
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

std::int64_t read_clock(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

constexpr std::string_view kIpc = "ipc://";

class Fd {
 public:
  explicit Fd(int fd) : fd_{fd} {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

/// Our own listening socket: libzmq would take over the file of a process that still listens, make it open to all, and remove it some
/// time after the socket was closed, when a successor may already have its own there.
int listen_at(const std::string& endpoint, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) throw EndpointError(endpoint, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());
  const auto* raw = reinterpret_cast<const sockaddr*>(&address);
  Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (fd.get() < 0) throw EndpointError(endpoint, errno);
  struct stat found{};
  if (::lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode)) throw EndpointError(endpoint, EEXIST);
    const Fd probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (::connect(probe.get(), raw, sizeof address) == 0 || errno == EAGAIN) throw EndpointError(endpoint, EADDRINUSE);
    ::unlink(path.c_str());  // left by a process that was killed
  }
  // Nobody can connect between bind and listen, so nobody slips in before the mode is set.
  if (::bind(fd.get(), raw, sizeof address) != 0 || ::chmod(path.c_str(), 0660) != 0 || ::listen(fd.get(), 128) != 0)
    throw EndpointError(endpoint, errno);
  return fd.release();
}

}  // namespace

BoundSocket::BoundSocket(zmq::context_t& context, zmq::socket_type type, const std::string& endpoint, int high_water_mark)
    : socket_{context, type} {
  set_common_options(socket_, high_water_mark);
  int fd = -1;
  if (endpoint.starts_with(kIpc)) {
    path_ = endpoint.substr(kIpc.size());
    fd = listen_at(endpoint, path_);
    struct stat made{};
    if (::lstat(path_.c_str(), &made) == 0) inode_ = made.st_ino;
    zmq_setsockopt(socket_.handle(), ZMQ_USE_FD, &fd, sizeof fd);
  }
  try {
    socket_.bind(endpoint);
  } catch (const zmq::error_t& error) {
    if (fd >= 0) {
      ::unlink(path_.c_str());
      ::close(fd);
    }
    throw EndpointError(endpoint, error.num());
  }
}

// Not the file of a successor that has bound there since.
BoundSocket::~BoundSocket() {
  struct stat found{};
  if (!path_.empty() && ::lstat(path_.c_str(), &found) == 0 && found.st_ino == inode_) ::unlink(path_.c_str());
}

void set_common_options(zmq::socket_t& socket, int high_water_mark) {
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::ipv6, false);
  socket.set(zmq::sockopt::maxmsgsize, kCutBytes);
  socket.set(zmq::sockopt::sndhwm, high_water_mark);
  socket.set(zmq::sockopt::rcvhwm, high_water_mark);
  socket.set(zmq::sockopt::heartbeat_ivl, 1000);
  socket.set(zmq::sockopt::heartbeat_timeout, 5000);
  socket.set(zmq::sockopt::reconnect_ivl, 20);
  socket.set(zmq::sockopt::reconnect_ivl_max, 500);
}

int high_water_mark(std::size_t bytes) {
  return static_cast<int>(std::clamp<std::size_t>(bytes / kBatchBytes, 1000, std::numeric_limits<int>::max()));
}

std::int64_t monotonic_now() { return read_clock(CLOCK_MONOTONIC); }
Timestamp utc_now() { return {read_clock(CLOCK_REALTIME)}; }

Endpoint ipc_endpoint(const std::string& run_dir, const std::string& service, std::uint32_t ordinal) {
  const std::string base = "ipc://" + run_dir + "/" + service + "-" + std::to_string(ordinal);
  return {service, ordinal, base + ".pub", base + ".replay"};
}

std::string topic(Stream stream, unsigned lane) {
  TM_INVARIANT(lane < 100, "a lane has two digits");
  std::string text{to_string(stream)};
  text += '.';
  text += static_cast<char>('0' + lane / 10);
  text += static_cast<char>('0' + lane % 10);
  return text;
}

std::string heartbeat_topic() { return "beat.00"; }

}  // namespace tickmesh
