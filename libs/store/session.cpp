#include "store/session.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <charconv>

#include "store/postgres.hpp"
#include "store/yield.hpp"

namespace tickmesh {
namespace {

// Signature, flags, no extension; the end is a column count of -1.
constexpr std::string_view kCopyHeader{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
constexpr std::string_view kCopyEnd{"\377\377", 2};
/// libpq copies what it is given into its own buffer: pieces that stay in the cache.
constexpr std::size_t kCopyPiece = 64u << 10;

/// Of a Unix socket, what the server has before it while we are not there to add to it: we yield to others, so that may take a while.
/// The kernel gives what it allows. (TCP finds its own size.)
void deepen(int socket) {
  constexpr int kBytes = 1 << 20;
  int family = 0;
  socklen_t size = sizeof family;
  if (::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 && family == AF_UNIX)
    ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &kBytes, sizeof kBytes);
}

}  // namespace

bool SqlError::about_data() const {
  // 21 cardinality, 22 data, 23 integrity, 44 a view's check, 54 a limit of the server, P0 raised by a trigger.
  if (state_.size() != 5) return false;
  const auto kind = std::string_view{state_}.substr(0, 2);
  for (const std::string_view refused : {"21", "22", "23", "44", "54", "P0"})
    if (kind == refused) return true;
  return false;
}

std::string_view SqlRows::text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t SqlRows::number(int row, int column) const {
  const auto digits = text(row, column);
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  TM_INVARIANT(failed == std::errc{} && end == digits.data() + digits.size(), "a column of whole numbers holds whole numbers");
  return value;
}

std::int64_t SqlRows::affected() const {
  const std::string_view digits{PQcmdTuples(result_.get())};
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

Result<std::unique_ptr<Session>> Session::open(const std::string& dsn, const std::string& application) {
  const auto complete = complete_dsn(dsn, application);
  if (!complete) return std::unexpected(complete.error());
  std::unique_ptr<Session> session{new Session{PQconnectdb(complete->c_str())}};
  auto* link = session->link_.get();
  if (PQstatus(link) != CONNECTION_OK) return std::unexpected(connect_error(PQerrorMessage(link), dsn));
  PQsetNoticeProcessor(link, [](void*, const char*) {}, nullptr);
  deepen(PQsocket(link));
  return session;
}

bool Session::yield() const { return yield_server(PQsocket(link_.get()), PQbackendPID(link_.get())); }

SqlRows Session::exec(const std::string& sql) { return checked(PQexec(link_.get(), sql.c_str())); }

SqlRows Session::exec(const std::string& sql, const Texts& parameters) {
  std::vector<const char*> values;
  for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  return checked(PQexecParams(link_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0));
}

SqlRows Session::exec_binary(const std::string& sql, std::span<const Bytes> parameters) {
  auto known = prepared_.find(sql);
  if (known == prepared_.end()) {
    const auto name = fmt::format("s{}", prepared_.size());
    checked(PQprepare(link_.get(), name.c_str(), sql.c_str(), 0, nullptr));
    known = prepared_.emplace(sql, name).first;
  }
  std::vector<const char*> values;
  std::vector<int> lengths, formats(parameters.size(), 1);
  for (const auto& parameter : parameters) {
    values.push_back(reinterpret_cast<const char*>(parameter.data()));
    lengths.push_back(static_cast<int>(parameter.size()));
  }
  return checked(PQexecPrepared(link_.get(), known->second.c_str(), static_cast<int>(values.size()), values.data(), lengths.data(),
                                formats.data(), 0));
}

void Session::copy_begin(const std::string& statement) {
  auto* begun = PQexec(link_.get(), statement.c_str());
  if (PQresultStatus(begun) != PGRES_COPY_IN) fail(begun);
  PQclear(begun);
  copy_sent_ = true;
  copy_rows(as_bytes(kCopyHeader));
}

void Session::copy_rows(ByteView rows) {
  for (auto rest = as_text(rows); copy_sent_ && !rest.empty(); rest.remove_prefix(std::min(kCopyPiece, rest.size()))) {
    const auto piece = rest.substr(0, kCopyPiece);
    copy_sent_ = PQputCopyData(link_.get(), piece.data(), static_cast<int>(piece.size())) == 1;
  }
}

void Session::copy_end() {
  copy_rows(as_bytes(kCopyEnd));
  PQputCopyEnd(link_.get(), copy_sent_ ? nullptr : "given up");
  checked(PQgetResult(link_.get()));
  drain();
}

SqlRows Session::checked(PGresult* result) const {
  const auto status = PQresultStatus(result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) fail(result);
  return SqlRows{result};
}

void Session::fail(PGresult* result) const {
  const SqlRows owner{result};
  const char* state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
  const char* said = result ? PQresultErrorMessage(result) : "";
  const std::string text = one_line(*said ? said : PQerrorMessage(link_.get()));
  drain();
  throw SqlError(state ? state : "", text, PQstatus(link_.get()) != CONNECTION_OK || !state);
}

/// libpq takes no next statement before the last one's answers are all fetched.
void Session::drain() const {
  while (auto* more = PQgetResult(link_.get())) {
    const auto status = PQresultStatus(more);
    PQclear(more);
    if (status == PGRES_COPY_IN || PQstatus(link_.get()) != CONNECTION_OK) return;
  }
}

Error database_error(const SqlError& thrown, const std::string& dsn) {
  return database_error(thrown.state(), thrown.lost(), thrown.what(), dsn);
}

}  // namespace tickmesh
