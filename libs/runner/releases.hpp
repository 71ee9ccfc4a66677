// What a core said and the journal holds, on its way to those who hear it: a queue that keeps its room, so that a tick costs no allocation.
#pragma once
#include <array>
#include <cstddef>
#include <vector>

#include "journal/journal.hpp"

namespace tickmesh {

/// One event at the queue's front. The views live until it is popped.
struct Released {
  Name name{};
  ByteView bytes{};
  const Event* event{nullptr};  ///< none for ticks and metrics: they are heard, and nobody acts on having said them
  Timestamp tick_time{};        ///< of the tick that led to it; zero: none did, or it is one
  Lsn recorded{};               ///< where its record ends: when `durable` has reached this, a power cut cannot take it back
  bool replayed{false};         ///< completed by recovery: others must hear it, but what it asks of the outside may have been done already
};

class Releases {
 public:
  bool empty() const { return next_ == items_.size(); }
  std::size_t size() const { return items_.size() - next_; }
  Released front() const;
  void pop();
  /// Gives what is durable enough to `use`, in order, and pops it; asks for a sync when something must wait. True: something was given.
  template <class Use>
  bool hand_out(Journal& journal, const std::array<bool, kStreams>& durable, Use&& use) {
    bool any = false;
    for (; !empty(); pop()) {
      const Released said = front();
      if (durable[static_cast<std::size_t>(said.name.stream)] && journal.durable() < said.recorded) {
        journal.request_sync();
        if (journal.durable() < said.recorded) break;
      }
      use(said);
      any = true;
    }
    return any;
  }

  /// Queues what was said; nothing is given before it is recorded. Clears `said`.
  void add(const Codec& codec, std::vector<Outbox::Said>& said);
  void add(const Codec& codec, const Name& name, const Metrics& metrics);
  /// Appends what was queued since the last time to the journal, one record a run of the same stream and partition.
  void record(Journal& journal);
  /// Appends an event that recovery found unrecorded.
  void record_replayed(Journal& journal, const Name& name, ByteView bytes, Event event);

 private:
  static constexpr std::size_t kNoEvent = ~std::size_t{0};
  struct Item {
    Name name;
    std::size_t begin, size;  ///< in bytes_, after its u32 length
    std::size_t event;        ///< in events_, or kNoEvent
    Timestamp tick_time;
    bool replayed;
    Lsn recorded{};
  };
  std::size_t open_item();
  void close_item(Item item);

  std::vector<Item> items_;
  std::size_t next_{0};
  std::size_t recorded_{0};  ///< items before this are recorded
  Bytes bytes_;              ///< u32 length and bytes of each, as a `said` record has them
  std::vector<Event> events_;
  std::vector<SaidRun> runs_;
};

}  // namespace tickmesh
