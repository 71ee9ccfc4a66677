#include "position_manager/configure.hpp"
#include "position_manager/spec.hpp"
#include "service/halt_file.hpp"
#include "service/loop.hpp"

namespace {

using namespace tickmesh;

/// Watches the halt file, reports the account.
class Desk final : public Attachment {
 public:
  explicit Desk(PositionCore*& core) : core_{core} {}
  void attach(Host& host, Runner&) override { halt_file_ = std::make_unique<HaltFile>(host.config().text("mesh.run_dir")); }
  void locals(Timestamp, std::vector<Event>& out) override { halt_file_->look(monotonic_ns(), out); }
  void report(Probes& probes, std::vector<std::string>&) override {
    const AccountEvent account = core_->account();
    probes.equity(account.equity.to_double());
    probes.realized_pnl(account.realized_pnl.to_double());
    probes.unrealized_pnl(account.unrealized_pnl.to_double());
    probes.positions(account.open_positions);
    probes.risk_state(static_cast<double>(core_->risk_state()));
  }

 private:
  PositionCore*& core_;
  std::unique_ptr<HaltFile> halt_file_;
};

}  // namespace

int main(int argc, char** argv) {
  const ServiceSpec spec = position_manager_spec();
  static PositionCore* core = nullptr;
  return run_service(
      argc, argv, spec,
      [](const Config& config, const Instruments& instruments) {
        auto made = std::make_unique<PositionCore>(position_config(config, instruments));
        core = made.get();
        return made;
      },
      std::make_unique<Desk>(core));
}
