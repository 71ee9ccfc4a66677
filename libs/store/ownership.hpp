// What PostgreSQL decides for a mesh: whose database it is, and who trades on an account. All else there is a projection.
#pragma once
#include <string>

#include "core/error.hpp"
#include "core/types.hpp"
#include "store/session.hpp"

namespace tickmesh {

struct MeshId {
  std::string id;    ///< of this mesh alone, for ever; empty: not asked for
  std::string name;  ///< mesh.instance
};

/// Enters this mesh as the database's when it has none. Error "foreign" when it is another's (text names it and since when), and those of
/// Session::open. `session` form: throws SqlError.
Result<void> claim_database(const std::string& dsn, const MeshId& mesh);
Result<void> claim_database(Session& session, const MeshId& mesh);
/// The database is this mesh's from now on, whosever it was.
Result<void> take_database(const std::string& dsn, const MeshId& mesh);

struct LeaseAsk {
  std::string account;
  MeshId mesh;
  std::string holder;  ///< for people: where it runs
  Token token;
};
/// Takes or renews, by the database's clock. A lease is held until its mesh releases it, however long it was not renewed; within one mesh
/// a later token takes it over. `override`: from another mesh, too. Errors: "held" by another mesh (text says who and since when),
/// "superseded" by a later token of this mesh. Throws SqlError.
Result<void> hold_lease(Session& session, const LeaseAsk& ask, bool override);
/// Free for any mesh; nothing when it is no longer held under this token. Throws SqlError.
void release_lease(Session& session, const LeaseAsk& ask);

}  // namespace tickmesh
