// The floors of the bus: libzmq's own C functions, and nothing of this project.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace tickmesh::bench {

/// A PUB that drops nothing: its queues have no bound. Messages are two frames, a topic and a body.
class RawPub {
 public:
  explicit RawPub(const std::string& endpoint);
  ~RawPub();
  RawPub(const RawPub&) = delete;
  RawPub& operator=(const RawPub&) = delete;
  /// The body is not copied: it must outlive the socket.
  void send(const std::string& topic, const void* body, std::size_t size);
  void send_copy(const std::string& topic, const void* body, std::size_t size);

 private:
  void* context_;
  void* socket_;
};

class RawSub {
 public:
  /// Hears topics that begin with `topic`; "" hears all.
  RawSub(const std::string& endpoint, const std::string& topic);
  ~RawSub();
  RawSub(const RawSub&) = delete;
  RawSub& operator=(const RawSub&) = delete;
  /// Waits for the next message; false after `timeout_ms` (-1: for ever). The body is valid until the next call.
  bool receive(int timeout_ms = -1);
  const void* body() const;
  std::size_t size() const;
  void* socket() const { return socket_; }

 private:
  void* context_;
  void* socket_;
  alignas(8) unsigned char message_[64];  // a zmq_msg_t
};

}  // namespace tickmesh::bench
