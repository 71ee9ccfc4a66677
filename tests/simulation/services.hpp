// The services as nodes: whose streams each reads, what it must know to be durable, what surrounds its core.
#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "broker_gateway/venue_desk.hpp"
#include "runner/life.hpp"
#include "runner/source_runner.hpp"
#include "service/spec.hpp"
#include "simulation/node.hpp"
#include "tick_ingestor/core/ingest_core.hpp"

namespace tickmesh::simulation {

/// The five that read others.
class CoreNode : public Node, private Surroundings, private SequencerSink {
 public:
  CoreNode(Mesh& mesh, const ServiceSpec& spec, Dice dice);
  ~CoreNode() override;
  const ServiceSpec& spec() const { return spec_; }
  std::unique_ptr<Core> make_core() const;
  const Core* core() const { return core_.get(); }
  bool live() const { return life_ && life_->live(); }
  /// A person's, over api_gateway's socket. Lost when nobody is there.
  void request(Command command);
  /// Whether it applied all that its publishers have published.
  std::string missing() const;

 protected:
  Result<Outbox::Heads> recover(Timestamp now) override;
  void opened() override;
  void work() override;
  void finish() override;
  void forget() override;
  bool snapshot() override;
  Nanos next_wake() const override;
  std::uint32_t core_version() const override { return make_core()->version(); }
  unsigned reserve_segments() const override { return spec_.reserve_segments; }

 private:
  // Surroundings
  Timestamp now() override { return clock().now(); }
  void publish(const Released& said) override;
  void published() override { Node::published(); }
  void locals(Timestamp now, std::vector<Event>& out) override;
  // SequencerSink
  void deliver(const Name& first, std::span<const ByteView> events) override;
  void gap(const StreamGap& gap) override;
  void keyframe(const Name& name, ByteView event) override;

  struct Talk {
    std::string publisher;
    bool required{true};
    std::unique_ptr<Conversation> conversation;
    Outbox::Heads when_opened{};  ///< what it had published when this life began
    Epoch epoch{0};
  };
  void hear(const Frame& frame, std::int64_t mono);
  void ask(Talk& talk, std::int64_t mono);
  void tell_peers(std::int64_t mono);
  void check_live();

  ServiceSpec spec_;
  std::unique_ptr<Core> core_;
  std::unique_ptr<Runner> runner_;
  std::unique_ptr<Life> life_;
  std::vector<Talk> talks_;
  std::unique_ptr<VenueWorld::Line> line_;
  std::unique_ptr<VenueDesk> desk_;
  std::deque<Command> requests_;
  std::uint64_t request_number_{0};
  std::int64_t first_turn_{0}, next_peers_{0}, next_ack_{0};
  std::optional<Name> skipped_;  ///< of the plant
};

/// tick_ingestor: clients push rows, and are told when they are kept.
class SourceNode final : public Node {
 public:
  SourceNode(Mesh& mesh, const ServiceSpec& spec, Dice dice);
  ~SourceNode() override;
  const ServiceSpec& spec() const { return spec_; }
  /// Rows of one request; `kept` is called when the journal has them for good.
  void push(std::vector<Tick> rows, std::function<void()> kept);

 protected:
  Result<Outbox::Heads> recover(Timestamp now) override;
  void work() override;
  void finish() override;
  void forget() override;
  bool snapshot() override;
  std::uint32_t core_version() const override { return 1; }

 private:
  void release();
  struct Pushed {
    std::vector<Tick> rows;
    std::function<void()> kept;
    Lsn recorded{};
  };
  ServiceSpec spec_;
  std::unique_ptr<IngestCore> core_;
  std::unique_ptr<SourceRunner> runner_;
  std::deque<Pushed> incoming_, waiting_;
};

}  // namespace tickmesh::simulation
