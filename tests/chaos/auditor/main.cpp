// tickmesh-auditor: was anything lost, doubled or made up?
#include <iostream>
#include <map>

#include "checks.hpp"

namespace {

constexpr const char* kHelp =
    "tickmesh-auditor: reads what a stopped mesh left behind and says whether anything was lost, doubled or made up.\n\n"
    "Usage: tickmesh-auditor --journals DIR --ledger FILE --dsn DSN\n"
    "  --journals DIR   one folder an instance (journal.dir)\n"
    "  --ledger FILE    the paper venue's own record (venue.paper.ledger)\n"
    "  --dsn DSN        PostgreSQL, as a role that may read all tables\n\n"
    "Exit codes: 0 no finding, 1 findings, 2 usage, 3 a source cannot be read.\n\n"
    "Example:\n"
    "  tickmesh-auditor --journals var/journal --ledger var/venue/paper.ledger --dsn 'host=/run/pg dbname=tickmesh user=tm'\n";

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> given{{"--journals", ""}, {"--ledger", ""}, {"--dsn", ""}};
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--help" || word == "-h") {
      std::cout << kHelp;
      return 0;
    }
    const auto it = given.find(word);
    if (it == given.end() || i + 1 == argc) {
      std::cerr << "tickmesh-auditor: " << (it == given.end() ? "unknown argument '" : "no value for '") << word << "'\n" << kHelp;
      return 2;
    }
    it->second = argv[++i];
  }
  for (const auto& [key, value] : given)
    if (value.empty()) {
      std::cerr << "tickmesh-auditor: " << key << " is missing\n" << kHelp;
      return 2;
    }
  try {
    const auto report = auditor::audit({given["--journals"], given["--ledger"], given["--dsn"]});
    report.print(std::cout);
    return report.findings() == 0 ? 0 : 1;
  } catch (const std::exception& e) {
    std::cerr << "tickmesh-auditor: " << e.what() << '\n';
    return 3;
  }
}
