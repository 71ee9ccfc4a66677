// Finds, in a batch that was refused, the events that are to blame, so that the others are not kept back by them.
#pragma once
#include <vector>

#include "journal/journal.hpp"
#include "store/projection.hpp"
#include "store/projection_row.hpp"

namespace tickmesh {

/// Writes what was said between two places of the journal, inside a transaction under way: all of it at once, halves of what is
/// refused, at last each guilty event as a row of `projection_rejects`. Throws SqlError for what is not about the rows themselves.
class Isolation {
 public:
  Isolation(Session& session, const ProjectionRow& row, const Codec& codec, Projection& projection)
      : session_{session}, row_{row}, codec_{codec}, projection_{projection} {}

  /// Reads what is to be written. Error: what reading the journal says.
  Result<void> read(const Journal& journal, Lsn from, Lsn to);
  /// Returns how many were rejected.
  std::uint64_t write();
  /// Those `write` rejected, for the log: at most the first hundred.
  const std::vector<ProjectionRow::Reject>& rejects() const { return rejects_; }

 private:
  struct Told {
    Name name{};
    Bytes bytes{};
  };
  void write(std::size_t from, std::size_t to);

  Session& session_;
  const ProjectionRow& row_;
  const Codec& codec_;
  Projection& projection_;
  std::vector<Told> events_;
  std::vector<ProjectionRow::Reject> rejects_;
  std::uint64_t rejected_{0};
  Event scratch_;
};

}  // namespace tickmesh
