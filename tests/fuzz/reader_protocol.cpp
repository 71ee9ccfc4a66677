// Requests as a publisher's ROUTER gets them and replies as a reader's DEALER does.
#include "bus/requests.hpp"
#include "fuzz/targets.hpp"

namespace tickmesh::fuzz {
namespace {

std::string encoded(const AnyRequest& request) {
  return std::visit([](const auto& r) { return encode(r); }, request);
}

void read_request(ByteView bytes) {
  const auto request = parse_request(bytes);
  if (!request) return;
  const std::string written = encoded(*request);
  const auto again = parse_request(as_bytes(written));
  promise(again && again->index() == request->index(), "a request that is taken can be written and taken again");
  promise(encoded(*again) == written, "and says the same");
}

void read_reply(ByteView bytes) {
  ReplyParser parser;
  if (!parser.parse(bytes)) return;
  if (const auto* chunk = std::get_if<ChunkReply>(&parser.reply())) {
    std::vector<Bytes> events;
    for (const ByteView event : chunk->events) events.emplace_back(event.begin(), event.end());
    const Bytes written = encode_chunk(chunk->first, events);
    ReplyParser again;
    promise(again.parse(written), "a chunk that is taken can be written and taken again");
    const auto& same = std::get<ChunkReply>(again.reply());
    promise(same.first == chunk->first && same.events.size() == events.size(), "and says the same");
  } else if (const auto* trimmed = std::get_if<TrimmedReply>(&parser.reply())) {
    promise(static_cast<std::size_t>(trimmed->stream) < kStreams && trimmed->partition < kPartitions, "what was trimmed is of the mesh");
  }
  (void)chunk_of(bytes);
}

/// One byte says which, the rest is it.
void run(ByteView input) {
  Feeder feed{input};
  if (feed.number(1) % 2 == 0)
    read_request(feed.rest());
  else
    read_reply(feed.rest());
}

Bytes seed(std::uint8_t kind, ByteView bytes) {
  Bytes out{std::byte{kind}};
  out.insert(out.end(), bytes.begin(), bytes.end());
  return out;
}

std::vector<Bytes> seeds() {
  const Positions positions{{{Stream::order, 0}, {9, 41}}, {{Stream::tick, 17}, {0, 0}}};
  WelcomeReply welcome{.service = "broker_gateway", .token = {9, 3}, .config_hash = 5};
  welcome.first[13][0] = 2;
  welcome.last[13][0] = 41;
  return {seed(0, view(encode(HelloRequest{"position_manager-0", positions}))),
          seed(0, view(encode(AckRequest{"position_manager-0", positions}))),
          seed(0, view(encode(GetFrom{{Stream::order, 0, {9, 12}}, 100, 65'536}))),
          seed(1, view(encode(welcome))),
          seed(1, view(encode(TrimmedReply{Stream::order, 0, {9, 12}}))),
          seed(1, view(encode(FaultReply{"no such stream"}))),
          seed(1, encode_chunk({Stream::order, 0, {9, 12}}, {Bytes(3), Bytes(40)}))};
}

}  // namespace

const Target kReaderProtocol{"reader_protocol", run, seeds};

}  // namespace tickmesh::fuzz
