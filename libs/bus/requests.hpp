// What reader and publisher say to each other over DEALER and ROUTER, as structs: ReplayRequest and ReplayReply of bus.proto.
#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "bus/wire.hpp"
#include "core/core.hpp"
#include "journal/journal.hpp"

namespace tickmesh {

using Positions = std::map<std::pair<Stream, Partition>, Position>;

struct HelloRequest {
  std::string reader;
  Positions positions;  ///< the last applied of every stream it reads, {0,0}: none; empty: not a reader, only asks
  Token own{};          ///< of who asks; zero: not said
  Token heard{};        ///< the highest of the publisher it has heard
};
struct AckRequest {
  std::string reader;
  Positions applied;
  Positions snapshotted{};
  Token own{}, heard{};  ///< as in Hello
};
struct GetFrom {
  Name first{};
  std::uint32_t max_count{0};  ///< 0: as many as fit
  std::uint32_t max_bytes{0};  ///< 0: as the publisher likes
};
using AnyRequest = std::variant<HelloRequest, AckRequest, GetFrom>;

struct WelcomeReply {
  std::string service;
  std::uint32_t ordinal{0};
  Token token{};
  std::uint64_t config_hash{0};
  Outbox::Heads first{};  ///< still held; last + 1: none
  Outbox::Heads last{};
  std::vector<EndedStream> ended{};  ///< what is held of epochs that are over, oldest first
};
struct ChunkReply {
  Name first{};
  std::span<const ByteView> events;  ///< into the parsed bytes and the parser
};
struct TrimmedReply {
  Stream stream{Stream::local};
  Partition partition{0};
  Position first_held{};
  std::span<const RunView> keyframe{};  ///< last values from before it; into the parsed bytes and the parser
};
struct FaultReply {
  std::string message;
  Token newer{};  ///< somebody else reads under the asker's name, with this higher token; zero: it is about something else
};
using AnyReply = std::variant<WelcomeReply, ChunkReply, TrimmedReply, FaultReply>;

std::string encode(const HelloRequest& hello);
std::string encode(const AckRequest& ack);
std::string encode(const GetFrom& get);
std::string encode(const WelcomeReply& welcome);
Bytes encode(const TrimmedReply& trimmed);
std::string encode(const FaultReply& fault);
/// Canonical payloads go in as they are.
Bytes encode_chunk(const Name& first, std::span<const ByteView> events);
Bytes encode_chunk(const Name& first, const std::vector<Bytes>& events);

/// Nothing when the bytes are no request, or name a stream, partition or reader that cannot be.
std::optional<AnyRequest> parse_request(ByteView bytes);

/// Keeps its room from reply to reply; what it gives holds until the next parse or until the bytes are gone.
class ReplyParser {
 public:
  /// False when the bytes are no reply, or name a stream or partition that cannot be.
  bool parse(ByteView bytes);
  AnyReply& reply() { return reply_; }

 private:
  bool parse_trimmed(ByteView bytes);
  RunParser run_;
  BatchParser keyframe_;
  AnyReply reply_;
};

}  // namespace tickmesh
