// broker_gateway's shell: the core's durable order events are performed at the venue, what the venue says becomes inputs.
#pragma once
#include <memory>
#include <optional>

#include "broker_gateway/account_lease.hpp"
#include "broker_gateway/core/gateway_core.hpp"
#include "broker_gateway/venue_desk.hpp"
#include "service/halt_file.hpp"
#include "service/loop.hpp"

namespace tickmesh {

class VenueAttachment final : public Attachment {
 public:
  explicit VenueAttachment(GatewayCore*& core) : core_{core} {}
  void attach(Host& host, Runner& runner) override;
  void recovered(Timestamp now) override;
  void applied(const Name& name, const Event& event) override;
  void locals(Timestamp now, std::vector<Event>& out) override;
  void released(const Released& released) override;
  std::optional<Timestamp> next_wake() const override;
  bool alone(Stream stream) const override { return stream != Stream::tick || !idle(); }
  bool idle() const override { return core_->open() && core_->working() == 0 && !venue_->next_wake(); }
  void report(Probes& probes, std::vector<std::string>& not_ready) override;
  void stopping() override;

 private:
  GatewayCore*& core_;
  Host* host_{nullptr};
  std::unique_ptr<Venue> venue_;
  std::unique_ptr<AccountLease> lease_;
  std::optional<VenueDesk> desk_;
  std::unique_ptr<HaltFile> halt_file_;
};

}  // namespace tickmesh
