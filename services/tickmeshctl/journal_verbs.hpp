// `journal ls|verify|dump|skip` and `tail`: read the journals' files, whoever runs or does not.
#pragma once
#include <string>

#include "service/config.hpp"

namespace tickmesh::ctl {

int journal_ls(const Config& config, bool json);
/// `instance` empty: all. Exit 1 when one is corrupt.
int journal_verify(const Config& config, const std::string& instance, bool json);
struct DumpOptions {
  std::string instance;
  std::string from;        ///< record's Lsn, empty: the first
  std::uint64_t limit{0};  ///< records at most, 0: all
  bool json{false};
};
int journal_dump(const Config& config, const DumpOptions& options);
/// Leaves a person's word that the input at `at` ("18432.0") is never applied again; `yes` false: only says what that would be.
int journal_skip(const Config& config, const std::string& instance, const std::string& at, bool yes, bool json);
struct TailOptions {
  std::string stream;
  std::string symbol;          ///< empty: all
  std::string from{"latest"};  ///< earliest, latest, or an ISO time
  std::uint64_t count{0};      ///< stop after so many, 0: never
  bool follow{true};
  bool json{false};
};
int tail(const Config& config, const TailOptions& options);

}  // namespace tickmesh::ctl
