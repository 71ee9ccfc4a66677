// Faults that last while others fall: a service that hangs, links that break, a database that is away; chosen by a seed.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <random>
#include <set>
#include <string>

#include "chaos/links.hpp"
#include "support/mesh.hpp"

namespace tickmesh::chaos {

enum class Kind { kills, stops, cuts, database };
/// "kills,cuts": nothing when one is unknown.
std::optional<std::set<Kind>> parse_kinds(const std::string& list);

class Troubles {
 public:
  /// `links` may be null where none are cut.
  Troubles(TestMesh& mesh, Links* links, std::set<Kind> kinds, std::uint64_t seed);
  ~Troubles() { end(); }
  Troubles(const Troubles&) = delete;
  Troubles& operator=(const Troubles&) = delete;
  /// Starts one, or none: the seed decides. One at a time.
  void begin();
  /// Ends what `begin` started; what was stopped goes on, what was broken is whole.
  void end();
  void print(std::ostream& out) const;

 private:
  std::uint64_t below(std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>{0, n - 1}(random_); }
  void stop();
  void cut();
  void database();

  TestMesh& mesh_;
  Links* links_;
  std::vector<Kind> kinds_;
  std::mt19937_64 random_;
  std::function<void()> undo_;
  std::map<std::string, unsigned> counts_;
};

}  // namespace tickmesh::chaos
