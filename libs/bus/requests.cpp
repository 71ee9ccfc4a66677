#include "bus/requests.hpp"

#include <algorithm>

#include "bus/protobuf_wire.hpp"
#include "bus/wire.hpp"
#include "tickmesh/v1/bus.pb.h"

namespace tickmesh {
namespace {

constexpr std::size_t kMaxName = 128;

bool valid(int stream, std::uint32_t partition) { return stream > 0 && stream < static_cast<int>(kStreams) && partition < kPartitions; }

void put(const Positions& positions, google::protobuf::RepeatedPtrField<v1::Name>& out) {
  for (const auto& [key, at] : positions) {
    v1::Name& name = *out.Add();
    name.set_stream(static_cast<v1::Stream>(key.first));
    name.set_partition(key.second);
    name.set_epoch(at.epoch);
    name.set_sequence(at.sequence);
  }
}

void put(Token token, v1::Token& out) {
  out.set_epoch(token.epoch);
  out.set_incarnation(token.incarnation);
}
Token token_of(const v1::Token& said) { return {said.epoch(), said.incarnation()}; }

bool take(const google::protobuf::RepeatedPtrField<v1::Name>& names, Positions& out) {
  for (const v1::Name& name : names) {
    if (!valid(name.stream(), name.partition())) return false;
    out[{static_cast<Stream>(name.stream()), static_cast<Partition>(name.partition())}] = {name.epoch(), name.sequence()};
  }
  return true;
}

bool parse_message(ByteView bytes, google::protobuf::MessageLite& out) {
  return bytes.size() <= std::size_t{64} << 20 && out.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

// A Chunk goes around protobuf, so that its payloads travel as they lie in the journal: it is nothing but one field in one field.
constexpr std::uint8_t kChunkOfReply = 2 << 3 | 2, kRunOfChunk = 1 << 3 | 2, kTrimmedOfReply = 3 << 3 | 2;

Bytes field(std::uint8_t tag, ByteView body) {
  Bytes out;
  out.reserve(body.size() + 11);
  out.push_back(std::byte{tag});
  std::uint64_t size = body.size();
  for (; size >= 0x80; size >>= 7) out.push_back(static_cast<std::byte>(size | 0x80));
  out.push_back(static_cast<std::byte>(size));
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

/// The body of the one field that fills `bytes`.
std::optional<ByteView> only_field(std::uint8_t tag, ByteView bytes) {
  if (bytes.empty() || bytes[0] != std::byte{tag}) return std::nullopt;
  std::uint64_t size = 0;
  for (std::size_t i = 1, shift = 0; i < bytes.size() && shift < 64; ++i, shift += 7) {
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    size |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte & 0x80) continue;
    if (bytes.size() - i - 1 != size) return std::nullopt;
    return bytes.subspan(i + 1);
  }
  return std::nullopt;
}

std::optional<WelcomeReply> welcome_of(const v1::Welcome& said) {
  WelcomeReply welcome;
  welcome.service = said.header().service();
  welcome.ordinal = said.header().ordinal();
  welcome.token = {said.header().epoch(), said.header().incarnation()};
  welcome.config_hash = said.header().config_hash();
  for (const v1::Head& head : said.heads()) {
    if (!valid(head.stream(), head.partition()) || head.epoch() != welcome.token.epoch) return std::nullopt;
    const auto s = static_cast<std::size_t>(head.stream());
    welcome.first[s][head.partition()] = head.first_sequence();
    welcome.last[s][head.partition()] = head.last_sequence();
  }
  for (const v1::Head& head : said.ended()) {
    const Epoch before = welcome.ended.empty() ? 1 : welcome.ended.back().epoch;
    if (!valid(head.stream(), head.partition()) || head.epoch() < before || head.epoch() >= welcome.token.epoch ||
        head.first_sequence() == 0 || head.last_sequence() < head.first_sequence())
      return std::nullopt;
    welcome.ended.push_back({static_cast<Stream>(head.stream()), static_cast<Partition>(head.partition()), head.epoch(),
                             head.first_sequence(), head.last_sequence()});
  }
  return welcome;
}

}  // namespace

std::string encode(const HelloRequest& hello) {
  v1::ReplayRequest request;
  request.mutable_hello()->set_reader(hello.reader);
  put(hello.positions, *request.mutable_hello()->mutable_positions());
  put(hello.own, *request.mutable_hello()->mutable_own());
  put(hello.heard, *request.mutable_hello()->mutable_heard());
  return request.SerializeAsString();
}

std::string encode(const AckRequest& ack) {
  v1::ReplayRequest request;
  request.mutable_ack()->set_reader(ack.reader);
  put(ack.applied, *request.mutable_ack()->mutable_applied());
  put(ack.snapshotted, *request.mutable_ack()->mutable_snapshotted());
  put(ack.own, *request.mutable_ack()->mutable_own());
  put(ack.heard, *request.mutable_ack()->mutable_heard());
  return request.SerializeAsString();
}

std::string encode(const GetFrom& get) {
  v1::ReplayRequest request;
  v1::Get& out = *request.mutable_get();
  out.set_stream(static_cast<v1::Stream>(get.first.stream));
  out.set_partition(get.first.partition);
  out.set_epoch(get.first.at.epoch);
  out.set_from_sequence(get.first.at.sequence);
  out.set_max_count(get.max_count);
  out.set_max_bytes(get.max_bytes);
  return request.SerializeAsString();
}

std::string encode(const WelcomeReply& welcome) {
  v1::ReplayReply reply;
  v1::BatchHeader& header = *reply.mutable_welcome()->mutable_header();
  header.set_service(welcome.service);
  header.set_ordinal(welcome.ordinal);
  header.set_epoch(welcome.token.epoch);
  header.set_incarnation(welcome.token.incarnation);
  header.set_config_hash(welcome.config_hash);
  for (std::size_t s = 1; s < kStreams; ++s)
    for (std::uint32_t p = 0; p < kPartitions; ++p) {
      if (welcome.last[s][p] == 0) continue;  // nothing said
      v1::Head& head = *reply.mutable_welcome()->add_heads();
      head.set_stream(static_cast<v1::Stream>(s));
      head.set_partition(p);
      head.set_epoch(welcome.token.epoch);
      head.set_first_sequence(welcome.first[s][p]);
      head.set_last_sequence(welcome.last[s][p]);
    }
  for (const EndedStream& ended : welcome.ended) {
    v1::Head& head = *reply.mutable_welcome()->add_ended();
    head.set_stream(static_cast<v1::Stream>(ended.stream));
    head.set_partition(ended.partition);
    head.set_epoch(ended.epoch);
    head.set_first_sequence(ended.first);
    head.set_last_sequence(ended.last);
  }
  return reply.SerializeAsString();
}

/// Around protobuf, as a Chunk, for the payloads in the keyframe.
Bytes encode(const TrimmedReply& trimmed) {
  Bytes inner;
  protobuf_wire::put_uint(1, static_cast<std::uint64_t>(trimmed.stream), inner);
  protobuf_wire::put_uint(2, trimmed.partition, inner);
  protobuf_wire::put_fixed64(3, trimmed.first_held.epoch, inner);
  protobuf_wire::put_uint(4, trimmed.first_held.sequence, inner);
  if (!trimmed.keyframe.empty()) {
    BatchWriter batch;
    batch.start({});
    for (const RunView& run : trimmed.keyframe) {
      Name name = run.first;
      for (const ByteView payload : run.payloads) {
        batch.add(name, payload);
        ++name.at.sequence;
      }
    }
    protobuf_wire::put_bytes(5, batch.finish(), inner);
  }
  return field(kTrimmedOfReply, inner);
}

std::string encode(const FaultReply& fault) {
  v1::ReplayReply reply;
  reply.mutable_fault()->set_message(fault.message);
  put(fault.newer, *reply.mutable_fault()->mutable_newer());
  return reply.SerializeAsString();
}

std::optional<AnyRequest> parse_request(ByteView bytes) {
  v1::ReplayRequest said;
  if (!parse_message(bytes, said)) return std::nullopt;
  switch (said.request_case()) {
    case v1::ReplayRequest::kHello: {
      HelloRequest hello{said.hello().reader(), {}, token_of(said.hello().own()), token_of(said.hello().heard())};
      if (hello.reader.empty() || hello.reader.size() > kMaxName || !take(said.hello().positions(), hello.positions)) return std::nullopt;
      return hello;
    }
    case v1::ReplayRequest::kAck: {
      AckRequest ack{said.ack().reader(), {}, {}, token_of(said.ack().own()), token_of(said.ack().heard())};
      if (ack.reader.empty() || ack.reader.size() > kMaxName || !take(said.ack().applied(), ack.applied) ||
          !take(said.ack().snapshotted(), ack.snapshotted))
        return std::nullopt;
      return ack;
    }
    case v1::ReplayRequest::kGet: {
      const v1::Get& get = said.get();
      if (!valid(get.stream(), get.partition()) || get.from_sequence() == 0) return std::nullopt;
      return GetFrom{{static_cast<Stream>(get.stream()), static_cast<Partition>(get.partition()), {get.epoch(), get.from_sequence()}},
                     get.max_count(),
                     get.max_bytes()};
    }
    case v1::ReplayRequest::REQUEST_NOT_SET: break;
  }
  return std::nullopt;
}

Bytes encode_chunk(const Name& first, const std::vector<Bytes>& events) {
  const std::vector<ByteView> views(events.begin(), events.end());
  return encode_chunk(first, std::span{views});
}

/// A field in a field in a field: sizes first, so that every byte is written once, where it stays.
Bytes encode_chunk(const Name& first, std::span<const ByteView> events) {
  RunWriter head;
  head.start(first);
  std::byte tag[10];
  const auto tag_size =
      static_cast<std::size_t>(protobuf_wire::put_varint((std::uint64_t{10} + static_cast<unsigned>(first.stream)) << 3 | 2U, tag) - tag);
  std::size_t run = head.bytes().size();
  for (const ByteView event : events) run += tag_size + protobuf_wire::varint_size(event.size()) + event.size();
  const std::size_t chunk = 1 + protobuf_wire::varint_size(run) + run;
  Bytes out(1 + protobuf_wire::varint_size(chunk) + chunk);
  std::byte* at = out.data();
  *at++ = std::byte{kChunkOfReply};
  at = protobuf_wire::put_varint(chunk, at);
  *at++ = std::byte{kRunOfChunk};
  at = protobuf_wire::put_varint(run, at);
  at = std::ranges::copy(head.bytes(), at).out;
  for (const ByteView event : events) {
    at = std::copy_n(tag, tag_size, at);
    at = protobuf_wire::put_varint(event.size(), at);
    at = std::ranges::copy(event, at).out;
  }
  TM_INVARIANT(at == out.data() + out.size(), "a chunk is as long as its parts");
  return out;
}

bool ReplyParser::parse(ByteView bytes) {
  if (!bytes.empty() && bytes[0] == std::byte{kChunkOfReply}) {
    const auto chunk = only_field(kChunkOfReply, bytes);
    const auto run = chunk ? only_field(kRunOfChunk, *chunk) : std::nullopt;
    if (!run || !run_.parse(*run)) return false;
    reply_ = ChunkReply{run_.run().first, run_.run().payloads};
    return true;
  }
  if (!bytes.empty() && bytes[0] == std::byte{kTrimmedOfReply}) return parse_trimmed(bytes);
  v1::ReplayReply said;
  if (!parse_message(bytes, said)) return false;
  switch (said.reply_case()) {
    case v1::ReplayReply::kWelcome: {
      auto welcome = welcome_of(said.welcome());
      if (!welcome) return false;
      reply_ = std::move(*welcome);
      return true;
    }
    case v1::ReplayReply::kFault: reply_ = FaultReply{said.fault().message(), token_of(said.fault().newer())}; return true;
    case v1::ReplayReply::kTrimmed:
    case v1::ReplayReply::kChunk:
    case v1::ReplayReply::REPLY_NOT_SET: break;
  }
  return false;
}

bool ReplyParser::parse_trimmed(ByteView bytes) {
  using protobuf_wire::Type;
  const auto body = only_field(kTrimmedOfReply, bytes);
  if (!body) return false;
  std::uint64_t stream = 0, partition = 0;
  TrimmedReply trimmed;
  protobuf_wire::Walk walk{*body};
  for (protobuf_wire::Field f; walk.next(f);) {
    if (f.id == 1 && f.type == Type::varint) stream = f.number;
    if (f.id == 2 && f.type == Type::varint) partition = f.number;
    if (f.id == 3 && f.type == Type::fixed64) trimmed.first_held.epoch = f.number;
    if (f.id == 4 && f.type == Type::varint) trimmed.first_held.sequence = f.number;
    if (f.id != 5) continue;
    if (f.type != Type::length || !trimmed.keyframe.empty() || !keyframe_.parse(f.bytes)) return false;
    trimmed.keyframe = keyframe_.runs();
  }
  if (!walk.ok() || stream == 0 || stream >= kStreams || partition >= kPartitions) return false;
  trimmed.stream = static_cast<Stream>(stream);
  trimmed.partition = static_cast<Partition>(partition);
  reply_ = trimmed;
  return true;
}

}  // namespace tickmesh
