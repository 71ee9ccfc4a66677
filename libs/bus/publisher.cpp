#include <array>

#include "bus/bus.hpp"
#include "bus/sockets.hpp"
#include "bus/stream_index.hpp"
#include "bus/wire.hpp"

namespace tickmesh {
namespace {

/// Batches of one stream and lane: what goes out under one topic.
struct Lane {
  std::string topic;
  BatchWriter batch;
  bool open{false};
  bool listed{false};
};

}  // namespace

struct Publisher::Impl {
  Impl(zmq::context_t& context, const Endpoint& endpoint, Speaker who, unsigned count, std::size_t hwm_bytes)
      : speaker{std::move(who)}, pub{context, zmq::socket_type::pub, endpoint.pub, high_water_mark(hwm_bytes)}, lane_count{count} {
    TM_INVARIANT(count >= 1 && count <= kPartitions, "a mesh has 1 to 64 lanes");
    lanes.resize(lane_count * kStreams);
    for (unsigned s = 1; s < kStreams; ++s)
      for (unsigned l = 0; l < count; ++l) lanes[s * lane_count + l].topic = topic(static_cast<Stream>(s), l);
  }
  void start(Lane& lane) {
    lane.batch.start({.service = speaker.service,
                      .ordinal = speaker.ordinal,
                      .token = speaker.token,
                      .config_hash = speaker.config_hash,
                      .sent = utc_now()});
    lane.open = true;
  }
  /// The lane of `name`, its batch open and at most `most` with `size` more bytes, unless these alone are more.
  Lane& lane_for(const Name& name, std::size_t size, std::size_t most) {
    TM_INVARIANT(name.stream != Stream::local && index(name.stream) < kStreams && name.partition < kPartitions,
                 "what is published has a name");
    const std::size_t at = index(name.stream) * lane_count + name.partition % lane_count;
    Lane& lane = lanes[at];
    if (lane.open && lane.batch.size() + size > most) close(lane);
    if (lane.open) return lane;
    start(lane);
    if (!lane.listed) open_lanes.push_back(at);
    lane.listed = true;
    return lane;
  }
  void close(Lane& lane) {
    if (!lane.open) return;
    lane.open = false;
    send(lane.topic, lane.batch);
  }
  /// PUB drops for readers that are full and never waits: they ask again. The batch is put together in the message itself.
  void send(const std::string& about, const BatchWriter& batch) {
    zmq::message_t body{batch.finished_size()};
    batch.finish(body.data<std::byte>());
    pub->send(zmq::buffer(about), zmq::send_flags::sndmore | zmq::send_flags::dontwait);
    pub->send(std::move(body), zmq::send_flags::dontwait);
  }

  Speaker speaker;
  BoundSocket pub;
  std::size_t lane_count;
  std::vector<Lane> lanes;              ///< by stream, then lane
  std::vector<std::size_t> open_lanes;  ///< in the order they were opened, which is the order they are sent
  std::array<std::uint64_t, kStreams> published{};
};

Publisher::Publisher(zmq::context_t& context, const Endpoint& endpoint, Speaker speaker, unsigned lanes, std::size_t hwm_bytes)
    : impl_{std::make_unique<Impl>(context, endpoint, std::move(speaker), lanes, hwm_bytes)} {}
Publisher::~Publisher() = default;

void Publisher::add(const SaidRun& run) {
  if (run.count == 0) return;
  TM_INVARIANT(run.events.size() < kMaxFrameBytes / 2, "a run fits a frame");
  Lane& lane = impl_->lane_for(run.first, run.events.size(), kBatchBytes);
  lane.batch.add(run.first, run.count, run.events);
  impl_->published[index(run.first.stream)] += run.count;
  if (lane.batch.size() >= kBatchBytes) impl_->close(lane);
}

void Publisher::add(const Name& name, ByteView payload) {
  TM_INVARIANT(payload.size() < kMaxFrameBytes / 2, "an event fits a frame");
  // A batch of its own for what would make the frame too large.
  Lane& lane = impl_->lane_for(name, payload.size(), kMaxFrameBytes / 2);
  lane.batch.add(name, payload);
  ++impl_->published[index(name.stream)];
  if (lane.batch.size() >= kBatchBytes) impl_->close(lane);
}

void Publisher::end_runs() {
  for (const std::size_t at : impl_->open_lanes)
    if (Lane& lane = impl_->lanes[at]; lane.open) lane.batch.end_runs();
}

void Publisher::flush() {
  for (const std::size_t at : impl_->open_lanes) {
    impl_->close(impl_->lanes[at]);
    impl_->lanes[at].listed = false;
  }
  impl_->open_lanes.clear();
}

void Publisher::heartbeat(const Outbox::Heads& heads, const Promise& promise) {
  flush();  // what the heads tell was sent before
  BatchHeader header{.service = impl_->speaker.service,
                     .ordinal = impl_->speaker.ordinal,
                     .token = impl_->speaker.token,
                     .config_hash = impl_->speaker.config_hash,
                     .sent = utc_now()};
  header.promise = promise;
  for (std::size_t s = 1; s < kStreams; ++s)
    for (std::size_t p = 0; p < kPartitions; ++p)
      if (heads[s][p] > 0)
        header.heads.push_back({static_cast<Stream>(s), static_cast<Partition>(p), heads[s][p], impl_->speaker.token.epoch, 0});
  BatchWriter beat;
  beat.start(header);
  impl_->send(heartbeat_topic(), beat);
}

std::uint64_t Publisher::published(Stream stream) const { return index(stream) < kStreams ? impl_->published[index(stream)] : 0; }

}  // namespace tickmesh
