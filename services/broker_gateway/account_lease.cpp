#include "broker_gateway/account_lease.hpp"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <chrono>
#include <filesystem>
#include <fstream>

namespace tickmesh {
namespace {
constexpr std::chrono::seconds kAsk{1}, kRenew{2}, kPatience{1};
}

AccountLease::AccountLease(Options options) : options_{std::move(options)} {
  if (options_.dsn.empty()) {
    spdlog::warn("No lease of the account: postgres.enabled is false, nothing keeps another mesh from it account={}", options_.ask.account);
    held_ = true;
    return;
  }
  thread_ = std::thread{[this] { run(); }};
}

AccountLease::~AccountLease() { stop(false); }

bool AccountLease::held() const {
  const std::lock_guard lock{mutex_};
  return held_;
}
std::string AccountLease::why_not() const {
  const std::lock_guard lock{mutex_};
  return why_not_;
}
std::optional<std::string> AccountLease::lost() const {
  const std::lock_guard lock{mutex_};
  return lost_;
}

void AccountLease::run() {
  std::unique_lock lock{mutex_};
  while (!stopping_ && !lost_) {
    lock.unlock();
    turn();
    lock.lock();
    wake_.wait_for(lock, held_ ? kRenew : kAsk, [this] { return stopping_; });
  }
  const bool giving_back = giving_back_ && held_ && !lost_;
  lock.unlock();
  if (giving_back) give_back();
  lock.lock();
  finished_ = true;
  socket_ = -1;
  wake_.notify_all();
}

void AccountLease::turn() {
  Error error;
  try {
    if (!session_) {
      auto opened = Session::open(options_.dsn, "account lease");
      if (opened) {
        session_ = std::move(*opened);
        const std::lock_guard lock{mutex_};
        socket_ = session_->socket();
      } else {
        error = opened.error();
      }
    }
    if (session_) {
      if (auto ours = claim_database(*session_, options_.ask.mesh); !ours)
        error = ours.error();
      else if (auto taken = hold_lease(*session_, options_.ask, options_.override && !asked_); taken)
        return hold(options_.override ? "a person's override, of whoever had it" : "granted");
      else
        error = taken.error();
    }
  } catch (const SqlError& thrown) {
    {
      const std::lock_guard lock{mutex_};
      socket_ = -1;
    }
    session_.reset();
    error = {"unreachable", "", "", thrown.what()};
  }
  if (error.code == "superseded" || (error.code == "held" && held())) {
    const std::lock_guard lock{mutex_};
    lost_ = error.message;
    return;
  }
  if (error.code != "held" && !held()) {
    // PostgreSQL is away. Who held the lease when it was last there holds it still.
    if (options_.override) return hold("a person's override; PostgreSQL was not asked: " + error.message);
    if (noted()) return hold("as before this start; PostgreSQL is away: " + error.message);
  }
  const std::lock_guard lock{mutex_};
  if (why_not_ != error.message && !held_) spdlog::warn("The account is not taken: {}", error.message);
  why_not_ = error.message;
}

bool AccountLease::noted() const {
  std::ifstream file{options_.note};
  std::string mesh, account;
  return file >> mesh >> account && mesh == options_.ask.mesh.id && account == options_.ask.account;
}

void AccountLease::hold(const std::string& how) {
  if (session_) asked_ = true;
  if (held()) return;
  std::ofstream{options_.note, std::ios::trunc} << options_.ask.mesh.id << ' ' << options_.ask.account << '\n';
  if (options_.override)
    spdlog::warn("Account taken account={} how={}", options_.ask.account, how);
  else
    spdlog::info("Account taken account={} how={}", options_.ask.account, how);
  const std::lock_guard lock{mutex_};
  held_ = true;
}

void AccountLease::give_back() {
  if (!session_ || !asked_) return;
  try {
    release_lease(*session_, options_.ask);
    std::error_code ignored;
    std::filesystem::remove(options_.note, ignored);
  } catch (const SqlError& thrown) {
    spdlog::warn("The account stays taken, PostgreSQL is away: {}", thrown.what());
  }
}

void AccountLease::stop(bool giving_back) {
  {
    std::unique_lock lock{mutex_};
    stopping_ = true;
    giving_back_ = giving_back;
    wake_.notify_all();
    if (!wake_.wait_for(lock, kPatience, [this] { return finished_ || !thread_.joinable(); }) && socket_ >= 0)
      ::shutdown(socket_, SHUT_RDWR);
  }
  if (thread_.joinable()) thread_.join();
}

void AccountLease::release() { stop(true); }

}  // namespace tickmesh
