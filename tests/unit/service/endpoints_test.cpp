#include "service/endpoints.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tickmesh {
namespace {

Config config(const Config::Overrides& flags) {
  auto loaded = Config::load("", flags, nullptr);
  EXPECT_TRUE(loaded) << to_string(loaded.error());
  return std::move(*loaded);
}

TEST(Endpoints, IpcSocketsLieInTheRunFolderAndTcpOnesAtTheirAddressAndTheNextPort) {
  const auto ipc = reader_endpoint(config({{"mesh.run_dir", "/run/x"}}), "broker_gateway", 0);
  ASSERT_TRUE(ipc);
  EXPECT_EQ(ipc->pub, "ipc:///run/x/broker_gateway-0.pub");
  const auto tcp = reader_endpoint(config({{"mesh.transport", "tcp"}, {"mesh.endpoints.broker_gateway", "127.0.0.1:7000,127.0.0.1:7100"}}),
                                   "broker_gateway", 1);
  ASSERT_TRUE(tcp);
  EXPECT_EQ(tcp->pub, "tcp://127.0.0.1:7100");
  EXPECT_EQ(tcp->replay, "tcp://127.0.0.1:7101");
  EXPECT_EQ(tcp->service, "broker_gateway");
  EXPECT_EQ(tcp->ordinal, 1U);
}

TEST(Endpoints, EveryServiceHasAnAddressOfItsOwnByDefault) {
  std::set<std::string> seen;
  for (const char* service : {"tick_ingestor", "bar_compressor", "metrics_engine", "position_manager", "broker_gateway", "api_gateway"}) {
    const auto endpoint = reader_endpoint(config({{"mesh.transport", "tcp"}}), service, 0);
    ASSERT_TRUE(endpoint) << service;
    EXPECT_TRUE(seen.insert(endpoint->pub).second) << endpoint->pub;
    EXPECT_TRUE(seen.insert(endpoint->replay).second) << endpoint->replay;
  }
}

TEST(Endpoints, AServiceMayBindAnotherAddressThanTheOneItIsFoundAt) {
  const auto c = config({{"mesh.transport", "tcp"},
                         {"mesh.trust_network", "true"},
                         {"mesh.endpoints.tick_ingestor", "ingestor-0.mesh:7000"},
                         {"mesh.listen", "0.0.0.0"}});
  EXPECT_EQ(reader_endpoint(c, "tick_ingestor", 0)->pub, "tcp://ingestor-0.mesh:7000");
  EXPECT_EQ(own_endpoint(c, "tick_ingestor", 0)->pub, "tcp://0.0.0.0:7000");
}

TEST(Endpoints, WhatIsNoAddressOrLiesBeyondThisMachineIsRefusedByItsKey) {
  for (const char* wrong : {"127.0.0.1", ":7000", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65535", "127.0.0.1:70x", "tcp://127.0.0.1:70",
                            "*:7000", "127.0.0.1:-5"}) {
    const auto endpoint = reader_endpoint(config({{"mesh.transport", "tcp"}, {"mesh.endpoints.tick_ingestor", wrong}}), "tick_ingestor", 0);
    ASSERT_FALSE(endpoint) << wrong;
    EXPECT_EQ(endpoint.error().field, "mesh.endpoints.tick_ingestor");
    EXPECT_EQ(endpoint.error().rule, "host:port, port 1 to 65534");
  }
  const auto missing = reader_endpoint(config({{"mesh.transport", "tcp"}}), "tick_ingestor", 1);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().rule, "one host:port an instance");
  for (const char* beyond : {"10.0.0.7:7000", "ingestor-0.mesh:7000", "0.0.0.0:7000"}) {
    const auto endpoint =
        reader_endpoint(config({{"mesh.transport", "tcp"}, {"mesh.endpoints.tick_ingestor", beyond}}), "tick_ingestor", 0);
    ASSERT_FALSE(endpoint) << beyond;
    EXPECT_NE(endpoint.error().rule.find("mesh.trust_network"), std::string::npos) << endpoint.error().rule;
  }
  EXPECT_FALSE(own_endpoint(config({{"mesh.transport", "tcp"}, {"mesh.listen", "0.0.0.0"}}), "tick_ingestor", 0));
}

}  // namespace
}  // namespace tickmesh
