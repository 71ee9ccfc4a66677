// The rows a projector keeps of itself, beside its tables: where it stands, what it could not have, what SQL refused.
#pragma once
#include <string>

#include "core/core.hpp"
#include "store/resume.hpp"
#include "store/session.hpp"

namespace tickmesh {

/// `<schema>.projection` of one instance, `projection_gaps` and `projection_rejects`. Each call is inside the caller's transaction, but
/// for `read`, which is one of its own. All throw SqlError.
class ProjectionRow {
 public:
  ProjectionRow(const std::string& service, std::string instance);

  struct Stored {
    ProjectedAt at{};
    std::optional<Outbox::Heads> heads{};  ///< last sequences in the tables, of the offset's epoch; nothing in rows of older programs
  };
  /// Makes the row when there is none.
  Stored read(Session& session) const;
  /// Begins a transaction and holds the offset in it where it was found: a second projector of this instance waits here. False: it stands
  /// elsewhere, and the transaction is ended.
  bool begin_and_hold(Session& session, const ProjectedAt& from) const;
  /// Moves the offset held and ends the transaction.
  void move_and_commit(Session& session, const ProjectedAt& to, const Outbox::Heads& heads) const;
  void note_gap(Session& session, Lsn from, Lsn to, std::optional<std::uint64_t> events, const std::string& reason) const;
  struct Reject {
    Name name{};
    Bytes bytes{};
    std::string state{};  ///< SQLSTATE; empty: it never came so far
    std::string why{};
  };
  void note_reject(Session& session, const Reject& reject) const;

 private:
  std::string schema_;
  std::string instance_;
};

}  // namespace tickmesh
