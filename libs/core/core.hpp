// What a core is: a deterministic state machine, inputs in, events out. No clock, socket, thread, file or random source.
#pragma once
#include <array>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "core/events.hpp"
#include "core/types.hpp"

namespace tickmesh {

/// One input. `now` never decreases; a timer is an event. `name` is all zero but for `stream` on local inputs.
struct Input {
  Timestamp now{};
  Name name{};
  const Event& event;
};

/// The streams between a tick and an order: their headers carry `tick_time`.
constexpr bool leads_to_orders(Stream stream) {
  return stream == Stream::metrics || stream == Stream::signal || stream == Stream::intent || stream == Stream::order;
}

/// Takes ticks as they are said, where millions a second need not be an event each.
class TickSink {
 public:
  virtual ~TickSink() = default;
  virtual void said(const Name& name, const Tick& tick) = 0;
};

/// Takes metrics as they are said, where an event of each would be copied twice before its bytes are written: they are 3 kB.
class MetricsSink {
 public:
  virtual ~MetricsSink() = default;
  virtual void said(const Name& name, const Metrics& metrics) = 0;
};

/// What a core says and when it wants to be woken. Numbers events as it takes them, so that ids can be derived from names.
class Outbox {
 public:
  struct Said {
    template <class T, class... Args>
    Said(const Name& n, std::in_place_type_t<T> type, Args&&... args) : name{n}, event{type, std::forward<Args>(args)...} {}
    Name name;
    Event event;
  };
  struct Wake {
    std::uint64_t timer;
    Timestamp at;  ///< zero: disarmed
  };
  /// Sequence of the last event said, by stream and partition.
  using Heads = std::array<std::array<Sequence, kPartitions>, kStreams>;

  /// Says `event`, any alternative of Event; fills its header: `time` = now, `cause` = the input (unless the event names one already),
  /// `event_time` = now unless set, and on the way to an order `tick_time` as the input has it. Returns its name. Metrics that are not
  /// const may have that done where they lie.
  template <class T>
  Name emit(Stream stream, Partition partition, T&& event) {
    if constexpr (std::is_same_v<std::remove_cvref_t<T>, Tick>) {
      if (ticks_ != nullptr) {
        Tick tick = event;
        tick.time = now_;
        const Name name = number(stream, partition);
        ticks_->said(name, tick);
        return name;
      }
    }
    if constexpr (std::is_same_v<T, Metrics&>) {
      if (metrics_ != nullptr) {
        complete(stream, event.header);
        const Name name = number(stream, partition);
        metrics_->said(name, event);
        return name;
      }
    }
    Said& said = said_.emplace_back(number(stream, partition), std::in_place_type<std::remove_cvref_t<T>>, std::forward<T>(event));
    auto& e = *std::get_if<std::remove_cvref_t<T>>(&said.event);
    if constexpr (requires { e.header; }) {
      complete(stream, e.header);
    } else if constexpr (std::is_same_v<std::remove_cvref_t<T>, Tick>) {
      e.time = now_;
    }
    return said.name;
  }
  /// The name the next emit on this stream and partition gets.
  Name next_name(Stream stream, Partition partition) const;
  /// Arms or re-arms a timer of the core's own numbering; `TimerFired{timer}` comes at or after `at`. Zero disarms.
  void wake_at(Timestamp at, std::uint64_t timer);

  // For the runner.
  /// Ticks go there instead of to `said`; what is said beside them keeps its order there, not between the two. Null: all go to `said`.
  void set_tick_sink(TickSink* sink) { ticks_ = sink; }
  /// Metrics that are said where they lie go there, at once; what was said before them is in `said` by then. Null: all go to `said`.
  void set_metrics_sink(MetricsSink* sink) { metrics_ = sink; }
  void begin(Timestamp now, const Cause& cause, Timestamp tick_time = {}) {
    now_ = now;
    cause_ = cause;
    tick_time_ = tick_time;
  }
  void set_epoch(Epoch epoch) { epoch_ = epoch; }
  Epoch epoch() const { return epoch_; }
  Heads& heads() { return heads_; }
  const Heads& heads() const { return heads_; }
  std::vector<Said>& said() { return said_; }
  std::vector<Wake>& wakes() { return wakes_; }

