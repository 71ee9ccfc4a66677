// A publisher and a reader over ipc in a folder of their own, for the tests of this folder.
#pragma once
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "bus/bus.hpp"

namespace tickmesh::bus_test {

inline constexpr Epoch kEpoch = 1'700'000'000'000;

/// What every publisher here says: a function of the name, so that whoever hears it can tell whether it is whole.
inline Bytes event_at(Stream stream, Partition partition, Position at) {
  std::string text = to_string(Name{stream, partition, at});
  const auto bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

/// Holds what was said in memory. Events say their own name; some may be trimmed.
class MemoryJournal final : public Journal {
 public:
  explicit MemoryJournal(Epoch epoch) : epoch_{epoch} {}
  Name say(Stream stream, Partition partition) {
    const std::lock_guard lock{mutex_};
    return {stream, partition, {epoch_, ++last_[index(stream)][partition]}};
  }
  void set_heads(const Outbox::Heads& heads) {
    const std::lock_guard lock{mutex_};
    last_ = heads;
  }
  void trim(Stream stream, Partition partition, Sequence first) {
    const std::lock_guard lock{mutex_};
    first_[index(stream)][partition] = first;
  }

  SaidChunk said(Stream stream, Partition partition, Sequence from, std::size_t max_events, std::size_t max_bytes) const override {
    const std::lock_guard lock{mutex_};
    SaidChunk chunk;
    chunk.first = {stream, partition, {epoch_, from}};
    if (from < first_[index(stream)][partition]) {
      chunk.trimmed_before = first_[index(stream)][partition];
      return chunk;
    }
    std::size_t bytes = 0;
    for (Sequence s = from; s <= last_[index(stream)][partition] && chunk.events.size() < max_events && bytes < max_bytes; ++s) {
      chunk.events.push_back(event_at(stream, partition, {epoch_, s}));
      bytes += chunk.events.back().size();
    }
    return chunk;
  }
  Outbox::Heads heads() const override {
    const std::lock_guard lock{mutex_};
    return last_;
  }
  Outbox::Heads first_held() const override {
    const std::lock_guard lock{mutex_};
    Outbox::Heads held{};
    for (unsigned s = 0; s < kStreams; ++s)
      for (unsigned p = 0; p < kPartitions; ++p)
        if (last_[s][p] > 0 && first_[s][p] <= last_[s][p]) held[s][p] = std::max<Sequence>(first_[s][p], 1);
    return held;
  }
  Epoch epoch() const override { return epoch_; }

  const JournalState& state() const override { return state_; }
  Lsn append(RecordType, ByteView) override { return {}; }
  Lsn end() const override { return {}; }
  Lsn snapshot(ByteView) override { return {}; }
  void close() override {}
  void request_sync() override {}
  Lsn durable() const override { return {}; }
  int durable_fd() const override { return -1; }
  void sync() override {}
  std::optional<std::string> failure() const override { return std::nullopt; }
  std::unique_ptr<JournalCursor> read_from(Lsn) const override { return nullptr; }
  Lsn first() const override { return {}; }
  std::optional<std::pair<Lsn, Bytes>> latest_snapshot() const override { return std::nullopt; }
  std::vector<SnapshotPlace> snapshots() const override { return {}; }
  std::optional<Bytes> snapshot_state(Lsn) const override { return std::nullopt; }
  void pin(const std::string&, Lsn) override {}
  std::uint64_t bytes() const override { return 0; }
  std::uint64_t max_body() const override { return 1u << 20; }

 private:
  static std::size_t index(Stream stream) { return static_cast<std::size_t>(stream); }
  Epoch epoch_;
  JournalState state_;
  mutable std::mutex mutex_;
  Outbox::Heads last_{}, first_{};
};

/// A folder that goes with the test; short, since a socket's path has 107 bytes.
class RunDir {
 public:
  RunDir() {
    std::string name = (std::filesystem::temp_directory_path() / "busXXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path = name;
  }
  ~RunDir() { std::filesystem::remove_all(path); }
  RunDir(const RunDir&) = delete;
  RunDir& operator=(const RunDir&) = delete;
  std::string path;
};

/// One run of a publishing instance on a journal that outlives it.
class Instance {
 public:
  Instance(zmq::context_t& context, const Endpoint& endpoint, MemoryJournal& journal, std::uint32_t incarnation = 1,
           std::size_t hwm_bytes = 64u << 20, unsigned lanes = 1)
      : journal_{journal},
        speaker_{endpoint.service, endpoint.ordinal, {journal.epoch(), incarnation}, 77},
        publisher{context, endpoint, speaker_, lanes, hwm_bytes},
        server{context, endpoint, speaker_, journal} {
    server.released(journal.heads());
  }
  /// Says `count` events over `partitions` partitions in turn, a message every `batch` events.
  void say(Stream stream, int count, unsigned partitions = 1, int batch = 100) {
    for (int i = 0; i < count; ++i) {
      const Name name = journal_.say(stream, static_cast<Partition>(static_cast<unsigned>(i) % partitions));
      publisher.add(name, event_at(name.stream, name.partition, name.at));
      if (i % batch == batch - 1) publisher.flush();
    }
    publisher.flush();
    server.released(journal_.heads());
  }
  void beat() { publisher.heartbeat(journal_.heads()); }

 private:
  MemoryJournal& journal_;
  Speaker speaker_;

 public:
  Publisher publisher;
  ReplayServer server;
};

inline std::int64_t clock_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// A reader that holds every delivery against its name.
class Listener {
 public:
  using Positions = std::map<std::pair<Stream, Partition>, Position>;
  Listener(zmq::context_t& context, std::vector<Subscription> to, const Positions& applied = {}, std::size_t hwm_bytes = 64u << 20,
           const std::string& name = "listener-0")
      : at{applied}, reader{context, {.name = name, .subscriptions = std::move(to), .hwm_bytes = hwm_bytes}, applied} {}

  void drain(std::size_t max_events = 100'000) {
    reader.drain(
        clock_ns(), max_events,
        [&](const ReceivedRun& run) {
          Position& here = at[{run.first.stream, run.first.partition}];
          if (here.sequence == 0) here.epoch = run.first.at.epoch;
          EXPECT_EQ(run.first.at, (Position{here.epoch, here.sequence + 1})) << "gapless, in order, once";
          for (std::size_t i = 0; i < run.events.size(); ++i) {
            const Position said{run.first.at.epoch, run.first.at.sequence + i};
            const Bytes whole = event_at(run.first.stream, run.first.partition, said);
            ASSERT_EQ(as_text(run.events[i]), as_text(whole));
          }
          here = {run.first.at.epoch, run.first.at.sequence + run.events.size() - 1};
          delivered += run.events.size();
        },
        [&](const StreamGap& gap) {
          gaps.push_back(gap);
          at[{gap.stream, gap.partition}] = gap.to;
        });
  }
  /// Drains until `done`; false when that does not come within half a minute. `meanwhile` runs every turn (heartbeats).
  bool until(const std::function<bool()>& done, const std::function<void()>& meanwhile = [] {}) {
    const std::int64_t deadline = clock_ns() + 30'000'000'000;
    while (clock_ns() < deadline) {
      drain();
      if (done()) return true;
      meanwhile();
      auto items = reader.poll_items();
      zmq::poll(items, std::chrono::milliseconds{reader.pending() ? 0 : 10});
    }
    ADD_FAILURE() << "waited in vain; delivered " << delivered << (reader.waiting_for().empty() ? "" : "; " + reader.waiting_for()[0]);
    return false;
  }
  Sequence sequence(Stream stream, Partition partition = 0) { return at[{stream, partition}].sequence; }

  Positions at;
  std::vector<StreamGap> gaps;
  std::uint64_t delivered{0};
  Reader reader;
};

class BusTest : public testing::Test {
 protected:
  Subscription to(std::vector<Stream> streams) const { return {endpoint, std::move(streams)}; }
  RunDir dir;
  Endpoint endpoint{ipc_endpoint(dir.path, "tick_ingestor", 0)};
  zmq::context_t context{1};
  MemoryJournal journal{kEpoch};
};

}  // namespace tickmesh::bus_test
