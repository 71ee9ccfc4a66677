// One mesh for all tests of this binary, fed by POST /ticks alone; each test leaves it running and ready.
#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "service/http_server.hpp"
#include "support/mesh.hpp"

namespace tickmesh::testing {

using namespace std::chrono_literals;
using Json = nlohmann::json;

class RunningMesh : public ::testing::Test {
 protected:
  static void SetUpTestSuite();
  void SetUp() override;
  void TearDown() override;

  static TestMesh& mesh();
  static std::string token();
  static std::string ingestor();  ///< "127.0.0.1:9101"
  static std::string api();       ///< the TCP port of api_gateway
  static HttpResult push(const std::string& body, const std::string& key = "");
  /// Sum of a service's `tickmesh_rejected_total` whose line holds `part`; 0 when there is none.
  static double rejected(const std::string& service, const std::string& part);
  /// A quote of AAPL.DEMO, unlike any before it.
  static std::string fresh_quote();
  /// Rows of tick_ingestor.ticks that `where` holds for.
  static long ticks(const std::string& where);
  /// A command line for a second instance that shares nothing with the mesh but the database.
  static std::vector<std::string> elsewhere(const std::string& folder, std::vector<std::string> more = {});
};

/// A TCP port that was free a moment ago.
unsigned free_port();

}  // namespace tickmesh::testing
