// A whole mesh of a test's own: a private PostgreSQL and the six services as child processes, in a folder that goes with the object.
// A service is named as it is; further instances of metrics_engine (setting mesh.metrics_engines) are "metrics_engine-1" and so on.
#pragma once
#include <sys/types.h>

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/postgres.hpp"

namespace tickmesh {

/// Looks every few milliseconds until `condition` holds or `limit` is over; returns whether it held.
bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit);

class TestMesh {
 public:
  using Json = nlohmann::json;
  using Settings = std::map<std::string, std::string>;
  /// By health port, from health.base_port on.
  static constexpr std::array<const char*, 6> kServices{"tick_ingestor",    "bar_compressor", "metrics_engine",
                                                        "position_manager", "broker_gateway", "api_gateway"};
  static constexpr std::chrono::seconds kReadyWithin{60};

  enum class Start { now, later };

  /// Makes and migrates the database and starts all services; does not wait. `settings` by configuration key ("feed.demo.rate").
  /// Throws std::runtime_error.
  explicit TestMesh(Settings settings = {}, Start start = Start::now);
  /// Kills what still runs. The folder is removed unless `keep` was called or TICKMESH_KEEP is set.
  ~TestMesh();
  TestMesh(const TestMesh&) = delete;
  TestMesh& operator=(const TestMesh&) = delete;

  void start(const std::string& service);
  void start_all();
  /// How many instances of metrics_engine there are, from the next start of every service on.
  void set_engines(unsigned engines);
  std::vector<std::string> names() const;  ///< of every process, in the order of kServices, further instances last
  /// A setting of one service alone, from its next start on.
  void configure(const std::string& service, const std::string& key, const std::string& value);
  void start_with(const std::string& service, const std::vector<std::string>& words);
  /// Forgets a process, which goes on as it is; it is the caller's from then on, and dies with the test. Its health port stays its own:
  /// the service's next start gets another.
  pid_t let_go(const std::string& service);
  /// Sends a signal. SIGKILL waits for the end.
  void kill(const std::string& service, int signal);
  void restart(const std::string& service);  ///< SIGKILL and start
  /// Whether the process lives; one that ended by itself is reaped and remembered in `unasked_ends`.
  bool running(const std::string& service);
  /// Ends nobody asked for: "broker_gateway exited 1". A mesh that keeps its promises has none.
  const std::vector<std::string>& unasked_ends();
  bool ready(const std::string& service) const;
  bool all_ready() const;
  /// False, with why printed, when not all are ready in time.
  bool wait_ready(std::chrono::milliseconds limit = kReadyWithin);
  /// No new orders by hand or machine, and waits until none works and everybody has heard everything. False when that does not come.
  bool quiesce(std::chrono::milliseconds limit = kReadyWithin);
  /// SIGTERM to each in order, those who send before those who execute; false when one does not stop by itself with 0.
  bool stop_all(std::chrono::milliseconds limit = kReadyWithin);

  /// Body of an answer with any status, or nothing when the service does not answer within a second.
  std::optional<std::string> get(const std::string& service, const std::string& path) const;
  Json status(const std::string& service) const;  ///< /status; null when it does not answer
  /// A figure of /metrics by its name with labels, as printed.
  std::optional<double> figure(const std::string& service, const std::string& name) const;

  struct Ran {
    int exit{-1};  ///< -1: killed by a signal
    std::string out;
  };
  /// Runs a program of bin/ in the mesh's folder and environment, and waits.
  Ran run(const std::string& program, std::vector<std::string> words) const;
  Ran ctl(std::vector<std::string> words) const { return run("tickmeshctl", std::move(words)); }
  /// Starts one and does not wait; `reap_background` forgets those that ended.
  void background(const std::string& program, std::vector<std::string> words);
  std::size_t reap_background();  ///< returns how many still run

  /// Runs the auditor over what the stopped mesh left behind.
  Ran audit() const;
  /// Runs the recorded inputs again in one thread and compares hashes.
  Ran verify() const;

  TestPostgres& postgres() { return postgres_; }
  std::string dsn() const { return postgres_.dsn("tickmesh"); }  ///< of the owner
  const std::string& dir() const { return dir_; }
  std::string journals() const { return dir_ + "/journal"; }
  std::string journal(const std::string& service) const {
    return journals() + '/' + split(service).first + '-' + std::to_string(split(service).second);
  }
  std::string ledger() const { return dir_ + "/venue/paper.ledger"; }
  pid_t pid(const std::string& service) const;
  /// With mesh.transport = tcp: where the service binds its PUB; ROUTER is the next.
  unsigned bus_port(const std::string& service) const;

  void dump_logs(std::size_t lines = 25) const;  ///< the tail of each, to stderr
  void keep() { keep_ = true; }

 private:
  struct Service {
    pid_t pid{0};
    bool asked{false};  ///< to end
  };
  pid_t spawn(const std::string& program, const std::vector<std::string>& words, const std::string& output,
              const std::vector<std::string>& more_environment = {}) const;
  void make_secrets() const;
  void choose_ports();
  void ended(const std::string& service, int status);
  unsigned port(const std::string& service) const;
  static std::pair<std::string, unsigned> split(const std::string& name);  ///< service and ordinal

  std::string dir_;
  TestPostgres postgres_{TestPostgres::Login::scram};
  unsigned base_port_{0};
  unsigned engines_{1};
  std::vector<std::string> environment_;
  std::map<std::string, Settings> own_;  ///< by service
  std::map<std::string, Service> services_;
  std::map<std::string, unsigned> moved_;  ///< health.base_port of services that were let go
  std::vector<pid_t> background_;
  std::vector<std::string> unasked_ends_;
  bool keep_{false};
};

}  // namespace tickmesh
