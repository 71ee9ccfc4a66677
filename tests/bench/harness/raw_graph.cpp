#include "bench/harness/raw_graph.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

#include "bench/harness/pacing.hpp"
#include "bench/harness/processes.hpp"
#include "bench/harness/raw_zmq.hpp"

namespace tickmesh::bench {
namespace {

// Around an event a batch has a header and a run; it costs about as much in every stream.
constexpr std::size_t kEnvelope = 60;

/// What a message says first; the rest of it is filling.
struct Head {
  std::int64_t intended;  ///< 0: only looks whether anybody listens
  std::uint64_t becomes_order;
};

enum Node : std::size_t { ingestor, metrics, bars, positions, gateway, api, kNodes };

struct Board {
  std::atomic<unsigned> heard[kNodes];  ///< a bit a publisher that this node has heard
  std::atomic<int> over;
  double p50, p99;
};

class Sender {
 public:
  explicit Sender(const std::string& endpoint) : pub_{endpoint}, bytes_(64u << 10) {}
  void send(const std::string& topic, const Head& head, std::size_t size) {
    std::memcpy(bytes_.data(), &head, sizeof head);
    pub_.send_copy(topic, bytes_.data(), std::max(size + kEnvelope, sizeof head));
  }

 private:
  RawPub pub_;
  std::vector<std::byte> bytes_;
};

class Graph {
 public:
  Graph(const GraphShape& shape, unsigned seconds) : shape_{shape}, count_{static_cast<std::uint64_t>(shape.rate * seconds)} {}

  GraphLatency run() {
    Crew crew;
    crew.start("raw-gateway", [&] { run_gateway(); });
    crew.start("raw-positions", [&] { run_positions(); });
    crew.start("raw-metrics", [&] { run_metrics(); });
    crew.start("raw-bars", [&] { listen(bars, {{ingestor, "tick"}}, nullptr, [](Node, const Head&) {}); });
    crew.start("raw-api", [&] {
      listen(api, {{ingestor, "latest"}, {metrics, ""}, {positions, ""}, {gateway, ""}}, nullptr, [](Node, const Head&) {});
    });
    crew.start("raw-ingestor", [&] { run_ingestor(); });
    crew.join();
    return {board_->p50, board_->p99};
  }

 private:
  struct From {
    Node node;
    std::string topic;
  };
  std::string endpoint(Node node) const { return "ipc://" + (dir_ / ("raw." + std::to_string(node))); }

  /// Passes on what it hears until all is over. A node that sends greets until all have heard whom they listen to.
  void listen(Node self, const std::vector<From>& from, Sender* sender, const std::function<void(Node, const Head&)>& on_event) {
    std::vector<std::unique_ptr<RawSub>> subs;
    std::vector<zmq_pollitem_t> items;
    for (const From& f : from) {
      subs.push_back(std::make_unique<RawSub>(endpoint(f.node), f.topic));
      items.push_back({subs.back()->socket(), 0, ZMQ_POLLIN, 0});
    }
    while (board_->over == 0) {
      const bool all = everybody_listens();
      if (sender != nullptr && !all) greet(*sender, self);
      zmq_poll(items.data(), static_cast<int>(items.size()), all ? 50 : 2);
      for (std::size_t i = 0; i < subs.size(); ++i)
        while (subs[i]->receive(0)) {
          Head head{};
          std::memcpy(&head, subs[i]->body(), sizeof head);
          if (head.intended == 0) board_->heard[self] |= 1u << from[i].node;
          if (head.intended > 0) on_event(from[i].node, head);
        }
    }
  }
  static void greet(Sender& sender, Node self) {
    if (self == ingestor) sender.send("latest.00", {0, 0}, 0);
    sender.send(self == ingestor ? "tick.00" : self == metrics ? "signal.00" : self == positions ? "intent.00" : "order.00", {0, 0}, 0);
  }
  bool everybody_listens() const {
    const auto bit = [](Node n) { return 1u << n; };
    return board_->heard[metrics] == bit(ingestor) && board_->heard[bars] == bit(ingestor) &&
           board_->heard[positions] == (bit(ingestor) | bit(metrics) | bit(gateway)) &&
           board_->heard[gateway] == (bit(ingestor) | bit(positions)) &&
           board_->heard[api] == (bit(ingestor) | bit(metrics) | bit(positions) | bit(gateway));
  }

  void run_ingestor() {
    Sender sender{endpoint(ingestor)};
    wait_for("all listeners", [&] { return greet(sender, ingestor), everybody_listens(); });
    MonotonicClock clock;
    double orders = 0, latest = 0;
    at_rate(clock, Schedule{clock.now() + 100'000'000, shape_.rate}, count_, [&](std::uint64_t, std::int64_t intended) {
      orders += 1 / shape_.ticks_an_order;
      latest += 1 / shape_.ticks_a_latest;
      sender.send("tick.00", {intended, orders >= 1 ? 1u : 0u}, shape_.tick_bytes);
      if (latest >= 1) sender.send("latest.00", {intended, 0}, shape_.tick_bytes), latest -= 1;
      if (orders >= 1) orders -= 1;
    });
    clock.sleep_until(clock.now() + 200'000'000);  // what is on its way arrives
    board_->over = 1;
  }
  void run_metrics() {
    Sender sender{endpoint(metrics)};
    double due = 0;
    listen(metrics, {{ingestor, "tick"}}, &sender, [&](Node, const Head& head) {
      if (head.becomes_order != 0) sender.send("signal.00", head, shape_.signal_bytes);
      due += 1 / shape_.ticks_a_metrics;
      if (due >= 1) sender.send("metrics.00", {head.intended, 0}, shape_.metrics_bytes), due -= 1;
    });
  }
  void run_positions() {
    Sender sender{endpoint(positions)};
    listen(positions, {{ingestor, "tick"}, {metrics, "signal"}, {gateway, ""}}, &sender, [&](Node from, const Head& head) {
      if (from == metrics) sender.send("intent.00", head, shape_.intent_bytes);
    });
  }
  void run_gateway() {
    Sender sender{endpoint(gateway)};
    Latencies latencies;
    const int fd = ::open((dir_ / "orders").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const std::vector<char> record(shape_.order_bytes);
    if (fd < 0 || ::posix_fallocate(fd, 0, 16 << 20) != 0) throw std::runtime_error("no file for the orders");
    off_t at = 0;
    listen(gateway, {{ingestor, "tick"}, {positions, "intent"}}, &sender, [&](Node from, const Head& head) {
      if (from != positions) return;
      if (shape_.sync) {
        if (::pwrite(fd, record.data(), record.size(), at) < 0 || ::fdatasync(fd) != 0) throw std::runtime_error("the disk failed");
        at += static_cast<off_t>(record.size());
      }
      latencies.add(now_ns() - head.intended);
      sender.send("order.00", head, shape_.order_bytes);
    });
    ::close(fd);
    if (latencies.size() == 0) throw std::runtime_error("no order came through");
    board_->p50 = static_cast<double>(latencies.percentile(0.5)) / 1e3;
    board_->p99 = static_cast<double>(latencies.percentile(0.99)) / 1e3;
  }

  GraphShape shape_;
  std::uint64_t count_;
  ScratchDir dir_;
  Shared<Board> board_;
};

}  // namespace

GraphLatency raw_graph(const GraphShape& shape, unsigned seconds) { return Graph{shape, seconds}.run(); }

}  // namespace tickmesh::bench
