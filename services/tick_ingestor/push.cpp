#include "tick_ingestor/push.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace tickmesh {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kIncoming = 64;
constexpr std::size_t kKnown = 1000;

HttpResponse refuse(int status, const char* code, const char* field, const std::string& rule, const std::string& message,
                    const char* retry = "") {
  return {status, "application/json",
          Json{{"error", {{"code", code}, {"field", field}, {"rule", rule}, {"message", message}}}}.dump(-1, ' ', false,
                                                                                                         Json::error_handler_t::replace),
          retry};
}

/// Takes the same time whatever the difference.
bool same_secret(const std::string& a, const std::string& b) {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

}  // namespace

PushFeed::PushFeed(Host& host, const std::string& token_file) : host_{host}, wake_fd_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)} {
  std::ifstream file{token_file};
  std::getline(file, token_);
}

PushFeed::~PushFeed() { ::close(wake_fd_); }

bool PushFeed::on_http(HttpRequest& request, HttpRespond& respond) {
  if (request.path != "/ticks") return false;
  if (request.method != "POST") {
    respond(refuse(405, "not_allowed", "method", "POST", request.method));
    return true;
  }
  if (token_.empty() || !same_secret(request.authorization, "Bearer " + token_)) {
    respond(refuse(401, "unauthorized", "Authorization", "Bearer with the token of feed.push_token_file", "the token is missing or wrong"));
    return true;
  }
  {
    std::lock_guard lock{mutex_};
    if (const auto known = known_.find(request.idempotency_key); !request.idempotency_key.empty() && known != known_.end()) {
      respond({200, "application/json", known->second, ""});
      return true;
    }
    if (incoming_.size() >= kIncoming) {
      respond(refuse(429, "busy", "", "64 requests waiting at most", "try again", "1"));
      return true;
    }
  }
  auto rows = parse_push_rows(request.body, host_.instruments());
  if (!rows) {
    respond(refuse(400, "unreadable", rows.error().field.c_str(), rows.error().rule, rows.error().message));
    return true;
  }
  {
    std::lock_guard lock{mutex_};
    incoming_.push_back({std::move(*rows), std::move(respond), request.idempotency_key});
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_fd_, &one, sizeof one);
  return true;
}

std::deque<PushFeed::Batch> PushFeed::take() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto drained = ::read(wake_fd_, &count, sizeof count);
  std::lock_guard lock{mutex_};
  return std::exchange(incoming_, {});
}

void PushFeed::applied(Batch batch, const IngestCore::Counts& before, const IngestCore::Counts& after, std::vector<RejectedRow> refused,
                       Lsn recorded) {
  Json rejected = Json::array();
  for (const auto* list : {&batch.rows.rejected, &refused})
    for (const RejectedRow& r : *list) {
      rejected.push_back({{"row", r.row}, {"field", r.field}, {"rule", r.rule}, {"value", r.value}});
      host_.count_rejected("ticks", r.rule);
    }
  if (const auto unlisted = batch.rows.rejected_count - batch.rows.rejected.size(); unlisted > 0)
    host_.count_rejected("ticks", "beyond the first 1000 of a request", unlisted);
  const Json body{{"accepted", after.accepted - before.accepted},
                  {"duplicates", after.duplicates - before.duplicates},
                  {"rejected", std::move(rejected)}};
  waiting_.push_back({std::move(batch.respond),
                      {200, "application/json", body.dump(-1, ' ', false, Json::error_handler_t::replace), ""},
                      recorded,
                      batch.idempotency_key});
}

void PushFeed::answer_durable(Lsn durable) {
  while (!waiting_.empty() && waiting_.front().recorded <= durable) {
    Waiting& w = waiting_.front();
    if (!w.key.empty()) {
      std::lock_guard lock{mutex_};
      if (known_.emplace(w.key, w.response.body).second) known_order_.push_back(w.key);
      if (known_order_.size() > kKnown) {
        known_.erase(known_order_.front());
        known_order_.pop_front();
      }
    }
    w.respond(std::move(w.response));
    waiting_.pop_front();
  }
  if (!waiting_.empty()) host_.journal().request_sync();
}

}  // namespace tickmesh
