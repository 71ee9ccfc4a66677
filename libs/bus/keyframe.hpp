// The last value a key, of what a journal is about to forget: where a reader begins that asks for what is gone.
#pragma once
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/core.hpp"
#include "journal/journal.hpp"

namespace tickmesh {

/// What the event is the last value of, within its stream and partition: a symbol's quote, a bar of one length, a position. Nothing for
/// what happens and is over (an intent, an order, a command): of that there is no last value.
std::optional<std::string> keyframe_key(const Event& event);

/// Any thread reads; one feeds it, in the journal's order. Holds events of one epoch; a newer one empties it.
class Keyframe {
 public:
  struct Value {
    Sequence sequence{0};
    Bytes bytes;
  };
  /// Keys of one stream and partition; values beyond that are not kept.
  static constexpr std::size_t kMaxKeys = 4096;

  void take(const Name& name, ByteView bytes, const Event& event);
  /// Values said before `end`, in the order they were said.
  std::vector<Value> before(Stream stream, Partition partition, Position end) const;
  std::size_t size() const;

  /// Records before this are in it.
  Lsn taken_to() const;
  void taken_to(Lsn lsn);

  Bytes save() const;
  /// False, and empty, when the bytes are not what `save` gave.
  bool load(ByteView bytes);

 private:
  using Values = std::map<std::string, Value, std::less<>>;
  void clear();  // mutex_ held

  mutable std::mutex mutex_;
  Epoch epoch_{0};
  Lsn taken_to_{};
  std::map<std::pair<Stream, Partition>, Values> values_;
};

/// Feeds the records of `journal` from where the keyframe stands up to `to`, at most about `max_bytes` of them. Returns whether there is
/// more. Error: what reading the journal says; what was trimmed meanwhile is passed over.
Result<bool> feed_keyframe(Keyframe& keyframe, const Journal& journal, const Codec& codec, Lsn to, std::uint64_t max_bytes);

}  // namespace tickmesh
