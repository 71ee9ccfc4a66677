// The book that LOBSTER publishes beside its messages: a line an event, the levels as that event left them. Read as depth.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/events.hpp"
#include "service/zones.hpp"
#include "tick_ingestor/feeds/replay/archive.hpp"

namespace tickmesh::replay {

class LobsterBook {
 public:
  enum class Told : std::uint8_t { nothing, change, bad };
  /// `day`: what is numbered on one day comes after all of the days before.
  LobsterBook(std::string path, Date day) : path_{std::move(path)}, numbers_{static_cast<std::uint64_t>(day.days()) << 32} {}
  /// The line that belongs to the event in row `row`, from 1. `change`: `into` has kind, numbers and levels: at first, and where a side is
  /// empty or was, all of them, else what changed since the line before. `bad`: no such line, and `rule` says why.
  Told next(std::uint64_t row, DepthUpdate& into, const char*& rule);

 private:
  using Levels = std::vector<DepthLevel>;
  bool line(std::string& into);
  static bool parse(std::string_view text, Levels& bids, Levels& asks);

  std::string path_;
  std::uint64_t numbers_;
  std::unique_ptr<Archive> archive_;
  bool over_{false};
  std::vector<char> text_;
  std::size_t begin_{0}, end_{0};  // of what is not read yet, in text_
  std::string line_;
  std::uint64_t last_{0};  // number said last; 0: none
  Levels bids_, asks_, new_bids_, new_asks_;
};

}  // namespace tickmesh::replay
