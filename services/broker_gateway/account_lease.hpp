// Keeps the account's lease in PostgreSQL, on a thread of its own: a hanging database never holds up an order.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "store/ownership.hpp"

namespace tickmesh {

class AccountLease {
 public:
  struct Options {
    std::string dsn;
    LeaseAsk ask;
    bool override{false};  ///< a person's word: from another mesh, and without PostgreSQL
    std::string note;      ///< a file that says this mesh holds it, for starts without PostgreSQL
  };
  /// Asks at once, and again until it is held; then renews. Empty `dsn`: held, there is nobody to ask.
  explicit AccountLease(Options options);
  ~AccountLease();  ///< keeps the lease: only an orderly stop releases it
  AccountLease(const AccountLease&) = delete;
  AccountLease& operator=(const AccountLease&) = delete;

  // Any thread.
  bool held() const;
  std::string why_not() const;  ///< not yet held: who holds it and since when, or what is missing
  /// Held once, and another has it now: this gateway stops at once.
  std::optional<std::string> lost() const;
  /// Ends the thread and, where PostgreSQL answers, gives the lease back.
  void release();

 private:
  void run();
  void turn();
  bool noted() const;
  void hold(const std::string& how);
  void give_back();
  void stop(bool giving_back);

  const Options options_;
  std::unique_ptr<Session> session_;  ///< the thread's
  bool asked_{false};                 ///< PostgreSQL has granted it to this start
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_{false}, giving_back_{false}, finished_{false};
  int socket_{-1};  ///< of session_, so that a server that hangs can be left
  bool held_{false};
  std::string why_not_{"the account's lease is not asked for yet"};
  std::optional<std::string> lost_{};
  std::thread thread_;
};

}  // namespace tickmesh
