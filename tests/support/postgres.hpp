// A PostgreSQL of a test's own: made in a temporary folder, reached through a socket there, gone with the object (or with the process).
#pragma once
#include <sys/types.h>

#include <string>

namespace tickmesh {

class TestPostgres {
 public:
  enum class Login { trust, scram };
  /// Makes a cluster and starts it; superuser "tm", password "tm" where one is asked. As user postgres when the test runs as root.
  /// Throws std::runtime_error with the server's own words.
  explicit TestPostgres(Login login = Login::trust);
  ~TestPostgres();
  TestPostgres(const TestPostgres&) = delete;
  TestPostgres& operator=(const TestPostgres&) = delete;

  void start();    ///< returns when it answers
  void stop();     ///< fast: sessions are cut, everything is written
  void restart();  ///< stop and start
  void kill();     ///< SIGKILL, as a power cut would for the server
  void backup();   ///< stops, copies the whole cluster aside, starts again
  void restore();  ///< stops, and starts with what `backup` copied: everything since is gone
  void suspend();  ///< the server hangs: it accepts nothing and answers nothing
  void resume();

  /// DSN of the superuser, or of `user` with `password`.
  std::string dsn(const std::string& database = "postgres") const;
  std::string dsn(const std::string& database, const std::string& user, const std::string& password) const;
  /// Creates an empty database and returns the superuser's DSN for it.
  std::string create_database(const std::string& name);
  /// First cell of the first row, as text; empty for none. Superuser.
  std::string query(const std::string& database, const std::string& sql) const;

 private:
  void wait_until_it_answers() const;
  void reap();
  void watch();

  Login login_;
  std::string dir_;
  pid_t server_{0};
  pid_t watchdog_{0};
  int leash_{-1};
};

}  // namespace tickmesh
