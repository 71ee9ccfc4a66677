#include "report.hpp"

#include <iomanip>
#include <ostream>

namespace auditor {

std::uint64_t Report::checks() const {
  std::uint64_t n = 0;
  for (const auto& [name, k] : kinds_) n += k.checks;
  return n;
}
std::uint64_t Report::findings() const {
  std::uint64_t n = 0;
  for (const auto& [name, k] : kinds_) n += k.findings;
  return n;
}
std::uint64_t Report::findings(const std::string& kind) const {
  const auto it = kinds_.find(kind);
  return it == kinds_.end() ? 0 : it->second.findings;
}
std::uint64_t Report::checks(const std::string& kind) const {
  const auto it = kinds_.find(kind);
  return it == kinds_.end() ? 0 : it->second.checks;
}

void Report::print(std::ostream& out) const {
  for (const auto& [what, n] : figures_) out << "  " << std::left << std::setw(36) << what << std::right << std::setw(12) << n << '\n';
  for (const auto& [name, k] : kinds_) {
    out << "  " << std::left << std::setw(36) << name << std::right << std::setw(12) << k.checks << " checks, " << k.findings
        << " findings\n";
    for (const auto& text : k.shown) out << "      " << text << '\n';
    if (k.findings > k.shown.size()) out << "      … and " << k.findings - k.shown.size() << " more\n";
  }
  out << "audit: " << checks() << " checks, " << findings() << " findings" << std::endl;
}

}  // namespace auditor
