// Intents and fills as snapshot bytes, field by field in the order they are declared.
#pragma once
#include "core/bytes.hpp"
#include "core/events.hpp"

namespace tickmesh {

void put_intent(ByteWriter& out, const Intent& intent);
Intent get_intent(ByteReader& in);
void put_fill(ByteWriter& out, const Fill& fill);
Fill get_fill(ByteReader& in);

}  // namespace tickmesh
