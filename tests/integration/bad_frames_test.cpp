// What comes over the sockets from somebody who is not of the mesh: it is counted, and the mesh goes on.
#include <fmt/format.h>

#include <random>
#include <zmq.hpp>

#include "bus/bus.hpp"
#include "bus/codec.hpp"
#include "integration/running_mesh.hpp"

namespace tickmesh::testing {
namespace {

class BadFrames : public RunningMesh {
 protected:
  static Endpoint endpoint(const std::string& service) { return ipc_endpoint(mesh().dir() + "/run", service, 0); }
  static std::string noise(std::size_t size, unsigned seed) {
    std::mt19937 random{seed};
    std::string out(size, '\0');
    for (char& c : out) c = static_cast<char>(random());
    return out;
  }
  static double delivered() {
    const auto text = mesh().get("metrics_engine", "/metrics").value_or("");
    const auto at = text.find("tickmesh_events_applied_total{");
    const auto line = text.find("stream=\"tick\"", at == std::string::npos ? 0 : at);
    return line == std::string::npos ? 0 : std::stod(text.substr(text.find(' ', line) + 1));
  }
  /// A quote pushed now gets to the metrics engine and into the table.
  static void expect_data_flows() {
    ASSERT_TRUE(mesh().wait_ready());
    const auto applied = delivered();
    const auto rows = ticks("symbol = 'AAPL.DEMO'");
    ASSERT_EQ(push(fresh_quote()).status, 200);
    EXPECT_TRUE(eventually([&] { return delivered() > applied; }, 20s)) << applied;
    EXPECT_TRUE(eventually([&] { return ticks("symbol = 'AAPL.DEMO'") == rows + 1; }, 20s)) << rows;
  }
  zmq::context_t context_{1};
};

TEST_F(BadFrames, ToTheReplaySocketAreCountedAndTheServiceStays) {
  const auto pid = mesh().pid("tick_ingestor");
  const auto before = rejected("tick_ingestor", "input=\"replay\"");
  zmq::socket_t dealer{context_, zmq::socket_type::dealer};
  dealer.set(zmq::sockopt::linger, 0);
  dealer.connect(endpoint("tick_ingestor").replay);
  int sent = 0;
  for (unsigned seed = 1; seed <= 50; ++seed, ++sent) dealer.send(zmq::buffer(noise(seed * 7, seed)));
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kMaxFrameBytes + 1}) {
    dealer.send(zmq::buffer(noise(size, 99)));
    ++sent;
  }
  dealer.send(zmq::str_buffer("one"), zmq::send_flags::sndmore);
  dealer.send(zmq::str_buffer("frame too many"));
  ++sent;
  // Random bytes may by chance be a request that asks for nothing; nearly all are not.
  EXPECT_TRUE(eventually([&] { return rejected("tick_ingestor", "input=\"replay\"") >= before + 40; }, 20s))
      << rejected("tick_ingestor", "input=\"replay\"") - before << " of " << sent;
  // One beyond the cut costs its sender the connection.
  zmq::socket_t glutton{context_, zmq::socket_type::dealer};
  glutton.set(zmq::sockopt::linger, 0);
  glutton.connect(endpoint("tick_ingestor").replay);
  glutton.send(zmq::buffer(noise(9u << 20, 7)));
  expect_data_flows();
  EXPECT_EQ(mesh().pid("tick_ingestor"), pid);
}

TEST_F(BadFrames, FromOneWhoSitsInAPublishersPlaceAreCountedAndRealDataFlowsAfterwards) {
  const auto pid = mesh().pid("metrics_engine");
  mesh().kill("tick_ingestor", SIGTERM);
  ASSERT_TRUE(eventually([&] { return !mesh().running("tick_ingestor"); }, 30s));
  const auto applied = delivered();
  const auto before = rejected("metrics_engine", "input=\"bus\"");
  {
    zmq::context_t own{1};  // gone with the block, and the endpoint with it: closing a socket alone only begins to free it
    zmq::socket_t fake{own, zmq::socket_type::pub};
    fake.set(zmq::sockopt::linger, 0);
    fake.bind(endpoint("tick_ingestor").pub);
    unsigned seed = 0;
    const auto send = [&](const std::string& frame_topic, const std::string& payload) {
      fake.send(zmq::buffer(frame_topic), zmq::send_flags::sndmore);
      fake.send(zmq::buffer(payload));
    };
    const std::string ticks_topic = topic(Stream::tick, 0);
    EXPECT_TRUE(eventually(
        [&] {
          send(ticks_topic, noise(200, ++seed));
          send(heartbeat_topic(), noise(50, ++seed));
          send(ticks_topic, "");
          fake.send(zmq::buffer(ticks_topic));  // a frame too few
          return rejected("metrics_engine", "input=\"bus\"") >= before + 20;
        },
        30s))
        << rejected("metrics_engine", "input=\"bus\"") - before;
    const auto counted = rejected("metrics_engine", "input=\"bus\"");
    EXPECT_TRUE(eventually(
        [&] {
          send(ticks_topic, noise(kMaxFrameBytes + 1, 1));
          return rejected("metrics_engine", "input=\"bus\"") > counted;
        },
        30s))
        << "oversized";
    send(ticks_topic, noise(9u << 20, 1));
    EXPECT_TRUE(mesh().running("metrics_engine"));
  }
  {
    // Sound in every byte, and spoken by a service that does not own the stream.
    zmq::context_t own{1};
    Publisher liar{own, endpoint("tick_ingestor"), Speaker{"metrics_engine", 0, {99'999'999'999'999, 1}, 0}, 1, 1u << 20};
    const ProtoCodec codec;
    Tick tick;
    tick.instrument = instrument_id("AAPL.DEMO");
    tick.kind = TickKind::trade;
    tick.price = Price::from_units(1);
    Bytes bytes;
    codec.encode(tick, bytes);
    Sequence sequence = 0;
    const auto counted = rejected("metrics_engine", "input=\"bus\"");
    EXPECT_TRUE(eventually(
        [&] {
          liar.add({Stream::tick, tick.instrument.partition(), {99'999'999'999'999, ++sequence}}, bytes);
          liar.flush();
          return rejected("metrics_engine", "input=\"bus\"") > counted;
        },
        30s));
  }
  EXPECT_EQ(delivered(), applied) << "nothing of it was taken for a tick";
  mesh().start("tick_ingestor");
  expect_data_flows();
  EXPECT_EQ(mesh().pid("metrics_engine"), pid);
}

}  // namespace
}  // namespace tickmesh::testing
