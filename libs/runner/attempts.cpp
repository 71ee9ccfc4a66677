#include "runner/attempts.hpp"

#include "core/bytes.hpp"
#include "journal/crc32c.hpp"

namespace tickmesh {
namespace {

constexpr std::size_t kBytes = 8 + 4 + 4 + 1 + 2 * (8 + 4) + 4;

void put(ByteWriter& w, const InputPlace& place) { w.put(place.record.value), w.put(place.number); }
InputPlace get(ByteReader& r) {
  InputPlace place;
  place.record = Lsn{r.get<std::uint64_t>()};
  place.number = r.get<std::uint32_t>();
  return place;
}

}  // namespace

Attempts::Attempts(Disk& disk, const std::string& dir, Lsn end) : file_{disk.open(dir + "/attempt", true)} {
  Bytes bytes(kBytes);
  const bool whole = file_->read(0, bytes) == kBytes;
  ByteReader crc(ByteView(bytes).last(4));
  if (whole && crc.get<std::uint32_t>() == crc32c(ByteView(bytes).first(kBytes - 4))) {
    ByteReader r(ByteView(bytes).first(kBytes - 4));
    state_.end = r.get<std::uint64_t>();
    state_.crashes = r.get<std::uint32_t>();
    state_.same = r.get<std::uint32_t>();
    state_.running = r.get<std::uint8_t>() == 1;
    state_.now = get(r);
    state_.before = get(r);
  }
  if (state_.end != end.value) state_ = {.end = end.value};
  if (!state_.running) return;
  state_.running = false;
  ++state_.crashes;
  if (state_.now != InputPlace{}) {
    state_.same = state_.now == state_.before ? state_.same + 1 : 1;
    state_.before = state_.now;
  }
}

std::optional<InputPlace> Attempts::poison() const {
  if (state_.crashes < kPoison || state_.same < 2) return std::nullopt;
  return state_.before;
}

void Attempts::begin() {
  state_.running = true;
  state_.now = {};
  write();
}

void Attempts::note(InputPlace place) {
  state_.now = place;
  write();
}

void Attempts::passed() {
  state_.running = false;
  state_.now = {};
  write();
}

void Attempts::write() const {
  Bytes bytes;
  ByteWriter w(bytes);
  w.put(state_.end);
  w.put(state_.crashes);
  w.put(state_.same);
  w.put(std::uint8_t{state_.running});
  put(w, state_.now);
  put(w, state_.before);
  w.put(crc32c(bytes));
  // To the page cache only: it has to survive a process, not a power cut.
  file_->write(0, bytes);
}

}  // namespace tickmesh
