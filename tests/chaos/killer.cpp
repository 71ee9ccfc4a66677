#include "chaos/killer.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <signal.h>

#include <algorithm>
#include <thread>

namespace tickmesh::chaos {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// intent, position, order, control
bool is_of_orders(std::uint8_t stream) { return stream == 8 || stream == 9 || stream == 13 || stream == 15; }

}  // namespace

/// Half of them where the orders are.
std::string Killer::any_service() {
  if (below(4) == 0) return "broker_gateway";
  if (below(4) == 0) return "position_manager";
  const auto names = mesh_.names();
  return names[below(names.size())];
}

std::string Killer::state(const std::string& service) const {
  const auto body = mesh_.get(service, "/readyz");
  if (!body) return "starting";
  if (body->find("\"ready\":true") != std::string::npos) return "live";
  return body->find("\"starting\"") != std::string::npos ? "recovering" : "healing";
}

void Killer::pause_for(std::uint64_t ms) const { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

void Killer::kill(const std::string& service, const std::string& how) {
  const auto doing = state(service);
  mesh_.kill(service, SIGKILL);
  kills_.push_back({service, doing, JournalTail(mesh_.journal(service)).last(), how});
}

/// Returns the words for what was waited for. The wait has a limit, since a service may have nothing to write.
std::string Killer::wait_for_moment(const std::string& service) {
  const bool trades = service == "broker_gateway" || service == "position_manager" || service == "api_gateway";
  const auto kind = below(trades ? 6 : 4);
  if (kind == 0) {
    pause_for(below(1'200));
    return "after a pause";
  }
  const bool of_orders = kind >= 4;
  const auto wanted = kind == 1 ? Written::nothing : kind == 2 || kind == 4 ? Written::taken : Written::said;
  const auto nth = 1 + below(of_orders ? 4 : 40);
  JournalTail tail{mesh_.journal(service)};
  const auto deadline = Clock::now() + 3s;
  for (std::uint64_t seen = 0; seen < nth;) {
    const auto record = tail.next();
    if (record && (wanted == Written::nothing || record->type == wanted) && (!of_orders || is_of_orders(record->stream))) ++seen;
    if (Clock::now() > deadline) return "after a wait in vain";
  }
  if (wanted == Written::nothing) return "at a record";
  return fmt::format("at a record `{}`{}", to_string(wanted), of_orders ? " of an order" : "");
}

unsigned Killer::strike(unsigned most) {
  const unsigned before = kills();
  const auto service = any_service();
  std::vector<std::string> down{service};
  const auto how = wait_for_moment(service);
  const auto shape = below(10);
  if (shape < 2 && most >= 2) {  // two at once
    std::string other = any_service();
    while (other == service) other = any_service();
    const auto doing = state(service), others = state(other);
    // Both signals go out before either end is waited for.
    mesh_.kill(other, SIGSTOP);
    mesh_.kill(service, SIGKILL);
    mesh_.kill(other, SIGKILL);
    for (const auto& [name, was] : {std::pair{service, doing}, std::pair{other, others}})
      kills_.push_back({name, was, JournalTail(mesh_.journal(name)).last(), "two at once"});
    down.push_back(other);
  } else {
    kill(service, how);
  }
  if (below(2) == 0) pause_for(below(1'500));
  for (const auto& name : down) mesh_.start(name);
  if (shape >= 2 && shape < 5)  // the same one again and again while it recovers
    for (auto again = 1 + below(2); again > 0 && kills() - before < most; --again) {
      pause_for(below(120));
      kill(service, "again in recovery");
      mesh_.start(service);
    }
  return kills() - before;
}

void Killer::print(std::ostream& out) const {
  const auto table = [&](const char* title, auto&& key) {
    std::map<std::string, unsigned> counts;
    for (const Kill& k : kills_) ++counts[key(k)];
    out << title << '\n';
    for (const auto& [name, n] : counts) fmt::print(out, "  {:24} {:>5}\n", name, n);
  };
  fmt::print(out, "{} kills\n", kills());
  table("by service", [](const Kill& k) { return k.service; });
  table("by what it was doing", [](const Kill& k) { return k.state; });
  table("by what it had last written",
        [](const Kill& k) { return k.written == Written::taken ? std::string("taken, nothing said yet") : to_string(k.written); });
  table("by moment chosen", [](const Kill& k) { return k.how; });
}

}  // namespace tickmesh::chaos
