#include "database.hpp"

#include <libpq-fe.h>

#include <stdexcept>

namespace auditor {

void Database::Close::operator()(pg_conn* c) const { PQfinish(c); }

Database::Database(const std::string& dsn) : link_{PQconnectdb(dsn.c_str())} {
  if (PQstatus(link_.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(link_.get()));
  each("set timezone to 'UTC'", {});
  each("set extra_float_digits to 1", {});
}

void Database::each(const std::string& select, const std::function<void(const Row&)>& take) {
  if (PQsendQuery(link_.get(), select.c_str()) != 1 || PQsetSingleRowMode(link_.get()) != 1)
    throw std::runtime_error(PQerrorMessage(link_.get()));
  std::string error;
  Row row;
  while (PGresult* result = PQgetResult(link_.get())) {
    const auto status = PQresultStatus(result);
    if (status == PGRES_SINGLE_TUPLE) {
      row.assign(static_cast<std::size_t>(PQnfields(result)), std::nullopt);
      for (int c = 0; c < PQnfields(result); ++c)
        if (PQgetisnull(result, 0, c) == 0) row[static_cast<std::size_t>(c)].emplace(PQgetvalue(result, 0, c));
      take(row);
    } else if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
      error = PQresultErrorMessage(result);
    }
    PQclear(result);
  }
  if (!error.empty()) throw std::runtime_error(error + " in: " + select);
}

std::string Database::one(const std::string& select) {
  std::string value;
  each(select, [&](const Row& row) { value = row.at(0).value_or(""); });
  return value;
}

}  // namespace auditor
