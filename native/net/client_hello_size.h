// How long a client's hello says it is, read from its first bytes: before OpenSSL has them, and takes memory.
#pragma once

#include "base/bytes.h"

namespace ntyws {

class ClientHelloSize {
 public:
  // Takes the first bytes of a connection as they come. False once the hello is longer than
  // limits::kClientHelloBytesMax. What does not look like a hello is left for OpenSSL to refuse.
  bool admit(Bytes ciphertext);

 private:
  bool admit(uint8_t byte);

  uint32_t hello_size_ = 0;
  uint16_t record_left_ = 0;
  uint8_t record_length_high_ = 0;
  uint8_t record_header_seen_ = 0;
  uint8_t hello_header_seen_ = 0;
  bool is_done_ = false;
};

}  // namespace ntyws
