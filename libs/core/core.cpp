#include "core/core.hpp"

namespace tickmesh {
namespace {

template <class T>
concept HasHeader = requires(T& t) { t.header.time; };

std::size_t index(Stream stream) { return static_cast<std::size_t>(stream); }

}  // namespace

Name Outbox::next_name(Stream stream, Partition partition) const {
  return {stream, partition, {epoch_, heads_[index(stream)][partition] + 1}};
}

void Outbox::wake_at(Timestamp at, std::uint64_t timer) { wakes_.push_back({timer, at}); }

Timestamp time_in_header(const Event& event) {
  return std::visit(
      [](const auto& e) -> Timestamp {
        if constexpr (HasHeader<std::remove_reference_t<decltype(e)>>)
          return e.header.time;
        else
          return {};
      },
      event);
}

Timestamp tick_time_in_header(const Event& event) {
  return std::visit(
      [](const auto& e) -> Timestamp {
        if constexpr (HasHeader<std::remove_reference_t<decltype(e)>>)
          return e.header.tick_time;
        else
          return {};
      },
      event);
}

void CanonicalHash::add(const Name& name, ByteView bytes) {
  Cell& cell = cells_[index(name.stream)][name.partition];
  const std::uint64_t frame[2] = {name.at.sequence, bytes.size()};
  cell.hash = fnv1a64({reinterpret_cast<const char*>(frame), sizeof frame}, cell.hash);
  cell.hash = fnv1a64(as_text(bytes), cell.hash);
  ++cell.count;
}

std::uint64_t CanonicalHash::of(Stream stream) const {
  std::uint64_t hash = kFnvOffset;
  for (const Cell& cell : cells_[index(stream)]) hash = fnv1a64({reinterpret_cast<const char*>(&cell.hash), sizeof cell.hash}, hash);
  return hash;
}

std::uint64_t CanonicalHash::all() const {
  std::uint64_t hash = kFnvOffset;
  for (unsigned s = 0; s < kStreams; ++s) {
    const auto one = of(static_cast<Stream>(s));
    hash = fnv1a64({reinterpret_cast<const char*>(&one), sizeof one}, hash);
  }
  return hash;
}

std::uint64_t CanonicalHash::count(Stream stream) const {
  std::uint64_t n = 0;
  for (const Cell& cell : cells_[index(stream)]) n += cell.count;
  return n;
}

}  // namespace tickmesh
