// A person at the desk of a mesh: opens, closes, leaves orders in the book, resumes. What becomes of a command whose api_gateway is
// killed is not known to it, as it would not be to a person.
#pragma once
#include <map>
#include <random>
#include <string>

#include "support/mesh.hpp"

namespace tickmesh::chaos {

class Desk {
 public:
  Desk(TestMesh& mesh, std::uint64_t seed) : mesh_{mesh}, random_{seed * 7919} {}
  /// One command, started and left to itself; nothing while many still wait.
  void act();

 private:
  /// Opens and closes a symbol in turn. Whether the last one was done is not asked: the next one finds out.
  bool turn(const std::string& symbol) { return opened_[symbol] = !opened_[symbol]; }

  TestMesh& mesh_;
  std::mt19937_64 random_;
  std::map<std::string, bool> opened_;
};

}  // namespace tickmesh::chaos
