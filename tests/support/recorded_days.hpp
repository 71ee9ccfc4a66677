// Small days of recorded data, hand-made by rule: two New York stocks and a currency pair in LEAN's layouts, and a CSV of trades.
#pragma once
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

namespace tickmesh::testing {

/// `minutes` from 09:30 New York on 2013-10-07 (13:30 UTC); prices that wander about a mean. The same every time.
inline void make_recorded_days(const std::string& root, int minutes) {
  const auto put = [&](const std::string& name, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path{root + '/' + name}.parent_path());
    std::ofstream{root + '/' + name, std::ios::binary} << text;
  };
  std::mt19937 random{7};  // its numbers are the standard's
  const auto below = [&](unsigned n) { return static_cast<int>(random() % n); };
  const int end = 34'200'000 + minutes * 60'000;
  for (const char* symbol : {"aig", "bac"}) {
    std::string quotes, trades;
    int mid = 491'800, t = 34'200'000;
    while (t < end) {
      mid += (491'800 - mid) / 60 + (below(5) - 2) * 100;
      mid -= mid % 100;
      const std::string at = std::to_string(t);
      quotes += at + ',' + std::to_string(mid) + ',' + std::to_string(100 * (1 + below(9))) + ",0,0,P,1,0\n";
      quotes += at + ",0,0," + std::to_string(mid + 100) + ',' + std::to_string(100 * (1 + below(9))) + ",Q,1,0\n";
      if (below(3) == 0) trades += at + ',' + std::to_string(mid + 100 * below(2)) + ',' + std::to_string(1 + below(300)) + ",P,0,0\n";
      if (below(200) == 0) trades += at + ",9900000,100,P,0,1\n";  // suspicious
      if (below(300) == 0) trades += "broken,row\n";
      t += below(400);
    }
    put(std::string("lean/equity/usa/tick/") + symbol + "/20131007_quote.csv", quotes);
    put(std::string("lean/equity/usa/tick/") + symbol + "/20131007_trade.csv", trades);
  }
  std::string pair;
  for (int t = 30'600'000; t < 30'600'000 + minutes * 60'000; t += 1 + below(900)) {
    const int bid = 138'833 + below(9) - 4;
    pair += std::to_string(t) + ",1." + std::to_string(bid - 100'000) + ",1." + std::to_string(bid - 100'000 + below(4) - 1) + '\n';
  }
  put("lean/forex/fxcm/tick/eurusd/20131007_quote.csv", pair);
  std::string coins = "when,last,qty\n";
  for (int s = 0; s < minutes * 60; s += 1 + below(5))
    coins += std::to_string(1'381'152'600 + s) + ",12" + std::to_string(below(9)) + ".5,0." + std::to_string(1 + below(9)) + '\n';
  put("coins/btcusd.csv", coins);
  put("coins/columns.toml",
      "time = \"when\"\nformat = \"s\"\nsymbol = \"<file name>\"\nprice = \"last\"\nsize = \"qty\"\nvenue = \"COINS\"\n");
}

}  // namespace tickmesh::testing
