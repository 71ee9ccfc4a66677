// libFuzzer's way into one target, named when this file is compiled.
#include "fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto* target = tickmesh::fuzz::find_target(TICKMESH_FUZZ_TARGET);
  target->run({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
