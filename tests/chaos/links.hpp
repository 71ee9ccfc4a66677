// A mesh whose every link from publisher to reader runs through a proxy that a test can break.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/cutting_proxy.hpp"
#include "support/mesh.hpp"

namespace tickmesh::chaos {

class Links {
 public:
  /// Who reads whom: reader, publisher.
  using Edge = std::pair<std::string, std::string>;
  static const std::vector<Edge>& edges();
  /// What a mesh needs in its settings for links to lie between its services.
  static TestMesh::Settings settings(TestMesh::Settings more = {});

  /// Between all services of `mesh`, or only where named. Before they start.
  explicit Links(TestMesh& mesh, const std::vector<Edge>& where = edges());
  CuttingProxy& at(const std::string& reader, const std::string& publisher) { return *proxies_.at({reader, publisher}); }
  const std::map<Edge, std::unique_ptr<CuttingProxy>>& all() const { return proxies_; }
  /// Of every link that `service` reads from or speaks on.
  std::vector<CuttingProxy*> of(const std::string& service) const;

 private:
  std::map<Edge, std::unique_ptr<CuttingProxy>> proxies_;
};

}  // namespace tickmesh::chaos
