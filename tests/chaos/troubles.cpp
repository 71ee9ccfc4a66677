#include "chaos/troubles.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <signal.h>

#include <sstream>
#include <utility>

namespace tickmesh::chaos {

std::optional<std::set<Kind>> parse_kinds(const std::string& list) {
  static const std::map<std::string, Kind> names{
      {"kills", Kind::kills}, {"stops", Kind::stops}, {"cuts", Kind::cuts}, {"database", Kind::database}};
  std::set<Kind> kinds;
  std::istringstream words{list};
  for (std::string word; std::getline(words, word, ',');) {
    const auto it = names.find(word);
    if (it == names.end()) return std::nullopt;
    kinds.insert(it->second);
  }
  return kinds;
}

Troubles::Troubles(TestMesh& mesh, Links* links, std::set<Kind> kinds, std::uint64_t seed)
    : mesh_{mesh}, links_{links}, random_{seed * 104'729} {
  kinds.erase(Kind::kills);
  kinds_.assign(kinds.begin(), kinds.end());
}

void Troubles::begin() {
  end();
  if (kinds_.empty() || below(3) == 0) return;
  switch (kinds_[below(kinds_.size())]) {
    case Kind::stops: return stop();
    case Kind::cuts: return cut();
    case Kind::database: return database();
    case Kind::kills: return;
  }
}

void Troubles::end() {
  if (const auto undo = std::exchange(undo_, nullptr)) undo();
}

void Troubles::stop() {
  const std::string service = TestMesh::kServices[below(TestMesh::kServices.size())];
  mesh_.kill(service, SIGSTOP);
  // Who was killed and started meanwhile does not mind.
  undo_ = [this, service] { mesh_.kill(service, SIGCONT); };
  ++counts_["stopped " + service];
}

void Troubles::cut() {
  const auto fault = static_cast<CuttingProxy::Fault>(1 + below(3));
  std::vector<CuttingProxy*> broken;
  if (below(3) == 0) {
    broken = links_->of(TestMesh::kServices[below(TestMesh::kServices.size())]);
  } else {
    const auto& edge = Links::edges()[below(Links::edges().size())];
    broken = {&links_->at(edge.first, edge.second)};
  }
  for (auto* link : broken) link->set(fault);
  undo_ = [broken] {
    for (auto* link : broken) link->heal();
  };
  ++counts_[fmt::format("{} on {}", to_string(fault), broken.size() == 1 ? "one link" : "all links of a service")];
}

void Troubles::database() {
  auto& postgres = mesh_.postgres();
  switch (below(4)) {
    case 0:
      postgres.suspend();
      undo_ = [&postgres] { postgres.resume(); };
      ++counts_["database hung"];
      break;
    case 1:
      postgres.kill();
      undo_ = [&postgres] { postgres.start(); };
      ++counts_["database killed"];
      break;
    case 2:
      postgres.stop();
      undo_ = [&postgres] { postgres.start(); };
      ++counts_["database stopped"];
      break;
    default: postgres.restart(); ++counts_["database restarted"];
  }
}

void Troubles::print(std::ostream& out) const {
  if (counts_.empty()) return;
  out << "besides\n";
  for (const auto& [name, n] : counts_) fmt::print(out, "  {:34} {:>5}\n", name, n);
}

}  // namespace tickmesh::chaos
