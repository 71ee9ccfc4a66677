// Kills services of a running mesh at moments that a seed chooses, and remembers where each kill fell.
#pragma once
#include <map>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "chaos/journal_tail.hpp"
#include "support/mesh.hpp"

namespace tickmesh::chaos {

class Killer {
 public:
  Killer(TestMesh& mesh, std::uint64_t seed) : mesh_{mesh}, random_{seed} {}
  /// One kill, or several together: right after the k-th next record of a kind, or after a pause; one service, two at once, or one
  /// again while it recovers. Returns how many it made, at most `most`; all it killed is started again, at once or after a pause.
  unsigned strike(unsigned most);
  /// By service, by what the service was doing, and by what it had last written.
  void print(std::ostream& out) const;
  unsigned kills() const { return static_cast<unsigned>(kills_.size()); }

 private:
  struct Kill {
    std::string service, state;
    Written written;
    std::string how;
  };
  std::uint64_t below(std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>{0, n - 1}(random_); }
  std::string any_service();
  std::string state(const std::string& service) const;
  void kill(const std::string& service, const std::string& how);
  std::string wait_for_moment(const std::string& service);
  void pause_for(std::uint64_t ms) const;

  TestMesh& mesh_;
  std::mt19937_64 random_;
  std::vector<Kill> kills_;
};

}  // namespace tickmesh::chaos
