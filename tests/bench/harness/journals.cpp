#include "bench/harness/journals.hpp"

#include <fstream>

#include "bench/harness/market_ticks.hpp"
#include "service/clock.hpp"

namespace tickmesh::bench {

std::unique_ptr<Journal> open_journal(const std::string& dir, const std::string& instance, std::uint64_t budget_bytes,
                                      std::uint32_t core_version) {
  std::string boot_id;
  std::ifstream{"/proc/sys/kernel/random/boot_id"} >> boot_id;
  return must(Journal::open({.dir = dir, .instance = instance, .core_version = core_version, .budget_bytes = budget_bytes}, real_disk(),
                            Timestamp{system_ns()}, boot_id));
}

ByteView TickRecords::next(std::size_t max_ticks) {
  constexpr std::size_t kRecordBytes = 64u << 10;
  record_.first = {Stream::tick, 0, {epoch_, next_}};
  record_.events.clear();
  for (std::size_t bytes = 0; bytes < kRecordBytes && record_.events.size() < max_ticks;) {
    const Bytes& tick = ticks_[at_++ % ticks_.size()];
    record_.events.emplace_back(tick);
    bytes += tick.size() + sizeof(std::uint32_t);
  }
  next_ += record_.events.size();
  body_.clear();
  encode(record_, body_);
  return body_;
}

}  // namespace tickmesh::bench
