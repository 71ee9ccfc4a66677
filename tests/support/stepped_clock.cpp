// Loaded before a program's libraries (LD_PRELOAD): its UTC is the kernel's plus the nanoseconds in the file that TICKMESH_STEPPED_CLOCK
// names, as they are at that moment. Monotonic clocks are left alone, as they are when an administrator sets the time.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace {

const volatile std::int64_t* offset() {
  static const volatile std::int64_t* const mapped = [] {
    const char* path = std::getenv("TICKMESH_STEPPED_CLOCK");
    const int fd = path != nullptr ? ::open(path, O_RDONLY | O_CLOEXEC) : -1;
    void* at = fd >= 0 ? ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (fd >= 0) ::close(fd);
    return at == MAP_FAILED ? nullptr : static_cast<const volatile std::int64_t*>(at);
  }();
  return mapped;
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* out) noexcept {
  const long failed = ::syscall(SYS_clock_gettime, clock, out);
  if (failed != 0 || clock != CLOCK_REALTIME || offset() == nullptr) return static_cast<int>(failed);
  constexpr std::int64_t second = 1'000'000'000;
  const std::int64_t ns = std::int64_t{out->tv_sec} * second + out->tv_nsec + *offset();
  out->tv_sec = ns / second;
  out->tv_nsec = ns % second;
  return 0;
}
