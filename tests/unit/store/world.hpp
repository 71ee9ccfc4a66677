// What the store's tests share: one server a program, a migrated database a test, and a journal with somebody who speaks into it.
#pragma once
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "bus/codec.hpp"
#include "journal/journal.hpp"
#include "store/migrate.hpp"
#include "store/projector.hpp"
#include "support/postgres.hpp"

namespace tickmesh::test {

using namespace std::chrono_literals;

/// Throws when it is an error, so that a test fails where it happens and with its words.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(to_string(result.error()));
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

inline const std::string kSql = std::string(TICKMESH_SOURCE_DIR) + "/sql";

/// Every service's role has its own name as its password.
inline MigrationOptions passwords() {
  MigrationOptions options;
  for (const auto* service :
       {"tick_ingestor", "bar_compressor", "metrics_engine", "position_manager", "broker_gateway", "api_gateway", "reader"})
    options.passwords[service] = service;
  return options;
}

class TempDir {
 public:
  TempDir() {
    std::string pattern = "/tmp/tickmesh-store-XXXXXX";
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
    path = pattern;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::string path;
};

/// One server for a suite; each test gets a migrated database "mesh" of its own, copied from one that was migrated once.
class WithDatabase : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<TestPostgres>(TestPostgres::Login::scram);
    must(migrate(server_->create_database("migrated"), kSql, passwords()));
  }
  static void TearDownTestSuite() { server_.reset(); }
  void SetUp() override { server_->query("postgres", "create database mesh template migrated"); }
  void TearDown() override { server_->query("postgres", "drop database mesh with (force)"); }
  static std::string query(const std::string& sql) { return server_->query("mesh", sql); }
  /// The service's own role.
  static std::string dsn(const std::string& service) { return server_->dsn("mesh", "tickmesh_" + service, service); }

  static inline std::unique_ptr<TestPostgres> server_;
};

/// True as soon as `holds` is; false after 30 s.
template <class Holds>
bool eventually(Holds holds) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

inline const std::string& boot_id() {
  static const std::string id = "one boot";
  return id;
}

/// A core's mouth: says events with the sequences that follow.
class Speaker {
 public:
  Speaker(std::string dir, std::string instance, Timestamp now = Timestamp{} + seconds(1'700'000'000), const std::string& boot = boot_id(),
          Epoch floor = 0, std::uint64_t budget = 0)
      : journal{must(
            Journal::open({.dir = std::move(dir), .instance = std::move(instance), .segment_bytes = 256u << 10, .budget_bytes = budget},
                          real_disk(), now, boot, floor))} {
    heads_ = journal->heads();
  }
  Name say(Stream stream, Partition partition, const std::vector<Event>& events) {
    auto& head = heads_[static_cast<std::size_t>(stream)][partition];
    const Name first{stream, partition, {journal->epoch(), head + 1}};
    std::vector<Bytes> bytes(events.size());
    SaidRecord record{.first = first};
    for (std::size_t i = 0; i < events.size(); ++i) {
      codec.encode(events[i], bytes[i]);
      record.events.push_back(bytes[i]);
    }
    Bytes body;
    encode(record, body);
    journal->append(RecordType::said, body);
    head += events.size();
    return first;
  }
  Name say(Stream stream, Partition partition, const Event& event) { return say(stream, partition, std::vector{event}); }
  Sequence head(Stream stream, Partition partition) const { return heads_[static_cast<std::size_t>(stream)][partition]; }

  ProtoCodec codec;
  std::unique_ptr<Journal> journal;

 private:
  Outbox::Heads heads_{};
};

inline Symbol symbol(std::string_view text) { return must(Symbol::parse(text)); }
inline Price price(std::string_view text) { return must(Price::parse(text)); }
inline Quantity quantity(std::string_view text) { return must(Quantity::parse(text)); }
inline Money money(std::string_view text) { return must(Money::parse(text)); }

/// 2024-03-18 09:30:00 UTC plus `ns`.
inline Timestamp at(std::int64_t ns) { return Timestamp{1'710'754'200'000'000'000 + ns}; }

inline Instruments instruments() {
  std::vector<Instrument> list;
  for (const auto* name : {"AAPL.DEMO", "MSFT.DEMO"})
    list.push_back({.symbol = symbol(name),
                    .tick_size = price("0.01"),
                    .lot = quantity("1"),
                    .multiplier = quantity("1"),
                    .currency = "USD",
                    .calendar = "XNYS"});
  return must(Instruments::make(std::move(list)));
}

inline Tick quote(std::int64_t i) {
  return {.time = at(i * 1'000'001),
          .event_time = at(i * 1'000'001 - 7),
          .instrument = instrument_id("AAPL.DEMO"),
          .kind = TickKind::quote,
          .feed = FeedKind::demo,
          .synthetic = true,
          .bid = Price::from_raw(20'127'000'000 + i * 1'000'000),
          .ask = Price::from_raw(20'129'000'000 + i * 1'000'000),
          .bid_size = quantity("100"),
          .ask_size = quantity("200")};
}

}  // namespace tickmesh::test
