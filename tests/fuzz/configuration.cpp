// Files a person writes: the configuration, flags and environment, instruments.
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "fuzz/targets.hpp"
#include "service/config.hpp"

namespace tickmesh::fuzz {
namespace {

/// A file that is only in memory.
class File {
 public:
  explicit File(std::string_view text) : fd_{::memfd_create("fuzz", MFD_CLOEXEC)}, path_{"/proc/self/fd/" + std::to_string(fd_)} {
    promise(fd_ >= 0 && ::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()), "memory holds a file");
  }
  ~File() { ::close(fd_); }
  File(const File&) = delete;
  const std::string& path() const { return path_; }

 private:
  int fd_;
  std::string path_;
};

void refused_well(const Error& error) { promise(!to_string(error).empty(), "a refusal says why"); }

/// Whatever was taken can be asked for by its type.
void ask_everything(const Config& config) {
  for (const Key& key : config_keys()) switch (key.type) {
      case KeyType::integer: (void)config.integer(key.name), (void)config.ms(key.name); break;
      case KeyType::number: (void)config.number(key.name); break;
      case KeyType::boolean: (void)config.boolean(key.name); break;
      case KeyType::list: (void)config.list(key.name); break;
      case KeyType::choice:
        promise(("|" + std::string(key.choices) + "|").find("|" + config.text(key.name) + "|") != std::string::npos,
                "a choice is one of its words");
        break;
      case KeyType::text: (void)config.text(key.name); break;
    }
  (void)config.hash();
}

/// One byte: which kind of file; the rest is its text.
void run(ByteView input) {
  Feeder feed{input};
  const auto kind = feed.number(1) % 4;
  const std::string_view text = as_text(feed.rest());
  char* no_environment[] = {nullptr};
  if (kind == 0) {
    const File file{text};
    const auto config = Config::load(file.path(), {}, no_environment);
    config ? ask_everything(*config) : refused_well(config.error());
  } else if (kind == 1) {
    const File file{text};
    const auto listed = load_instruments(file.path());
    if (!listed) return refused_well(listed.error());
    for (const Instrument& i : listed->list()) promise(listed->find(i.symbol) == &i, "an instrument is found by its name");
  } else if (kind == 2) {
    const File file{text};
    const auto numbers = load_instrument_numbers(file.path(), "demo");
    if (!numbers) refused_well(numbers.error());
  } else {  // lines of key=value as flags, and once more as the environment has them
    Config::Overrides flags;
    std::vector<std::string> environment;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line) && flags.size() < 32;) {
      const auto equals = std::min(line.find('='), line.size());
      flags.emplace_back(line.substr(0, equals), equals < line.size() ? line.substr(equals + 1) : "");
      environment.push_back("TICKMESH__" + line);
    }
    std::vector<char*> pointers;
    for (std::string& one : environment) pointers.push_back(one.data());
    pointers.push_back(nullptr);
    for (auto config : {Config::load("", flags, no_environment), Config::load("", {}, pointers.data())})
      config ? ask_everything(*config) : refused_well(config.error());
  }
}

Bytes seed(std::uint8_t kind, std::string_view text) {
  Bytes out{std::byte{kind}};
  out.insert(out.end(), as_bytes(text).begin(), as_bytes(text).end());
  return out;
}

std::vector<Bytes> seeds() {
  return {seed(0, "[risk]\nmax_positions = 3\n[feed.demo]\nrate = 1e2\ninstruments = [\"AAPL\"]\n"),
          seed(0, "[postgres]\nenabled = false\n[metrics]\nfilters = \"raw\"\npublish_ms = 100\n"),
          seed(0, "[risk]\nmax_positons = 3\n"),
          seed(1,
               "[[instrument]]\nsymbol = \"AAPL.DEMO\"\ntick_size = \"0.01\"\nlot = \"1\"\nmultiplier = \"1\"\ncurrency = \"USD\"\n"
               "calendar = \"24x7\"\nreference_price = \"200\"\ndaily_volume = 1e6\ndaily_volatility = 0.02\ndemo = { activity = 2 }\n"),
          seed(2, "[[instrument]]\nsymbol = \"AAPL.DEMO\"\ndemo = { activity = 2, spread_ticks = 1.5 }\n"),
          seed(3, "risk.max_positions=3\nfeed.demo.rate=100\npostgres.enabled=false\nfeed.demo.instruments=AAPL,MSFT\n"),
          seed(3, "RISK__MAX_POSITIONS=3\nLOG__LEVEL=debug\n")};
}

}  // namespace

const Target kConfiguration{"configuration", run, seeds};

}  // namespace tickmesh::fuzz
