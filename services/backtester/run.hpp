// The whole mesh in one thread: a market through every core, in the order of event time, without journals or sockets.
// Timers come first; inputs of one time are heard by (rank, partition, sequence): feed, tick, bar, metrics, signal, order, intent, and so
// is what they bring about at that very time. Each service of a mesh hears them in the same order (libs/runner/merge.hpp).
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "backtester/cores.hpp"
#include "broker_gateway/venues/paper_venue.hpp"
#include "bus/codec.hpp"
#include "core/foresight.hpp"
#include "runner/machine.hpp"
#include "service/config.hpp"
#include "tick_ingestor/core/ingest_core.hpp"

namespace tickmesh::backtest {

struct Summary {
  std::uint64_t ticks{0}, depths{0};
  std::uint64_t signals{0}, intents{0}, fills{0}, opened{0}, closed{0}, won{0};
  Timestamp first_entry{};  ///< zero: none
  Timestamp start{}, end{};
  AccountEvent account{};
  CanonicalHash hash{};        ///< of everything said; empty when none was asked for
  CanonicalHash fills_hash{};  ///< of the order events that are fills
  std::vector<PositionEvent> trades{};
  double market_s{0}, cores_s{0};  ///< time spent drawing the market, and running it
};

/// What a market gives, drawn ahead so that drawing and running are timed apart.
struct Item {
  Timestamp at{};                     ///< never decreasing
  Tick tick{};                        ///< unless there is a `feed`, or a `depth` in its place
  std::unique_ptr<FeedEvent> feed{};  ///< null nearly always: an Event of its own for every tick drawn ahead would be twenty times its size
  std::unique_ptr<DepthUpdate> depth{};  ///< the same; whoever takes it leaves null
};
class Source {
 public:
  virtual ~Source() = default;
  /// Fills `items` from the front; fewer than it holds: that was all. Throws when there can be no more and should be.
  virtual std::size_t draw(std::vector<Item>& items) = 0;
};

struct RunOptions {
  /// Encode and hash every event said: several times the cost of the cores themselves. Without it metrics, profiles and last values are
  /// heard by nobody, and left unsaid; the trades are the same.
  bool hash{true};
  CoreMaker cores{make_core};
  Epoch epoch{1};  ///< what it says is named by it
  /// What models say, in the order of their as_of, at which each is heard on `control`.
  std::vector<Command> predictions{};
};

class SingleThreadMesh final : TickSink {
 public:
  /// Throws StartError on a configuration its parts refuse. `start` is the event time of the market's first moment.
  SingleThreadMesh(const Config& config, const Instruments& instruments, Timestamp start, RunOptions options = {});
  /// Runs the demo market for `length` of event time.
  Summary run(Duration length);
  /// Runs `source` to its end; `start` of the mesh is its first item's time or earlier.
  Summary run(Source& source);

 private:
  struct Node {
    std::unique_ptr<Core> core;
    std::unique_ptr<Machine> machine;
    std::array<bool, kStreams> reads{};
  };
  /// What was said and is heard: a tick in place, anything else apart, so that a wave of ticks stays in the cache.
  struct Heard {
    Name name{};
    Tick tick{};                     ///< unless there is an `event`
    std::unique_ptr<Event> event{};  ///< null: a tick
  };
  Node& add(const std::string& service, const Config& config, const Instruments& instruments, std::initializer_list<Stream> reads);
  void begin();
  /// Tells who looks ahead of the ticks that come some items after `at`.
  void foresee(const std::vector<Item>& items, std::size_t at, std::size_t drawn) const;
  void advance(Timestamp now);  ///< timers and the venue's own times up to `now`, in order
  void apply(Node& node, Timestamp now, const Name& name, const Event& event);
  void hear(Timestamp now, const Name& name, const Event& event);  ///< everyone who reads its stream
  void collect(Node& node);
  void said(const Name& name, const Tick& tick) override;  ///< by the source
  void queue(Heard said);
  void queue_lone();
  /// Predictions of moments before `now`, each at its own.
  void hear_predictions_before(Timestamp now);
  bool prediction_due(Timestamp now) const;  ///< the next one is of that moment or earlier
  void queue_prediction(Timestamp at);
  std::uint8_t next_wave();
  void drain(Timestamp now);
  void venue_reports(Timestamp now);
  void count(const Outbox::Said& said);

  RunOptions options_;
  ProtoCodec codec_;
  Config config_;
  Instruments instruments_;
  IngestCore ingest_;
  Node source_;
  std::vector<Node> nodes_;  ///< metrics, bars, positions, gateway: the order in which one event reaches them
  Node* gateway_{nullptr};
  Foresight* foresight_{nullptr};  ///< metrics_engine's, where it keeps so much
  std::unique_ptr<PaperVenue> venue_;
  std::array<bool, kStreams> heard_{};  ///< by a node or by the venue
  std::vector<Heard> queue_, wave_;     ///< said and not yet heard; being heard
  std::vector<std::uint32_t> order_;    ///< of the wave
  Event tick_{Tick{}};                  ///< the one that is being heard
  /// Most moments are one tick: it waits here, and goes to the queue when something comes behind it.
  Event lone_{Tick{}};
  Name lone_name_{};
  bool is_lone_{false};
  std::uint8_t lowest_{255};  ///< rank in the queue; 255: it is empty
  std::vector<VenueReport> reports_;
  std::size_t predicted_{0};  ///< how many were heard
  Timestamp start_{};
  Summary summary_{};
  Bytes bytes_;
};

}  // namespace tickmesh::backtest
