// The order of things in one life of a service: what is taken is recorded before the core hears it, what it says is recorded before anyone
// does, and only what is durable enough is heard and acted on. Without sockets and clock: the services' loop and simulations drive this
// one.
#pragma once
#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runner/runner.hpp"

namespace tickmesh {

/// What a life asks of whoever runs it, and tells him. All calls come on the core thread.
class Surroundings {
 public:
  virtual ~Surroundings() = default;
  virtual Timestamp now() = 0;
  /// Durable enough, in the order said: others may hear it, and what it asks for may be done.
  virtual void publish(const Released& said) = 0;
  virtual void published() = 0;  ///< after a row of `publish`
  /// Inputs of its own, asked for after every step and turn.
  virtual void locals(Timestamp, std::vector<Event>&) {}
  virtual void stepping(bool /*begins*/) {}  ///< around each step, for those who time it
};

class Life {
 public:
  Life(Runner& runner, Journal& journal, std::span<const Stream> durable, Surroundings& around);

  /// Until this nothing is published.
  void open() { open_ = true; }
  /// Queues a run that is next in order and steps when that is enough; its bytes live until `step`.
  void take(const Name& first, std::span<const ByteView> events);
  /// Last values from before a gap just told; recorded as copies, whatever else is.
  void learn(const Name& first, std::span<const ByteView> events);
  /// Events lost for good, or an epoch's end.
  void lose(const StreamGap& gap);
  /// Runs what is queued.
  void step();
  /// Tells the core when the publisher fell silent, is back, or speaks under another token. True: it did.
  bool peer(const std::string& service, bool alive, Token token);
  /// Tells the core when the journal's disk is full, and when it is no longer. True: it did.
  bool disk(bool full);
  /// Tells the core, once, that it has caught up. True: it did.
  bool caught_up();
  /// It had caught up before this start, which the core is not told of.
  void go_on() { live_ = true; }
  bool live() const { return live_; }
  /// Fires what is due and settles. Once a turn, after what has arrived was taken.
  void turn();
  /// Releases what was said and takes what that brought about at once (an order that fills), until nothing more comes.
  void settle();
  /// The end of an orderly stop: all said is durable and released. A snapshot then leaves the tail empty.
  void stop();
  std::size_t waiting() const { return runner_.releases().size(); }  ///< said, not durable enough yet

 private:
  static constexpr std::size_t kStepEvents = 512;
  void release();

  Runner& runner_;
  Journal& journal_;
  std::array<bool, kStreams> durable_{};
  Surroundings& around_;
  bool open_{false};
  bool live_{false};
  std::size_t queued_{0};  ///< events added to the runner's next step
  struct Peer {
    bool alive{false};
    Token token{};
  };
  std::map<std::string, Peer> peers_;
  std::optional<bool> disk_full_;  ///< what the core was told by this start
  std::vector<Event> locals_;
};

}  // namespace tickmesh
