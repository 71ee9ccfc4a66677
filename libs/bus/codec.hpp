// Events as tickmesh.v1 (proto/tickmesh/v1): the one place where structs of core meet protobuf.
#pragma once
#include <cstddef>
#include <optional>

#include "core/core.hpp"

namespace tickmesh {

/// A payload beyond this is refused: 16 MiB, far above any event.
inline constexpr std::size_t kMaxEventBytes = std::size_t{16} << 20;

/// The stream on which an event of this type is said; Stream::local for inputs that never travel.
Stream stream_of(const Event& event);

/// Stateless; may be used by several threads at once. Ticks neither allocate (once `out` has room) nor touch protobuf.
///
/// Canonical bytes: fields by number, default values and default sub-messages left out, -0.0 as 0.0, every NaN as one NaN; text that
/// is not UTF-8 has each offending byte replaced by '?', since no reader would take it.
class ProtoCodec final : public Codec {
 public:
  ProtoCodec();
  /// Local inputs become a LocalInput, everything else the message of its stream.
  /// A market event, signal or position without a symbol breaks an invariant: no reader would take it.
  void encode(const Event& event, Bytes& out) const override;
  std::byte* encode(const Tick& tick, std::byte* at) const override;
  void encode(const Metrics& metrics, Bytes& out) const override;
  /// Takes whatever protobuf takes (any order, unknown fields), then checks: enumerations known, partitions below 64, symbols well-formed
  /// and there where an event must have one. On error `out` is valid but unspecified. Error: field = the stream, rule = "<field>: <rule>".
  Result<void> decode(Stream stream, ByteView bytes, Event& out) const override;
  /// `time` of an event that is said on `stream`, without decoding the rest of canonical bytes. Nothing where there is none, or where the
  /// bytes cannot be taken.
  std::optional<Timestamp> said_at(Stream stream, ByteView bytes) const;
};

// For tests and benchmarks: what is written by hand, because it is said so often.

/// Appends the bytes protobuf would give.
void encode_tick(const Tick& tick, Bytes& out);
/// The same from `at` on, where there is room for kTickRoom; returns where they end.
std::byte* encode_tick(const Tick& tick, std::byte* at);
/// False: not in canonical layout, or an enumeration out of range; protobuf must decide. `out` is then unspecified.
bool decode_canonical_tick(ByteView bytes, Tick& out);
/// False: not in canonical layout, or what protobuf's reader refuses; protobuf must decide. `out` is then unspecified.
bool decode_canonical_metrics(ByteView bytes, Metrics& out);

}  // namespace tickmesh