 private:
  Name number(Stream stream, Partition partition) {
    const auto of = static_cast<std::size_t>(stream);
    TM_INVARIANT(stream != Stream::local && of < kStreams && partition < kPartitions, "an event is said on a stream of the mesh");
    return {stream, partition, {epoch_, ++heads_[of][partition]}};
  }

  void complete(Stream stream, Header& header) const {
    header.time = now_;
    if (!header.event_time) header.event_time = now_;
    if (header.cause == Cause{}) header.cause = cause_;
    // Who names another cause than the input names another way, too.
    if (leads_to_orders(stream) && !header.tick_time && header.cause == cause_) header.tick_time = tick_time_;
  }

  Timestamp now_{};
  Cause cause_{};
  Timestamp tick_time_{};
  Epoch epoch_{0};
  Heads heads_{};
  std::vector<Said> said_;
  std::vector<Wake> wakes_;
  TickSink* ticks_{nullptr};
  MetricsSink* metrics_{nullptr};
};

class Core {
 public:
  virtual ~Core() = default;
  /// Raised whenever the same inputs would give other bytes, or the snapshot another shape.
  virtual std::uint32_t version() const = 0;
  virtual void apply(const Input& in, Outbox& out) = 0;
  /// A loaded core continues bit for bit.
  virtual void save(ByteWriter& out) const = 0;
  virtual void load(ByteReader& in) = 0;
};

/// Where `time` of any event lies: ticks carry it flat, the rest in a header; local inputs have none.
Timestamp time_in_header(const Event& event);
inline Timestamp time_of(const Event& event) {
  const auto* tick = std::get_if<Tick>(&event);
  return tick != nullptr ? tick->time : time_in_header(event);
}
/// `time` of the tick that led to the event: a tick's own, else what its header was given; zero when no tick did.
Timestamp tick_time_in_header(const Event& event);
inline Timestamp tick_time_of(const Event& event) {
  const auto* tick = std::get_if<Tick>(&event);
  return tick != nullptr ? tick->time : tick_time_in_header(event);
}

/// More than the bytes of any tick.
inline constexpr std::size_t kTickRoom = 128;

/// Events to bytes and back. The bus implements it with tickmesh.v1; cores and journals never look inside.
class Codec {
 public:
  virtual ~Codec() = default;
  /// Appends the canonical bytes of `event` to `out`. Equal events give equal bytes.
  virtual void encode(const Event& event, Bytes& out) const = 0;
  /// The same of a tick, written from `at` on, where there is room for kTickRoom; returns where it ends.
  virtual std::byte* encode(const Tick& tick, std::byte* at) const = 0;
  /// The same of metrics, which need not lie in an event.
  virtual void encode(const Metrics& metrics, Bytes& out) const = 0;
  /// Error: field = stream's name, rule = what the bytes break. Never throws on hostile bytes.
  virtual Result<void> decode(Stream stream, ByteView bytes, Event& out) const = 0;
};

/// FNV-1a over every event's (stream, partition, sequence, bytes), an order-sensitive hash for each stream and partition:
/// two runs that said the same have the same hash.
class CanonicalHash {
 public:
  void add(const Name& name, ByteView bytes);
  std::uint64_t of(Stream stream) const;  ///< all partitions, in partition order
  std::uint64_t all() const;
  std::uint64_t count(Stream stream) const;

 private:
  struct Cell {
    std::uint64_t hash{kFnvOffset};
    std::uint64_t count{0};
  };
  std::array<std::array<Cell, kPartitions>, kStreams> cells_{};
};

}  // namespace tickmesh
