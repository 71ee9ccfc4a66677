// What a tail names, asked from its publishers.
#pragma once
#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "bus/bus.hpp"
#include "runner/runner.hpp"
#include "service/host.hpp"

namespace tickmesh {

/// Asks the publishers for what the tail names, and waits for them: without its inputs a core cannot say where it stands. Until all is
/// there the host turns and its status says who is waited for. Errors: "corrupt", a stream that the service does not read; "trimmed";
/// "unreachable", when the service is stopped meanwhile.
class LiveReferences final : public ReferenceSource {
 public:
  explicit LiveReferences(Host& host);
  Result<void> fetch(const Name& first, std::uint32_t count, std::vector<ByteView>& out) override;

 private:
  using Past = std::shared_ptr<ReplayAhead>;

  void turn();
  /// The publisher is away, or has not released this yet.
  Result<void> wait(const std::string& owner, const Name& at);
  Past shared(const std::string& owner);

  Host& host_;
  std::map<Stream, std::string> publisher_of_;
  std::map<std::string, Past> by_owner_;
  std::array<Past, kStreams> pasts_;
  std::size_t unturned_{0};
};

}  // namespace tickmesh
