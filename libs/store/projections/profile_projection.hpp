// metrics_engine's profiles, market states and order flow as rows.
#pragma once
#include <vector>

#include "store/row_batch.hpp"

namespace tickmesh {

std::vector<RowBatch::Column> volume_profile_columns();
std::vector<RowBatch::Column> market_state_columns();
std::vector<RowBatch::Column> order_flow_columns();
/// A developing or completed profile is a row of `profiles`, a change of state one of `states`; what is said of a node alone is none.
void add_profile_rows(RowBatch& profiles, RowBatch& states, const Name& name, const ProfileEvent& event);
/// Of metrics that bear a closed bar, which names the shortest that closed: metrics say of bars the news alone.
void add_order_flow_row(RowBatch& flow, const Name& name, const Metrics& metrics);

}  // namespace tickmesh
