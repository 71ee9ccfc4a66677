// The life of a service with a core: recover, open the bus, then take → record → apply → record → release until told to stop.
#pragma once
#include <memory>

#include "runner/life.hpp"
#include "service/host.hpp"

namespace tickmesh {

/// What a service adds around its core: a venue, requests of people. All calls come on the core thread.
class Attachment {
 public:
  virtual ~Attachment() = default;
  virtual void attach(Host&, Runner&) {}                  ///< before recovery
  virtual void recovered(Timestamp) {}                    ///< after it
  virtual void applied(const Name&, const Event&) {}      ///< each input, also of the tail that is run again
  virtual void locals(Timestamp, std::vector<Event>&) {}  ///< inputs of its own, taken after every step and turn
  virtual void released(const Released&) {}               ///< published and durable, ticks left out; the place for effects
  virtual std::optional<Timestamp> next_wake() const { return {}; }
  // In event-time.
  virtual bool alone(Stream) const { return false; }  ///< an event of it may bring about inputs of its own, which come before the next
  virtual bool idle() const { return false; }         ///< nothing will be said but to answer its partner
  virtual int wake_fd() const { return -1; }          ///< polled; readable ends the wait
  virtual void turn(Timestamp) {}                     ///< once a loop turn
  virtual void report(Probes&, std::vector<std::string>& /*not_ready*/) {}  ///< every half second
  virtual void stopping() {}
};

using MakeCore = std::function<std::unique_ptr<Core>(const Config&, const Instruments&)>;

/// The whole main(): command line, configuration, start, loop, stop. Returns the exit code: 0 stopped in order, 1 failed, 2 usage.
int run_service(int argc, char** argv, const ServiceSpec& spec, const MakeCore& make_core, std::unique_ptr<Attachment> attachment = {});
/// For services with a loop of their own: parses and checks, then calls `body`, printing what it throws.
int run_program(int argc, char** argv, const ServiceSpec& spec, const std::function<int(Config)>& body);

}  // namespace tickmesh
