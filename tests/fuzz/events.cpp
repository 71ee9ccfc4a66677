// Payloads of every stream: what is taken has one canonical form, and can be shown.
#include "bus/codec.hpp"
#include "bus/event_json.hpp"
#include "fuzz/targets.hpp"
#include "unit/codec/random_events.hpp"

namespace tickmesh::fuzz {
namespace {

/// One byte names the stream, the rest is the payload.
void run(ByteView input) {
  static const ProtoCodec codec;
  Feeder feed{input};
  const auto stream = static_cast<Stream>(feed.number(1) % kStreams);
  Event event;
  if (!codec.decode(stream, feed.rest(), event)) return;
  promise(stream_of(event) == stream, "an event is of the stream it came on");
  Bytes canonical;
  codec.encode(event, canonical);
  Event again;
  promise(codec.decode(stream, canonical, again).has_value(), "what we write we read");
  Bytes twice;
  codec.encode(again, twice);
  promise(as_text(canonical) == as_text(twice), "an event has one canonical form");
  promise(!event_json(codec, event).empty(), "an event can be shown");
  promise(time_of(again) == time_of(event) && tick_time_of(again) == tick_time_of(event), "times survive");
}

std::vector<Bytes> seeds() {
  const ProtoCodec codec;
  std::vector<Bytes> out;
  testing::Rng rng{1};
  for (std::size_t type = 0; type < testing::kEventTypes; ++type)
    for (int i = 0; i < 2; ++i) {
      const Event event = testing::random_event(type, rng);
      Bytes bytes{static_cast<std::byte>(stream_of(event))};
      codec.encode(event, bytes);
      out.push_back(std::move(bytes));
    }
  return out;
}

}  // namespace

const Target kEvents{"events", run, seeds};

}  // namespace tickmesh::fuzz
