#include "store/migrate.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <pqxx/pqxx>

#include "store/migration_files.hpp"
#include "store/postgres.hpp"

namespace tickmesh {
namespace {

// Any constant will do, as long as every build uses the same.
constexpr auto kLock = "select pg_advisory_lock(7811887218240000)";
constexpr auto kBooks =
    "create schema if not exists tickmesh;"
    "create table if not exists tickmesh.migrations ("
    "  service text not null, number integer not null, name text not null, checksum text not null,"
    "  applied_at timestamptz not null default now(), primary key (service, number))";

bool has_role(const std::string& service) { return service != "tickmesh" && service != "reader"; }
std::string role_name(const std::string& service) { return "tickmesh_" + service; }

/// The verifier instead of the password, so that no server log ever holds it.
Result<std::string> scram(const std::string& dsn, const std::string& role, const std::string& password) {
  const auto complete = complete_dsn(dsn, "migrate");
  if (!complete) return std::unexpected(complete.error());
  const std::unique_ptr<PGconn, decltype(&PQfinish)> link{PQconnectdb(complete->c_str()), &PQfinish};
  char* verifier = PQencryptPasswordConn(link.get(), password.c_str(), role.c_str(), "scram-sha-256");
  if (!verifier)
    return std::unexpected(
        Error{"database", role, "", fmt::format("No verifier for the password of {}: {}", role, PQerrorMessage(link.get()))});
  std::string text = verifier;
  PQfreemem(verifier);
  return text;
}

class Migrator {
 public:
  Migrator(pqxx::connection& link, const std::string& dsn, const MigrationOptions& options) : link_{link}, dsn_{dsn}, options_{options} {}

  void open() {
    pqxx::nontransaction w{link_};
    w.exec("set client_min_messages = warning");
    w.exec("set lock_timeout = '120s'");  // another migration may be long, but not for ever
    w.exec(kLock);
    w.exec(kBooks);
  }

  /// Enters this mesh, where the database already has a place for it.
  Result<void> ours() {
    if (options_.take_over ||
        pqxx::nontransaction{link_}.exec("select 1 where to_regprocedure('tickmesh.claim_mesh(text, text)') is not null").empty())
      return {};
    return claim_database(dsn_, options_.mesh);
  }
  /// Nothing is applied before every applied file was found unedited.
  Result<void> check(const MigrationFolder& folder) {
    pqxx::work w{link_};
    const auto rows =
        w.exec_params("select number, name, checksum from tickmesh.migrations where service = $1 order by number", folder.service);
    for (const auto& row : rows) {
      const auto number = row[0].as<int>();
      const auto at = static_cast<std::size_t>(number) - 1;
      const auto known = fmt::format("{}/{:04}_{}.sql", folder.service, number, row[1].c_str());
      if (at >= folder.files.size())
        return std::unexpected(Error{"refused", known, "applied files stay in the tree",
                                     fmt::format("{} was applied and is not in this tree: the database is newer than this build", known)});
      if (checksum(w, folder.files[at].sql) != row[2].c_str())
        return std::unexpected(Error{"refused", folder.files[at].path, "an applied file is never edited",
                                     fmt::format("{} was edited after it was applied: put it back and add the next number", known)});
    }
    applied_[folder.service] = rows.size();
    return {};
  }

  Result<void> apply(const MigrationFolder& folder) {
    report.already += applied_[folder.service];
    pqxx::nontransaction{link_}.exec(fmt::format("create schema if not exists {}", quoted(folder.service)));
    for (auto at = applied_[folder.service]; at < folder.files.size(); ++at) {
      const auto& file = folder.files[at];
      try {
        pqxx::work w{link_};
        w.exec(file.sql);
        w.exec_params("insert into tickmesh.migrations (service, number, name, checksum) values ($1, $2, $3, $4)", folder.service,
                      file.number, file.name, checksum(w, file.sql));
        w.commit();
      } catch (const pqxx::sql_error& thrown) {
        auto error = database_error(thrown, dsn_);
        return std::unexpected(Error{error.code, file.path, error.field, error.message});
      }
      report.applied.push_back({folder.service, file.number, file.name});
    }
    return {};
  }

  /// What the licence allows, and only where the extension is.
  Result<void> use_timescale(const MigrationFolder& folder) {
    if (folder.timescale.empty()) return {};
    try {
      pqxx::work w{link_};
      const auto licence = w.exec("select tickmesh.timescale_licence()");
      if (licence.empty() || licence[0][0].is_null()) return {};
      w.exec(folder.timescale);
      report.timescale[folder.service] =
          w.exec_params1(fmt::format("select {}.use_timescale($1)", quoted(folder.service)), licence[0][0].c_str())[0].c_str();
      w.commit();
      return {};
    } catch (const pqxx::sql_error& thrown) {
      auto error = database_error(thrown, dsn_);
      return std::unexpected(Error{error.code, folder.service + "/timescale.sql", error.field, error.message});
    }
  }

