// Brings a database to the shape this build expects: schemas, tables, roles and rights, from the files under sql/.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "store/ownership.hpp"

namespace tickmesh {

struct MigrationOptions {
  /// Password by service name; "reader" for tickmesh_reader. A role without one is created but cannot log in by password.
  /// Given again, it replaces the role's password.
  std::map<std::string, std::string> passwords{};
  /// Folder with one file a role ("tickmesh_tick_ingestor", the password on its first line); `passwords` wins. Empty: none.
  std::string password_dir{};
  MeshId mesh{};          ///< whose database it shall be; an empty id asks for nothing
  bool take_over{false};  ///< whosever it was
};

struct MigrationReport {
  struct Applied {
    std::string service;
    int number{0};
    std::string name;
  };
  std::vector<Applied> applied;       ///< by this call, in order
  std::size_t already{0};             ///< found applied, and unedited
  std::vector<std::string> services;  ///< those whose role and rights were set
  /// By service, what became of its tables where TimescaleDB is in the database ("hypertable, compressed after a day"); empty without.
  std::map<std::string, std::string> timescale{};
};

/// Applies `sql_dir`/<service>/NNNN_name.sql in order, each in its own transaction, under an advisory lock: run from any number of
/// processes at once, each file is applied once. `tickmesh` goes first, `reader` last. Creates a role tickmesh_<service> that may use its
/// own schema's tables and functions and nothing else, and tickmesh_reader, which may select from views named v_… and nothing else.
///
/// Where the extension timescaledb is in the database, `sql_dir`/<service>/timescale.sql is run after the service's files and its
/// function called with the licence; without it, nothing of TimescaleDB is said to the server.
///
/// `admin_dsn`: a role that may create roles and owns the database.
/// Errors: "foreign" (another mesh's database), "refused" (an applied file was edited or is gone; numbers with a hole), "bad_value" (no
/// such folder, a file of another shape), what a file's SQL breaks (field = the file), and those of `connect`.
Result<MigrationReport> migrate(const std::string& admin_dsn, const std::string& sql_dir, const MigrationOptions& options = {});

}  // namespace tickmesh
