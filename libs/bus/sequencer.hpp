// What a reader does about order, loss and restarts of one publisher, without a socket and without a clock: told of heads, live runs,
// chunks and trims, it delivers every stream and partition gapless, in order, once, and says what to ask for next.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "core/core.hpp"
#include "core/events.hpp"
#include "core/types.hpp"
#include "journal/journal.hpp"

namespace tickmesh {

/// Where a sequencer's results go.
class SequencerSink {
 public:
  virtual ~SequencerSink() = default;
  /// What is next in order. `events` are the caller's own bytes (live, chunk) or the sequencer's, which live until `release`.
  virtual void deliver(const Name& first, std::span<const ByteView> events) = 0;
  /// [from, to] is lost for good; with to = {newer epoch, 0}: `from`, the last delivered, is where its epoch ended for us. All that the
  /// publisher still holds of that epoch was delivered before.
  virtual void gap(const StreamGap& gap) = 0;
  /// A last value from before the gap just told, under its own name; the caller's bytes.
  virtual void keyframe(const Name& /*name*/, ByteView /*event*/) {}
};

/// One of a publisher's last values: what a reader is given instead of what is gone.
struct LastValue {
  Sequence sequence{0};
  ByteView bytes{};
};

/// Partitions of a stream, a bit each.
using Shards = std::map<Stream, std::uint64_t>;

struct SequencerOptions {
  std::vector<Stream> streams;               ///< of this publisher
  Shards shards{};                           ///< partitions of a stream that are heard; all of a stream that is not named
  std::size_t buffer_bytes{16u << 20};       ///< live runs beyond a gap; what does not fit is asked for again
  std::uint32_t get_count{8192};             ///< the most events one Get asks for
  std::int64_t hello_retry_ns{500'000'000};  ///< between Hellos, until a Welcome comes
  std::int64_t get_retry_ns{1'000'000'000};  ///< after this an unanswered Get is asked again
  std::int64_t empty_retry_ns{20'000'000};   ///< after an empty chunk or a failed send: what is said is not always released yet
};

struct GetRequest {
  Name first{};
  std::uint32_t count{0};
  friend bool operator==(const GetRequest&, const GetRequest&) = default;
};

struct SequencerCounts {
  std::uint64_t delivered{0};
  std::uint64_t healed{0};  ///< of these, by replay
  std::uint64_t duplicates{0};
  std::uint64_t lost{0};    ///< trimmed, or said in an epoch that ended and not heard
  std::uint64_t behind{0};  ///< said and not yet delivered, as far as told
};

/// All times are the caller's monotonic nanoseconds.
class Sequencer {
 public:
  using Positions = std::map<std::pair<Stream, Partition>, Position>;
  Sequencer(SequencerOptions options, const Positions& applied);

  // What was heard. Call `heard` first with the token of whatever came with one. All return false for what was not ours to hear (a stream
  // not subscribed, a partition or sequence out of range); what is merely old or known is dropped and counted.
  /// False: it speaks of an epoch that is over; the rest of the message is to be dropped (counted in `stale`).
  bool heard(Token token, SequencerSink& sink);
  /// A heartbeat's last sequences.
  void heads(Token token, const Outbox::Heads& last);
  /// Also settles where a reader without a position begins: at the first still held (0: none), after the last values before it.
  /// `ended`: what the publisher holds of epochs that are over; it is read before the epoch that is not.
  void welcome(Token token, const Outbox::Heads& first, const Outbox::Heads& last, SequencerSink& sink,
               std::vector<EndedStream> ended = {});
  bool live(const Name& first, std::span<const ByteView> events, SequencerSink& sink);
  /// An answer to Get; without events: nothing from `first` on is released yet.
  bool chunk(const Name& first, std::span<const ByteView> events, std::int64_t now, SequencerSink& sink);
  bool trimmed(Stream stream, Partition partition, Position first_held, SequencerSink& sink, std::span<const LastValue> keyframe = {});

  /// Delivers buffered runs that have become next in order until about `max_events` are delivered; returns how many.
  std::size_t pump(std::size_t max_events, SequencerSink& sink);
  bool pending() const { return !ready_.empty(); }  ///< `pump` has something to do
  /// Frees the bytes of what `pump` has delivered.
  void release() { spent_.clear(); }

