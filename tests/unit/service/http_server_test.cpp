#include "service/http_server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <optional>

#include "unit/service/files.hpp"

namespace tickmesh {
namespace {

/// A plain socket to the server; reads give up after ten seconds.
class Wire {
 public:
  explicit Wire(std::uint16_t port) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("connect");
  }
  ~Wire() { ::close(fd_); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  /// False when the server has cut the connection.
  bool send(std::string_view text) const {
    while (!text.empty()) {
      const auto n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  /// One answer with its body (by Content-Length), or what came before the end.
  std::string answer() {
    for (;;) {
      if (const auto head = got_.find("\r\n\r\n"); head != std::string::npos) {
        const auto at = got_.find("Content-Length: ");
        const auto length = at < head ? std::stoul(got_.substr(at + 16)) : 0;
        if (got_.size() >= head + 4 + length) {
          const auto one = got_.substr(0, head + 4 + length);
          got_.erase(0, one.size());
          return one;
        }
      }
      char buffer[4096];
      const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n <= 0) return std::exchange(got_, {});
      got_.append(buffer, static_cast<std::size_t>(n));
    }
  }
  bool closed() const {
    char byte;
    return ::recv(fd_, &byte, 1, 0) == 0;
  }

 private:
  int fd_;
  std::string got_;
};

void echo(HttpRequest request, HttpRespond respond) {
  respond({200, "text/plain", request.method + ' ' + request.path + ' ' + request.body, ""});
}
std::string local(const HttpServer& server) { return fmt::format("127.0.0.1:{}", server.port()); }

TEST(HttpServer, GivesTheHandlerTheRequestAsItWasSent) {
  HttpRequest seen;
  HttpServer server{{.tcp = "127.0.0.1:0"}, [&](HttpRequest request, HttpRespond respond) {
                      seen = request;
                      respond({200, "text/plain", "ok", ""});
                    }};
  const auto result = http_call(local(server), "POST", "/a%20b?x=1%262&y", "body", "Bearer t", 5000, "key-1");
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(result.body, "ok");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.path, "/a b");
  EXPECT_EQ(seen.parameter("x"), "1&2");
  EXPECT_EQ(seen.parameter("y"), "");
  EXPECT_EQ(seen.parameter("z"), "");
  EXPECT_EQ(seen.body, "body");
  EXPECT_EQ(seen.authorization, "Bearer t");
  EXPECT_EQ(seen.idempotency_key, "key-1");
}

TEST(HttpServer, KeepsTheConnectionForTheNextRequest) {
  HttpServer server{{.tcp = "127.0.0.1:0"}, echo};
  Wire wire{server.port()};
  for (const char* path : {"/one", "/two", "/three"}) {
    ASSERT_TRUE(wire.send(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", path)));
    EXPECT_NE(wire.answer().find(fmt::format("GET {} ", path)), std::string::npos);
  }
  ASSERT_TRUE(wire.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  EXPECT_NE(wire.answer().find("GET /a "), std::string::npos) << "requests sent ahead are answered in order";
  EXPECT_NE(wire.answer().find("GET /b "), std::string::npos);
  EXPECT_TRUE(wire.closed());
}

TEST(HttpServer, ABodyOverTheLimitIs413EvenToASenderThatWritesItAllFirst) {
  std::atomic<int> handled{0};
  HttpServer server{{.tcp = "127.0.0.1:0", .body_limit = 1'000}, [&](HttpRequest, HttpRespond respond) {
                      ++handled;
                      respond({});
                    }};
  EXPECT_EQ(http_call(local(server), "POST", "/", std::string(1'000, 'x')).status, 200);
  for (const std::size_t size : {1'001u, 9'000'000u}) {
    const auto result = http_call(local(server), "POST", "/", std::string(size, 'x'));
    EXPECT_EQ(result.status, 413) << size;
    EXPECT_NE(result.body.find("at most 1000 bytes"), std::string::npos) << result.body;
  }
  Wire chunked{server.port()};
  chunked.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 3; ++i) chunked.send(fmt::format("200\r\n{}\r\n", std::string(0x200, 'x')));
  chunked.send("0\r\n\r\n");
  EXPECT_TRUE(chunked.answer().starts_with("HTTP/1.1 413"));
  EXPECT_EQ(handled, 1);
  EXPECT_EQ(http_call(local(server), "GET", "/").status, 200) << "the server goes on";
}

TEST(HttpServer, GarbageIs400AndCostsOnlyItsConnection) {
  HttpServer server{{.tcp = "127.0.0.1:0"}, echo};
  for (const std::string& garbage :
       {std::string("\x16\x03\x01\x02 not http\r\n\r\n"), std::string("GET\r\n\r\n"), std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n"), "GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n"}) {
    Wire wire{server.port()};
    wire.send(garbage);
    EXPECT_TRUE(wire.answer().starts_with("HTTP/1.1 400")) << garbage.substr(0, 40);
  }
  Wire half{server.port()};
  half.send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_EQ(http_call(local(server), "GET", "/x").body, "GET /x ") << "one that stays half is waited for by nobody else";
}

TEST(HttpServer, ADroppedAnswerIs503AndAThrowingHandler500) {
  HttpServer server{{.tcp = "127.0.0.1:0"}, [](HttpRequest request, HttpRespond) {
                      if (request.path == "/throw") throw std::runtime_error("no");
                    }};
  EXPECT_EQ(http_call(local(server), "GET", "/").status, 503);
  EXPECT_EQ(http_call(local(server), "GET", "/throw").status, 500);
}

TEST(HttpServer, AnAnswerMayComeLaterFromAnotherThreadAndOnlyTheFirstCounts) {
  std::promise<HttpRespond> asked;
  HttpServer server{{.tcp = "127.0.0.1:0"}, [&](HttpRequest, HttpRespond respond) { asked.set_value(std::move(respond)); }};
  auto call = std::async(std::launch::async, [&] { return http_call(local(server), "GET", "/"); });
  auto respond = asked.get_future().get();
  respond({201, "text/plain", "first", ""});
  respond({202, "text/plain", "second", ""});
  const auto result = call.get();
  EXPECT_EQ(result.status, 201);
  EXPECT_EQ(result.body, "first");
}

TEST(HttpServer, AnAnswerMayOutliveItsServer) {
  HttpRespond kept;
  std::promise<void> asked;
  std::optional<HttpServer> server{std::in_place, HttpOptions{.tcp = "127.0.0.1:0"}, [&](HttpRequest, HttpRespond respond) {
                                     kept = std::move(respond);
                                     asked.set_value();
                                   }};
  Wire wire{server->port()};
  wire.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  asked.get_future().wait();
  server.reset();
  EXPECT_TRUE(wire.closed()) << "the connection ends with the server";
  kept({200, "text/plain", "nobody hears this", ""});
  kept = nullptr;
}

TEST(HttpServer, WhatIsDroppedJustBeforeTheEndIsStillTold) {
  for (int round = 0; round < 20; ++round) {
    std::promise<HttpRespond> asked;
    std::optional<HttpServer> server{std::in_place, HttpOptions{.tcp = "127.0.0.1:0"},
                                     [&](HttpRequest, HttpRespond respond) { asked.set_value(std::move(respond)); }};
    Wire wire{server->port()};
    wire.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    auto respond = asked.get_future().get();
    respond = nullptr;
    server.reset();
    ASSERT_TRUE(wire.answer().starts_with("HTTP/1.1 503")) << round;
  }
}

TEST(HttpServer, AUnixSocketIsForItsOwnerAlone) {
  const testing::Files files;
  const auto path = files.put("api.sock", "left by a process that was killed");
  HttpServer server{{.unix_path = path}, echo};
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_TRUE(S_ISSOCK(info.st_mode));
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(http_call("unix:" + path, "GET", "/x").body, "GET /x ");
}

TEST(HttpServer, WhatCannotBeBoundIsNamed) {
  HttpServer server{{.tcp = "127.0.0.1:0"}, echo};
  const auto words = [](HttpOptions options) {
    try {
      HttpServer second{std::move(options), echo};
    } catch (const std::runtime_error& e) {
      return std::string(e.what());
    }
    return std::string{};
  };
  EXPECT_TRUE(words({.tcp = local(server)}).starts_with(local(server) + ": ")) << words({.tcp = local(server)});
  EXPECT_NE(words({.tcp = local(server)}).find("Address already in use"), std::string::npos);
  EXPECT_NE(words({.tcp = "nonsense"}).find("not host:port"), std::string::npos);
  EXPECT_NE(words({.tcp = "127.0.0.1:99999"}).find("not host:port"), std::string::npos);
  EXPECT_NE(words({.unix_path = "/nowhere/at/all.sock"}).find("/nowhere/at/all.sock"), std::string::npos);
  EXPECT_THROW(http_call("127.0.0.1:1", "GET", "/"), std::runtime_error);
}

}  // namespace
}  // namespace tickmesh
