#include "api_gateway/neighbours.hpp"

namespace tickmesh {

Neighbours::Neighbours(std::vector<Place> places) : places_{std::move(places)} {
  thread_ = std::thread([this] { run(); });
}

Neighbours::~Neighbours() {
  {
    std::lock_guard lock{mutex_};
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

Json Neighbours::status() const {
  std::lock_guard lock{mutex_};
  return status_;
}

void Neighbours::forward_ticks(HttpRequest request, HttpRespond respond) {
  {
    std::lock_guard lock{mutex_};
    if (forwards_.size() < 64) {
      forwards_.emplace_back(std::move(request), std::move(respond));
      wake_.notify_all();
      return;
    }
  }
  respond({429, "application/json",
           R"({"ok":false,"error":{"code":"busy","field":"","rule":"64 requests waiting at most","message":"try again"}})", "1"});
}

void Neighbours::run() {
  auto next_poll = std::chrono::steady_clock::now();
  for (;;) {
    std::deque<std::pair<HttpRequest, HttpRespond>> forwards;
    {
      std::unique_lock lock{mutex_};
      wake_.wait_until(lock, next_poll, [&] { return stop_ || !forwards_.empty(); });
      if (stop_) return;
      forwards.swap(forwards_);
    }
    for (auto& [request, respond] : forwards) {
      try {
        auto result =
            http_call(places_.front().address, "POST", "/ticks", request.body, request.authorization, 10'000, request.idempotency_key);
        respond({result.status, "application/json", std::move(result.body), result.status == 429 ? "1" : ""});
      } catch (const std::exception&) {
        respond(
            {503, "application/json",
             R"({"ok":false,"error":{"code":"unreachable","field":"","rule":"tick_ingestor answers","message":"tick_ingestor is away"}})",
             "1"});
      }
    }
    if (std::chrono::steady_clock::now() < next_poll) continue;
    next_poll = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    Json all = Json::array();
    for (const Place& place : places_) {
      Json one;
      try {
        one = Json::parse(http_call(place.address, "GET", "/status", "", "", 1000).body, nullptr, false);
      } catch (const std::exception&) {
      }
      if (!one.is_object() || !one.contains("service")) {
        one = {{"service", place.service},
               {"instance", place.service + "-" + std::to_string(place.ordinal)},
               {"state", "down"},
               {"ready", false},
               {"reasons", {"does not answer at " + place.address}}};
        if (one["reasons"].is_string()) one["reasons"] = Json::array({one["reasons"]});
      }
      all.push_back(std::move(one));
    }
    std::lock_guard lock{mutex_};
    status_ = std::move(all);
  }
}

}  // namespace tickmesh
