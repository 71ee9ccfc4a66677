// What processes have used, from /proc.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tickmesh::bench {

/// Nanoseconds of processor time since the process began, all its threads; 0 when it is gone. Exact to a clock tick (10 ms).
std::int64_t cpu_ns(pid_t pid);
/// Of one thread of it by its id.
std::int64_t thread_cpu_ns(pid_t pid, pid_t thread);
/// Bytes in memory, what is shared divided among those who share it.
std::uint64_t memory_bytes(pid_t pid);
/// The process whose command line has both texts, and its children: a PostgreSQL server by its program and folder.
std::vector<pid_t> family_of(const std::string& program, const std::string& argument);

}  // namespace tickmesh::bench
