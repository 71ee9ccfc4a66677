// What the nodes of one run share: time, machine, network, venue, and the books that are kept of them.
#pragma once
#include <fmt/format.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "bus/codec.hpp"
#include "service/config.hpp"
#include "simulation/chronicle.hpp"
#include "simulation/faults.hpp"
#include "simulation/venue.hpp"
#include "support/fake_disk.hpp"

namespace tickmesh::simulation {

/// Read once, for all seeds.
struct Setting {
  Config config;
  Instruments instruments;
};

enum class Channel { batch, beat, request, reply };
struct Frame {
  Channel channel{};
  std::string from;
  std::string to;
  std::shared_ptr<const Bytes> bytes;
  std::uint64_t life{0};  ///< of who asks: the answer goes to that connection and no other
};

class Node;

class Mesh {
 public:
  Mesh(const Setting& setting, std::uint64_t seed, Plant plant, bool verbose);
  ~Mesh();
  Mesh(const Mesh&) = delete;

  /// The whole run: faults, healing, flat, stopped, checked.
  void run();

  /// Puts a message on its way; it may be lost, doubled or late.
  void send(Frame frame);
  /// A process is gone; `waits`: for another one, so it tries again soon.
  void ended(Node& node, bool waits);
  bool connected(const std::string& from, const std::string& to) const;
  Node* node(const std::string& name) const;
  Node* publisher_of(Stream stream) const;
  /// To whoever reads this stream of the publisher; Stream::local: to whoever reads any.
  void tell(const std::string& from, Stream stream, Channel channel, const std::shared_ptr<const Bytes>& bytes);
  Timestamp utc() const { return kEpoch + Duration{timeline.now()}; }
  template <class... Args>
  void trace(fmt::format_string<Args...> text, Args&&... args) {
    note(fmt::format(text, std::forward<Args>(args)...));
  }
  void note(const std::string& text);

  static constexpr Timestamp kEpoch{1'737'376'814'000'000'000};

  const Setting& setting;
  const std::uint64_t seed;
  const Plant plant;
  Timeline timeline;
  Dice dice;
  Faults faults;
  Verdict verdict;
  Chronicle chronicle{verdict};
  ProtoCodec codec;
  testing::FakeDisk machine;
  std::uint64_t boot{1};
  std::unique_ptr<VenueWorld> venue;
  std::vector<std::unique_ptr<Node>> nodes;
  bool healed{false};

  struct Counts {
    std::uint64_t kills{0}, power_cuts{0}, ticks{0}, commands{0}, messages{0}, lost{0}, lossy{0};
  } counts;
  std::uint64_t hash() const { return hash_; }

  /// Rows that a client pushed, and whether it was told that they are kept.
  struct Row {
    Tick tick;
    bool kept{false};
  };
  const std::vector<Row>& rows() const { return rows_; }

 private:
  void plan();
  void market();
  void push(std::size_t row, unsigned asked);
  void people();
  Command command();
  void ask(const Command& wanted);
  void power_cut();
  void heal();
  void deliver(Frame frame);

  Dice market_dice_, people_dice_, network_dice_, fate_dice_;
  std::map<std::pair<std::string, std::string>, Nanos> cut_until_;
  std::map<std::tuple<std::string, std::string, bool>, Nanos> last_delivery_;
  std::map<std::pair<std::string, Stream>, std::set<std::size_t>> readers_;
  std::array<std::optional<std::size_t>, kStreams> owners_{};
  std::vector<double> levels_;  ///< of each instrument, around its reference price
  std::vector<Row> rows_;
  bool market_open_{true};
  bool over_{false};
  bool verbose_;
  std::uint64_t hash_{kFnvOffset};
};

/// When all is healed, while the mesh still runs: everyone is live and has heard everything; positions are what the venue filled.
void check_state(Mesh& mesh);
/// When all are stopped: what the journals hold.
void check_journals(Mesh& mesh);

}  // namespace tickmesh::simulation
