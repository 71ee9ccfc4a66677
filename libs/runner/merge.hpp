// The order of event time: inputs of several publishers as one row, by (time, rank, partition, sequence), whatever order they arrive in.
// Heads and promises, no socket and no clock.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/core.hpp"
#include "core/promise.hpp"

namespace tickmesh {

/// control < feed < tick < depth < bar < metrics < signal < order < intent; what has no rank of its own comes after all of them.
inline constexpr std::array<std::uint8_t, kStreams> kMergeRanks = [] {
  constexpr std::array order{Stream::control, Stream::feed,   Stream::tick,  Stream::depth, Stream::bar,
                             Stream::metrics, Stream::signal, Stream::order, Stream::intent};
  std::array<std::uint8_t, kStreams> ranks{};
  ranks.fill(order.size());
  for (std::uint8_t rank = 0; rank < order.size(); ++rank) ranks[static_cast<std::size_t>(order[rank])] = rank;
  return ranks;
}();
constexpr std::uint8_t merge_rank(Stream stream) { return kMergeRanks[static_cast<std::size_t>(stream)]; }

/// Where an input stands in the order of event time.
struct MergeKey {
  Timestamp time{};
  std::uint8_t rank{0};
  Stream stream{Stream::local};
  Partition partition{0};
  Sequence sequence{0};
  friend auto operator<=>(const MergeKey&, const MergeKey&) = default;
};
inline MergeKey merge_key(Timestamp time, const Name& name) {
  return {time, merge_rank(name.stream), name.stream, name.partition, name.at.sequence};
}

/// An input is next when nobody who is waited for may still say one that comes before it.
///
/// Two who hear each other (position_manager and broker_gateway) are partners: neither could go on before the other has. So what they
/// promise each other is conditional, and holds as long as the one who hears it has said nothing new. Beyond that, the partner may say
/// what it answers, at the time of what it answers or later.
class Merge {
 public:
  struct Source {
    std::string name{};             ///< for people
    std::vector<Stream> streams{};  ///< heard of it
    bool awaited{true};             ///< false: taken as it comes, before everything else (control)
    bool partner{false};            ///< hears us as we hear it; at most one
  };
  explicit Merge(std::vector<Source> sources);

  /// A run of consecutive events of one stream and partition, in their publisher's bytes (copied), with the `time` of each.
  void add(std::size_t source, const Name& first, std::span<const ByteView> events, std::span<const Timestamp> times);
  void promised(std::size_t source, const Promise& promise);
  /// How many events the partner hears were said in all, and the time of the last.
  void said(std::uint64_t count, Timestamp time);

  struct Input {
    MergeKey key{};
    Name name{};
    ByteView bytes{};     ///< live until `release`
    bool at_once{false};  ///< of a source that is not awaited: its time means nothing
  };
  /// The next input; nothing while somebody may still say an earlier one, or when `due`, a timer's time, comes first or with it.
  std::optional<Input> next(std::optional<Timestamp> due) const;
  void pop();
  /// Whether a timer may fire: no input before `due` is there or may still come.
  bool may_fire(Timestamp due) const;
  /// Frees the bytes of what was popped.
  void release() { spent_.clear(); }

  /// Until when nothing will be said, with all that can be taken taken: no input and no timer before it. What the partner says is left
  /// out: that is the promise's condition.
  Timestamp quiet_until(std::optional<Timestamp> due) const;
  /// Who keeps the first input that is there from being next; empty when none does.
  std::vector<std::string> waiting_for() const;
  std::size_t held() const { return held_; }  ///< inputs

 private:
  struct Block {
    Name first{};
    Bytes bytes;
    std::vector<ByteView> events;
    std::vector<Timestamp> times;
    std::size_t next{0};
  };
  struct Queue {
    std::size_t source{0};
    std::deque<Block> blocks;
  };
  struct Known {
    Source source;
    std::uint8_t lowest{0};  ///< rank of its streams
    Promise promise{};
  };
  struct Head {
    MergeKey key;
    std::size_t queue;
  };
  struct Said {
    std::uint64_t count;
    Timestamp time;
  };
  Head head_of(std::size_t queue) const;
  void push(std::size_t queue);
  const Head* first() const;
  bool holds_back(const Known& source, const Head& head) const;
  Timestamp until(const Known& source) const;

  std::vector<Known> sources_;
  std::deque<Queue> queues_;                                            ///< stay where they are, and so do their bytes
  std::array<std::array<std::int16_t, kPartitions>, kStreams> places_;  ///< in queues_; -1: none yet
  std::vector<Head> heads_;                                             ///< a heap, least first; one of each queue that holds something
  std::deque<Block> spent_;
  std::deque<Said> unanswered_;  ///< said, and not yet heard by the partner as far as its promises tell
  std::uint64_t said_{0};
  std::size_t held_{0};
};

}  // namespace tickmesh
