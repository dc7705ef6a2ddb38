#include "net/outbound_queue.h"

#include <algorithm>

namespace ntyws {
namespace {

constexpr size_t kChunkBytes = 64 * 1024;
constexpr size_t kPiecesPerSend = 16;

}  // namespace

bool OutboundQueue::append(Bytes bytes) {
  if (bytes.empty()) return true;
  if (chunks_.empty() || chunks_.back().retained ||
      chunks_.back().copied.size() + bytes.size() > kChunkBytes) {
    chunks_.emplace_back();
  }
  ByteBuffer& chunk = chunks_.back().copied;
  // What is large has a chunk of its own, as it is in a user's hand how large.
  if (bytes.size() > kChunkBytes && !chunk.try_room(bytes.size(), bytes.size())) {
    chunks_.pop_back();
    return false;
  }
  chunk.append(bytes);
  size_ += bytes.size();
  return true;
}

void OutboundQueue::append_retained(Bytes bytes, std::unique_ptr<Retained> retained) {
  if (bytes.empty()) return;
  size_ += bytes.size();
  chunks_.push_back({ByteBuffer(), bytes, std::move(retained)});
}

IoResult OutboundQueue::flush(int fd) {
  size_t sent = 0;
  while (!empty()) {
    iovec pieces[kPiecesPerSend];
    size_t count = std::min(chunks_.size(), kPiecesPerSend);
    for (size_t i = 0; i < count; ++i) {
      Bytes bytes = chunks_[i].bytes().subspan(i == 0 ? front_sent_ : 0);
      pieces[i] = {const_cast<uint8_t*>(bytes.data()), bytes.size()};
    }
    IoResult result = send(fd, {pieces, count});
    if (result.status != IoStatus::kDone) return {result.status, sent, result.error};
    drop_sent(result.size);
    sent += result.size;
  }
  return {IoStatus::kDone, sent, 0};
}

void OutboundQueue::drop_sent(size_t count) {
  size_ -= count;
  count += front_sent_;
  while (!chunks_.empty() && count >= chunks_.front().bytes().size()) {
    count -= chunks_.front().bytes().size();
    chunks_.pop_front();
  }
  front_sent_ = count;
}

}  // namespace ntyws
