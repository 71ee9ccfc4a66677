// The stretch of network between a publisher and one reader, as a test can break it: both TCP ports of a publisher's endpoint, forwarded.
#pragma once
#include <cstdint>
#include <memory>

namespace tickmesh {

class CuttingProxy {
 public:
  enum class Fault : std::uint8_t {
    none,
    cut,       ///< connections are reset, new ones refused
    stall,     ///< bytes wait on their way and go on when it is over, as packets that are sent again do
    swallow,   ///< bytes are taken and lost, and nobody is told; what lost some is reset when it is over: its state is gone
    delay,     ///< `amount` ms each way
    throttle,  ///< `amount` bytes a second each way and connection
    corrupt,   ///< one bit in every `amount` bytes that the publisher says
  };

  /// Forwards two neighbouring ports of its own to 127.0.0.1:`target_port` and the port after it. Throws std::runtime_error.
  explicit CuttingProxy(unsigned target_port);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  unsigned port() const;  ///< the first of the two
  void set(Fault fault, std::uint64_t amount = 0);
  void heal() { set(Fault::none); }

  struct Counts {
    std::uint64_t connections{0};
    std::uint64_t forwarded{0};  ///< bytes
    std::uint64_t lost{0};       ///< bytes
    std::uint64_t corrupted{0};  ///< bits
    std::uint64_t reset{0};      ///< connections, by a fault
  };
  Counts counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};
const char* to_string(CuttingProxy::Fault fault);

}  // namespace tickmesh
