// What all sockets of the mesh have in common: limits, heartbeats, and an ipc file that only its owner and group may open.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <zmq.hpp>

#include "bus/bus.hpp"

namespace tickmesh {

/// A bound socket: unbinds and removes its file before its name can be taken again.
class BoundSocket {
 public:
  /// Throws zmq::error_t (EADDRINUSE when somebody listens there) with the endpoint in what(). The file's mode is 0660.
  BoundSocket(zmq::context_t& context, zmq::socket_type type, const std::string& endpoint, int high_water_mark);
  ~BoundSocket();
  BoundSocket(const BoundSocket&) = delete;
  BoundSocket& operator=(const BoundSocket&) = delete;
  zmq::socket_t& operator*() { return socket_; }
  zmq::socket_t* operator->() { return &socket_; }

 private:
  zmq::socket_t socket_;
  std::string path_;  ///< of the ipc file; empty for other transports
  ino_t inode_{0};    ///< of the file that was made there
};

/// Heartbeats, frame limit, no lingering, quick reconnects; before bind or connect.
void set_common_options(zmq::socket_t& socket, int high_water_mark);

/// Messages that a budget of bytes holds when each is a full batch; at least 1,000.
int high_water_mark(std::size_t bytes);

std::int64_t monotonic_now();  ///< ns, CLOCK_MONOTONIC
Timestamp utc_now();

}  // namespace tickmesh