  // What to ask. Each counts as sent; when the send failed, say so with `unsent`.
  bool hello_due(std::int64_t now);
  std::optional<GetRequest> get_due(std::int64_t now);
  void hello_unsent(std::int64_t now);
  void get_unsent(std::int64_t now);

  bool caught_up() const;
  /// Of the partition that misses most; nothing when nothing is missed.
  struct Behind {
    Stream stream{};
    Partition partition{0};
    std::uint64_t events{0};
    bool ahead{false};  ///< we hold more than the publisher says there is: it lost something, or is not who it was
  };
  std::optional<Behind> worst() const;
  std::optional<Token> token() const { return token_; }
  bool told() const { return told_; }  ///< heads of the current token have been heard
  SequencerCounts counts(Stream stream) const;
  std::uint64_t stale() const { return stale_; }        ///< runs and messages of an epoch that is over
  std::uint64_t overflow() const { return overflow_; }  ///< live runs that found the buffer full
  std::size_t buffered_bytes() const { return buffered_; }
  Position position(Stream stream, Partition partition) const;
  bool subscribed(Stream stream) const;
  bool hears(Stream stream, Partition partition) const;  ///< subscribed, and of its shard
  const std::vector<Stream>& streams() const { return options_.streams; }
  Positions positions() const;

 private:
  struct Held {
    Bytes bytes;
    std::vector<ByteView> events;
    std::size_t cost{0};
  };
  struct Cursor {
    Stream stream{Stream::local};
    Partition partition{0};
    Position at{};        ///< the last delivered
    bool ours{true};      ///< of the shard that is heard; the others are dropped unlooked at
    bool known{false};    ///< `at` says where to go on; until a Welcome does, everything is held
    bool joins{false};    ///< begins without a position, and what it begins with is yet to come
    bool queued{false};   ///< in ready_
    Sequence head{0};     ///< the last said in the publisher's epoch, as far as told under its current token
    Sequence unheard{0};  ///< of an epoch that is over: the last said there, as far as it was told
    std::map<Sequence, Held> held;
  };

  Cursor* find(Stream stream, Partition partition);
  const Cursor* find(Stream stream, Partition partition) const;
  /// Its epoch is over: what is left of that is read first, and what comes of the new one is held.
  bool closing(const Cursor& cursor) const { return cursor.known && token_ && cursor.at.epoch < token_->epoch; }
  bool in_epoch(const Cursor& cursor) const { return token_ && cursor.at.epoch == token_->epoch; }
  std::uint64_t behind(const Cursor& cursor) const;
  bool run(const Name& first, std::span<const ByteView> events, bool replayed, SequencerSink& sink);
  void hold(Cursor& cursor, Sequence first, std::span<const ByteView> events);
  void drop_held(Cursor& cursor);
  void deliver(Cursor& cursor, Sequence first, std::span<const ByteView> events, bool replayed, SequencerSink& sink);
  void queue_if_ready(Cursor& cursor);
  const EndedStream* ended(const Cursor& cursor, Epoch from) const;
  void close_epochs(Cursor& cursor, SequencerSink& sink);
  bool settle_answer(Stream stream, Partition partition);

  SequencerOptions options_;
  std::array<std::int16_t, kStreams> base_{};  ///< index of a stream's first cursor, -1: not subscribed
  std::vector<Cursor> cursors_;
  std::array<SequencerCounts, kStreams> counts_{};
  std::optional<Token> token_;
  std::vector<EndedStream> ended_;  ///< as the last Welcome told, oldest epoch first
  bool told_{false};
  bool welcomed_{false};
  bool maybe_behind_{false};  ///< a scan for the next Get may find one
  std::int64_t hello_at_{0};
  std::int64_t get_at_{0};  ///< no Get before this: a retry, or the pause after an empty chunk
  std::optional<GetRequest> asked_;
  std::size_t next_cursor_{0};
  std::deque<std::size_t> ready_;
  std::list<Held> spent_;
  std::size_t buffered_{0};
  std::uint64_t stale_{0};
  std::uint64_t overflow_{0};
};

}  // namespace tickmesh
