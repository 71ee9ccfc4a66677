#include "service/scheduling.hpp"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace tickmesh {
namespace {

/// As sched_setattr(2) has it; the C library's headers do not yet.
struct SchedulingAttributes {
  std::uint32_t size{sizeof(SchedulingAttributes)};
  std::uint32_t policy{SCHED_OTHER};
  std::uint64_t flags{0};
  std::int32_t nice{0};
  std::uint32_t priority{0};
  std::uint64_t runtime_ns{0}, deadline_ns{0}, period_ns{0};
};

/// Else whoever started us has said how we are to be run.
bool is_ordinary() { return ::sched_getscheduler(0) == SCHED_OTHER; }

}  // namespace

void run_promptly() {
  ::prctl(PR_SET_TIMERSLACK, 1);
  if (!is_ordinary()) return;
  // Since Linux 6.12 the turn an ordinary thread asks for; who asks for a shorter one goes before who asks for a longer one. Older
  // kernels, and sandboxes that forbid the call, run us as they run others.
  SchedulingAttributes attributes;
  attributes.nice = ::nice(0);
  attributes.runtime_ns = 100'000;
  ::syscall(SYS_sched_setattr, 0, &attributes, 0U);
}

void run_patiently() {
  if (!is_ordinary()) return;
  const sched_param none{};
  ::sched_setscheduler(0, SCHED_BATCH, &none);
}

}  // namespace tickmesh
