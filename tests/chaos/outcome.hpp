// What the tests of real faults look at while a fault lasts and when all is over.
#pragma once
#include <gtest/gtest.h>

#include <string>

#include "chaos/auditor/events.hpp"
#include "support/mesh.hpp"

namespace tickmesh::chaos {

/// Everything at rest and stopped in order; the auditor has no findings and each hash comes out again. Prints both verdicts.
void expect_clean_end(TestMesh& mesh);

/// A mesh that trades much: 400 ticks a second, entries on weak signals, no rest between them.
TestMesh::Settings lively(TestMesh::Settings more = {});

/// Whether /readyz of `service` names `reason`.
bool says(const TestMesh& mesh, const std::string& service, const std::string& reason);
/// Whether the service's risk state becomes ACTIVE, REDUCING, HALTED (1, 2, 3) in time.
bool becomes(const TestMesh& mesh, const std::string& service, double risk_state,
             std::chrono::milliseconds limit = std::chrono::seconds{15});
/// Whether a command ends with 0 before the limit; asked again and again.
bool works(TestMesh& mesh, const std::vector<std::string>& command, std::chrono::milliseconds limit = std::chrono::seconds{30});
bool holds(TestMesh& mesh, const std::string& symbol);  ///< an open position of it
std::uint64_t rows(TestMesh& mesh, const std::string& table);
/// `healed` and `lost` of /status, 0 while it does not answer.
std::uint64_t healed(const TestMesh& mesh, const std::string& service);
std::uint64_t lost(const TestMesh& mesh, const std::string& service);

}  // namespace tickmesh::chaos
