// Reading without regard to others: one share after the other, until all has been read.
#pragma once

#include "protocol/endpoint.h"

namespace ntyws::testing {

inline void read_all(Endpoint& endpoint, MutableBytes bytes, Role role, const MessageLimits& message_limits,
                     MessageDeflate* deflate, EndpointEvents& events) {
  do {
    ReadShare share;
    bytes = bytes.subspan(endpoint.receive(bytes, role, message_limits, deflate, share, events));
  } while (endpoint.reading() && (!bytes.empty() || (deflate && deflate->is_decompressing())));
}

// Of payload that lies where the endpoint wants it.
inline void read_all_payload(Endpoint& endpoint, size_t size, Role role, const MessageLimits& message_limits,
                             MessageDeflate* deflate, EndpointEvents& events) {
  ReadShare share;
  endpoint.receive_payload(size, role, message_limits, deflate, share, events);
  read_all(endpoint, {}, role, message_limits, deflate, events);
}

}  // namespace ntyws::testing
