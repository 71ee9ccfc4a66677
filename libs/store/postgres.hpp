// The door to PostgreSQL: connects, and turns what libpqxx throws into errors that say what to do.
#pragma once
#include <memory>
#include <pqxx/pqxx>
#include <string>

#include "core/error.hpp"

namespace tickmesh {

/// Key-value form of a DSN (URI or key=value). A connect time-out of 2 s, UTF-8 and `application` are set unless the DSN says otherwise.
/// Error: field "dsn" when it cannot be read. The text of an error never holds the password.
Result<std::string> complete_dsn(const std::string& dsn, const std::string& application);
/// The role and the place a DSN names ("tickmesh_api_gateway", "/var/run:5432/tickmesh"), for error texts.
std::string role_of(const std::string& dsn);
std::string place_of(const std::string& dsn);

/// Error codes: "unauthorized" (no such role, wrong or missing password, no right to connect: the text names the role and what to do),
/// "unreachable" (down, starting, wrong place: try again), "bad_value" (the DSN).
Result<std::unique_ptr<pqxx::connection>> connect(const std::string& dsn, const std::string& application);

/// What a refused or failed log-in says, sorted as `connect` has it.
Error connect_error(const std::string& said, const std::string& dsn);

/// What the server said, sorted: "unreachable" for a lost connection, "refused" for a missing right, "missing" for a missing table or
/// function (migrate first), "database" for the rest, with the SQLSTATE in `field`.
Error database_error(const std::string& state, bool lost, const std::string& said, const std::string& dsn);
/// The same of what libpqxx throws.
Error database_error(const std::exception& thrown, const std::string& dsn);

/// `text` as an SQL identifier; "schema.table" as two.
std::string quoted(const std::string& text);
std::string quoted_table(const std::string& table);
/// Line ends become blanks.
std::string one_line(std::string text);

}  // namespace tickmesh
