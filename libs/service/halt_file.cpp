#include "service/halt_file.hpp"

#include <fstream>

namespace tickmesh {

void HaltFile::look(std::int64_t monotonic_ns, std::vector<Event>& out) {
  if (monotonic_ns < next_look_) return;
  next_look_ = monotonic_ns + 250'000'000;
  std::string word;
  if (std::ifstream file{path_}; !(file >> word)) word.clear();
  if (word == told_) return;
  told_ = word;
  if (word.empty()) return;  // taken away: a person's resume lifts the halt, not this
  Command command;
  command.id = "halt-file";
  command.verb = Verb::halt;
  command.hard = word == "hard";
  command.issuer = "halt file";
  out.push_back(Request{"halt-file", std::move(command)});
}

}  // namespace tickmesh
