// Where a projector takes up its journal, and how far behind that is.
#pragma once
#include <array>
#include <optional>
#include <string>

#include "journal/journal.hpp"

namespace tickmesh {

/// How far a projection came: every record before `lsn` is in the tables. Epoch 0: nothing yet.
struct ProjectedAt {
  Epoch epoch{0};
  Lsn lsn{};
  friend bool operator==(const ProjectedAt&, const ProjectedAt&) = default;
};

struct ResumePoint {
  ProjectedAt at{};
  /// Set when records between the stored offset and `at` can no longer be had.
  std::optional<std::string> gap{};
};
/// The stored offset when the journal still holds what follows it. Another life of the journal, or a tail lost with the power, moves it to
/// the first record that the tables cannot have seen; rows that are there already stay as they are. Errors: what reading the journal says.
Result<ResumePoint> resume_point(const Journal& journal, const ProjectedAt& stored);

/// What was said and is not in the tables.
struct Backlog {
  Outbox::Heads projected{};                           ///< current epoch: last sequence in the tables
  std::array<std::uint64_t, kStreams> older_epochs{};  ///< events of ended epochs still to come
};
Result<Backlog> backlog(const Journal& journal, Lsn from);

}  // namespace tickmesh
