// The memory that all TLS connections of a thread go through, one after the other: ciphertext in and
// ciphertext out. An idle connection has none of its own.
#pragma once

#include <memory>

#include "base/byte_buffer.h"
#include "base/limits.h"
#include "net/openssl_types.h"

namespace ntyws {

class TlsBuffers {
 public:
  TlsBuffers();
  TlsBuffers(const TlsBuffers&) = delete;
  TlsBuffers& operator=(const TlsBuffers&) = delete;
  ~TlsBuffers();

  // Where ciphertext is to be received. Its plaintext, with what earlier receives left of a record, is never
  // more than limits::kReceiveBytes.
  MutableBytes ciphertext_room() { return {ciphertext_.get(), kCiphertextBytes}; }

  // What is to be sent, in the order it was made. Valid until more is made; it has to be taken before that
  // by whoever had it made.
  Bytes take_output();

 private:
  friend class TlsSession;

  static constexpr size_t kCiphertextBytes = limits::kReceiveBytes - limits::kTlsRecordBytes;

  struct BioMethod;  // what OpenSSL calls

  // OpenSSL's end of this: every session has it as source and destination, so that there is one for the
  // thread. It may outlive the buffers, as sessions may, but is not used after.
  BIO* bio_;
  Bytes input_;              // of the session that is receiving
  bool wants_more_ = false;  // OpenSSL has asked for input when there was none left
  ByteBuffer output_;
  std::unique_ptr<uint8_t[]> ciphertext_;
  std::unique_ptr<uint8_t[]> record_;  // where pieces are gathered that are too short for a record each
};

}  // namespace ntyws
