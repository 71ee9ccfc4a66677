#include "store/ownership.hpp"

#include <fmt/format.h>

#include "store/postgres.hpp"

namespace tickmesh {
namespace {

constexpr auto kUtc = "to_char({} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";

std::string utc(const std::string& column) { return fmt::format(fmt::runtime(kUtc), column); }

Session::Texts texts_of(const LeaseAsk& ask) {
  return {ask.account, ask.mesh.id, ask.mesh.name, ask.holder, std::to_string(ask.token.epoch), std::to_string(ask.token.incarnation)};
}

}  // namespace

Result<void> claim_database(Session& session, const MeshId& mesh) {
  if (mesh.id.empty()) return {};
  const auto rows = session.exec(fmt::format("select id, name, {} from tickmesh.claim_mesh($1, $2)", utc("since")), {mesh.id, mesh.name});
  if (rows.size() == 1 && rows.text(0, 0) == mesh.id) return {};
  return std::unexpected(
      Error{"foreign", "mesh.id_file", "one mesh a database",
            fmt::format("this database is of mesh {} ({}) since {}, and this is mesh {} ({}): give it a database of its own, "
                        "or put the right {} back; where that mesh is gone for good: tickmeshctl migrate --take-over",
                        rows.text(0, 1), rows.text(0, 0), rows.text(0, 2), mesh.name, mesh.id, "mesh.id_file")});
}

Result<void> claim_database(const std::string& dsn, const MeshId& mesh) {
  auto session = Session::open(dsn, "claim");
  if (!session) return std::unexpected(session.error());
  try {
    return claim_database(**session, mesh);
  } catch (const SqlError& thrown) {
    return std::unexpected(database_error(thrown, dsn));
  }
}

Result<void> take_database(const std::string& dsn, const MeshId& mesh) {
  auto session = Session::open(dsn, "migrate");
  if (!session) return std::unexpected(session.error());
  try {
    (*session)->exec(
        "insert into tickmesh.mesh (id, name) values ($1, $2)"
        " on conflict (sole) do update set id = excluded.id, name = excluded.name, since = now()",
        {mesh.id, mesh.name});
    return {};
  } catch (const SqlError& thrown) {
    return std::unexpected(database_error(thrown, dsn));
  }
}

Result<void> hold_lease(Session& session, const LeaseAsk& ask, bool override) {
  auto texts = texts_of(ask);
  texts.emplace_back(override ? "t" : "f");
  const auto taken = session.exec(
      "insert into broker_gateway.account_lease as l (account, mesh, mesh_name, holder, epoch, incarnation)"
      " values ($1, $2, $3, $4, $5::bigint, $6::bigint)"
      " on conflict (account) do update set mesh = excluded.mesh, mesh_name = excluded.mesh_name, holder = excluded.holder,"
      "   epoch = excluded.epoch, incarnation = excluded.incarnation, renewed_at = now(), released_at = null,"
      "   taken_at = case when l.mesh = excluded.mesh and l.released_at is null then l.taken_at else now() end"
      " where (l.mesh = excluded.mesh and (l.epoch, l.incarnation) <= (excluded.epoch, excluded.incarnation))"
      "    or (l.mesh <> excluded.mesh and (l.released_at is not null or $7::boolean))"
      " returning 1",
      texts);
  if (taken.size() == 1) return {};
  const auto row = session.exec(fmt::format("select mesh, mesh_name, holder, epoch, incarnation, {}, {} from broker_gateway.account_lease"
                                            " where account = $1",
                                            utc("taken_at"), utc("renewed_at")),
                                {ask.account});
  if (row.size() != 1) return std::unexpected(Error{"held", "account", "one mesh an account", "it was taken at this moment"});
  const auto who = fmt::format("account {} is held by mesh {} ({}) at {}, start {}@{}, since {}, renewed {}", ask.account, row.text(0, 1),
                               row.text(0, 0), row.text(0, 2), row.text(0, 4), row.text(0, 3), row.text(0, 5), row.text(0, 6));
  return std::unexpected(Error{row.text(0, 0) == ask.mesh.id ? "superseded" : "held", "account", "one mesh an account", who});
}

void release_lease(Session& session, const LeaseAsk& ask) {
  session.exec(
      "update broker_gateway.account_lease set released_at = now()"
      " where account = $1 and mesh = $2 and mesh_name = $3 and holder = $4 and epoch = $5::bigint and incarnation = $6::bigint",
      texts_of(ask));
}

}  // namespace tickmesh
