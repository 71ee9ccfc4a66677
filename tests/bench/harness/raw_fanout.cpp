#include "bench/harness/raw_fanout.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "bench/harness/market_ticks.hpp"
#include "bench/harness/pacing.hpp"
#include "bench/harness/raw_zmq.hpp"
#include "bench/harness/speaker.hpp"
#include "bus/wire.hpp"

namespace tickmesh::bench {
namespace {

struct Board {
  std::atomic<int> listening;
  std::atomic<int> done;
  std::int64_t begin;
  std::int64_t end[16];
};

}  // namespace

void capture(const std::vector<Tick>& ticks, Shared<Frames>& frames) {
  ScratchDir dir;
  Shared<Board> board;
  Crew crew;
  crew.start("capture", [&] {
    RawSub sub{speaker_endpoint(dir.path()).pub, ""};
    BatchParser parser;
    std::size_t used = 0;
    for (std::uint64_t heard = 0; heard < ticks.size();) {
      if (!sub.receive(20'000)) throw std::runtime_error("no frame came");
      board->listening = 1;
      must(parser.parse({static_cast<const std::byte*>(sub.body()), sub.size()}));
      std::uint64_t told = 0;
      for (const RunView& run : parser.runs()) told += run.payloads.size();
      if (told == 0) continue;
      if (frames->count == std::size(frames->size) || used + sub.size() > Frames::kRoom) throw std::runtime_error("no room for the frames");
      const std::size_t i = frames->count++;
      frames->offset[i] = used;
      frames->size[i] = sub.size();
      frames->ticks[i] = told;
      std::memcpy(frames->bytes + used, sub.body(), sub.size());
      used += sub.size();
      heard += told;
    }
    board->done = 1;
  });
  crew.start("speaker", [&] {
    TickSpeaker speaker{dir.path()};
    wait_for("a listener", [&] { return speaker.heartbeat(), board->listening == 1; });
    for (std::size_t at = 0; at < ticks.size(); at += kTurn) speaker.say({ticks.data() + at, kTurn}, ticks[at].time);
    wait_for("the listener", [&] { return board->done == 1; });
  });
  crew.join();
  // How many ticks a frame tells stands in its last bytes, so that a raw reader need not look into it.
  for (std::size_t i = 0; i < frames->count; ++i)
    std::memcpy(frames->bytes + frames->offset[i] + frames->size[i] - sizeof(std::uint64_t), &frames->ticks[i], sizeof(std::uint64_t));
}

double raw_fanout(Shared<Frames>& frames, int readers, std::uint64_t count) {
  ScratchDir dir;
  const std::string endpoint = "ipc://" + (dir / "raw.pub");
  Shared<Board> board;
  Crew crew;
  for (int r = 0; r < readers; ++r)
    crew.start("raw-sub", [&, r] {
      RawSub sub{endpoint, ""};
      bool told = false;
      for (std::uint64_t heard = 0; heard < count;) {
        if (!sub.receive()) throw std::runtime_error("receiving failed");
        if (sub.size() == 1) {  // the publisher looks whether we listen
          if (!std::exchange(told, true)) ++board->listening;
          continue;
        }
        std::uint64_t ticks = 0;
        std::memcpy(&ticks, static_cast<const std::byte*>(sub.body()) + sub.size() - sizeof ticks, sizeof ticks);
        heard += ticks;
      }
      board->end[r] = now_ns();
      ++board->done;
    });
  crew.start("raw-pub", [&] {
    RawPub pub{endpoint};
    wait_for("readers", [&] { return pub.send_copy("tick.00", "?", 1), board->listening == readers; });
    board->begin = now_ns();
    std::size_t i = 0;
    for (std::uint64_t said = 0; said < count; i = (i + 1) % frames->count) {
      pub.send("tick.00", frames->bytes + frames->offset[i], frames->size[i]);
      said += frames->ticks[i];
    }
    wait_for("the readers' end", [&] { return board->done == readers; });
  });
  crew.join();
  return static_cast<double>(count) * 1e9 / static_cast<double>(*std::max_element(board->end, board->end + readers) - board->begin);
}

}  // namespace tickmesh::bench
