// How old what was taken last is, a stream: the price of a copy a run, so that nothing is decoded until somebody asks.
#pragma once
#include <array>

#include "core/core.hpp"

namespace tickmesh {

class StreamAges {
 public:
  /// The last event of a run, in its publisher's bytes.
  void took(Stream stream, ByteView last) { last_[static_cast<std::size_t>(stream)].assign(last.begin(), last.end()); }
  /// Seconds since its publisher said what was taken last; 0 when nothing was or its bytes are no event.
  double seconds(Stream stream, Timestamp now, const Codec& codec) const {
    const Bytes& bytes = last_[static_cast<std::size_t>(stream)];
    Event event;
    if (bytes.empty() || !codec.decode(stream, bytes, event)) return 0;
    return static_cast<double>(std::max<std::int64_t>(0, (now - time_of(event)).ns)) / 1e9;
  }

 private:
  std::array<Bytes, kStreams> last_;
};

}  // namespace tickmesh