  Result<void> admit(const std::string& service) {
    const auto role = role_name(service);
    std::string verifier;
    if (const auto password = password_of(service); !password.empty()) {
      auto made = scram(dsn_, role, password);
      if (!made) return std::unexpected(made.error());
      verifier = *made;
    }
    // Roles belong to the whole server, the lock to one database: a migration of another database may be at the same role.
    for (int attempt = 1;; ++attempt) {
      try {
        pqxx::work w{link_};
        if (w.exec_params("select 1 from pg_roles where rolname = $1", role).empty())
          w.exec(fmt::format("create role {} login nosuperuser nocreatedb nocreaterole noreplication", quoted(role)));
        if (!verifier.empty()) w.exec(fmt::format("alter role {} password {}", quoted(role), w.quote(verifier)));
        const auto database = quoted(link_.dbname());
        w.exec(fmt::format("revoke all on database {} from public", database));
        w.exec(fmt::format("grant connect on database {} to {}", database, quoted(role)));
        w.commit();
        return {};
      } catch (const pqxx::sql_error& thrown) {
        // Already there, a key of the catalogue taken, or "tuple concurrently updated".
        const auto state = thrown.sqlstate();
        const bool collided =
            dynamic_cast<const pqxx::unique_violation*>(&thrown) || state == "23505" || state == "42710" || state == "XX000";
        if (!collided || attempt == 20) throw;
      }
    }
  }

  void grant(const std::string& service) {
    const auto schema = quoted(service);
    pqxx::work w{link_};
    w.exec(
        fmt::format("revoke all on schema {0} from public; revoke all on all tables in schema {0} from public;"
                    "revoke all on all functions in schema {0} from public",
                    schema));
    if (has_role(service)) {
      w.exec(
          fmt::format("grant usage on schema {0} to {1};"
                      "grant select, insert, update, delete on all tables in schema {0} to {1};"
                      "grant execute on all functions in schema {0} to {1}",
                      schema, quoted(role_name(service))));
      // Whose database this is, each may ask.
      if (!w.exec("select 1 where to_regprocedure('tickmesh.claim_mesh(text, text)') is not null").empty())
        w.exec(fmt::format("grant usage on schema tickmesh to {0}; grant execute on function tickmesh.claim_mesh(text, text) to {0}",
                           quoted(role_name(service))));
      report.services.push_back(service);
    }
    if (service != "tickmesh") {
      w.exec(fmt::format("grant usage on schema {} to tickmesh_reader", schema));
      for (const auto& row : w.exec_params("select viewname from pg_views where schemaname = $1 and viewname like 'v\\_%'", service))
        w.exec(fmt::format("grant select on {}.{} to tickmesh_reader", schema, quoted(row[0].c_str())));
    }
    w.commit();
  }

  MigrationReport report;

 private:
  static std::string checksum(pqxx::work& w, const std::string& sql) {
    return w.exec_params1("select encode(sha256(convert_to($1, 'UTF8')), 'hex')", sql)[0].c_str();
  }
  std::string password_of(const std::string& service) const {
    if (const auto found = options_.passwords.find(service); found != options_.passwords.end()) return found->second;
    return options_.password_dir.empty() ? std::string{} : first_line(options_.password_dir + "/" + role_name(service));
  }

  pqxx::connection& link_;
  const std::string& dsn_;
  const MigrationOptions& options_;
  std::map<std::string, std::size_t> applied_;
};

}  // namespace

Result<MigrationReport> migrate(const std::string& admin_dsn, const std::string& sql_dir, const MigrationOptions& options) {
  const auto folders = read_migrations(sql_dir);
  if (!folders) return std::unexpected(folders.error());
  auto link = connect(admin_dsn, "migrate");
  if (!link) return std::unexpected(link.error());
  try {
    Migrator migrator{**link, admin_dsn, options};
    migrator.open();
    if (auto ours = migrator.ours(); !ours) return std::unexpected(ours.error());
    for (const auto& folder : *folders)
      if (auto done = migrator.check(folder); !done) return std::unexpected(done.error());
    if (auto done = migrator.admit("reader"); !done) return std::unexpected(done.error());
    for (const auto& folder : *folders) {
      if (auto done = migrator.apply(folder); !done) return std::unexpected(done.error());
      if (auto done = migrator.use_timescale(folder); !done) return std::unexpected(done.error());
      if (has_role(folder.service))
        if (auto done = migrator.admit(folder.service); !done) return std::unexpected(done.error());
      migrator.grant(folder.service);
    }
    if (options.take_over && !options.mesh.id.empty())
      if (auto done = take_database(admin_dsn, options.mesh); !done) return std::unexpected(done.error());
    if (auto ours = migrator.ours(); !ours) return std::unexpected(ours.error());
    return migrator.report;
  } catch (const std::exception& thrown) {
    return std::unexpected(database_error(thrown, admin_dsn));
  }
}

}  // namespace tickmesh
