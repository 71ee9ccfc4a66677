#include "bench/harness/raw_zmq.hpp"

#include <zmq.h>

#include <stdexcept>

namespace tickmesh::bench {
namespace {

void check(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string(what) + ": " + zmq_strerror(zmq_errno()));
}

void* open_socket(void* context, int type) {
  void* socket = zmq_socket(context, type);
  check(socket != nullptr, "zmq_socket");
  const int none = 0;
  zmq_setsockopt(socket, ZMQ_SNDHWM, &none, sizeof none);
  zmq_setsockopt(socket, ZMQ_RCVHWM, &none, sizeof none);
  return socket;
}

}  // namespace

RawPub::RawPub(const std::string& endpoint) : context_{zmq_ctx_new()}, socket_{open_socket(context_, ZMQ_PUB)} {
  check(zmq_bind(socket_, endpoint.c_str()) == 0, "zmq_bind");
}
RawPub::~RawPub() {
  zmq_close(socket_);
  zmq_ctx_term(context_);  // waits until all has been sent
}

void RawPub::send(const std::string& topic, const void* body, std::size_t size) {
  check(zmq_send(socket_, topic.data(), topic.size(), ZMQ_SNDMORE) >= 0, "zmq_send");
  zmq_msg_t message;
  zmq_msg_init_data(&message, const_cast<void*>(body), size, [](void*, void*) {}, nullptr);
  check(zmq_msg_send(&message, socket_, 0) >= 0, "zmq_msg_send");
}

void RawPub::send_copy(const std::string& topic, const void* body, std::size_t size) {
  check(zmq_send(socket_, topic.data(), topic.size(), ZMQ_SNDMORE) >= 0, "zmq_send");
  check(zmq_send(socket_, body, size, 0) >= 0, "zmq_send");
}

RawSub::RawSub(const std::string& endpoint, const std::string& topic) : context_{zmq_ctx_new()}, socket_{open_socket(context_, ZMQ_SUB)} {
  static_assert(sizeof(zmq_msg_t) == sizeof message_);
  zmq_msg_init(reinterpret_cast<zmq_msg_t*>(message_));
  check(zmq_setsockopt(socket_, ZMQ_SUBSCRIBE, topic.data(), topic.size()) == 0, "zmq_setsockopt");
  check(zmq_connect(socket_, endpoint.c_str()) == 0, "zmq_connect");
}
RawSub::~RawSub() {
  zmq_msg_close(reinterpret_cast<zmq_msg_t*>(message_));
  zmq_close(socket_);
  zmq_ctx_term(context_);
}

bool RawSub::receive(int timeout_ms) {
  auto* message = reinterpret_cast<zmq_msg_t*>(message_);
  if (timeout_ms > 0) {
    zmq_pollitem_t item{socket_, 0, ZMQ_POLLIN, 0};
    if (zmq_poll(&item, 1, timeout_ms) <= 0) return false;
  }
  do {
    if (zmq_msg_recv(message, socket_, timeout_ms == 0 ? ZMQ_DONTWAIT : 0) < 0) return false;
  } while (zmq_msg_more(message));  // the last frame is the body
  return true;
}
const void* RawSub::body() const { return zmq_msg_data(reinterpret_cast<zmq_msg_t*>(const_cast<unsigned char*>(message_))); }
std::size_t RawSub::size() const { return zmq_msg_size(reinterpret_cast<zmq_msg_t*>(const_cast<unsigned char*>(message_))); }

}  // namespace tickmesh::bench
