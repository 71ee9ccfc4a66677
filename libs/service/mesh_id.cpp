#include "service/mesh_id.hpp"

#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

namespace tickmesh {

Result<MeshId> mesh_id(const Config& config) {
  const std::string path = config.text("mesh.id_file");
  const auto failed = [&](const std::string& why) {
    return std::unexpected(Error{"disk", "mesh.id_file", "can be read and, once, written", path + ": " + why});
  };
  if (!std::filesystem::exists(path)) {
    std::uint64_t random = 0;
    if (::getrandom(&random, sizeof random, 0) != sizeof random) return failed("the kernel gives no random number");
    const std::string draft = fmt::format("{}.{}.new", path, ::getpid());
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::absolute(path).parent_path(), ignored);
    std::ofstream{draft} << fmt::format("{:016x}\n", random);
    // Never over another's: of several that start at once one is the first.
    const bool linked = ::link(draft.c_str(), path.c_str()) == 0;
    const int code = errno;
    ::unlink(draft.c_str());
    if (!linked && code != EEXIST) return failed(std::strerror(code));
  }
  MeshId mesh{{}, config.text("mesh.instance")};
  std::ifstream{path} >> mesh.id;
  if (mesh.id.empty()) return failed("it is empty");
  return mesh;
}

}  // namespace tickmesh
