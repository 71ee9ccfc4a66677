#include "checks.hpp"

namespace auditor {

Report audit(const Sources& sources) {
  Report report;
  const MeshData mesh{sources.journals, report};
  for (unsigned s = 1; s < kStreams; ++s)
    if (const auto n = mesh.said(static_cast<Stream>(s)).size(); n > 0) report.figure(std::string("said ") + kStreamNames[s], n);
  const Ledger ledger{sources.ledger, report};
  Database database{sources.dsn};
  check_taken(mesh, report);
  check_orders(mesh, ledger, report);
  check_causes(mesh, report);
  check_positions(mesh, ledger, database, report);
  check_tables(mesh, database, report);
  return report;
}

}  // namespace auditor
