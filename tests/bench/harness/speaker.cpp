#include "bench/harness/speaker.hpp"

#include <algorithm>

#include "bench/harness/journals.hpp"
#include "bench/harness/market_ticks.hpp"
#include "bench/harness/pacing.hpp"
#include "service/clock.hpp"

namespace tickmesh::bench {
namespace {

constexpr std::size_t kPart = 256;                      // as the ingestor's
constexpr std::size_t kNoDrops = std::size_t{4} << 30;  // of queues: beyond what any benchmark sends

}  // namespace

void EchoCore::apply(const Input& in, Outbox& out) {
  if (const auto* tick = std::get_if<Tick>(&in.event)) out.emit(Stream::tick, tick->instrument.partition(), *tick);
}

TickSpeaker::TickSpeaker(const std::string& dir)
    : journal_{open_journal(dir + "/journal", "tick_ingestor-0")}, runner_{core_, *journal_, codec_} {
  must(runner_.recover([](const Name&, const Event&) {}, Timestamp{system_ns()}));
  const Endpoint endpoint = speaker_endpoint(dir);
  const Speaker speaker{endpoint.service, endpoint.ordinal, runner_.token(), 0};
  publisher_ = std::make_unique<Publisher>(context_, endpoint, speaker, 1, kNoDrops);
  replay_ = std::make_unique<ReplayServer>(context_, endpoint, speaker, *journal_);
  release();
}

void TickSpeaker::say(std::span<const Tick> ticks, Timestamp now) {
  for (std::size_t at = 0; at < ticks.size(); at += kPart) {
    for (const Tick& tick : ticks.subspan(at, std::min(kPart, ticks.size() - at))) {
      *std::get_if<Tick>(&input_) = tick;
      runner_.take(now, input_);
    }
    runner_.record();
    hand_out();
  }
  release();
}

void TickSpeaker::hand_out() {
  for (SaidRuns& said = runner_.said(); !said.empty(); said.pop()) publisher_->add(said.front());
}

void TickSpeaker::release() {
  hand_out();
  publisher_->flush();
  replay_->released(journal_->heads());
}

TickListener::TickListener(const std::string& dir, const std::string& name) {
  Reader::Options options;
  options.name = name;
  options.subscriptions.push_back({speaker_endpoint(dir), {Stream::tick}});
  options.hwm_bytes = kNoDrops;
  reader_ = std::make_unique<Reader>(context_, std::move(options), std::map<std::pair<Stream, Partition>, tickmesh::Position>{});
}

void TickListener::wait(int wait_ms) {
  auto items = reader_->poll_items();
  zmq::poll(items, std::chrono::milliseconds{reader_->pending() ? 0 : wait_ms});
}
std::int64_t TickListener::monotonic() { return now_ns(); }

}  // namespace tickmesh::bench
