#include "integration/running_mesh.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace tickmesh::testing {
namespace {

std::unique_ptr<TestMesh> shared;
unsigned base_port = 0;

/// Ends the mesh with the program's tests, while the process can still wait for its children.
class EndMesh final : public ::testing::Environment {
  void TearDown() override { shared.reset(); }
};
const auto* const kEnd = ::testing::AddGlobalTestEnvironment(new EndMesh);

}  // namespace

unsigned free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

void RunningMesh::SetUpTestSuite() {
  if (shared) return;
  shared = std::make_unique<TestMesh>(
      TestMesh::Settings{{"feed.kind", "push"}, {"journal.segment_bytes", "1048576"}, {"journal.snapshot_s", "1"}});
  const Json shown = Json::parse(shared->ctl({"--json", "config", "show"}).out);
  for (const auto& key : shown["data"])
    if (key["key"] == "health.base_port") base_port = static_cast<unsigned>(std::stoul(key["value"].get<std::string>()));
}
void RunningMesh::SetUp() { ASSERT_TRUE(mesh().wait_ready()); }
void RunningMesh::TearDown() {
  EXPECT_TRUE(mesh().unasked_ends().empty()) << mesh().unasked_ends().front();
  if (HasFailure()) mesh().dump_logs();
  for (const char* service : TestMesh::kServices)  // what a failed test left down is not the next one's matter
    if (!mesh().running(service)) mesh().start(service);
}

TestMesh& RunningMesh::mesh() { return *shared; }
std::string RunningMesh::token() {
  std::ifstream file{mesh().dir() + "/secrets/push_token"};
  std::string line;
  std::getline(file, line);
  return line;
}
std::string RunningMesh::ingestor() { return fmt::format("127.0.0.1:{}", base_port); }
std::string RunningMesh::api() { return fmt::format("127.0.0.1:{}", base_port + 6); }
HttpResult RunningMesh::push(const std::string& body, const std::string& key) {
  return http_call(ingestor(), "POST", "/ticks", body, "Bearer " + token(), 20'000, key);
}

double RunningMesh::rejected(const std::string& service, const std::string& part) {
  std::istringstream lines{mesh().get(service, "/metrics").value_or("")};
  double sum = 0;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("tickmesh_rejected_total{") && line.find(part) != std::string::npos)
      sum += std::stod(line.substr(line.rfind(' ') + 1));
  return sum;
}

std::string RunningMesh::fresh_quote() {
  static int number = 0;
  ++number;
  return fmt::format(R"([{{"symbol":"AAPL.DEMO","time":{},"bid":201.27,"ask":201.29,"bid_size":{},"ask_size":200}}])",
                     1'737'376'000'000'000'000 + number * 1'000'000'000LL, number);
}

long RunningMesh::ticks(const std::string& where) {
  return std::stol(mesh().postgres().query("tickmesh", "select count(*) from tick_ingestor.ticks where " + where));
}

std::vector<std::string> RunningMesh::elsewhere(const std::string& folder, std::vector<std::string> more) {
  std::filesystem::create_directories(mesh().dir() + '/' + folder + "/run");
  std::vector<std::string> words{"--mesh.run_dir=" + folder + "/run", "--journal.dir=" + folder + "/journal",
                                 fmt::format("--health.base_port={}", free_port())};
  for (std::string& word : more) words.push_back(std::move(word));
  return words;
}

}  // namespace tickmesh::testing
