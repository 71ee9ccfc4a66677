// `POST /ticks`: rows pushed by any bridge. Parsed on the HTTP thread, taken on the core thread, answered when the journal has them.
#pragma once
#include <deque>
#include <map>
#include <mutex>
#include <string>

#include "service/host.hpp"
#include "tick_ingestor/core/ingest_core.hpp"
#include "tick_ingestor/feeds/push_rows.hpp"

namespace tickmesh {

class PushFeed {
 public:
  /// `token_file` holds the bearer token; an empty or missing file refuses every request.
  PushFeed(Host& host, const std::string& token_file);
  ~PushFeed();
  int wake_fd() const { return wake_fd_; }
  /// On the HTTP thread; false when the path is not ours.
  bool on_http(HttpRequest& request, HttpRespond& respond);

  struct Batch {
    PushedRows rows;
    HttpRespond respond;
    std::string idempotency_key;
  };
  /// What came since the last call.
  std::deque<Batch> take();
  /// After `batch` was applied: the answer leaves when the journal is durable up to `recorded`.
  void applied(Batch batch, const IngestCore::Counts& before, const IngestCore::Counts& after, std::vector<RejectedRow> refused,
               Lsn recorded);
  void answer_durable(Lsn durable);

 private:
  struct Waiting {
    HttpRespond respond;
    HttpResponse response;
    Lsn recorded;
    std::string key;
  };
  Host& host_;
  std::string token_;
  int wake_fd_;
  std::mutex mutex_;
  std::deque<Batch> incoming_;  ///< at most 64; beyond it 429
  std::deque<Waiting> waiting_;
  std::map<std::string, std::string> known_;  ///< answers by idempotency key, the newest 1,000
  std::deque<std::string> known_order_;
};

}  // namespace tickmesh
