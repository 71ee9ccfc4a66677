// The checks, each a function over what was read. None changes anything.
#pragma once
#include "database.hpp"
#include "events.hpp"
#include "ledger.hpp"
#include "report.hpp"

namespace auditor {

/// Every reader took every event of a stream once, in order and without a hole; copies are the publisher's own bytes.
void check_taken(const MeshData& mesh, Report& report);
/// Every event has the row it should, with its values, and no table holds a row of no event.
void check_tables(const MeshData& mesh, Database& database, Report& report);
/// Intents are answered, orders live as orders may, and the venue agrees.
void check_orders(const MeshData& mesh, const Ledger& ledger, Report& report);
/// Positions and P&L are the sum of the fills: in the events, in the tables and by the venue.
void check_positions(const MeshData& mesh, const Ledger& ledger, Database& database, Report& report);
/// What was said follows from something that was said before it; commands are answered at most once by each who must.
void check_causes(const MeshData& mesh, Report& report);

struct Sources {
  std::string journals, ledger, dsn;
};
/// All of them. Throws std::runtime_error when a source cannot be read at all.
Report audit(const Sources& sources);

}  // namespace auditor
