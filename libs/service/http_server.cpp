#include "service/http_server.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <future>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>

namespace tickmesh {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using local = asio::local::stream_protocol;

/// Read away, at most, after a request that was refused unread.
constexpr std::size_t kLingerBytes = 64u << 20;

std::string decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

HttpRequest translate(http::request<http::string_body>& in) {
  HttpRequest out;
  out.method = std::string(in.method_string());
  const std::string target(in.target());
  const auto mark = target.find('?');
  out.path = decode(std::string_view(target).substr(0, mark));
  if (mark != std::string::npos) out.query = target.substr(mark + 1);
  out.body = std::move(in.body());
  out.authorization = std::string(in[http::field::authorization]);
  out.idempotency_key = std::string(in["Idempotency-Key"]);
  return out;
}

/// The way back for answers from other threads, shut when the server goes: an answer may outlive it.
struct Gate {
  std::mutex mutex;
  asio::io_context* context{nullptr};
  template <class Work>
  void post(Work&& work) {
    std::lock_guard lock{mutex};
    if (context != nullptr) asio::post(*context, std::forward<Work>(work));
  }
};
/// Sessions whose request is with the handler: nothing else keeps them. HTTP thread only.
using Awaiting = std::set<std::shared_ptr<void>>;

template <class Protocol>
class Session : public std::enable_shared_from_this<Session<Protocol>> {
 public:
  Session(typename Protocol::socket socket, const HttpOptions& options, const HttpHandler& handler, std::shared_ptr<Gate> gate,
          Awaiting& awaiting)
      : stream_{std::move(socket)}, options_{options}, handler_{handler}, gate_{std::move(gate)}, awaiting_{awaiting} {}
  void run() { read(); }

 private:
  void read() {
    parser_.emplace();
    parser_->body_limit(options_.body_limit);
    stream_.expires_after(std::chrono::seconds(options_.timeout_s));
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](beast::error_code error, std::size_t) { self->on_read(error); });
  }

  void on_read(beast::error_code error) {
    if (error == http::error::body_limit)
      return write(
          {413, "application/json",
           R"({"error":{"code":"too_large","field":"body","rule":"at most )" + std::to_string(options_.body_limit) + R"( bytes"}})", ""},
          false, true);
    if (error) {
      const bool unreadable = error.category() == http::make_error_code(http::error::bad_method).category();
      if (unreadable && error != http::error::end_of_stream)
        return write({400, "application/json", R"({"error":{"code":"bad_request","field":"request","rule":"HTTP/1.1"}})", ""}, false, true);
      return close();
    }
    auto request = parser_->release();
    const bool keep = request.keep_alive();
    stream_.expires_never();  // the handler answers in its own time
    awaiting_.insert(this->shared_from_this());
    // Whoever drops the answer drops the last reference, and the caller is told instead of left hanging.
    struct Pending {
      std::weak_ptr<Session> session;
      std::shared_ptr<Gate> gate;
      bool keep;
      std::atomic<bool> answered{false};
      ~Pending() {
        if (!answered.exchange(true))
          answer({503, "application/json", R"({"error":{"code":"unavailable","rule":"the service answers"}})", ""});
      }
      void answer(HttpResponse response) {
        gate->post([waiting = session, k = keep, r = std::move(response)]() mutable {
          if (auto s = waiting.lock()) s->write(std::move(r), k);
        });
      }
    };
    auto pending = std::make_shared<Pending>(this->weak_from_this(), gate_, keep);
    HttpRespond respond = [pending](HttpResponse response) {
      if (!pending->answered.exchange(true)) pending->answer(std::move(response));
    };
    try {
      handler_(translate(request), respond);
    } catch (const std::exception&) {
      respond({500, "application/json", R"({"error":{"code":"internal","rule":"the handler answers"}})", ""});
    }
  }

  void write(HttpResponse response, bool keep, bool unread = false) {
    awaiting_.erase(this->shared_from_this());
    response_ = {static_cast<http::status>(response.status), 11};
    response_.set(http::field::content_type, response.content_type);
    response_.set(http::field::cache_control, "no-store");
    if (!response.retry_after.empty()) response_.set(http::field::retry_after, response.retry_after);
    response_.body() = std::move(response.body);
    response_.keep_alive(keep);
    response_.prepare_payload();
    stream_.expires_after(std::chrono::seconds(options_.timeout_s));
    http::async_write(stream_, response_, [self = this->shared_from_this(), keep, unread](beast::error_code error, std::size_t) {
      if (!error && unread) return self->linger();
      if (error || !keep) return self->close();
      self->read();
    });
  }

  /// Closing on bytes not yet read resets the connection, and the client would lose the answer that is on its way: they are read away.
  void linger() {
    beast::error_code ignored;
    stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    stream_.expires_after(std::chrono::seconds(options_.timeout_s));
    discard(kLingerBytes);
  }
  void discard(std::size_t left) {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(64u << 10), [self = this->shared_from_this(), left](beast::error_code error, std::size_t n) {
      if (error || n >= left) return self->close();
      self->discard(left - n);
    });
  }

  void close() {
    beast::error_code ignored;
    stream_.socket().shutdown(asio::socket_base::shutdown_both, ignored);
  }

  beast::basic_stream<Protocol> stream_;
  const HttpOptions& options_;
  const HttpHandler& handler_;
  std::shared_ptr<Gate> gate_;
  Awaiting& awaiting_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
};

