// A mesh in a network of its own, in which the kernel drops every packet to and from one service's address.
#include <sched.h>
#include <signal.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "chaos/desk.hpp"
#include "chaos/outcome.hpp"

namespace tickmesh {
namespace {

using namespace std::chrono_literals;
using namespace chaos;

bool ip(const std::string& words) { return std::system(("ip " + words + " >/dev/null 2>&1").c_str()) == 0; }

/// Local addresses are found before any rule of ours, unless that look-up comes later.
bool part() {
  return ip("rule add pref 0 to 127.0.0.2/32 blackhole") && ip("rule add pref 100 lookup local") && ip("rule del pref 0 lookup local");
}
bool join() {
  return ip("rule add pref 0 lookup local") && ip("rule del pref 0 to 127.0.0.2/32 blackhole") && ip("rule del pref 100 lookup local");
}

TEST(LongPartition, WhatTheKernelDropsIsSeenAsSilenceAndIsThereAfterwards) {
  if (::unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "no network namespace of our own: " << std::strerror(errno);
  if (!ip("link set lo up")) GTEST_SKIP() << "no program ip to bring up a network with";
  TestMesh mesh{lively({{"mesh.transport", "tcp"}, {"mesh.endpoints.tick_ingestor", "127.0.0.2:7000"}, {"risk.min_confidence", "1"}})};
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(becomes(mesh, "position_manager", 1));
  // Shorter and longer than it takes ZeroMQ to give a connection up.
  for (const auto length : {1s, 9s}) {
    ASSERT_TRUE(part()) << "the network cannot be parted";
    EXPECT_TRUE(becomes(mesh, "position_manager", 2));
    for (const char* reader : {"bar_compressor", "metrics_engine", "position_manager", "broker_gateway", "api_gateway"})
      EXPECT_TRUE(eventually([&] { return says(mesh, reader, "tick_ingestor is silent"); }, 6s)) << reader;
    EXPECT_EQ(mesh.ctl({"open", "QQQ", "10"}).exit, 4);
    std::this_thread::sleep_for(length);  // the fault's own length
    ASSERT_TRUE(join());
    ASSERT_TRUE(mesh.wait_ready());
    EXPECT_TRUE(becomes(mesh, "position_manager", 1)) << mesh.ctl({"account"}).out;
    EXPECT_TRUE(works(mesh, {"open", "QQQ", "10"}));
    EXPECT_TRUE(works(mesh, {"close", "QQQ"}));
  }
  for (const char* service : TestMesh::kServices) EXPECT_EQ(lost(mesh, service), 0U) << service;
  expect_clean_end(mesh);
}

}  // namespace
}  // namespace tickmesh
