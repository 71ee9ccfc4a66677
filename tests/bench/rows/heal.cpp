// heal: a reader a million ticks behind while 200,000 a second go on; beside DEALER and ROUTER moving the same bytes meanwhile.
#include <zmq.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "bench/harness/benchmark.hpp"
#include "bench/harness/market_ticks.hpp"
#include "bench/harness/pacing.hpp"
#include "bench/harness/processes.hpp"
#include "bench/harness/raw_zmq.hpp"
#include "bench/harness/speaker.hpp"

namespace tickmesh::bench {
namespace {

constexpr double kTurns = 1'000;  // of the live publisher, a second
constexpr std::size_t kLive = 200;
constexpr std::size_t kChunk = 512u << 10;  // an answer of the floor's

struct Board {
  std::atomic<int> behind;  ///< what the reader misses has been said
  std::atomic<int> done;
  double seconds;
};

class Heal final : public Benchmark {
 public:
  explicit Heal(const Settings& settings) : count_{(settings.quick ? 25u : 245u) * 4'096} {}
  std::vector<RowName> rows() const override { return {{"heal", "s"}}; }
  void prepare() override {
    ticks_ = market_ticks(262'144);
    std::size_t bytes = 0;
    for (const Bytes& tick : encoded(ticks_)) bytes += tick.size();
    tick_bytes_ = bytes / ticks_.size();
  }
  Turn turn() override { return {{floor()}, {ours()}}; }

 private:
  double ours() const {
    ScratchDir dir;
    Shared<Board> board;
    Crew crew;
    crew.start("speaker", [&] {
      TickSpeaker speaker{dir.path()};
      for (std::size_t said = 0; said < count_; said += 4'096)
        speaker.say({ticks_.data() + said % ticks_.size(), 4'096}, ticks_[said % ticks_.size()].time);
      speaker.heartbeat();
      live(*board, [&](std::size_t at, bool beat) {
        speaker.say({ticks_.data() + at, kLive}, ticks_[at].time);
        if (beat) speaker.heartbeat();
      });
    });
    crew.start("reader", [&] {
      wait_for("the backlog", [&] { return board->behind == 1; });
      const std::int64_t begin = now_ns();
      TickListener listener{dir.path(), "reader-0"};
      for (std::uint64_t heard = 0; heard < count_ || !listener.reader().caught_up();) heard += listener.listen(10, [](const Tick&) {});
      board->seconds = static_cast<double>(now_ns() - begin) / 1e9;
      if (listener.reader().lag(Stream::tick).lost > 0) throw std::runtime_error("ticks were lost");
      board->done = 1;
    });
    crew.join();
    return board->seconds;
  }

  double floor() const {
    ScratchDir dir;
    const std::string pub_at = "ipc://" + (dir / "raw.pub"), router_at = "ipc://" + (dir / "raw.replay");
    Shared<Board> board;
    Crew crew;
    crew.start("raw-pub", [&] {
      std::jthread server{[&](const std::stop_token& stop) { serve(router_at, stop); }};
      RawPub pub{pub_at};
      const std::vector<std::byte> body(kLive * tick_bytes_);
      live(*board, [&](std::size_t, bool) { pub.send_copy("tick.00", body.data(), body.size()); });
    });
    crew.start("raw-sub", [&] {
      wait_for("the publisher", [&] { return board->behind == 1; });
      const std::int64_t begin = now_ns();
      RawSub sub{pub_at, ""};
      ask(router_at, sub, count_ * tick_bytes_);
      board->seconds = static_cast<double>(now_ns() - begin) / 1e9;
      board->done = 1;
    });
    crew.join();
    return board->seconds;
  }

  /// Says `kLive` ticks a turn until the reader is done.
  template <class Say>
  void live(Board& board, Say&& say) const {
    MonotonicClock clock;
    const Schedule schedule{clock.now(), kTurns};
    for (std::uint64_t i = 0; board.done == 0; ++i) {
      if (clock.now() < schedule.intended(i)) clock.sleep_until(schedule.intended(i));
      say((i * kLive) % (ticks_.size() - kLive), i % 250 == 0);
      board.behind = 1;
      if (i > 120'000) throw std::runtime_error("the reader does not catch up");
    }
  }

  static void serve(const std::string& at, const std::stop_token& stop) {
    void* context = zmq_ctx_new();
    void* router = zmq_socket(context, ZMQ_ROUTER);
    const int none = 0, wait_ms = 50;
    zmq_setsockopt(router, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(router, ZMQ_RCVTIMEO, &wait_ms, sizeof wait_ms);
    zmq_bind(router, at.c_str());
    const std::vector<char> chunk(kChunk);
    char who[64], size_text[sizeof(std::uint64_t)];
    while (!stop.stop_requested()) {
      const int length = zmq_recv(router, who, sizeof who, 0);
      if (length < 0) continue;
      zmq_recv(router, size_text, sizeof size_text, 0);
      std::uint64_t size = 0;
      std::memcpy(&size, size_text, sizeof size);
      zmq_send(router, who, static_cast<std::size_t>(length), ZMQ_SNDMORE);
      zmq_send(router, chunk.data(), size, 0);
    }
    zmq_close(router);
    zmq_ctx_term(context);
  }

  /// One chunk at a time, as the mesh's readers ask, and what is live as it comes.
  static void ask(const std::string& at, RawSub& sub, std::uint64_t bytes) {
    void* context = zmq_ctx_new();
    void* dealer = zmq_socket(context, ZMQ_DEALER);
    const int none = 0;
    zmq_setsockopt(dealer, ZMQ_LINGER, &none, sizeof none);
    zmq_connect(dealer, at.c_str());
    bool asked = false;
    zmq_msg_t answer;
    zmq_msg_init(&answer);
    while (bytes > 0) {
      if (!asked) {
        const std::uint64_t size = std::min<std::uint64_t>(bytes, kChunk);
        zmq_send(dealer, &size, sizeof size, 0);
        asked = true;
      }
      zmq_pollitem_t items[] = {{dealer, 0, ZMQ_POLLIN, 0}, {sub.socket(), 0, ZMQ_POLLIN, 0}};
      zmq_poll(items, 2, 1'000);
      if ((items[0].revents & ZMQ_POLLIN) != 0) {
        zmq_msg_recv(&answer, dealer, 0);
        bytes -= std::min<std::uint64_t>(bytes, zmq_msg_size(&answer));
        asked = false;
      }
      if ((items[1].revents & ZMQ_POLLIN) != 0) sub.receive();
    }
    zmq_msg_close(&answer);
    zmq_close(dealer);
    zmq_ctx_term(context);
  }

  std::size_t count_, tick_bytes_{0};
  std::vector<Tick> ticks_;
};

}  // namespace

void add_heal(Benchmarks& all, const Settings& settings) { all.push_back(std::make_unique<Heal>(settings)); }

}  // namespace tickmesh::bench
