// The whole mesh in one thread: the demo market through every core, in the order of event time, without journals or sockets.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "backtester/cores.hpp"
#include "broker_gateway/venues/paper_venue.hpp"
#include "bus/codec.hpp"
#include "runner/machine.hpp"
#include "service/config.hpp"
#include "tick_ingestor/core/ingest_core.hpp"

namespace tickmesh::backtest {

struct Summary {
  std::uint64_t ticks{0};
  std::uint64_t signals{0}, intents{0}, fills{0}, opened{0}, closed{0}, won{0};
  Timestamp first_entry{};  ///< zero: none
  Timestamp start{}, end{};
  AccountEvent account{};
  CanonicalHash hash{};  ///< of everything said; empty when none was asked for
  std::vector<PositionEvent> trades{};
  double market_s{0}, cores_s{0};  ///< time spent drawing the market, and running it
};

struct RunOptions {
  bool hash{true};  ///< encode and hash every event said: several times the cost of the cores themselves
  CoreMaker cores{make_core};
};

class SingleThreadMesh {
 public:
  /// Throws StartError on a configuration its parts refuse. `start` is the event time of the market's first moment.
  SingleThreadMesh(const Config& config, const Instruments& instruments, Timestamp start, RunOptions options = {});
  /// Runs the market for `length` of event time.
  Summary run(Duration length);

 private:
  struct Node {
    std::unique_ptr<Core> core;
    std::unique_ptr<Machine> machine;
    std::array<bool, kStreams> reads{};
  };
  /// What the market gives, drawn ahead by the thousand so that drawing and running are timed apart.
  struct Item {
    Timestamp at{};
    Event event{};
  };
  Node& add(const std::string& service, const Config& config, const Instruments& instruments, std::initializer_list<Stream> reads);
  void begin();
  bool draw(Timestamp end);     ///< the next items up to `end`; false when there are none
  void advance(Timestamp now);  ///< timers and the venue's own times up to `now`, in order
  void apply(Node& node, Timestamp now, const Name& name, const Event& event);
  void collect(Node& node);
  void drain(Timestamp now);
  void venue_reports(Timestamp now);
  void count(const Outbox::Said& said);

  RunOptions options_;
  ProtoCodec codec_;
  DemoMarket market_;
  IngestCore ingest_;
  Node source_;
  std::vector<Node> nodes_;  ///< metrics, bars, positions, gateway: the order in which one event reaches them
  Node* gateway_{nullptr};
  std::unique_ptr<PaperVenue> venue_;
  std::array<bool, kStreams> heard_{};  ///< by a node or by the venue
  std::vector<Item> items_;             ///< drawn, the first `drawn_` of them
  std::size_t drawn_{0};
  std::vector<Outbox::Said> queue_, wave_;  ///< said and not yet heard; being heard
  std::vector<VenueReport> reports_;
  Timestamp start_{};
  Summary summary_{};
  Bytes bytes_;
};

}  // namespace tickmesh::backtest
