// A publishing service as small as can be: a core that says the ticks it is given, its journal, its sockets. What a turn does is what
// the ingestor's does: step and hand out in parts, flush.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "bus/bus.hpp"
#include "bus/codec.hpp"
#include "runner/source_runner.hpp"

namespace tickmesh::bench {

class EchoCore final : public Core {
 public:
  std::uint32_t version() const override { return 1; }
  void apply(const Input& in, Outbox& out) override;
  void save(ByteWriter&) const override {}
  void load(ByteReader&) override {}
};

class TickSpeaker {
 public:
  /// Listens as tick_ingestor-0 in `dir`, its journal below it.
  explicit TickSpeaker(const std::string& dir);
  /// Records and publishes; `now` is what the ticks' `time` will be.
  void say(std::span<const Tick> ticks, Timestamp now);
  void heartbeat() { publisher_->heartbeat(journal_->heads()); }
  Journal& journal() { return *journal_; }
  std::vector<ReaderState> readers() const { return replay_->readers(); }
  std::uint64_t served() const { return replay_->served(); }

 private:
  void hand_out();
  void release();

  ProtoCodec codec_;
  EchoCore core_;
  std::unique_ptr<Journal> journal_;
  SourceRunner runner_;
  zmq::context_t context_{1};
  std::unique_ptr<Publisher> publisher_;
  std::unique_ptr<ReplayServer> replay_;
  Event input_{Tick{}};
};

/// Where a TickSpeaker in `dir` listens.
inline Endpoint speaker_endpoint(const std::string& dir) { return ipc_endpoint(dir, "tick_ingestor", 0); }

/// A reader of all its ticks with queues that drop nothing.
class TickListener {
 public:
  TickListener(const std::string& dir, const std::string& name);
  /// Waits up to `wait_ms` for something, decodes all that came, calls `on_tick(tick)` for each. Returns how many there were.
  template <class OnTick>
  std::size_t listen(int wait_ms, OnTick&& on_tick) {
    wait(wait_ms);
    return reader_->drain(
        monotonic(), 8192,
        [&](const ReceivedRun& run) {
          for (const ByteView bytes : run.events) {
            if (!codec_.decode(run.first.stream, bytes, scratch_)) throw std::runtime_error("a tick that cannot be read");
            on_tick(std::get<Tick>(scratch_));
          }
        },
        [](const StreamGap&) {});
  }
  Reader& reader() { return *reader_; }

 private:
  void wait(int wait_ms);
  static std::int64_t monotonic();

  ProtoCodec codec_;
  zmq::context_t context_{1};
  std::unique_ptr<Reader> reader_;
  Event scratch_;
};

}  // namespace tickmesh::bench
