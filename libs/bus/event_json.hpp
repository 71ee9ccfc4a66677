// An event as JSON for people: protobuf's own mapping, names as in the .proto files.
#pragma once
#include <string>

#include "bus/codec.hpp"

namespace tickmesh {

/// One line. 64-bit integers are texts there, as protobuf's JSON has them.
std::string event_json(const ProtoCodec& codec, const Event& event);

}  // namespace tickmesh