tcp::endpoint parse_tcp(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) throw std::runtime_error(text + ": not host:port");
  unsigned short port = 0;
  const auto digits = std::string_view(text).substr(colon + 1);
  if (std::from_chars(digits.data(), digits.data() + digits.size(), port).ec != std::errc{})
    throw std::runtime_error(text + ": not host:port");
  boost::system::error_code error;
  const auto address = asio::ip::make_address(text.substr(0, colon), error);
  if (error) throw std::runtime_error(text + ": " + error.message());
  return {address, port};
}

}  // namespace

std::string HttpRequest::parameter(const std::string& name) const {
  std::string_view rest = query;
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const auto pair = rest.substr(0, end);
    const auto equals = pair.find('=');
    if (decode(pair.substr(0, equals)) == name) return equals == std::string_view::npos ? "" : decode(pair.substr(equals + 1));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  return "";
}

struct HttpServer::Impl {
  Impl(HttpOptions o, HttpHandler h) : options{std::move(o)}, handler{std::move(h)} { gate->context = &context; }
  HttpOptions options;
  HttpHandler handler;
  asio::io_context context{1};
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  Awaiting awaiting;
  std::optional<tcp::acceptor> tcp_acceptor;
  std::optional<local::acceptor> unix_acceptor;
  std::thread thread;

  template <class Protocol, class Acceptor>
  void accept(Acceptor& acceptor) {
    acceptor.async_accept([this, &acceptor](boost::system::error_code error, typename Protocol::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) std::make_shared<Session<Protocol>>(std::move(socket), options, handler, gate, awaiting)->run();
      accept<Protocol>(acceptor);
    });
  }
};

HttpServer::HttpServer(HttpOptions options, HttpHandler handler) : impl_{std::make_unique<Impl>(std::move(options), std::move(handler))} {
  Impl& i = *impl_;
  if (!i.options.tcp.empty()) {
    const auto endpoint = parse_tcp(i.options.tcp);
    try {
      i.tcp_acceptor.emplace(i.context, endpoint, true);
    } catch (const std::exception& e) {
      throw std::runtime_error(i.options.tcp + ": " + e.what());
    }
    i.accept<tcp>(*i.tcp_acceptor);
  }
  if (!i.options.unix_path.empty()) {
    ::unlink(i.options.unix_path.c_str());
    const auto mask = ::umask(0177);
    try {
      i.unix_acceptor.emplace(i.context, local::endpoint(i.options.unix_path), true);
    } catch (const std::exception& e) {
      ::umask(mask);
      throw std::runtime_error(i.options.unix_path + ": " + e.what());
    }
    ::umask(mask);
    i.accept<local>(*i.unix_acceptor);
  }
  i.thread = std::thread([&i] { i.context.run(); });
}

HttpServer::~HttpServer() {
  // Answers given so far are written first, unless a handler holds the thread.
  auto last = std::make_shared<std::promise<void>>();
  auto written = last->get_future();
  // Twice round the queue: what the handler under way drops is posted when it returns, after the first.
  asio::post(impl_->context, [context = &impl_->context, last] { asio::post(*context, [last] { last->set_value(); }); });
  written.wait_for(std::chrono::seconds(1));
  {
    std::lock_guard lock{impl_->gate->mutex};
    impl_->gate->context = nullptr;
  }
  impl_->context.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

std::uint16_t HttpServer::port() const { return impl_->tcp_acceptor ? impl_->tcp_acceptor->local_endpoint().port() : 0; }

namespace {

template <class Protocol>
HttpResult call(typename Protocol::endpoint endpoint, http::request<http::string_body> request, int timeout_ms) {
  asio::io_context context;
  beast::basic_stream<Protocol> stream{context};
  beast::flat_buffer buffer;
  http::response<http::string_body> response;
  beast::error_code result;
  const auto step = [&](auto&& start) {
    context.restart();
    stream.expires_after(std::chrono::milliseconds(timeout_ms));
    start([&](beast::error_code error, auto&&...) { result = error; });
    context.run();
    if (result) throw std::runtime_error(result.message());
  };
  step([&](auto done) { stream.async_connect(endpoint, done); });
  step([&](auto done) { http::async_write(stream, request, done); });
  step([&](auto done) { http::async_read(stream, buffer, response, done); });
  return {static_cast<int>(response.result_int()), std::move(response.body())};
}

}  // namespace

HttpResult http_call(const std::string& target, const std::string& method, const std::string& path, const std::string& body,
                     const std::string& authorization, int timeout_ms, const std::string& idempotency_key) {
  http::request<http::string_body> request{http::string_to_verb(method), path, 11};
  request.set(http::field::host, "localhost");
  request.set(http::field::connection, "close");
  if (!authorization.empty()) request.set(http::field::authorization, authorization);
  if (!idempotency_key.empty()) request.set("Idempotency-Key", idempotency_key);
  request.body() = body;
  request.prepare_payload();
  try {
    if (target.starts_with("unix:")) return call<local>(local::endpoint(target.substr(5)), std::move(request), timeout_ms);
    return call<tcp>(parse_tcp(target), std::move(request), timeout_ms);
  } catch (const std::exception& e) {
    throw std::runtime_error(target + ": " + e.what());
  }
}

}  // namespace tickmesh
