// What every service has around its core: configuration, log, journal, bus, projection, health, orderly start and stop.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "bus/bus.hpp"
#include "bus/codec.hpp"
#include "bus/pace.hpp"
#include "runner/runner.hpp"
#include "runner/said_runs.hpp"
#include "service/clock.hpp"
#include "service/config.hpp"
#include "service/http_server.hpp"
#include "service/identity.hpp"
#include "service/instances.hpp"
#include "service/probes.hpp"
#include "service/retention.hpp"
#include "service/spec.hpp"
#include "service/stream_ages.hpp"
#include "store/projector.hpp"

namespace tickmesh {

/// A start that cannot succeed as things are; printed once, with what to do.
class StartError : public std::runtime_error {
 public:
  explicit StartError(const Error& error) : std::runtime_error(to_string(error)) {}
  using std::runtime_error::runtime_error;
};

class Host {
 public:
  /// Opens the journal and the health port. Begins a new epoch where the journal holds less than is known of it. Throws StartError.
  Host(const ServiceSpec& spec, Config config, std::uint32_t core_version);
  ~Host();
  Host(const Host&) = delete;

  /// Binds the bus and starts the projector; call when recovery is done. Everything said so far is released.
  void open_bus(Token token, const Outbox::Heads& heads);
  /// Answers who asks for what was said, and projects it; nothing is published, no heartbeat says that anyone works here.
  void open_reads();
  bool bus_open() const { return publisher_ != nullptr; }

  /// Hands what is durable enough, in the order said, to its readers; `published` after a row of them. Nothing before the bus is open.
  void publish(const Released& said);
  void published();
  /// What an instance said that keeps no inputs: told with the next `release`, or when a batch is full.
  void hand_out(SaidRuns& said);
  /// The same; what is handed out after it, readers take after it, whatever its partition.
  void hand_out_in_order(SaidRuns& said);
  /// As `hand_out`, and `published`.
  void release(SaidRuns& said);
  void count_waiting(std::size_t releases) { waiting_ = releases; }
  /// Event-time: tells readers at once what may be relied on from here; everything said so far was published.
  void promise(const Promise& promise);
  const Outbox::Heads& released_heads() const { return released_heads_; }
  /// How many more events of `stream` may be said before `services` have acknowledged.
  Pace pace_of(Stream stream, const std::vector<std::string>& services) const;

  /// Once a loop turn: health stamp, heartbeat, flush, and whether this instance is still the latest of its name. Cheap.
  /// Throws Superseded and BeginEpoch; what a publisher told `reader` counts too.
  void turn(const Reader* reader = nullptr);
  /// Before what cannot be taken back. Throws Superseded. After a second without a turn (stopped, swapped out) it asks every publisher
  /// whether somebody else has read under this name meanwhile.
  void before_effect();
  /// Every half second: metrics, status, readiness. `reasons` empty: ready; `ages`: of what `reader` gave.
  void publish_status(std::vector<std::string> reasons, const Reader* reader, const StreamAges* ages = nullptr);
  bool status_due();

  /// Takes a snapshot, or says that a full disk does not let it: the tail grows until it does, nothing stops for that.
  static void unless_disk_full(const std::function<void()>& snapshot);
  /// SIGTERM or SIGINT was received.
  bool stopping();
  int signal_fd() const { return signal_fd_; }
  void close();  ///< flush, projector, journal closed

  /// Handles requests beyond /healthz, /readyz, /metrics, /status, on the HTTP thread; returns false when the path is not its own.
  /// One call may still be under way when it is replaced; none is after `close`.
  using ExtraHttp = std::function<bool(HttpRequest&, HttpRespond&)>;
  void set_extra_http(ExtraHttp handler);

  /// As role tickmesh_<service>; empty when PostgreSQL is not used.
  std::string dsn() const;
  const MeshId& mesh() const { return mesh_; }
  const ServiceSpec& spec() const { return spec_; }
  const Config& config() const { return config_; }
  const Instruments& instruments() const { return instruments_; }
  Journal& journal() { return *journal_; }
  const ProtoCodec& codec() const { return codec_; }
  Probes& probes() { return probes_; }
  Clock& clock() { return clock_; }
  zmq::context_t& context() { return context_; }
  std::string journal_dir() const { return config_.text("journal.dir") + "/" + instance(); }
  std::string instance() const { return instance_name(spec_.name, ordinal()); }
  std::uint32_t ordinal() const { return static_cast<std::uint32_t>(config_.integer("mesh.ordinal")); }
  Token token() const { return token_; }
  /// Where readers find `service`. Throws StartError when its address is none.
  Endpoint endpoint(const std::string& service, std::uint32_t ordinal = 0) const;
  void count_rejected(const std::string& input, const std::string& rule, std::uint64_t n = 1);
  /// Said by this service since it started, for in/out rates.
  void count_in(std::uint64_t n) { in_ += n; }

 private:
  void start_projector();
  bool perishable() const;  ///< all it says is: its journal is a ring
  void on_http(HttpRequest request, HttpRespond respond);
  void open_journal(std::uint32_t core_version);
  std::uint64_t bytes_of(const char* key) const;
  Result<void> earlier_life(const std::string& dir);
  void heed(const Challenge& challenge);
  std::optional<ProjectedAt> projected();

  ServiceSpec spec_;
  Config config_;
  Instruments instruments_;
  ProtoCodec codec_;
  Clock clock_;
  Probes probes_;
  zmq::context_t context_{1};
  int signal_fd_{-1};
  bool stop_{false};
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Retention> retention_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<Publisher> publisher_;
  std::unique_ptr<ReplayServer> replay_;
  std::unique_ptr<Projector> projector_;
  ProjectorLosses warned_{};
  bool retention_warned_{false};
  Token token_{};
  MeshId mesh_;
  Identity identity_;
  std::int64_t next_identity_{0};
  Outbox::Heads released_heads_{};
  Promise promise_{};        ///< the last told
  bool unpublished_{false};  ///< something was published since `published`
  std::size_t waiting_{0};   ///< releases that are not durable yet
  std::atomic<std::int64_t> last_turn_{0};
  std::int64_t next_heartbeat_{0};
  std::int64_t next_status_{0};
  std::int64_t started_mono_;
  std::mutex extra_mutex_;
  ExtraHttp extra_http_;
  std::mutex status_mutex_;
  std::string status_json_;
  bool ready_{false};
  std::vector<std::string> reasons_{"starting"};
  std::uint64_t in_{0}, out_{0}, in_before_{0}, out_before_{0};
  std::int64_t rates_at_{0};
  std::map<std::pair<std::string, std::string>, std::uint64_t> rejected_;
};

}  // namespace tickmesh
