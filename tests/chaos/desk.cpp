#include "chaos/desk.hpp"

namespace tickmesh::chaos {

void Desk::act() {
  if (mesh_.reap_background() > 12) return;
  struct Listed {
    const char* symbol;
    const char* far_below;
  };
  // 3 % below where the demo market starts: inside the gateway's collar, and not to be filled soon.
  static constexpr Listed resting[] = {{"AAPL", "195.24"}, {"AMZN", "179.83"}, {"DIA", "408.46"}};
  static constexpr const char* traded[] = {"GOOGL", "MSFT", "NVDA", "META", "QQQ", "SPY", "TSLA", "IWM", "XLE", "XLF", "TLT"};
  const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random_() % n); };
  const auto what = pick(10);
  if (what == 0) return mesh_.background("tickmeshctl", {"resume"});
  if (what == 1) return mesh_.background("tickmeshctl", {"cancel", "--all"});
  if (what < 4) {
    const auto& rest = resting[pick(std::size(resting))];
    if (turn(rest.symbol)) return mesh_.background("tickmeshctl", {"open", rest.symbol, "5", "--limit", rest.far_below});
    return mesh_.background("tickmeshctl", {"close", rest.symbol});
  }
  const std::string symbol = traded[pick(std::size(traded))];
  if (turn(symbol)) return mesh_.background("tickmeshctl", {"open", symbol, what < 6 ? "-10" : "10"});
  mesh_.background("tickmeshctl", {"close", symbol});
}

}  // namespace tickmesh::chaos
