#include "broker_gateway/shell.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "broker_gateway/configure.hpp"
#include "broker_gateway/venues/paper_venue.hpp"

namespace tickmesh {
void VenueAttachment::attach(Host& host, Runner&) {
  host_ = &host;
  const Config& config = host.config();
  auto venue = PaperVenue::open(host.instruments(), paper_config(config), config.text("venue.paper.ledger"));
  if (!venue) throw StartError(venue.error());
  spdlog::info("Paper venue open ledger={} lines={} cut_bytes={}", config.text("venue.paper.ledger"), (*venue)->ledger_lines(),
               (*venue)->ledger_cut_bytes());
  venue_ = std::move(*venue);
  // In event-time once: what comes again by the wall's clock would come at another moment each time.
  const bool again = config.text("mesh.time") != "event-time";
  desk_.emplace(*venue_, again ? VenueDesk::kReconcileEvery : std::int64_t{1} << 60);
  halt_file_ = std::make_unique<HaltFile>(config.text("mesh.run_dir"));
}

void VenueAttachment::recovered(Timestamp) {
  char machine[256] = {};
  ::gethostname(machine, sizeof machine - 1);
  lease_ = std::make_unique<AccountLease>(AccountLease::Options{
      .dsn = host_->dsn(),
      .ask = {.account = "paper", .mesh = host_->mesh(), .holder = fmt::format("{}:{}", machine, ::getpid()), .token = host_->token()},
      .override = host_->config().boolean("gateway.take_account"),
      .note = host_->config().text("journal.dir") + "/" + host_->instance() + "/lease"});
}

void VenueAttachment::stopping() {
  if (lease_) lease_->release();
}

void VenueAttachment::applied(const Name& name, const Event& event) { desk_->applied(name, event); }

void VenueAttachment::locals(Timestamp now, std::vector<Event>& out) {
  const std::int64_t mono = monotonic_ns();
  halt_file_->look(mono, out);
  if (!host_->bus_open()) return;
  if (const auto lost = lease_->lost()) throw Superseded(*lost);
  // The first reconciliation opens the session: before the account is ours, nothing is done on it.
  desk_->locals(now, mono, lease_->held(), out);
}

void VenueAttachment::released(const Released& released) {
  const OrderEvent* order = VenueDesk::effect(released);
  if (order == nullptr) return;
  host_->before_effect();
  desk_->perform(*order);
}

std::optional<Timestamp> VenueAttachment::next_wake() const {
  const Timestamp wake = venue_->next_wake();
  return wake ? std::optional{wake} : std::nullopt;
}

void VenueAttachment::report(Probes& probes, std::vector<std::string>& not_ready) {
  probes.orders(core_->orders_by_state());
  probes.risk_state(static_cast<double>(core_->state()));
  if (lease_ && !lease_->held()) not_ready.emplace_back("account is not taken: " + lease_->why_not());
  if (!core_->open()) not_ready.emplace_back("venue is not reconciled");
}

}  // namespace tickmesh
