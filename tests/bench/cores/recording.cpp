#include "bench/cores/recording.hpp"

namespace tickmesh::bench {
namespace {

class Recorder final : public Core {
 public:
  Recorder(std::unique_ptr<Core> core, Taken& taken, VenueTold* venue) : core_{std::move(core)}, taken_{taken}, venue_{venue} {}
  std::uint32_t version() const override { return core_->version(); }
  void save(ByteWriter& out) const override { core_->save(out); }
  void load(ByteReader& in) override { core_->load(in); }

  void apply(const Input& in, Outbox& out) override {
    const auto* tick = std::get_if<Tick>(&in.event);
    const auto at = static_cast<std::uint32_t>(tick != nullptr ? taken_.ticks.size() : taken_.others.size());
    taken_.inputs.push_back({in.now, in.name, at, tick != nullptr});
    if (tick != nullptr)
      taken_.ticks.push_back(*tick);
    else
      taken_.others.push_back(in.event);
    if (venue_ != nullptr && tick != nullptr) venue_->calls.push_back({in.now, in.name, at, true});
    const std::size_t before = out.said().size();
    core_->apply(in, out);
    taken_.said += out.said().size() - before;
    if (venue_ == nullptr) return;
    for (std::size_t i = before; i < out.said().size(); ++i) {
      const auto* order = std::get_if<OrderEvent>(&out.said()[i].event);
      if (order == nullptr || effect_of(*order) == Effect::none) continue;
      venue_->calls.push_back({in.now, {}, static_cast<std::uint32_t>(venue_->orders.size()), false});
      venue_->orders.push_back(*order);
    }
  }

 private:
  std::unique_ptr<Core> core_;
  Taken& taken_;
  VenueTold* venue_;
};

}  // namespace

Recorded record(const Config& config, const Instruments& instruments, Timestamp start, Duration length) {
  Recorded recorded;
  backtest::RunOptions options{.hash = false};
  options.cores = [&](const std::string& service, const Config& c, const Instruments& i) -> std::unique_ptr<Core> {
    return std::make_unique<Recorder>(make_core(service, c, i), recorded.cores[service],
                                      service == "broker_gateway" ? &recorded.venue : nullptr);
  };
  backtest::SingleThreadMesh mesh{config, instruments, start, std::move(options)};
  recorded.summary = mesh.run(length);
  return recorded;
}

}  // namespace tickmesh::bench
