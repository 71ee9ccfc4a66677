#include "store/resume.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

Result<ResumePoint> resume_point(const Journal& journal, const ProjectedAt& stored) {
  const auto first = journal.first();
  if (stored.epoch == journal.epoch() && stored.lsn <= journal.end()) {
    if (stored.lsn >= first) return ResumePoint{stored, {}};
    return ResumePoint{
        {stored.epoch, first},
        fmt::format("the journal begins at {}, records since {} were trimmed before they were projected", first.value, stored.lsn.value)};
  }
  // Rare: the journal lived on in another epoch, lost its tail, or is another one. Its own records tell.
  const auto cursor = journal.read_from(first);
  Epoch now_in{0}, first_epoch{0};
  std::uint64_t first_segment{0};
  bool found = false;
  std::optional<Lsn> ended;
  for (;;) {
    const auto at = cursor->position();
    const auto record = cursor->next();
    if (!record) return std::unexpected(record.error());
    if (!*record) break;
    if ((*record)->type != RecordType::opened) continue;
    OpenedRecord opened;
    if (auto done = decode((*record)->body, opened); !done) return std::unexpected(done.error());
    if (first_epoch == 0) first_epoch = opened.epoch, first_segment = opened.segment;
    now_in = opened.epoch;
    if (stored.epoch == 0) break;
    if (now_in == stored.epoch) found = true;
    if (found && now_in != stored.epoch) {
      ended = at;
      break;
    }
  }
  if (found) {
    const auto until = std::min(stored.lsn, ended.value_or(journal.end()));
    if (until >= first) return ResumePoint{{stored.epoch, until}, {}};
  }
  ResumePoint point{{first_epoch == 0 ? journal.epoch() : first_epoch, first}, {}};
  if (stored.epoch != 0)
    point.gap =
        fmt::format("the journal holds nothing of epoch {}: it begins at {} in epoch {}", stored.epoch, first.value, point.at.epoch);
  else if (first_segment > 0)
    point.gap = fmt::format("the journal begins with segment {}: what came before was trimmed", first_segment);
  return point;
}

Result<Backlog> backlog(const Journal& journal, Lsn from) {
  Backlog result;
  result.projected = journal.heads();  // before the walk: what it finds beyond is found again as it is read
  std::array<std::array<bool, kPartitions>, kStreams> seen{};
  const auto cursor = journal.read_from(from);
  for (;;) {
    const auto record = cursor->next();
    if (!record) return std::unexpected(record.error());
    if (!*record) return result;
    if ((*record)->type != RecordType::said) continue;
    SaidRecord said;
    if (auto done = decode((*record)->body, said); !done) return std::unexpected(done.error());
    const auto stream = static_cast<std::size_t>(said.first.stream);
    if (said.first.at.epoch != journal.epoch()) {
      result.older_epochs[stream] += said.events.size();
    } else if (!seen[stream][said.first.partition]) {
      seen[stream][said.first.partition] = true;
      result.projected[stream][said.first.partition] = said.first.at.sequence - 1;
    }
  }
}

}  // namespace tickmesh
