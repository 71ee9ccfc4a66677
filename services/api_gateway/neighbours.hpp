// What api_gateway asks its neighbours over HTTP, on a thread of its own: each service's /status once a second, forwarded ticks.
#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api_gateway/json.hpp"
#include "service/http_server.hpp"

namespace tickmesh {

class Neighbours {
 public:
  struct Place {
    std::string service;
    std::string address;  ///< "127.0.0.1:9101"
    std::uint32_t ordinal{0};
  };
  explicit Neighbours(std::vector<Place> places);
  ~Neighbours();
  /// The last known status of every service, in order; `state` "down" for those that do not answer.
  Json status() const;
  /// Passes `POST /ticks` on to the ingestor. The queue holds 64; beyond it 429.
  void forward_ticks(HttpRequest request, HttpRespond respond);

 private:
  void run();
  std::vector<Place> places_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_{false};
  Json status_ = Json::array();
  std::deque<std::pair<HttpRequest, HttpRespond>> forwards_;
  std::thread thread_;
};

}  // namespace tickmesh
