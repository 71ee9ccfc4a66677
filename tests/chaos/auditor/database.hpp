// PostgreSQL, read only.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct pg_conn;

namespace auditor {

using Cell = std::optional<std::string>;
using Row = std::vector<Cell>;

class Database {
 public:
  /// Throws std::runtime_error when it cannot be reached.
  explicit Database(const std::string& dsn);
  /// Hands over the rows one by one. Throws std::runtime_error.
  void each(const std::string& select, const std::function<void(const Row&)>& row);
  std::string one(const std::string& select);

 private:
  struct Close {
    void operator()(pg_conn* c) const;
  };
  std::unique_ptr<pg_conn, Close> link_;
};

}  // namespace auditor
