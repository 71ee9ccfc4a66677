// What a service tells of itself: metrics, status and readiness, and who asks for them.
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "service/command_line.hpp"
#include "service/host.hpp"

namespace tickmesh {
namespace {

constexpr std::int64_t kStatus = 500'000'000;

}  // namespace

bool Host::status_due() {
  const std::int64_t mono = monotonic_ns();
  if (mono < next_status_) return false;
  next_status_ = mono + kStatus;
  return true;
}

void Host::publish_status(std::vector<std::string> reasons, const Reader* reader, const StreamAges* ages) {
  const std::int64_t mono = monotonic_ns();
  std::uint64_t behind = 0, healed = 0, lost = 0;
  for (unsigned s = 1; s < kStreams; ++s) {
    const auto stream = static_cast<Stream>(s);
    if (publisher_) probes_.published(stream, publisher_->published(stream));
  }
  if (reader != nullptr) {
    for (const auto& reads : spec_.reads)
      for (const Stream stream : reads.streams) {
        const StreamLag lag = reader->lag(stream);
        probes_.applied(stream, lag.delivered);
        probes_.healed(stream, lag.healed);
        probes_.lost(stream, lag.lost);
        const double age = ages != nullptr && lag.behind > 0 ? ages->seconds(stream, clock_.now(), codec_) : 0;
        probes_.lag(stream, static_cast<double>(lag.behind), age);
        behind += lag.behind;
        healed += lag.healed;
        lost += lag.lost;
      }
    probes_.rejected("bus", "a batch of a publisher it reads", reader->rejected());
  }
  if (replay_) probes_.rejected("replay", "a request of the reader protocol", replay_->rejected());
  for (const auto& [key, n] : rejected_) probes_.rejected(key.first, key.second, n);
  if (const auto failure = retention_->failure(); failure && !retention_warned_) {
    retention_warned_ = true;
    spdlog::error("What readers acknowledged cannot be written down: {}", *failure);
  }
  probes_.queue_depth("releases", static_cast<double>(waiting_));
  probes_.journal_bytes(static_cast<double>(journal_->bytes()));
  probes_.journal_reserve(journal_->disk_full(), journal_->reserve_in_use());
  if (journal_->disk_full()) reasons.push_back("disk: the journal has no room for another segment");
  if (journal_->reserve_in_use()) reasons.push_back("disk: the journal is on its reserve, no new risk");
  double projector_lag = 0;
  std::uint64_t projector_events = 0;
  std::string projector_error;
  ProjectorLosses losses;
  if (projector_) {
    const ProjectorLag lag = projector_->lag(clock_.now());
    projector_lag = lag.seconds;
    projector_events = lag.events;
    if (const auto error = projector_->last_error()) projector_error = to_string(*error);
    for (const ProjectorLag::Table& table : lag.tables) probes_.projector_lag(table.name, table.seconds);
    probes_.total_errors("postgres", projector_->errors());
    losses = projector_->losses();
    probes_.projection_losses(losses.gaps, losses.lost, losses.rejected);
    if (losses.gaps > warned_.gaps) spdlog::warn("Not everything reached PostgreSQL events_lost={} why={}", losses.lost, losses.last_gap);
    if (losses.rejected > warned_.rejected)
      spdlog::error("PostgreSQL refused an event rejected={} {}", losses.rejected, losses.last_reject);
    warned_ = losses;
  }
  struct statvfs disk{};
  double free_bytes = 0;
  if (::statvfs(config_.text("journal.dir").c_str(), &disk) == 0)
    free_bytes = static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize);
  const double uptime = static_cast<double>(mono - started_mono_) / 1e9;
  probes_.disk_days_left(uptime > 1 ? free_bytes / (static_cast<double>(journal_->bytes()) / uptime + 1) / 86400 : 36500);
  const double elapsed = std::max(1e-3, static_cast<double>(mono - rates_at_) / 1e9);
  const double in_rate = static_cast<double>(in_ - in_before_) / elapsed, out_rate = static_cast<double>(out_ - out_before_) / elapsed;
  in_before_ = in_;
  out_before_ = out_;
  rates_at_ = mono;

  nlohmann::ordered_json status{{"service", spec_.name},
                                {"instance", instance()},
                                {"state", publisher_ ? "up" : "starting"},
                                {"ready", reasons.empty()},
                                {"reasons", reasons},
                                {"pid", ::getpid()},
                                {"uptime_s", std::floor(uptime)},
                                {"restarts", journal_->state().last_incarnation},
                                {"in_per_s", std::round(in_rate * 10) / 10},
                                {"out_per_s", std::round(out_rate * 10) / 10},
                                {"lag_events", behind},
                                {"lag_s", std::round(projector_lag * 1000) / 1000},
                                {"healed", healed},
                                {"lost", lost},
                                {"projector",
                                 {{"events", projector_events},
                                  {"error", projector_error},
                                  {"gaps", losses.gaps},
                                  {"lost", losses.lost},
                                  {"rejected", losses.rejected}}},
                                {"epoch", token_.epoch},
                                {"incarnation", token_.incarnation},
                                {"config_hash", fmt::format("{:016x}", config_.hash())},
                                {"version", build_version()}};
  std::lock_guard lock{status_mutex_};
  status_json_ = status.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  ready_ = reasons.empty();
  reasons_ = std::move(reasons);
}

void Host::on_http(HttpRequest request, HttpRespond respond) {
  if (request.method == "GET" && request.path == "/healthz") {
    const bool turning = monotonic_ns() - last_turn_.load() < 1'000'000'000;
    return respond({turning ? 200 : 503, "application/json",
                    turning ? R"({"ok":true})" : R"({"ok":false,"reason":"the core thread has not turned for a second"})", ""});
  }
  if (request.method == "GET" && request.path == "/readyz") {
    std::lock_guard lock{status_mutex_};
    return respond({ready_ ? 200 : 503, "application/json",
                    nlohmann::json{{"ready", ready_}, {"reasons", reasons_}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                    ""});
  }
  if (request.method == "GET" && request.path == "/status") {
    std::lock_guard lock{status_mutex_};
    return respond({200, "application/json", status_json_.empty() ? "{}" : status_json_, ""});
  }
  if (request.method == "GET" && request.path == "/metrics") return respond({200, "text/plain; version=0.0.4", probes_.text(), ""});
  ExtraHttp extra;
  {
    std::lock_guard lock{extra_mutex_};
    extra = extra_http_;
  }
  if (extra && extra(request, respond)) return;
  respond(
      {404, "application/json", R"({"error":{"code":"not_found","field":"path","rule":"/healthz, /readyz, /metrics or /status"}})", ""});
}

void Host::set_extra_http(ExtraHttp handler) {
  std::lock_guard lock{extra_mutex_};
  extra_http_ = std::move(handler);
}

}  // namespace tickmesh
