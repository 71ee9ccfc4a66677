#include "support/mesh.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <stdexcept>
#include <thread>

#include "support/http_get.hpp"

namespace tickmesh {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

const std::string kBin = std::string(TICKMESH_BINARY_DIR) + "/bin/";
const std::string kSource = TICKMESH_SOURCE_DIR;

/// Health, the page, and two of the bus for each service.
constexpr unsigned kPorts = TestMesh::kServices.size() * 3 + 1;

std::string key_variable(const std::string& key) {
  std::string name = "TICKMESH__";
  for (const char c : key) {
    if (c == '.')
      name += "__";
    else
      name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

bool can_bind(unsigned port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const bool free = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return free;
}

std::string text_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

TestMesh::TestMesh(Settings settings, Start start) {
  std::string pattern = "/tmp/tickmesh-mesh-XXXXXX";
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
  dir_ = pattern;
  for (const char* folder : {"run", "log", "journal", "venue", "secrets"}) fs::create_directory(dir_ + '/' + folder);
  make_secrets();
  choose_ports();
  postgres_.create_database("tickmesh");
  const auto owner = postgres_.dsn("tickmesh");
  // Everything is named relative to the folder: paths of sockets end at 107 bytes.
  Settings all{{"mesh.run_dir", "run"},
               {"mesh.instruments", kSource + "/deploy/config/instruments.toml"},
               {"mesh.calendar_dir", kSource + "/deploy/config/calendars"},
               {"journal.dir", "journal"},
               {"journal.budget.perishable_bytes", "0"},
               {"journal.budget.depth_bytes", "0"},
               {"journal.budget.kept_bytes", "0"},
               {"postgres.dsn", owner.substr(0, owner.find(" user="))},
               {"postgres.password_dir", "secrets"},
               {"health.base_port", std::to_string(base_port_)},
               {"feed.push_token_file", "secrets/push_token"},
               {"venue.paper.ledger", "venue/paper.ledger"},
               {"api.listen", fmt::format("127.0.0.1:{}", base_port_ + kServices.size())},
               {"api.socket", "run/api.sock"},
               {"api.predictions_token_file", "secrets/predictions_token"},
               {"api.web_dir", kSource + "/dashboards/web"},
               {"api.state_file", "run/trading_state.json"}};
  for (const char* service : kServices) all[std::string("mesh.endpoints.") + service] = fmt::format("127.0.0.1:{}", bus_port(service));
  for (auto& [key, value] : settings) all[key] = value;
  for (char** variable = environ; *variable != nullptr; ++variable)
    if (!std::string_view(*variable).starts_with("TICKMESH__")) environment_.emplace_back(*variable);
  for (const auto& [key, value] : all) environment_.push_back(key_variable(key) + '=' + value);
  if (const auto migrated = ctl({"migrate", "--dsn", owner, "--sql", kSource + "/sql", "--passwords", "secrets"}); migrated.exit != 0)
    throw std::runtime_error("migrate: " + migrated.out);
  if (const auto engines = settings.find("mesh.metrics_engines"); engines != settings.end())
    engines_ = static_cast<unsigned>(std::stoul(engines->second));
  for (const std::string& name : names()) services_[name];
  if (start == Start::now) start_all();
}

TestMesh::~TestMesh() {
  for (auto& [name, service] : services_)
    if (service.pid != 0) {
      ::kill(service.pid, SIGKILL);
      ::waitpid(service.pid, nullptr, 0);
    }
  for (const pid_t pid : background_) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  if (keep_ || std::getenv("TICKMESH_KEEP") != nullptr) {
    std::cerr << "kept: " << dir_ << '\n';
    return;
  }
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
}

void TestMesh::make_secrets() const {
  std::random_device random;
  for (const char* role :
       {"owner", "tickmesh_tick_ingestor", "tickmesh_bar_compressor", "tickmesh_metrics_engine", "tickmesh_position_manager",
        "tickmesh_broker_gateway", "tickmesh_api_gateway", "tickmesh_reader", "push_token", "predictions_token"})
    std::ofstream{dir_ + "/secrets/" + role} << fmt::format("{:08x}{:08x}", random(), random());
}

void TestMesh::choose_ports() {
  // Below the range that outgoing connections take theirs from.
  std::mt19937 random{static_cast<unsigned>(::getpid())};
  for (int attempt = 0; attempt < 200; ++attempt) {
    base_port_ = 12'000 + 20 * static_cast<unsigned>(random() % 1'000);
    unsigned free = 0;
    while (free < kPorts && can_bind(base_port_ + free)) ++free;
    if (free == kPorts) return;
  }
  throw std::runtime_error(fmt::format("no {} free ports in a row", kPorts));
}

pid_t TestMesh::spawn(const std::string& program, const std::vector<std::string>& words, const std::string& output,
                      const std::vector<std::string>& more_environment) const {
  const std::string path = kBin + program;
  std::vector<char*> argv{const_cast<char*>(path.c_str())};
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  std::vector<char*> environment;
  for (const auto* variables : {&environment_, &more_environment})
    for (const auto& variable : *variables) environment.push_back(const_cast<char*>(variable.c_str()));
  environment.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child > 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that dies takes its mesh along
  if (::getppid() != parent) ::_exit(125);
  const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(out, 1);
  ::dup2(out, 2);
  if (::chdir(dir_.c_str()) != 0) ::_exit(126);
  ::execve(path.c_str(), argv.data(), environment.data());
  ::_exit(127);
}

void TestMesh::start(const std::string& service) {
  std::vector<std::string> own;
  for (const auto& [key, value] : own_[service]) own.push_back(key_variable(key) + '=' + value);
  const auto [program, ordinal] = split(service);
  std::vector<std::string> words;
  if (ordinal > 0) words.push_back(fmt::format("--mesh.ordinal={}", ordinal));
  services_[service] = {spawn("tickmesh-" + program, words, dir_ + "/log/" + service + ".log", own), false};
}
void TestMesh::start_all() {
  for (const std::string& name : names()) start(name);
}

std::pair<std::string, unsigned> TestMesh::split(const std::string& name) {
  const auto dash = name.rfind('-');
  return dash == std::string::npos ? std::pair{name, 0U}
                                   : std::pair{name.substr(0, dash), static_cast<unsigned>(std::stoul(name.substr(dash + 1)))};
}

std::vector<std::string> TestMesh::names() const {
  std::vector<std::string> all{kServices.begin(), kServices.end()};
  for (unsigned i = 1; i < engines_; ++i) all.push_back(fmt::format("metrics_engine-{}", i));
  return all;
}

void TestMesh::set_engines(unsigned engines) {
  engines_ = engines;
  const std::string variable = key_variable("mesh.metrics_engines") + '=';
  std::erase_if(environment_, [&](const std::string& one) { return one.starts_with(variable); });
  environment_.push_back(variable + std::to_string(engines));
  for (const std::string& name : names()) services_[name];
}

void TestMesh::configure(const std::string& service, const std::string& key, const std::string& value) { own_[service][key] = value; }

void TestMesh::start_with(const std::string& service, const std::vector<std::string>& words) {
  auto all = words;
  if (moved_.contains(service)) all.push_back(fmt::format("--health.base_port={}", moved_[service]));
  services_[service] = {spawn("tickmesh-" + service, all, dir_ + "/log/" + service + ".log"), false};
}

pid_t TestMesh::let_go(const std::string& service) {
  unsigned base = base_port_ + 20;
  while (!can_bind(base + port(service) - base_port_)) base += 10;
  moved_[service] = base;
  return std::exchange(services_.at(service).pid, 0);
}

void TestMesh::kill(const std::string& service, int signal) {
  Service& s = services_.at(service);
  if (s.pid == 0 || !running(service)) return;
  s.asked = s.asked || signal == SIGKILL || signal == SIGTERM;
  ::kill(s.pid, signal);
  if (signal != SIGKILL) return;
  ::waitpid(s.pid, nullptr, 0);
  s.pid = 0;
}

void TestMesh::restart(const std::string& service) {
  kill(service, SIGKILL);
  start(service);
}

void TestMesh::ended(const std::string& service, int status) {
  Service& s = services_.at(service);
  s.pid = 0;
  if (s.asked && WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  unasked_ends_.push_back(WIFEXITED(status) ? fmt::format("{} exited {}", service, WEXITSTATUS(status))
                                            : fmt::format("{} died of signal {}", service, WTERMSIG(status)));
}

bool TestMesh::running(const std::string& service) {
  Service& s = services_.at(service);
  if (s.pid == 0) return false;
  int status = 0;
  if (::waitpid(s.pid, &status, WNOHANG) != s.pid) return true;
  ended(service, status);
  return false;
}

const std::vector<std::string>& TestMesh::unasked_ends() {
  for (const std::string& name : names()) running(name);
  return unasked_ends_;
}

unsigned TestMesh::port(const std::string& service) const {
  const auto [program, ordinal] = split(service);
  const auto it = std::ranges::find(kServices, program, [](const char* s) { return std::string(s); });
  const auto moved = moved_.find(service);
  return (moved == moved_.end() ? base_port_ : moved->second) + static_cast<unsigned>(it - kServices.begin()) + 10 * ordinal;
}
unsigned TestMesh::bus_port(const std::string& service) const {
  return base_port_ + static_cast<unsigned>(kServices.size()) + 1 + 2 * (port(service) - base_port_);
}
pid_t TestMesh::pid(const std::string& service) const { return services_.at(service).pid; }

std::optional<std::string> TestMesh::get(const std::string& service, const std::string& path) const {
  return http_get(port(service), path, 1s);
}

TestMesh::Json TestMesh::status(const std::string& service) const {
  const auto body = get(service, "/status");
  return body ? Json::parse(*body, nullptr, false) : Json{};
}

std::optional<double> TestMesh::figure(const std::string& service, const std::string& name) const {
  const auto body = get(service, "/metrics");
  if (!body) return std::nullopt;
  const auto at = ('\n' + *body).find('\n' + name + ' ');
  if (at == std::string::npos) return std::nullopt;
  return std::strtod(body->c_str() + at + name.size() + 1, nullptr);
}

bool TestMesh::ready(const std::string& service) const {
  const auto body = get(service, "/readyz");
  return body && body->find("\"ready\":true") != std::string::npos;
}
bool TestMesh::all_ready() const {
  return std::ranges::all_of(names(), [this](const std::string& name) { return ready(name); });
}

bool TestMesh::wait_ready(std::chrono::milliseconds limit) {
  const auto ok = eventually([this] { return !unasked_ends().empty() || all_ready(); }, limit) && unasked_ends().empty();
  if (ok) return true;
  for (const auto& end : unasked_ends()) std::cerr << end << '\n';
  for (const std::string& service : names()) std::cerr << service << ": " << get(service, "/readyz").value_or("does not answer") << '\n';
  dump_logs();
  return false;
}

bool TestMesh::quiesce(std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  if (!eventually([this] { return ctl({"halt", "--hard"}).exit == 0; }, limit)) return false;
  return eventually(
      [this] {
        const auto orders = Json::parse(ctl({"--json", "orders"}).out, nullptr, false);
        if (!orders.is_object() || !orders.contains("data") || !orders["data"].empty()) return false;
        const bool taken = std::ranges::all_of(std::array{"position_manager", "broker_gateway"}, [this](const char* service) {
          const auto s = status(service);
          return s.is_object() && s.value("lag_events", 1) == 0;
        });
        // A service that stops gives its tables some seconds, which are few on a busy machine: what is far behind waits here.
        constexpr std::uint64_t kFew = 1'000;
        return taken && std::ranges::all_of(kServices, [this](const char* service) {
                 const auto s = status(service);
                 return !s.is_object() || !s.contains("projector") || s["projector"].value("events", std::uint64_t{0}) < kFew;
               });
      },
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()));
}

bool TestMesh::stop_all(std::chrono::milliseconds limit) {
  const auto before = unasked_ends().size();
  std::vector<std::string> order{"api_gateway", "metrics_engine", "position_manager", "broker_gateway", "bar_compressor", "tick_ingestor"};
  for (unsigned i = 1; i < engines_; ++i) order.insert(order.begin() + 1, fmt::format("metrics_engine-{}", i));
  for (const std::string& service : order) {
    kill(service, SIGTERM);
    if (!eventually([&] { return !running(service); }, limit)) {
      std::cerr << service << " does not stop\n";
      dump_logs();
      return false;
    }
  }
  for (std::size_t i = before; i < unasked_ends_.size(); ++i) std::cerr << unasked_ends_[i] << '\n';
  return unasked_ends_.size() == before;
}

TestMesh::Ran TestMesh::run(const std::string& program, std::vector<std::string> words) const {
  static unsigned runs = 0;
  const auto output = fmt::format("{}/log/{}-{}.out", dir_, program, ++runs);
  const pid_t child = spawn(program, words, output);
  int status = 0;
  ::waitpid(child, &status, 0);
  Ran ran{WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(output)};
  fs::remove(output);
  return ran;
}

void TestMesh::background(const std::string& program, std::vector<std::string> words) {
  background_.push_back(spawn(program, words, dir_ + "/log/commands.log"));
}
std::size_t TestMesh::reap_background() {
  std::erase_if(background_, [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) == pid; });
  return background_.size();
}

TestMesh::Ran TestMesh::audit() const {
  return run("tickmesh-auditor", {"--journals", "journal", "--ledger", "venue/paper.ledger", "--dsn", dsn()});
}
TestMesh::Ran TestMesh::verify() const { return run("tickmesh-backtester", {"verify", "--journals", "journal"}); }

void TestMesh::dump_logs(std::size_t lines) const {
  for (const std::string& service : names()) {
    std::cerr << "--- " << service << ".log\n";
    const auto text = text_of(dir_ + "/log/" + service + ".log");
    auto from = text.size();
    for (std::size_t n = 0; n <= lines && from != std::string::npos && from > 0; ++n) from = text.rfind('\n', from - 1);
    std::cerr << text.substr(from == std::string::npos ? 0 : from) << '\n';
  }
}

}  // namespace tickmesh
