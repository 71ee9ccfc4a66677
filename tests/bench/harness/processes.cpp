#include "bench/harness/processes.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <thread>

namespace tickmesh::bench {

using Steady = std::chrono::steady_clock;

Crew::~Crew() {
  for (const Member& m : members_) {
    ::kill(m.pid, SIGKILL);
    ::waitpid(m.pid, nullptr, 0);
  }
}

void Crew::start(const std::string& name, const std::function<void()>& work) {
  const pid_t parent = ::getpid();
  std::cout.flush();
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child > 0) {
    members_.push_back({name, child});
    return;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, name.c_str());
  if (::getppid() != parent) ::_exit(125);
  int code = 0;
  try {
    work();
  } catch (const std::exception& e) {
    std::cerr << name << ": " << e.what() << '\n';
    code = 1;
  }
  std::cout.flush();
  ::_exit(code);
}

void Crew::join(std::chrono::seconds limit) {
  const auto deadline = Steady::now() + limit;
  while (!members_.empty()) {
    bool any = false;
    for (auto m = members_.begin(); m != members_.end(); ++m) {
      int status = 0;
      if (::waitpid(m->pid, &status, WNOHANG) != m->pid) continue;
      const std::string name = m->name;
      members_.erase(m);
      if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error(name + " failed");
      any = true;
      break;
    }
    if (any) continue;
    if (Steady::now() > deadline) throw std::runtime_error(members_.front().name + " does not end");
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
}

std::vector<double> in_child(const std::string& name, const std::function<std::vector<double>()>& work) {
  struct Filled {
    std::size_t count;
    double values[64];
  };
  Shared<Filled> filled;
  Crew crew;
  crew.start(name, [&] {
    const auto values = work();
    if (values.size() > std::size(filled->values)) throw std::runtime_error("too many values");
    for (const double v : values) filled->values[filled->count++] = v;
  });
  crew.join(std::chrono::seconds{300});
  return {filled->values, filled->values + filled->count};
}

void wait_for(const std::string& what, const std::function<bool()>& holds, std::chrono::seconds limit) {
  const auto deadline = Steady::now() + limit;
  while (!holds()) {
    if (Steady::now() > deadline) throw std::runtime_error("waited in vain for " + what);
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
}

ScratchDir::ScratchDir(const std::string& parent) : path_{parent + "/tmbench-XXXXXX"}, owner_{::getpid()} {
  if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no folder under " + parent);
}
ScratchDir::~ScratchDir() {
  if (::getpid() != owner_) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tickmesh::bench
