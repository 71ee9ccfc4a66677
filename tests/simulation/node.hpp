// One service of the simulated mesh: its core in the very runner, journal and reader that the real one has, its sockets, clock and disk
// simulated. A life ends when it is killed, its disk fails or it is stopped; only its folder remains.
#pragma once
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "bus/codec.hpp"
#include "bus/conversation.hpp"
#include "bus/replay_desk.hpp"
#include "service/clock.hpp"
#include "simulation/disk.hpp"
#include "simulation/mesh.hpp"

namespace tickmesh::simulation {

/// What a node knows of one of its lives, for the checks afterwards.
struct LifeRecord {
  Token token{};
  Lsn begin{};        ///< after its first record
  Lsn end{};          ///< when it ended
  Bytes state;        ///< of the machine at `begin`; empty for a source
  bool lossy{false};  ///< inputs were lost for good when it recovered
};

/// Events on their way to readers, batched as the publisher does.
class Postbox {
 public:
  void begin(Speaker speaker) { speaker_ = std::move(speaker); }
  void add(const Name& name, ByteView bytes);
  /// Gives each batch with its stream.
  void flush(const std::function<void(Stream, ByteView)>& send);
  Bytes heartbeat(const Outbox::Heads& heads) const;

 private:
  BatchHeader header() const { return {.service = speaker_.service, .token = speaker_.token, .config_hash = speaker_.config_hash}; }
  struct Batch {
    Stream stream{};
    BatchWriter writer;
  };
  Speaker speaker_;
  std::vector<std::unique_ptr<Batch>> open_;
};

class Node : public TimeSource {
 public:
  Node(Mesh& mesh, std::string name, Dice dice);
  ~Node() override;

  const std::string& name() const { return name_; }
  std::string dir() const { return "/journal/" + name_ + "-0"; }
  bool up() const { return up_; }

  // What the world does to it.
  void start();
  void stop();                      ///< in order
  void kill(const char* why);       ///< at once
  void kill_soon(unsigned moments)  ///< at the n-th moment from now at which it touches disk, bus or venue
  {
    fuse_ = moments;
  }
  void pause(Nanos until) { paused_until_ = until; }
  void receive(Frame frame);
  void heal();  ///< nothing planned happens to it any more
  ProcessDisk* disk() { return disk_.get(); }
  Nanos offset{0};  ///< of its system's UTC
  enum class Broken { none, syncs, writes, full } broken{Broken::none};

  /// Answers a request at once, as its replay thread does. False: nobody is there.
  bool answer(ByteView request, const ReplayDesk::Reply& reply);
  const Outbox::Heads& published_heads() const { return heads_; }
  Token token() const { return token_; }
  const std::vector<LifeRecord>& lives() const { return lives_; }
  std::uint64_t starts() const { return starts_; }

  std::int64_t monotonic() const override;
  std::int64_t system() const override;

  virtual bool idle() const { return true; }  ///< nothing waits to be released

 protected:
  /// The journal is open: recovers, and says what the bus is to begin with. An error with code "unreachable" is tried again.
  virtual Result<Outbox::Heads> recover(Timestamp now) = 0;
  virtual void opened() {}      ///< others may hear it now
  virtual void work() = 0;      ///< one turn of its loop
  virtual void finish() = 0;    ///< the end of an orderly stop, but for the journal's own
  virtual void forget() = 0;    ///< the process is gone
  virtual bool snapshot() = 0;  ///< if there is something to keep
  virtual Nanos next_wake() const { return mesh_.timeline.now() + millis(50); }
  virtual std::uint32_t core_version() const = 0;
  virtual unsigned reserve_segments() const { return 0; }

  void moment();  ///< here it may die
  void publish(const Released& said);
  void published();
  void wake(Nanos when);
  void request(const std::string& publisher, ByteView bytes);
  Clock& clock() { return *clock_; }
  void record_life(bool lossy, Bytes state);

  Mesh& mesh_;
  std::string name_;
  Dice dice_;
  std::unique_ptr<Journal> journal_;
  Token token_{};
  std::vector<Frame> inbox_;

 private:
  void begin();
  void turn();
  void commit_soon();
  void end(const std::string& why);
  template <class Do>
  void guarded(Do&& what);

  std::unique_ptr<ProcessDisk> disk_;
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<ReplayDesk> desk_;
  Postbox post_;
  Outbox::Heads heads_{};
  bool up_{false};
  bool running_{false};  ///< a process exists: it may still be waiting for others
  bool closed_{true};    ///< the last life ended in order, or there was none
  std::uint64_t boot_{0};
  std::uint64_t generation_{0};
  std::uint64_t starts_{0};
  std::uint64_t fuse_{0};
  Nanos wake_at_{0}, paused_until_{0};
  Nanos next_heartbeat_{0}, next_snapshot_{0};
  bool committing_{false};
  std::vector<LifeRecord> lives_;
  Epoch last_epoch_{0};
};

}  // namespace tickmesh::simulation
