#include "chaos/outcome.hpp"

#include <iostream>

namespace tickmesh::chaos {

using namespace std::chrono_literals;

void expect_clean_end(TestMesh& mesh) {
  ASSERT_TRUE(eventually([&] { return mesh.reap_background() == 0; }, 40s)) << "a command does not end";
  ASSERT_TRUE(mesh.quiesce());
  ASSERT_TRUE(mesh.stop_all());
  const auto audit = mesh.audit();
  EXPECT_EQ(audit.exit, 0) << audit.out;
  const auto verdict = audit.out.rfind("audit: ");
  std::cout << audit.out.substr(verdict == std::string::npos ? 0 : verdict);
  const auto verified = mesh.verify();
  EXPECT_EQ(verified.exit, 0) << verified.out;
  std::cout << verified.out;
}

TestMesh::Settings lively(TestMesh::Settings more) {
  TestMesh::Settings all{
      {"feed.demo.rate", "400"}, {"risk.cooldown_s", "0"}, {"risk.min_confidence", "0.05"}, {"sizing.allocation", "3000"}};
  for (auto& [key, value] : more) all[key] = value;
  return all;
}

bool says(const TestMesh& mesh, const std::string& service, const std::string& reason) {
  return mesh.get(service, "/readyz").value_or("").find(reason) != std::string::npos;
}

bool becomes(const TestMesh& mesh, const std::string& service, double risk_state, std::chrono::milliseconds limit) {
  return eventually([&] { return mesh.figure(service, "tickmesh_risk_state").value_or(0) == risk_state; }, limit);
}

bool works(TestMesh& mesh, const std::vector<std::string>& command, std::chrono::milliseconds limit) {
  return eventually([&] { return mesh.ctl(command).exit == 0; }, limit);
}

bool holds(TestMesh& mesh, const std::string& symbol) {
  const auto answer = TestMesh::Json::parse(mesh.ctl({"--json", "positions"}).out, nullptr, false);
  if (!answer.is_object() || !answer.contains("data")) return false;
  for (const auto& position : answer["data"])
    if (position.value("symbol", "").starts_with(symbol + '.')) return true;
  return false;
}

std::uint64_t rows(TestMesh& mesh, const std::string& table) {
  return std::stoull(mesh.postgres().query("tickmesh", "select count(*) from " + table));
}

std::uint64_t healed(const TestMesh& mesh, const std::string& service) {
  const auto status = mesh.status(service);
  return status.is_object() ? status.value("healed", std::uint64_t{0}) : 0;
}
std::uint64_t lost(const TestMesh& mesh, const std::string& service) {
  const auto status = mesh.status(service);
  return status.is_object() ? status.value("lost", std::uint64_t{0}) : 0;
}

}  // namespace tickmesh::chaos
