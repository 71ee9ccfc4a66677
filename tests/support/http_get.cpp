#include "support/http_get.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>

namespace tickmesh {
namespace {

class Socket {
 public:
  Socket() : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {}
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

std::optional<std::string> http_get(unsigned port, const std::string& path, std::chrono::milliseconds limit) {
  const Socket socket;
  const timeval timeout{limit.count() / 1000, static_cast<suseconds_t>(limit.count() % 1000 * 1000)};
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return std::nullopt;
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  if (::send(socket.fd(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) return std::nullopt;
  std::string answer;
  std::array<char, 1 << 14> chunk;
  for (;;) {
    const auto n = ::recv(socket.fd(), chunk.data(), chunk.size(), 0);
    if (n < 0) return std::nullopt;
    if (n == 0) break;
    answer.append(chunk.data(), static_cast<std::size_t>(n));
  }
  const auto body = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.") || body == std::string::npos) return std::nullopt;
  return answer.substr(body + 4);
}

}  // namespace tickmesh
