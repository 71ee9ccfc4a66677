// Everything the journals of a mesh hold, by name.
#pragma once
#include <map>
#include <tuple>

#include "journal_file.hpp"
#include "report.hpp"

namespace auditor {

struct Event {
  Name name{};
  std::string_view bytes{};
};

struct Journal {
  std::string instance;  ///< "broker_gateway-0"
  std::unique_ptr<JournalFile> file;
};

class MeshData {
 public:
  /// Reads every folder below `dir`; damage is a finding of kind "journal", a name said out of turn one of "sequences".
  MeshData(const std::string& dir, Report& report);

  const std::vector<Journal>& journals() const { return journals_; }
  const Journal* journal(const std::string& service) const;
  /// What was said on a stream, in the order of its publisher's journal.
  const std::vector<Event>& said(Stream stream) const { return said_[stream]; }
  /// The bytes said under this name; no data when nothing was.
  std::string_view find(const Name& name) const;

 private:
  struct Run {
    std::uint64_t first{0};
    std::vector<std::string_view> events;
  };
  void read(const Journal& journal, Report& report);
  void add(const std::string& instance, const Said& said, Report& report);

  std::vector<Journal> journals_;
  std::array<std::vector<Event>, kStreams> said_;
  std::map<std::tuple<std::uint8_t, std::uint8_t, std::uint64_t>, Run> runs_;
};

}  // namespace auditor
