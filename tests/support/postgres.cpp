#include "support/postgres.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace tickmesh {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// The newest server this machine has.
std::string server_bin() {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& version : fs::directory_iterator{"/usr/lib/postgresql", none})
    if (fs::exists(version.path() / "bin/postgres")) found.push_back(version.path() / "bin");
  if (found.empty()) throw std::runtime_error("no PostgreSQL server under /usr/lib/postgresql");
  return std::max_element(found.begin(), found.end())->string();
}

const passwd* server_user() {
  if (::geteuid() != 0) return nullptr;
  const auto* user = ::getpwnam("postgres");
  if (!user) throw std::runtime_error("PostgreSQL refuses to run as root and there is no user postgres");
  return user;
}

/// Runs `words` as the server's user, output to `log`.
pid_t spawn(const std::vector<std::string>& words, const std::string& log) {
  const auto* user = server_user();
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const auto child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child > 0) return child;
  ::setsid();  // a Ctrl-C at the test is not for the server: its owner stops it
  if (user && (::initgroups(user->pw_name, user->pw_gid) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) ::_exit(126);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(out, 1);
  ::dup2(out, 2);
  if (::chdir("/") != 0) ::_exit(126);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

std::string text_of(const std::string& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// With owners and modes, which the server insists on.
void copy_cluster(const std::string& from, const std::string& to) {
  const auto child = spawn({"/bin/cp", "-a", from, to}, "/dev/null");
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0) throw std::runtime_error("cp -a " + from + " failed");
}

}  // namespace

TestPostgres::TestPostgres(Login login) : login_{login} {
  std::string pattern = "/tmp/tickmesh-pg-XXXXXX";
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
  dir_ = pattern;
  if (const auto* user = server_user(); user && ::chown(dir_.c_str(), user->pw_uid, user->pw_gid) != 0)
    throw std::runtime_error("chown failed");
  std::ofstream{dir_ + "/password"} << "tm\n";
  ::chmod((dir_ + "/password").c_str(), 0644);  // the folder is closed to others already
  const auto child =
      spawn({server_bin() + "/initdb", "-D", dir_ + "/data", "-U", "tm", login == Login::scram ? "--auth=scram-sha-256" : "--auth=trust",
             "--pwfile=" + dir_ + "/password", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions", "--no-sync"},
            dir_ + "/log");
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) throw std::runtime_error("initdb: " + text_of(dir_ + "/log"));
  watch();
  start();
}

TestPostgres::~TestPostgres() {
  if (server_ != 0) {
    ::kill(server_, SIGCONT);
    ::kill(server_, SIGQUIT);
    reap();
  }
  ::close(leash_);  // the watchdog removes the folder
  ::waitpid(watchdog_, nullptr, 0);
}

/// A test that is killed cannot clean up, so a child waits for its end, stops the server and removes the folder.
void TestPostgres::watch() {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  watchdog_ = ::fork();
  if (watchdog_ == 0) {
    ::setsid();
    ::close(pipe[1]);
    for (const int output : {1, 2}) ::close(output);  // who waits for the test's output must not wait for us
    char end;
    while (::read(pipe[0], &end, 1) < 0) {
    }
    std::ifstream in{dir_ + "/data/postmaster.pid"};
    pid_t server = 0;
    // The file may be stale and its number another's by now.
    if (in >> server && server > 1 && text_of(fmt::format("/proc/{}/cmdline", server)).find(dir_) != std::string::npos) {
      ::kill(server, SIGCONT);
      ::kill(server, SIGQUIT);
      for (int i = 0; i < 500 && ::kill(server, 0) == 0; ++i) ::usleep(10'000);
    }
    std::error_code ignored;
    fs::remove_all(dir_, ignored);
    ::_exit(0);
  }
  ::close(pipe[0]);
  leash_ = pipe[1];
}

void TestPostgres::start() {
  // After a kill the old backends need a moment to notice; until then the data folder is theirs.
  for (int attempt = 0;; ++attempt) {
    server_ = spawn({server_bin() + "/postgres", "-D", dir_ + "/data", "-k", dir_, "-h", "", "-p", "5432", "-c", "fsync=off", "-c",
                     "shared_buffers=32MB", "-c", "max_connections=40"},
                    dir_ + "/log");
    try {
      return wait_until_it_answers();
    } catch (const std::runtime_error&) {
      if (::waitpid(server_, nullptr, WNOHANG) == 0 || attempt == 20) throw;
      server_ = 0;
      std::this_thread::sleep_for(100ms);
    }
  }
}

void TestPostgres::wait_until_it_answers() const {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  const auto where = dsn();
  while (PQping(where.c_str()) != PQPING_OK) {
    siginfo_t ended{};
    const bool gone = ::waitid(P_PID, static_cast<id_t>(server_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == server_;
    if (gone || std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("PostgreSQL did not start: " + text_of(dir_ + "/log"));
    std::this_thread::sleep_for(10ms);
  }
}

void TestPostgres::reap() {
  ::waitpid(server_, nullptr, 0);
  server_ = 0;
}
void TestPostgres::stop() {
  ::kill(server_, SIGINT);
  reap();
}
void TestPostgres::restart() {
  stop();
  start();
}
void TestPostgres::kill() {
  ::kill(server_, SIGKILL);
  reap();
}
void TestPostgres::backup() {
  stop();
  fs::remove_all(dir_ + "/backup");
  copy_cluster(dir_ + "/data", dir_ + "/backup");
  start();
}
void TestPostgres::restore() {
  stop();
  fs::remove_all(dir_ + "/data");
  copy_cluster(dir_ + "/backup", dir_ + "/data");
  start();
}
void TestPostgres::suspend() { ::kill(server_, SIGSTOP); }
void TestPostgres::resume() { ::kill(server_, SIGCONT); }

std::string TestPostgres::dsn(const std::string& database) const { return dsn(database, "tm", "tm"); }
std::string TestPostgres::dsn(const std::string& database, const std::string& user, const std::string& password) const {
  return fmt::format("host={} port=5432 dbname={} user={} password={}", dir_, database, user, password);
}

std::string TestPostgres::create_database(const std::string& name) {
  query("postgres", fmt::format("create database \"{}\"", name));
  return dsn(name);
}

std::string TestPostgres::query(const std::string& database, const std::string& sql) const {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> link{
      PQconnectdb((dsn(database) + " options='-c client_min_messages=warning'").c_str()), &PQfinish};
  const std::unique_ptr<PGresult, decltype(&PQclear)> result{PQexec(link.get(), sql.c_str()), &PQclear};
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
    throw std::runtime_error(fmt::format("{}: {}", sql, PQerrorMessage(link.get())));
  if (PQntuples(result.get()) == 0) return {};
  return PQgetvalue(result.get(), 0, 0);
}

}  // namespace tickmesh
