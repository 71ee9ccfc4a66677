// What bytes of others may do to us, one target a room that reads them. A target throws Broken when a promise does not hold; it
// crashes, hangs or eats memory when a worse one does not.
#pragma once
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/bytes.hpp"

namespace tickmesh::fuzz {

class Broken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
inline void promise(bool holds, const std::string& what) {
  if (!holds) throw Broken(what);
}

struct Target {
  const char* name;  ///< of its folder under corpus/, too
  void (*run)(ByteView input);
  std::vector<Bytes> (*seeds)();  ///< good inputs, made by our own writers, so that a changed format needs no new corpus
};
std::span<const Target> targets();
/// nullptr: no such target.
const Target* find_target(std::string_view name);

/// Takes an input apart; at its end everything reads as zero.
class Feeder {
 public:
  explicit Feeder(ByteView input) : rest_{input} {}
  bool empty() const { return rest_.empty(); }
  std::uint64_t number(unsigned bytes) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < bytes && !rest_.empty(); ++i, rest_ = rest_.subspan(1)) value |= static_cast<std::uint64_t>(rest_[0]) << 8 * i;
    return value;
  }
  /// Two bytes of length, then that many, or what is left.
  ByteView chunk() { return take(number(2)); }
  ByteView take(std::uint64_t size) {
    const auto taken = rest_.first(static_cast<std::size_t>(std::min<std::uint64_t>(size, rest_.size())));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  ByteView rest() { return take(rest_.size()); }

 private:
  ByteView rest_;
};
/// What our writers give, as text or as bytes.
inline ByteView view(std::string_view text) { return as_bytes(text); }
inline ByteView view(const Bytes& bytes) { return bytes; }
/// What `Feeder::chunk` takes.
inline void put_chunk(Bytes& out, ByteView bytes) {
  ByteWriter w{out};
  w.put(static_cast<std::uint16_t>(bytes.size()));
  w.raw(bytes);
}

// One file each.
extern const Target kBusFrames, kReaderProtocol, kEvents, kJournal, kSnapshots, kConfiguration, kHttp;

}  // namespace tickmesh::fuzz
