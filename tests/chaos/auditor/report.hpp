// What was checked and what was found, by kind.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

namespace auditor {

class Report {
 public:
  /// Counts a check of this kind; `text()` is the finding when it does not hold.
  template <class Text>
  bool expect(bool holds, const std::string& kind, Text&& text) {
    Kind& k = kinds_[kind];
    ++k.checks;
    if (!holds) note(k, text());
    return holds;
  }
  void counted(const std::string& kind, std::uint64_t n) { kinds_[kind].checks += n; }
  /// A figure that is shown beside the checks.
  void figure(const std::string& what, std::uint64_t n) { figures_[what] = n; }
  std::uint64_t figure(const std::string& what) const {
    const auto it = figures_.find(what);
    return it == figures_.end() ? 0 : it->second;
  }

  std::uint64_t checks() const;
  std::uint64_t findings() const;
  std::uint64_t findings(const std::string& kind) const;
  std::uint64_t checks(const std::string& kind) const;
  /// Counts by kind, the first findings of each, and `audit: N checks, M findings`.
  void print(std::ostream& out) const;

 private:
  static constexpr std::size_t kShown = 20;
  struct Kind {
    std::uint64_t checks{0};
    std::uint64_t findings{0};
    std::vector<std::string> shown;
  };
  static void note(Kind& kind, std::string text) {
    ++kind.findings;
    if (kind.shown.size() < kShown) kind.shown.push_back(std::move(text));
  }
  std::map<std::string, Kind> kinds_;
  std::map<std::string, std::uint64_t> figures_;
};

}  // namespace auditor
