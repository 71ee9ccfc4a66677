#include "api_gateway/gateway.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "api_gateway/predictions.hpp"
#include "api_gateway/requests.hpp"

namespace tickmesh {
namespace {

constexpr std::size_t kIncoming = 1000;
constexpr std::size_t kAccepted = 10'000;  // predictions
constexpr std::int64_t kAnswerWithin = 15'000'000'000;

/// Who must answer a command before the person is told.
std::set<std::string> answerers(Verb verb) {
  switch (verb) {
    case Verb::halt:
    case Verb::resume: return {"position_manager", "broker_gateway"};
    case Verb::cancel:
    case Verb::cancel_all: return {"broker_gateway"};
    default: return {"position_manager"};
  }
}

/// Texts of a venue or a sender that are no UTF-8 cost their bytes, not the service.
std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }
HttpResponse json_response(const Json& data) { return {200, "application/json", text_of(Json{{"ok", true}, {"data", data}}), ""}; }
HttpResponse error_response(int status, Error error) { return {status, "application/json", error_body(error), ""}; }

/// Takes the same time whatever the difference.
bool same_secret(const std::string& a, const std::string& b) {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

ApiAttachment::~ApiAttachment() {
  if (wake_fd_ >= 0) ::close(wake_fd_);
}

void ApiAttachment::attach(Host& host, Runner& runner) {
  host_ = &host;
  runner_ = &runner;
  wake_fd_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

void ApiAttachment::recovered(Timestamp) {
  const Config& config = host_->config();
  std::ifstream token{config.text("api.predictions_token_file")};
  std::getline(token, predictions_token_);
  std::vector<Neighbours::Place> places;
  constexpr const char* services[] = {"tick_ingestor",    "bar_compressor", "metrics_engine",
                                      "position_manager", "broker_gateway", "api_gateway"};
  for (unsigned i = 0; i < std::size(services); ++i)
    for (std::uint32_t ordinal = 0; ordinal < instances_of(config, services[i]); ++ordinal)
      places.push_back({services[i], fmt::format("{}:{}", config.text("health.address"), health_port(config, i, ordinal)), ordinal});
  neighbours_ = std::make_unique<Neighbours>(std::move(places));
  try {
    tcp_ = std::make_unique<HttpServer>(HttpOptions{.tcp = config.text("api.listen")},
                                        [this](HttpRequest r, HttpRespond a) { enqueue(std::move(r), std::move(a), false); });
  } catch (const std::exception& e) {
    throw StartError(Error{"in_use", "api.listen", "a free port", fmt::format("cannot listen on {}", e.what())});
  }
  try {
    socket_ = std::make_unique<HttpServer>(HttpOptions{.unix_path = config.text("api.socket")},
                                           [this](HttpRequest r, HttpRespond a) { enqueue(std::move(r), std::move(a), true); });
  } catch (const std::exception& e) {
    throw StartError(Error{"in_use", "api.socket", "a path that can be bound", e.what()});
  }
}

void ApiAttachment::enqueue(HttpRequest request, HttpRespond respond, bool may_command) {
  if (request.method == "POST" && request.path == "/api/v1/ticks")
    return neighbours_->forward_ticks(std::move(request), std::move(respond));
  {
    std::lock_guard lock{mutex_};
    if (incoming_.size() >= kIncoming) {
      respond({429, "application/json", error_body({"busy", "", "1000 requests waiting at most", "try again"}), "1"});
      return;
    }
    incoming_.push_back({std::move(request), std::move(respond), may_command});
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_fd_, &one, sizeof one);
}

void ApiAttachment::turn(Timestamp now) {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto drained = ::read(wake_fd_, &count, sizeof count);
  std::deque<Incoming> incoming;
  {
    std::lock_guard lock{mutex_};
    incoming.swap(incoming_);
  }
  for (Incoming& i : incoming) answer(i.request, i.respond, i.may_command);
  const std::int64_t mono = monotonic_ns();
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (mono < it->second.deadline_ns) {
      ++it;
      continue;
    }
    std::string who;
    for (const std::string& service : it->second.unanswered) who += (who.empty() ? "" : ", ") + service;
    it->second.respond(error_response(
        504, {"unknown", "command", "answered within 15 s",
              fmt::format("{} is recorded, {} has not answered; see 'tickmeshctl status' and 'tickmeshctl tail risk'", it->first, who)}));
    it = waiting_.erase(it);
  }
  write_state_file(now);
}

void ApiAttachment::answer(HttpRequest& request, HttpRespond& respond, bool may_command) {
  if (request.method == "GET") return read(request, respond);
  if (request.method == "POST" && request.path == "/api/v1/predictions") return predict(request, respond, may_command);
  if (request.method != "POST" || request.path != "/api/v1/commands")
    return respond(error_response(
        405, {"not_allowed", "method", "GET, or POST /api/v1/commands or /api/v1/predictions", request.method + " " + request.path}));
  if (!may_command)
    return respond(error_response(
        403, {"refused", "socket", "commands come over the Unix socket until sign-in exists", host_->config().text("api.socket")}));
  auto command = parse_command(request.body, host_->instruments());
  if (!command) {
    host_->count_rejected("command", command.error().rule);
    return respond(error_response(400, command.error()));
  }
  accepted_.emplace_back(std::move(*command), [this, respond = std::move(respond)](const Command& said) { await_answers(said, respond); });
}

void ApiAttachment::predict(const HttpRequest& request, HttpRespond& respond, bool may_command) {
  if (!may_command && (predictions_token_.empty() || !same_secret(request.authorization, "Bearer " + predictions_token_)))
    return respond(error_response(
        401, {"unauthorized", "Authorization", "Bearer with the token of api.predictions_token_file", "the token is missing or wrong"}));
  // Recorded data have a time of their own, which the sender's as_of belongs to.
  const bool live = host_->config().text("mesh.time") == "live";
  auto rows = parse_predictions(request.body, host_->instruments(), live ? host_->clock().now() : Timestamp{},
                                may_command ? "api.sock" : "predictions token");
  if (!rows) return respond(error_response(400, rows.error()));
  for (const RejectedPrediction& r : rows->rejected) host_->count_rejected("predictions", r.field + ": " + r.rule);
  if (accepted_.size() + rows->accepted.size() > kAccepted)
    return respond(error_response(429, {"busy", "", "10000 predictions waiting at most", "try again"}));
  HttpResponse answer{200, "application/json", predictions_answer(*rows), ""};
  if (rows->accepted.empty()) return respond(std::move(answer));
  // Answered when the journal has the last of them.
  const std::size_t last = rows->accepted.size() - 1;
  for (std::size_t i = 0; i < last; ++i) accepted_.emplace_back(std::move(rows->accepted[i]), [](const Command&) {});
  accepted_.emplace_back(std::move(rows->accepted[last]),
                         [answer = std::move(answer), respond = std::move(respond)](const Command&) { respond(answer); });
}

void ApiAttachment::locals(Timestamp, std::vector<Event>& out) {
  for (auto& [command, said] : accepted_) {
    out.push_back(Request{std::to_string(++request_number_), std::move(command)});
    released_next_.push_back(std::move(said));
  }
  accepted_.clear();
}

void ApiAttachment::released(const Released& released) {
  const auto* command = std::get_if<Command>(released.event);
  if (command == nullptr || released.replayed || released_next_.empty()) return;
  const Said said = std::move(released_next_.front());
  released_next_.pop_front();
  said(*command);
}

void ApiAttachment::await_answers(const Command& command, HttpRespond respond) {
  spdlog::info("Command said id={} verb={} symbol={}", command.id, to_string(command.verb), command.symbol.view());
  waiting_.emplace(command.id,
                   Waiting{command, std::move(respond), monotonic_ns() + kAnswerWithin, answerers(command.verb), Outcome::done, {}});
}

void ApiAttachment::applied(const Name&, const Event& event) {
  if (const auto* risk = std::get_if<RiskEvent>(&event)) {
    if (risk->kind == RiskEventKind::command_answered)
      answered(risk->command_id, "position_manager", risk->outcome, risk->rule.empty() ? risk->reason : risk->rule + ": " + risk->reason);
  } else if (const auto* venue = std::get_if<VenueEvent>(&event)) {
    if (venue->kind == VenueEventKind::command_answered) answered(venue->command_id, "broker_gateway", venue->outcome, venue->reason);
  }
}

void ApiAttachment::answered(const std::string& command_id, const std::string& by, Outcome outcome, const std::string& text) {
  const auto it = waiting_.find(command_id);
  if (it == waiting_.end() || it->second.unanswered.erase(by) == 0) return;
  Waiting& w = it->second;
  if (outcome != Outcome::done && w.outcome == Outcome::done) w.outcome = outcome;
  if (!text.empty()) w.text += (w.text.empty() ? "" : "; ") + text;
  if (!w.unanswered.empty()) return;
  finish(w);
  waiting_.erase(it);
}

void ApiAttachment::finish(Waiting& w) {
  spdlog::info("Command answered id={} outcome={} {}", w.command.id, to_string(w.outcome), w.text);
  if (w.outcome == Outcome::done) {
    Json data = command_json(w.command);
    data["outcome"] = "done";
    data["text"] = w.text;
    return w.respond(json_response(data));
  }
  const int status = w.outcome == Outcome::unknown ? 504 : 409;
  w.respond(error_response(status,
                           {w.outcome == Outcome::unknown ? "unknown" : "refused", "command", std::string(to_string(w.outcome)), w.text}));
}

void ApiAttachment::read(const HttpRequest& request, HttpRespond& respond) {
  const MeshView& view = core_->view();
  const std::string& path = request.path;
  const auto list = [&](auto&& items, auto&& to_json) {
    Json out = Json::array();
    for (const auto& item : items) out.push_back(to_json(item));
    respond(json_response(out));
  };
  if (path == "/" || path == "/index.html") {
    const std::string page = read_file(host_->config().text("api.web_dir") + "/status.html");
    if (page.empty())
      return respond(error_response(500, {"missing", "api.web_dir", "holds status.html", host_->config().text("api.web_dir")}));
    return respond({200, "text/html; charset=utf-8", page, ""});
  }
  if (path == "/favicon.ico") return respond({204, "image/x-icon", "", ""});
  if (path == "/trading_state.json")
    return respond({200, "application/json", text_of(trading_state(view, host_->instruments(), host_->clock().now())), ""});
  if (path == "/api/v1/status") return respond(json_response(neighbours_->status()));
  if (path == "/api/v1/account") return respond(json_response(account_json(view)));
  if (path == "/api/v1/positions")
    return list(view.open_positions, [&](const auto& p) { return position_json(p.second, view, host_->instruments()); });
  if (path == "/api/v1/trades")
    return list(view.closed_positions, [&](const auto& p) { return position_json(p, view, host_->instruments()); });
  if (path == "/api/v1/strategies") return list(view.strategies, [](const auto& s) { return strategy_json(s.second); });
  if (path == "/api/v1/latest") return list(view.latest, [](const auto& l) { return latest_json(l.second); });
  if (path == "/api/v1/signals") return respond(json_response(rules_json(host_->config())));
  if (path == "/api/v1/orders") {
    Json out = Json::array();
    for (const auto& [id, order] : view.working_orders) out.push_back(order_json(order));
    if (request.parameter("all") == "true")
      for (const OrderEvent& order : view.finished_orders) out.push_back(order_json(order));
    return respond(json_response(out));
  }
  for (const std::string kind : {"metrics", "signals", "latest", "profile", "book"}) {
    const std::string prefix = "/api/v1/" + kind + "/";
    if (!path.starts_with(prefix)) continue;
    auto symbol = host_->instruments().resolve(path.substr(prefix.size()));
    if (!symbol) return respond(error_response(404, symbol.error()));
    if (kind == "metrics") {
      const auto it = view.metrics.find(*symbol);
      return it == view.metrics.end() ? respond(error_response(404, {"none", "symbol", "has metrics", symbol->str()}))
                                      : respond(json_response(metrics_json(it->second, view)));
    }
    if (kind == "profile")
      return view.profiles.contains(*symbol) || view.completed_profiles.contains(*symbol)
                 ? respond(json_response(profile_json(view, *symbol)))
                 : respond(error_response(404, {"none", "symbol", "has a profile", symbol->str()}));
    if (kind == "book") {
      const auto it = view.books.find(*symbol);
      return it == view.books.end() ? respond(error_response(404, {"none", "symbol", "has depth", symbol->str()}))
                                    : respond(json_response(book_json(it->second, host_->clock().now())));
    }
    if (kind == "latest") {
      const auto it = view.latest.find(*symbol);
      return it == view.latest.end() ? respond(error_response(404, {"none", "symbol", "has a quote", symbol->str()}))
                                     : respond(json_response(latest_json(it->second)));
    }
    Json out = Json::array();
    for (const auto& [key, signal] : view.signals)
      if (key.first == *symbol) out.push_back(signal_json(signal));
    return respond(json_response(out));
  }
  respond(error_response(404, {"not_found", "path", "a page or read of this mesh", path.substr(0, 100)}));
}

void ApiAttachment::write_state_file(Timestamp now) {
  const std::int64_t mono = monotonic_ns();
  if (mono < next_state_file_) return;
  next_state_file_ = mono + 1'000'000'000;
  const std::string path = host_->config().text("api.state_file");
  {
    std::ofstream file{path + ".new", std::ios::trunc};
    file << text_of(trading_state(core_->view(), host_->instruments(), now)) << '\n';
    if (!file.good()) return;  // said by disk_days_left; the page and the API go on
  }
  std::error_code ignored;
  std::filesystem::rename(path + ".new", path, ignored);
}

void ApiAttachment::report(Probes& probes, std::vector<std::string>&) {
  const MeshView& view = core_->view();
  probes.equity(view.account.equity.to_double());
  probes.unrealized_pnl(view.account.unrealized_pnl.to_double());
  probes.realized_pnl(view.account.realized_pnl.to_double());
  probes.positions(static_cast<double>(view.open_positions.size()));
  probes.risk_state(static_cast<double>(view.risk.state));
  std::map<OrderEventKind, std::size_t> by_state;
  for (const auto& [id, order] : view.working_orders) ++by_state[order.kind];
  probes.orders(by_state);
}

void ApiAttachment::stopping() {
  // Whoever still waits is told by the connection's own answer (503) when these go.
  waiting_.clear();
  released_next_.clear();
  accepted_.clear();
  {
    std::lock_guard lock{mutex_};
    incoming_.clear();
  }
  neighbours_.reset();
  tcp_.reset();
  socket_.reset();
  std::error_code ignored;
  std::filesystem::remove(host_->config().text("api.socket"), ignored);
}

}  // namespace tickmesh
