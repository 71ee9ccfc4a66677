// Benchmarks between processes: forked from a parent without threads, talking through shared memory outside of what is timed.
#pragma once
#include <sys/mman.h>
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <new>
#include <string>
#include <type_traits>
#include <vector>

namespace tickmesh::bench {

/// A T that this process and those it forks later share. All zero at first.
template <class T>
class Shared {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  explicit Shared(std::size_t count = 1) : bytes_{sizeof(T) * count} {
    void* at = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    at_ = static_cast<T*>(at);
  }
  ~Shared() { ::munmap(at_, bytes_); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  T* operator->() const { return at_; }
  T& operator*() const { return *at_; }
  T& operator[](std::size_t i) const { return at_[i]; }
  T* get() const { return at_; }

 private:
  std::size_t bytes_;
  T* at_;
};

/// Processes that do one piece of work each. They die with their parent, and a failed one fails the benchmark.
class Crew {
 public:
  Crew() = default;
  ~Crew();  ///< kills who is left
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  /// Forks. What `work` throws is printed and ends the process with 1.
  void start(const std::string& name, const std::function<void()>& work);
  /// Waits until all have ended well. Throws std::runtime_error when one has not, or not in time.
  void join(std::chrono::seconds limit = std::chrono::seconds{120});

 private:
  struct Member {
    std::string name;
    pid_t pid;
  };
  std::vector<Member> members_;
};

/// Runs `work` in a process of its own and returns what it filled in.
std::vector<double> in_child(const std::string& name, const std::function<std::vector<double>()>& work);

/// Waits, asleep between looks, until `holds`; throws std::runtime_error naming `what` when it never does.
void wait_for(const std::string& what, const std::function<bool()>& holds, std::chrono::seconds limit = std::chrono::seconds{60});

/// A folder that goes with the object; short, since a socket's path ends at 107 bytes.
class ScratchDir {
 public:
  explicit ScratchDir(const std::string& parent = "/tmp");
  ~ScratchDir();
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + '/' + name; }

 private:
  std::string path_;
  pid_t owner_;
};

}  // namespace tickmesh::bench
