// Cores with a mistake planted around them.
#pragma once
#include <memory>
#include <string>
#include <utility>

#include "core/learner.hpp"
#include "simulation/faults.hpp"

namespace tickmesh::simulation {

class PlantedCore : public Core, public Learner {
 public:
  explicit PlantedCore(std::unique_ptr<Core> inner) : inner_{std::move(inner)} {}
  std::uint32_t version() const override { return inner_->version(); }
  void apply(const Input& in, Outbox& out) override { inner_->apply(in, out); }
  void save(ByteWriter& out) const override { inner_->save(out); }
  void load(ByteReader& in) override { inner_->load(in); }
  void learn(const Name& name, const Event& said) override {
    if (auto* learner = dynamic_cast<Learner*>(inner_.get())) learner->learn(name, said);
  }
  void unlearn(const Name& name, const Event& unsaid) override {
    if (auto* learner = dynamic_cast<Learner*>(inner_.get())) learner->unlearn(name, unsaid);
  }
  const Core& inner() const { return *inner_; }

 protected:
  std::unique_ptr<Core> inner_;
};

/// Says something else each time it is asked the same.
class UnsteadyCore final : public PlantedCore {
 public:
  using PlantedCore::PlantedCore;
  void apply(const Input& in, Outbox& out) override {
    const std::size_t before = out.said().size();
    inner_->apply(in, out);
    static std::uint64_t said = 0;
    for (std::size_t i = before; i < out.said().size(); ++i)
      if (auto* risk = std::get_if<RiskEvent>(&out.said()[i].event)) risk->reason += std::to_string(++said);
  }
};

/// Takes intents as if they held for ever.
class PatientCore final : public PlantedCore {
 public:
  using PlantedCore::PlantedCore;
  void apply(const Input& in, Outbox& out) override {
    const auto* intent = std::get_if<Intent>(&in.event);
    if (intent == nullptr) return inner_->apply(in, out);
    Intent patient = *intent;
    patient.valid_until = {};
    inner_->apply({in.now, in.name, Event{patient}}, out);
  }
};

inline std::unique_ptr<Core> planted(std::unique_ptr<Core> core, const std::string& service, Plant plant) {
  if (plant == Plant::unsteady_core && service == "position_manager") return std::make_unique<UnsteadyCore>(std::move(core));
  if (plant == Plant::no_expiry && service == "broker_gateway") return std::make_unique<PatientCore>(std::move(core));
  return core;
}

}  // namespace tickmesh::simulation
