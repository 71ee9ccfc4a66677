// The halt file: `tickmeshctl halt` writes it first, so that a halt works with api_gateway away.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/events.hpp"

namespace tickmesh {

class HaltFile {
 public:
  explicit HaltFile(std::string run_dir) : path_{std::move(run_dir) + "/halt"} {}
  /// Looks at most every 250 ms; a file that appeared or changed becomes a halt command, given as a local Request.
  void look(std::int64_t monotonic_ns, std::vector<Event>& out);

 private:
  std::string path_;
  std::string told_;
  std::int64_t next_look_{0};
};

}  // namespace tickmesh
