#include "store/postgres.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <map>

namespace tickmesh {
namespace {

struct OptionsFree {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

/// What the DSN says itself, without defaults and environment.
Result<std::map<std::string, std::string>> parsed(const std::string& dsn) {
  char* said = nullptr;
  const std::unique_ptr<PQconninfoOption, OptionsFree> options{PQconninfoParse(dsn.c_str(), &said)};
  if (!options) {
    // libpq quotes the offending part, which may be the password.
    PQfreemem(said);
    return bad_value("dsn", "postgresql://… or key=value …", "The PostgreSQL DSN cannot be read");
  }
  std::map<std::string, std::string> values;
  for (const auto* option = options.get(); option->keyword; ++option)
    if (option->val) values[option->keyword] = option->val;
  return values;
}

/// What will be used: the DSN, else the environment, else libpq's own default.
std::string effective(const std::string& dsn, const std::string& key) {
  const auto values = parsed(dsn);
  if (values && values->contains(key)) return values->at(key);
  const std::unique_ptr<PQconninfoOption, OptionsFree> defaults{PQconndefaults()};
  for (const auto* option = defaults.get(); option && option->keyword; ++option)
    if (key == option->keyword && option->val) return option->val;
  return {};
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

Result<std::string> complete_dsn(const std::string& dsn, const std::string& application) {
  auto values = parsed(dsn);
  if (!values) return std::unexpected(values.error());
  values->try_emplace("connect_timeout", "2");
  values->try_emplace("client_encoding", "UTF8");
  values->try_emplace("application_name", application);
  std::string out;
  for (const auto& [key, value] : *values) {
    out += fmt::format("{}{}='", out.empty() ? "" : " ", key);
    for (const char c : value) {
      if (c == '\'' || c == '\\') out += '\\';
      out += c;
    }
    out += '\'';
  }
  return out;
}

std::string role_of(const std::string& dsn) { return effective(dsn, "user"); }

std::string place_of(const std::string& dsn) {
  auto host = effective(dsn, "host");
  if (host.empty()) host = effective(dsn, "hostaddr");
  auto database = effective(dsn, "dbname");
  if (database.empty()) database = role_of(dsn);
  return fmt::format("{}:{}/{}", host.empty() ? "local" : host, effective(dsn, "port"), database);
}

Result<std::unique_ptr<pqxx::connection>> connect(const std::string& dsn, const std::string& application) {
  const auto complete = complete_dsn(dsn, application);
  if (!complete) return std::unexpected(complete.error());
  try {
    return std::make_unique<pqxx::connection>(*complete);
  } catch (const std::exception& thrown) {
    return std::unexpected(connect_error(thrown.what(), dsn));
  }
}

Error connect_error(const std::string& said, const std::string& dsn) {
  const auto text = one_line(said);
  const auto role = role_of(dsn);
  // The server gives no code to a failed log-in, only its words.
  if (contains(text, "password authentication failed") || contains(text, "no password supplied"))
    return {"unauthorized", "postgres.password", "the password of the role",
            fmt::format("PostgreSQL at {} refuses the password of role {}: correct [postgres] dsn or password_file, or run "
                        "the migration again with the password it should have",
                        place_of(dsn), role)};
  if (contains(text, "does not exist") && contains(text, "role"))
    return {"unauthorized", "postgres.dsn", "a role that exists",
            fmt::format("PostgreSQL at {} has no role {}: run the migration, which creates it", place_of(dsn), role)};
  if (contains(text, "no pg_hba.conf entry") || contains(text, "permission denied for database") ||
      contains(text, "Peer authentication failed") || contains(text, "not permitted to log in"))
    return {"unauthorized", "postgres.dsn", "a role that may connect",
            fmt::format("PostgreSQL at {} does not let role {} in: allow it in pg_hba.conf and run the migration ({})", place_of(dsn), role,
                        text)};
  return {"unreachable", "", "", fmt::format("PostgreSQL at {} cannot be reached as {}: {}", place_of(dsn), role, text)};
}

Error database_error(const std::string& state, bool lost, const std::string& said, const std::string& dsn) {
  const auto text = one_line(said);
  if (lost) return {"unreachable", state, "", fmt::format("Connection to PostgreSQL at {} lost: {}", place_of(dsn), text)};
  if (state == "42501")
    return {"refused", state, "", fmt::format("Role {} lacks a right, run the migration again to grant it: {}", role_of(dsn), text)};
  if (state == "42P01" || state == "42883" || state == "42703" || state == "3F000")
    return {"missing", state, "", fmt::format("The database at {} is older than this program, run the migration: {}", place_of(dsn), text)};
  if (state.starts_with("57P") || state.starts_with("08"))
    return {"unreachable", state, "", fmt::format("PostgreSQL at {} is going away or starting: {}", place_of(dsn), text)};
  return {"database", state, "", text};
}

Error database_error(const std::exception& thrown, const std::string& dsn) {
  const bool lost = dynamic_cast<const pqxx::broken_connection*>(&thrown) || dynamic_cast<const pqxx::in_doubt_error*>(&thrown);
  const auto* sql = dynamic_cast<const pqxx::sql_error*>(&thrown);
  // libpqxx 6 drops the SQLSTATE of the errors it has a type for.
  auto state = sql ? sql->sqlstate() : std::string{};
  if (dynamic_cast<const pqxx::insufficient_privilege*>(&thrown)) state = "42501";
  if (state.empty() && (dynamic_cast<const pqxx::undefined_table*>(&thrown) || dynamic_cast<const pqxx::undefined_function*>(&thrown) ||
                        dynamic_cast<const pqxx::undefined_column*>(&thrown)))
    state = "42P01";
  return database_error(state, lost, thrown.what(), dsn);
}

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

std::string quoted_table(const std::string& table) {
  const auto dot = table.find('.');
  return quoted(table.substr(0, dot)) + "." + quoted(table.substr(dot + 1));
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace tickmesh
