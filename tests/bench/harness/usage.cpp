#include "bench/harness/usage.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tickmesh::bench {
namespace {

namespace fs = std::filesystem;

std::string text_of(const std::string& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Fields of /proc/PID/stat after the name: the first is the state, field 3 of proc(5).
std::vector<std::string> stat_fields(const std::string& path) {
  const std::string text = text_of(path);
  const auto name_end = text.rfind(')');
  std::vector<std::string> fields;
  if (name_end == std::string::npos) return fields;
  std::istringstream rest{text.substr(name_end + 1)};
  for (std::string field; rest >> field;) fields.push_back(field);
  return fields;
}

std::int64_t cpu_of(const std::string& path) {
  const auto fields = stat_fields(path);
  if (fields.size() < 13) return 0;
  return (std::stoll(fields[11]) + std::stoll(fields[12])) * (1'000'000'000 / ::sysconf(_SC_CLK_TCK));
}

}  // namespace

std::int64_t cpu_ns(pid_t pid) { return cpu_of("/proc/" + std::to_string(pid) + "/stat"); }
std::int64_t thread_cpu_ns(pid_t pid, pid_t thread) {
  return cpu_of("/proc/" + std::to_string(pid) + "/task/" + std::to_string(thread) + "/stat");
}

std::uint64_t memory_bytes(pid_t pid) {
  std::ifstream rollup{"/proc/" + std::to_string(pid) + "/smaps_rollup"};
  for (std::string line; std::getline(rollup, line);)
    if (line.starts_with("Pss:")) return std::stoull(line.substr(4)) * 1024;
  return 0;
}

std::vector<pid_t> family_of(const std::string& program, const std::string& argument) {
  std::vector<std::pair<pid_t, pid_t>> parents;
  std::vector<pid_t> family;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (!std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c) != 0; })) continue;
    const auto pid = static_cast<pid_t>(std::stol(name));
    const auto fields = stat_fields(entry.path() / "stat");
    if (fields.size() > 1) parents.emplace_back(pid, static_cast<pid_t>(std::stol(fields[1])));
    const std::string command = text_of(entry.path() / "cmdline");
    if (command.substr(0, command.find('\0')).ends_with(program) && command.find(argument) != std::string::npos) family.push_back(pid);
  }
  for (const auto& [pid, parent] : parents)
    if (!family.empty() && parent == family.front() && pid != parent) family.push_back(pid);
  return family;
}

}  // namespace tickmesh::bench
