// A recorded day of four stocks, where the folder of recorded data lies beside the project; its rows are left out where it does not.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "bench/harness/processes.hpp"

namespace tickmesh::bench {

/// AIG, BAC, IBM (trades, quotes) and SPY (trades) of 2013-10-07, linked into a folder of their own.
class RecordedDay {
 public:
  static std::string source() { return std::string(TICKMESH_SOURCE_DIR) + "/../shared/data/lean/equity/usa/tick"; }
  static bool there() { return std::filesystem::exists(source()); }
  RecordedDay() {
    namespace fs = std::filesystem;
    for (const char* symbol : {"aig", "bac", "ibm", "spy"}) {
      fs::create_directories(folder() + '/' + symbol);
      for (const char* file : {"20131007_quote.zip", "20131007_trade.zip"})
        if (const auto from = source() + '/' + symbol + '/' + file; fs::exists(from))
          fs::create_symlink(fs::canonical(from), folder() + '/' + symbol + '/' + file);
    }
  }
  std::string folder() const { return dir_.path() + "/equity/usa/tick"; }
  const std::string& scratch() const { return dir_.path(); }

 private:
  ScratchDir dir_;
};

}  // namespace tickmesh::bench
