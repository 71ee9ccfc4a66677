#include "store/projections/api_projection.hpp"

namespace tickmesh {

using enum SqlType;

ApiProjection::ApiProjection()
    : audit_{batch("api_gateway.audit_log", {{"id", text},
                                             {"verb", text},
                                             {"symbol", text},
                                             {"quantity", numeric},
                                             {"limit_price", numeric},
                                             {"stop", numeric},
                                             {"target", numeric},
                                             {"client_order_id", text},
                                             {"hard", boolean},
                                             {"issuer", text},
                                             {"note", text},
                                             {"valid_until", timestamptz}})} {}

void ApiProjection::add(const Name& name, const Event& event) {
  if (const auto* e = std::get_if<Command>(&event))
    audit_.row(name, e->header, e->id, to_string(e->verb), e->symbol, unless_zero(e->quantity), unless_zero(e->limit), unless_zero(e->stop),
               unless_zero(e->target), e->client_order_id, e->hard, e->issuer, e->note, e->valid_until);
}

std::vector<Projection::Table> ApiProjection::tables() const { return {{"audit_log", Stream::control}}; }

}  // namespace tickmesh
