#include "store/yield.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <string>

namespace tickmesh {
namespace {

constexpr int kNice = 10;

/// 0: there is no such process.
pid_t parent_of(int pid) {
  std::ifstream file{fmt::format("/proc/{}/stat", pid)};
  std::string line;
  std::getline(file, line);
  const auto name_end = line.rfind(')');  // a name may hold anything
  int parent = 0;
  char state = 0;
  return name_end != std::string::npos && std::sscanf(line.c_str() + name_end + 1, " %c %d", &state, &parent) == 2 ? parent : 0;
}

}  // namespace

void yield_to_others() {
  const sched_param none{};
  ::sched_setscheduler(0, SCHED_BATCH, &none);
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
}

bool yield_server(int socket, int pid) {
  ucred other{};
  socklen_t size = sizeof other;
  // Of a Unix socket this is who listens; elsewhere a number may be another machine's, and a process of ours by chance.
  if (pid <= 0 || ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &other, &size) != 0 || other.pid <= 0) return false;
  if (parent_of(pid) != other.pid || ::setpriority(PRIO_PROCESS, static_cast<id_t>(pid), kNice) != 0) return false;
  const int group = ::open(fmt::format("/proc/{}/autogroup", pid).c_str(), O_WRONLY | O_CLOEXEC);
  if (group < 0) return true;  // there is no such thing
  const std::string nice = std::to_string(kNice);
  // Who is not root may do so ten times a second, whoever else did.
  const bool later = ::write(group, nice.data(), nice.size()) < 0 && errno == EAGAIN;
  ::close(group);
  return !later;
}

}  // namespace tickmesh
