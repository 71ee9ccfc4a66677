#include "bench/harness/raw_copy.hpp"

#include <arpa/inet.h>
#include <libpq-fe.h>

#include <cstring>
#include <memory>
#include <stdexcept>

#include "bench/harness/pacing.hpp"

namespace tickmesh::bench {
namespace {

constexpr std::size_t kHeader = 19;        // signature, flags, length of an extension that is not there
constexpr std::size_t kPiece = 64u << 10;  // libpq copies what it is given; larger pieces are slower
constexpr char kEnd[2] = {'\377', '\377'};

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

Connection connection(const std::string& dsn) {
  Connection link{PQconnectdb(dsn.c_str()), &PQfinish};
  if (PQstatus(link.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(link.get()));
  return link;
}

void expect(PGconn* link, PGresult* result, ExecStatusType status) {
  const bool ok = PQresultStatus(result) == status;
  PQclear(result);
  if (!ok) throw std::runtime_error(PQerrorMessage(link));
}

}  // namespace

RawRows raw_copy_out(const std::string& dsn, const std::string& table) {
  const auto link = connection(dsn);
  expect(link.get(), PQexec(link.get(), ("copy (select * from " + table + ") to stdout (format binary)").c_str()), PGRES_COPY_OUT);
  RawRows rows;
  std::string all;
  char* piece = nullptr;
  for (int size = 0; (size = PQgetCopyData(link.get(), &piece, 0)) > 0; PQfreemem(piece)) all.append(piece, static_cast<std::size_t>(size));
  const auto number = [&](std::size_t at, std::size_t width) {
    std::uint16_t narrow = 0;
    std::uint32_t wide = 0;
    if (at + width > all.size()) throw std::runtime_error("COPY gave half a row");
    if (width == 2) return std::memcpy(&narrow, all.data() + at, 2), static_cast<std::int32_t>(static_cast<std::int16_t>(ntohs(narrow)));
    return std::memcpy(&wide, all.data() + at, 4), static_cast<std::int32_t>(ntohl(wide));
  };
  std::size_t at = kHeader;
  for (int columns = 0; (columns = number(at, 2)) >= 0;) {
    at += 2;
    for (; columns > 0; --columns) {
      const int size = number(at, 4);
      at += 4 + static_cast<std::size_t>(std::max(size, 0));
    }
    rows.ends.push_back(at - kHeader);
  }
  rows.bytes = all.substr(kHeader, at - kHeader);
  return rows;
}

double raw_copy_in(const std::string& dsn, const std::string& table, const RawRows& rows, std::size_t batch,
                   const std::function<void()>& connected) {
  const auto link = connection(dsn);
  const std::string statement = "copy " + table + " from stdin (format binary)";
  const std::string header{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", kHeader};
  const auto send = [&](const char* bytes, std::size_t size) {
    if (PQputCopyData(link.get(), bytes, static_cast<int>(size)) != 1) throw std::runtime_error(PQerrorMessage(link.get()));
  };
  connected();
  const std::int64_t begin = now_ns();
  std::size_t from = 0;
  for (std::size_t row = 0; row < rows.ends.size(); row += batch) {
    const std::size_t to = rows.ends[std::min(row + batch, rows.ends.size()) - 1];
    expect(link.get(), PQexec(link.get(), statement.c_str()), PGRES_COPY_IN);
    send(header.data(), header.size());
    for (; from < to; from += std::min(kPiece, to - from)) send(rows.bytes.data() + from, std::min(kPiece, to - from));
    send(kEnd, sizeof kEnd);
    if (PQputCopyEnd(link.get(), nullptr) != 1) throw std::runtime_error(PQerrorMessage(link.get()));
    expect(link.get(), PQgetResult(link.get()), PGRES_COMMAND_OK);
    while (PGresult* more = PQgetResult(link.get())) PQclear(more);
  }
  const double seconds = static_cast<double>(now_ns() - begin) / 1e9;
  connected();
  return seconds;
}

}  // namespace tickmesh::bench
