// One session with PostgreSQL, through libpq alone: what the projector needs, binary COPY above all.
#pragma once
#include <libpq-fe.h>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/error.hpp"

namespace tickmesh {

/// What the server or the connection said instead of an answer. Thrown by Session, caught at this room's door.
class SqlError : public std::runtime_error {
 public:
  SqlError(std::string state, const std::string& text, bool lost) : std::runtime_error(text), state_{std::move(state)}, lost_{lost} {}
  const std::string& state() const { return state_; }  ///< SQLSTATE; empty when the server gave none
  bool lost() const { return lost_; }                  ///< the connection is gone
  /// The rows themselves were refused: the same rows would be refused again, others would not.
  bool about_data() const;

 private:
  std::string state_;
  bool lost_;
};

/// An answer with its rows, as text.
class SqlRows {
 public:
  explicit SqlRows(PGresult* result) : result_{result, &PQclear} {}
  int size() const { return PQntuples(result_.get()); }
  std::string_view text(int row, int column) const;
  bool null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
  std::int64_t number(int row, int column) const;
  std::int64_t affected() const;

 private:
  std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

class Session {
 public:
  /// Errors as `connect` has them.
  static Result<std::unique_ptr<Session>> open(const std::string& dsn, const std::string& application);

  /// One or more statements in one trip; the last one's answer.
  SqlRows exec(const std::string& sql);
  using Texts = std::vector<std::optional<std::string>>;
  SqlRows exec(const std::string& sql, const Texts& parameters);
  /// Prepared at its first use; parameters in binary format.
  SqlRows exec_binary(const std::string& sql, std::span<const Bytes> parameters);
  /// `copy … from stdin (format binary)`: the rows alone, header and end are added. No other statement until `copy_end`, which says what
  /// the server thought of the rows; a refused row or a lost connection shows there.
  void copy_begin(const std::string& statement);
  void copy_rows(ByteView rows);
  void copy_end();
  int socket() const { return PQsocket(link_.get()); }
  /// The server's process for this session yields to others, where it runs beside us. False: it does not, or not yet (yield.hpp).
  bool yield() const;

 private:
  explicit Session(PGconn* link) : link_{link, &PQfinish} {}
  SqlRows checked(PGresult* result) const;
  [[noreturn]] void fail(PGresult* result) const;
  void drain() const;

  std::unique_ptr<PGconn, decltype(&PQfinish)> link_;
  std::map<std::string, std::string, std::less<>> prepared_;
  bool copy_sent_{true};  ///< all rows of the COPY under way
};

/// What a SqlError says, sorted as `database_error` sorts what libpqxx throws.
Error database_error(const SqlError& thrown, const std::string& dsn);

}  // namespace tickmesh
