// The fixed facts of a service.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/types.hpp"

namespace tickmesh {

class Config;

struct ServiceSpec {
  std::string name;           ///< "metrics_engine"; also schema, role, journal and sockets
  std::string about;          ///< one line for --help
  std::string examples;       ///< for --help
  unsigned health_offset{0};  ///< added to health.base_port
  std::vector<Stream> says;
  struct Reads {
    std::string publisher;
    std::vector<Stream> streams;
    bool required{true};  ///< false: its absence does not keep this service from going live
    bool awaited{true};   ///< false: in event-time its events are taken as they come (a person's commands)
    bool partner{false};  ///< it reads what this service says and answers it; event-time goes on with both or neither
  };
  std::vector<Reads> reads;
  std::vector<Stream> by_reference;  ///< recorded by name, not copied
  std::vector<Stream> durable;       ///< released only when a power cut cannot take them back
  /// Of a service off the order path: how long it lets more come after it has taken something, so that it wakes once for many.
  Duration gather{};
  bool projects{true};
  std::vector<Stream> to_partner{};  ///< what the partner of its `reads` hears of it
  bool follows{false};               ///< decides nothing of the market: takes what it hears as it comes, in event-time too
  /// Streams of which each instance reads its share of the partitions (service/instances.hpp). Empty: there is one instance.
  std::vector<Stream> sharded_by{};
  unsigned reserve_segments{0};  ///< of the journal, for what must go on when the disk is full; the core hears DiskChanged
  /// Its journal is never begun anew while anyone knows an earlier life of it: it is rebuilt. Whose words tell of one: what they say
  /// on this stream follows from what this service said.
  struct Witness {
    std::string service;
    Stream stream;
  };
  std::vector<Witness> witnesses{};
  /// What else tells of an earlier life, in words; nothing when there was none.
  std::function<std::optional<std::string>(const Config&)> earlier_life{};
};

}  // namespace tickmesh
