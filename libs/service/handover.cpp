#include "service/handover.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace tickmesh {

std::string applied_path(const std::string& journal_dir) { return journal_dir + "/applied"; }
std::string said_until_path(const std::string& journal_dir) { return journal_dir + "/said_until"; }

void write_handover(const std::string& path, const Handover& handover) {
  const std::string draft = fmt::format("{}.{}.new", path, ::getpid());
  {
    std::ofstream file{draft, std::ios::trunc};
    for (const auto& [key, at] : handover)
      file << to_string(key.first) << ' ' << unsigned{key.second} << ' ' << at.epoch << ' ' << at.sequence << '\n';
    if (!file.flush()) throw std::runtime_error(draft + " cannot be written");
  }
  std::filesystem::rename(draft, path);
}

Result<Handover> read_handover(const std::string& path) {
  Handover handover;
  std::ifstream file{path};
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    std::istringstream words{line};
    std::string stream;
    unsigned partition = 0;
    Position at;
    words >> stream >> partition >> at.epoch >> at.sequence;
    bool known = false;
    for (unsigned s = 1; s < kStreams; ++s)
      if (stream == to_string(static_cast<Stream>(s)) && words && partition < kPartitions) {
        handover[{static_cast<Stream>(s), static_cast<Partition>(partition)}] = at;
        known = true;
      }
    if (!known) return bad_value(path, "lines of stream, partition, epoch and sequence", fmt::format("line {}: '{}'", number, line));
  }
  return handover;
}

}  // namespace tickmesh
