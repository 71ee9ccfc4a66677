// api_gateway's shell: HTTP on a TCP port (reads) and a Unix socket (commands too), answered on the core thread.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "api_gateway/core/api_core.hpp"
#include "api_gateway/neighbours.hpp"
#include "service/loop.hpp"

namespace tickmesh {

class ApiAttachment final : public Attachment {
 public:
  explicit ApiAttachment(ApiCore*& core) : core_{core} {}
  void attach(Host& host, Runner& runner) override;
  void recovered(Timestamp now) override;
  void applied(const Name& name, const Event& event) override;
  void locals(Timestamp now, std::vector<Event>& out) override;
  void released(const Released& released) override;
  int wake_fd() const override { return wake_fd_; }
  void turn(Timestamp now) override;
  void report(Probes& probes, std::vector<std::string>& not_ready) override;
  void stopping() override;
  ~ApiAttachment() override;

 private:
  struct Waiting {  ///< a command on its way, and who is still to answer it
    Command command;
    HttpRespond respond;
    std::int64_t deadline_ns{0};
    std::set<std::string> unanswered;
    Outcome outcome{Outcome::done};
    std::string text;
  };
  void enqueue(HttpRequest request, HttpRespond respond, bool may_command);
  void answer(HttpRequest& request, HttpRespond& respond, bool may_command);
  /// What users' models say: with a bearer token, or over the Unix socket.
  void predict(const HttpRequest& request, HttpRespond& respond, bool may_command);
  void await_answers(const Command& command, HttpRespond respond);
  void read(const HttpRequest& request, HttpRespond& respond);
  void answered(const std::string& command_id, const std::string& by, Outcome outcome, const std::string& text);
  void finish(Waiting& waiting);
  void write_state_file(Timestamp now);

  ApiCore*& core_;
  Host* host_{nullptr};
  Runner* runner_{nullptr};
  int wake_fd_{-1};
  std::mutex mutex_;
  struct Incoming {
    HttpRequest request;
    HttpRespond respond;
    bool may_command;
  };
  std::deque<Incoming> incoming_;                    ///< at most 1,000; beyond it 429
  using Said = std::function<void(const Command&)>;  ///< called once the journal has the command
  std::deque<std::pair<Command, Said>> accepted_;    ///< become Requests at the next turn
  std::deque<Said> released_next_;                   ///< one for each Request taken, in order
  std::map<std::string, Waiting> waiting_;           ///< by command id
  std::unique_ptr<Neighbours> neighbours_;
  std::unique_ptr<HttpServer> tcp_, socket_;
  std::int64_t next_state_file_{0};
  std::uint64_t request_number_{0};
  std::string predictions_token_;  ///< empty: over TCP nobody predicts
};

}  // namespace tickmesh
