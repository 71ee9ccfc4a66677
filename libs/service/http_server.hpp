// A small HTTP/1.1 server on TCP or a Unix socket. Handlers may answer later and from any thread.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace tickmesh {

struct HttpRequest {
  std::string method;  ///< "GET"
  std::string path;    ///< decoded, without the query
  std::string query;   ///< raw, without '?'
  std::string body;
  std::string authorization;  ///< header, "" when absent
  std::string idempotency_key;
  std::string parameter(const std::string& name) const;  ///< of the query, decoded; "" when absent
};
struct HttpResponse {
  int status{200};
  std::string content_type{"application/json"};
  std::string body;
  std::string retry_after;  ///< header, left out when empty
};
using HttpRespond = std::function<void(HttpResponse)>;  ///< call once, from any thread; a request dropped unanswered gets 503. May outlive
                                                        ///< the server: then nobody hears it
using HttpHandler = std::function<void(HttpRequest, HttpRespond)>;

struct HttpOptions {
  std::string tcp;        ///< "127.0.0.1:9101"; port 0 takes any; empty: none
  std::string unix_path;  ///< mode 0600; empty: none
  std::size_t body_limit{8u << 20};
  int timeout_s{30};
};

class HttpServer {
 public:
  /// Binds and starts its thread. Throws std::runtime_error naming address and reason ("127.0.0.1:9101: Address already in use").
  HttpServer(HttpOptions options, HttpHandler handler);
  ~HttpServer();
  std::uint16_t port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One request, blocking. `target`: "127.0.0.1:9101" or "unix:/path". Throws std::runtime_error when nobody answers.
struct HttpResult {
  int status{0};
  std::string body;
};
HttpResult http_call(const std::string& target, const std::string& method, const std::string& path, const std::string& body = "",
                     const std::string& authorization = "", int timeout_ms = 5000, const std::string& idempotency_key = "");

}  // namespace tickmesh
