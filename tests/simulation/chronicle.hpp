// Everything that was ever said in a run and heard by anyone, by name: what a name stood for once it stands for ever.
#pragma once
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "core/core.hpp"
#include "runner/runner.hpp"

namespace tickmesh::simulation {

/// What a run broke, in words; the first few are enough.
class Verdict {
 public:
  void fail(std::string what) {
    if (problems_.size() < 20) problems_.push_back(std::move(what));
  }
  bool good() const { return problems_.empty(); }
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  std::vector<std::string> problems_;
};

class Chronicle final : public ReferenceSource {
 public:
  explicit Chronicle(Verdict& verdict) : verdict_{verdict} {}

  /// A name that stood for other bytes before is a failure.
  void heard(const Name& name, ByteView bytes, const char* where) {
    auto& said = lives_[{name.stream, name.partition, name.at.epoch}];
    if (said.size() < name.at.sequence) said.resize(name.at.sequence);
    Bytes& known = said[name.at.sequence - 1];
    if (known.empty())
      known.assign(bytes.begin(), bytes.end());
    else if (as_text(known) != as_text(bytes))
      verdict_.fail(std::string("the name ") + to_string(name) + " stands for two things (" + where + ")");
  }
  const Bytes* find(const Name& name) const {
    const auto it = lives_.find({name.stream, name.partition, name.at.epoch});
    if (it == lives_.end() || name.at.sequence == 0 || name.at.sequence > it->second.size()) return nullptr;
    const Bytes& bytes = it->second[name.at.sequence - 1];
    return bytes.empty() ? nullptr : &bytes;
  }
  Result<void> fetch(const Name& first, std::uint32_t count, std::vector<ByteView>& out) override {
    Name name = first;
    for (std::uint32_t i = 0; i < count; ++i, ++name.at.sequence) {
      const Bytes* bytes = find(name);
      if (bytes == nullptr) return std::unexpected(Error{"diverged", "journal", "what was taken was said", to_string(name)});
      out.emplace_back(*bytes);
    }
    return {};
  }
  using Lives = std::map<std::tuple<Stream, Partition, Epoch>, std::vector<Bytes>>;
  const Lives& lives() const { return lives_; }

 private:
  Verdict& verdict_;
  Lives lives_;
};

}  // namespace tickmesh::simulation
