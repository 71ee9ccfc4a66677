#include "bus/event_json.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <memory>

namespace tickmesh {
namespace {

std::string message_of(Stream stream) {
  switch (stream) {
    case Stream::tick: return "Tick";
    case Stream::latest: return "Latest";
    case Stream::feed: return "FeedEvent";
    case Stream::bar: return "Bar";
    case Stream::metrics: return "Metrics";
    case Stream::signal: return "Signal";
    case Stream::intent: return "Intent";
    case Stream::position: return "PositionEvent";
    case Stream::account: return "AccountEvent";
    case Stream::risk: return "RiskEvent";
    case Stream::strategy: return "StrategyEvent";
    case Stream::order: return "OrderEvent";
    case Stream::venue: return "VenueEvent";
    case Stream::control: return "Command";
    case Stream::profile: return "ProfileEvent";
    case Stream::depth: return "DepthUpdate";
    case Stream::book: return "BookTop";
    case Stream::local: return "LocalInput";
  }
  return "LocalInput";
}

}  // namespace

std::string event_json(const ProtoCodec& codec, const Event& event) {
  namespace pb = google::protobuf;
  Bytes bytes;
  codec.encode(event, bytes);
  const auto* descriptor = pb::DescriptorPool::generated_pool()->FindMessageTypeByName("tickmesh.v1." + message_of(stream_of(event)));
  TM_INVARIANT(descriptor != nullptr, "every stream has a message");
  const std::unique_ptr<pb::Message> message{pb::MessageFactory::generated_factory()->GetPrototype(descriptor)->New()};
  std::string json;
  pb::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !pb::util::MessageToJsonString(*message, &json, options).ok())
    return "{}";
  return json;
}

}  // namespace tickmesh
