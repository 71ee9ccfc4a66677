// The mesh's transport: one PUB and one ROUTER a publisher, one SUB and one DEALER a reader and publisher.
// The PUB is how others hear early; whatever it loses is asked for again at the ROUTER, by sequence, from the journal.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "core/core.hpp"
#include "core/promise.hpp"
#include "journal/journal.hpp"

namespace tickmesh {

/// Where one instance listens: `ipc:///…/run/tick_ingestor-0.pub` and `.replay`, or tcp.
struct Endpoint {
  std::string service;
  std::uint32_t ordinal{0};
  std::string pub;
  std::string replay;
};
/// `ipc://<run_dir>/<service>-<ordinal>.pub|.replay`
Endpoint ipc_endpoint(const std::string& run_dir, const std::string& service, std::uint32_t ordinal);

/// The one place where a topic is spelled: `<stream>.<lane>`, lane two digits; heartbeats go out as `beat.00`.
std::string topic(Stream stream, unsigned lane);
std::string heartbeat_topic();

/// Who speaks; in the header of every batch.
struct Speaker {
  std::string service;
  std::uint32_t ordinal{0};
  Token token{};
  std::uint64_t config_hash{0};
};

inline constexpr std::size_t kBatchBytes = 64u << 10;
/// A frame beyond this is rejected and counted; one beyond kCutBytes costs its sender the connection before it is read.
inline constexpr std::size_t kMaxFrameBytes = 4u << 20;
inline constexpr std::int64_t kCutBytes = 8 << 20;
inline constexpr std::size_t kMaxReaders = 256;

/// Core thread only. Never waits for a reader.
class Publisher {
 public:
  /// Binds; throws zmq::error_t with the endpoint in what() when it is in use.
  Publisher(zmq::context_t& context, const Endpoint& endpoint, Speaker speaker, unsigned lanes, std::size_t hwm_bytes);
  ~Publisher();
  /// Adds one event to its lane's batch; sends the batch when it reaches kBatchBytes.
  void add(const Name& name, ByteView payload);
  /// Adds a run of them to one batch, after sending the one that has no room for it.
  void add(const SaidRun& run);
  /// What is added from here on, readers take after everything added so far, whatever its partition.
  void end_runs();
  /// Sends what is batched. Call when the input runs dry.
  void flush();
  /// Token, configuration hash, last sequences and, in event-time, a promise about them, on the heartbeat topic.
  void heartbeat(const Outbox::Heads& heads, const Promise& promise = {});
  std::uint64_t published(Stream stream) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A reader as its publisher knows it.
struct ReaderState {
  std::string reader;
  std::map<std::pair<Stream, Partition>, Position> applied;
  std::map<std::pair<Stream, Partition>, Position> snapshotted{};  ///< never asked for again: retention
};
class Keyframe;

/// What a reader knows of a publisher's name that the publisher itself does not.
struct Challenge {
  std::string reader;
  /// Above the publisher's own: another instance speaks under its name, and a later one. Zero: none was heard.
  Token newer{};
  /// What the reader applied that the publisher's journal does not hold: of its own epoch, or of a later one. Sequence 0: nothing.
  Name beyond{};
};

/// Answers Hello, Ack and Get from the journal, on a thread of its own.
class ReplayServer {
 public:
  /// `keyframe`: what goes with the answer that something is gone.
  ReplayServer(zmq::context_t& context, const Endpoint& endpoint, Speaker speaker, const Journal& journal,
               const Keyframe* keyframe = nullptr);
  ~ReplayServer();  ///< stops and joins
  /// Up to here the core has released what its journal holds: nothing beyond is told or served, and before the first call nobody is
  /// answered. Call once after recovery and again whenever something was published. Any thread.
  void released(const Outbox::Heads& heads);
  /// What a reader said last, in Hello or Ack; kept for as many as kMaxReaders names.
  std::vector<ReaderState> readers() const;
  std::uint64_t rejected() const;  ///< frames that were no request, oversized, or spoke of what does not exist
  std::uint64_t served() const;    ///< events sent as answers
  /// The first reader that knew more under this publisher's name than it does itself. `newer`: this instance stops at once.
  /// `beyond` alone: its journal lost something; a new epoch is to be begun, above the one named.
  std::optional<Challenge> challenge() const;
  /// The journal's words when it could not be read: the instance should stop and verify.
  std::optional<std::string> failure() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct Subscription {
  Endpoint publisher;
  std::vector<Stream> streams;
  bool required{true};  ///< false: a publisher not heard for kOptionalWaitNs does not keep the reader from being caught up
  std::map<Stream, std::uint64_t> shards{};  ///< partitions of a stream that are heard, a bit each; all of a stream that is not named
};
/// How long a reader waits for a publisher it can do without.
inline constexpr std::int64_t kOptionalWaitNs = 3'000'000'000;
/// What a reader knows of one publisher.
struct PeerState {
  std::string service;
  std::uint32_t ordinal{0};
  bool heard{false};  ///< since this reader started
  bool alive{false};  ///< heard within `silence`
  Token token{};
  std::uint64_t config_hash{0};
  std::int64_t silent_ns{0};
};
struct StreamLag {
  std::uint64_t behind{0};  ///< events said and not yet delivered here, as far as heartbeats tell
  std::uint64_t healed{0};  ///< delivered by replay instead of live
  std::uint64_t lost{0};    ///< trimmed at the publisher before they could be had
  std::uint64_t delivered{0};
};
/// A run of consecutive events of one stream and partition, in their publisher's bytes.
struct ReceivedRun {
  Name first{};
  std::span<const ByteView> events;
  std::size_t from{0};   ///< the subscription it came by
  bool keyframe{false};  ///< last values from before a gap: their publisher's journal no longer has them, so who records them copies
};

/// Core thread only. Delivers each stream and partition gapless, in order, once; heals by itself.
class Reader {
 public:
  struct Options {
    std::string name;  ///< "position_manager-0"
    Token token{};     ///< the reader's own, told to publishers; zero: not told
    std::vector<Subscription> subscriptions;
    std::size_t hwm_bytes{64u << 20};
    std::size_t buffer_bytes{16u << 20};     ///< live messages beyond a gap, a publisher; what does not fit is asked for again
    std::int64_t silence_ns{2'000'000'000};  ///< after this without a frame a publisher is not alive
  };
  /// `position(stream, partition)`: the last one applied (recovered); {0,0} reads from the earliest still held.
  Reader(zmq::context_t& context, Options options, const std::map<std::pair<Stream, Partition>, Position>& applied);
  ~Reader();
  /// Descriptors to poll for input; only while nothing is `pending`.
  std::vector<zmq::pollitem_t> poll_items() const;
  /// True: `drain` may have more to give although no descriptor is readable; poll with time-out zero.
  bool pending() const;
  /// Takes what has arrived, up to about `max_events`; calls `on_run` for what is next in order, `on_gap` where events are lost for
  /// good or an epoch ended. `monotonic_ns` drives silence and retries: call at least every 50 ms. Returns events delivered.
  /// The bytes of events live until the next call, the span of a run only while it is told.
  std::size_t drain(std::int64_t monotonic_ns, std::size_t max_events, const std::function<void(const ReceivedRun&)>& on_run,
                    const std::function<void(const struct StreamGap&)>& on_gap);
  /// Heard every publisher since it (re)started, and nothing it said is missing here.
  bool caught_up() const;
  std::vector<std::string> waiting_for() const;  ///< "replaying tick.17 of tick_ingestor-0, 120345 behind"
  std::vector<PeerState> peers() const;
  /// What the publisher of a subscription promised last, once all that its promise speaks of was delivered here.
  Promise promise(std::size_t subscription);
  StreamLag lag(Stream stream) const;
  std::uint64_t rejected() const;  ///< frames that were no batch, oversized, or spoke of what they may not
  /// Messages and runs of an epoch that is over: dropped, as they must be after a publisher lost its journal.
  std::uint64_t stale() const;
  /// A publisher answered that somebody reads under this name with a higher token than ours: this instance stops at once.
  std::optional<Token> superseded() const;
  /// Tells publishers what was applied (and what a snapshot covers), for lag and retention.
  void ack(const std::map<std::pair<Stream, Partition>, Position>& applied,
           const std::map<std::pair<Stream, Partition>, Position>& snapshotted = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Asks one publisher's ROUTER for what was said, blocking: tickmeshctl and tests use it.
class ReplayClient {
 public:
  /// `own`: the token of who asks under the reader's name it has while running; zero: a mere question.
  ReplayClient(zmq::context_t& context, std::string name, const Endpoint& publisher, Token own = {});
  ~ReplayClient();
  /// From `first` on, at most `count` events (fewer when fewer were said). Errors: "unreachable" after `timeout_ms`, "trimmed".
  Result<std::vector<Bytes>> get(const Name& first, std::uint32_t count, int timeout_ms);
  /// First held and last said sequence of every stream and partition of the publisher, and its token.
  struct Heads {
    Token token{};
    Outbox::Heads first{}, last{};
  };
  /// Error "superseded" when the publisher has heard a higher token than `own` under our name.
  Result<Heads> heads(int timeout_ms);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Reads one publisher's past, a stream and partition in order, blocking: while one answer is used, the next is on its way. Recovery's.
class ReplayAhead {
 public:
  ReplayAhead(zmq::context_t& context, const Endpoint& publisher);
  ~ReplayAhead();
  /// Appends the events from `first` on to `out`, `count` at most; fewer, perhaps none, when no more are released yet. Their bytes live
  /// until `forget`. Errors: "unreachable" after `timeout_ms`, "trimmed"; nothing was appended then.
  Result<std::size_t> get(const Name& first, std::size_t count, std::vector<ByteView>& out, int timeout_ms);
  /// What was given is used no more.
  void forget();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tickmesh
