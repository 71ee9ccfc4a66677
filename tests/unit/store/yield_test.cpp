#include "store/yield.hpp"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store/session.hpp"
#include "unit/store/world.hpp"

namespace tickmesh::test {
namespace {

class YieldTest : public WithDatabase {};

TEST_F(YieldTest, TheServersProcessOfOneSessionYieldsAndNoOther) {
  const auto yielding = must(Session::open(dsn("tick_ingestor"), "yielding")), other = must(Session::open(dsn("tick_ingestor"), "other"));
  const auto priority = [](Session& of) {
    return ::getpriority(PRIO_PROCESS, static_cast<id_t>(of.exec("select pg_backend_pid()").number(0, 0)));
  };
  const int before = priority(*yielding);
  ASSERT_TRUE(yielding->yield());
  EXPECT_EQ(priority(*yielding), 10);
  EXPECT_EQ(priority(*other), before);
}

TEST(Yield, AProcessThatTheSocketsOtherEndDidNotStartIsLeftAlone) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  const int before = ::getpriority(PRIO_PROCESS, 0);
  EXPECT_FALSE(yield_server(pair[0], ::getpid()));
  EXPECT_FALSE(yield_server(pair[0], 0));
  EXPECT_FALSE(yield_server(-1, ::getpid()));
  EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), before);
  ::close(pair[0]), ::close(pair[1]);
}

}  // namespace
}  // namespace tickmesh::test
