// Every maximum in one place: what a peer can make grow, and how much is done in one go. Sizes are bytes,
// times milliseconds. Those that are defaults of a public option say so.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ntyws::limits {

// The opening handshake.
inline constexpr size_t kHeadBytesMax = 16 * 1024;       // default of maxHeaderSize
inline constexpr size_t kHeaderCountMax = 100;           // default of maxHeadersCount
inline constexpr uint32_t kHandshakeTimeoutMs = 10'000;  // default of handshakeTimeout
inline constexpr uint32_t kUpgradeTimeoutMs = 10'000;    // default of upgradeTimeout
inline constexpr size_t kRefusalBodyMax = 64 * 1024;     // of a refusal that a client gets

// Whose connections are counted together: as much of an IPv6 address as names a network.
inline constexpr uint32_t kIpv6PrefixLength = 64;  // default of ipv6PrefixLength

// Connecting. The next address is tried beside the last one after so long.
inline constexpr uint32_t kConnectStaggerMs = 250;

// Text and lists that JavaScript gives as arguments.
inline constexpr size_t kArgumentTextMax = 64 * 1024 * 1024;
inline constexpr uint32_t kArgumentListMax = 65'536;

// Liveness of open connections.
inline constexpr uint32_t kIdleTimeoutMs = 120'000;  // default of idleTimeout

// Messages.
inline constexpr uint64_t kMessageBytesMax = 16 * 1024 * 1024;  // default of maxPayload
inline constexpr uint32_t kFragmentsMax = 131'072;              // default of maxFragments
inline constexpr size_t kControlPayloadMax = 125;               // RFC 6455 §5.5
inline constexpr size_t kCloseReasonMax = 123;                  // the same, less the two bytes of the code
inline constexpr size_t kFrameHeaderMax = 14;
// What can be sent at once: a message, a fragment of one, a response. Sizes are 32 bits further down, and
// compression and headers may add to it.
inline constexpr uint64_t kSentPayloadMax = 1024 * 1024 * 1024;

// Compression. What comes can grow to 1032 times its size.
inline constexpr uint32_t kDeflateThreshold = 1'024;  // default of threshold
inline constexpr uint8_t kDeflateLevel = 3;           // default of level
inline constexpr uint8_t kDeflateMemLevel = 5;        // default of memLevel
inline constexpr uint8_t kDeflateWindowBitsMin = 8;   // RFC 7692 §7.1.2
inline constexpr uint8_t kDeflateWindowBitsMax = 15;
inline constexpr size_t kCompressedReceiveBytes = 16 * 1024;
inline constexpr size_t kInflatingBytesMax = 64 * 1024 * 1024;  // of all messages that are not done yet

// Closing. After our last byte we read and discard for a while, so that a reset does not overtake it.
inline constexpr uint32_t kCloseTimeoutMs = 10'000;  // default of closeTimeout
inline constexpr uint32_t kLingerMs = 2'000;

// Outbound.
inline constexpr uint64_t kHighWaterMark = 256 * 1024;  // default of highWaterMark
inline constexpr size_t kPongBytes = 4 * 1024;          // of pongs that leave together

// Listening.
inline constexpr int kBacklog = 511;  // default of backlog
inline constexpr size_t kPortCountMax = 10'000;
inline constexpr int kAcceptsPerTurn = 64;         // of each listener
inline constexpr uint32_t kAcceptBackoffMs = 100;  // without descriptors

// TLS.
inline constexpr size_t kTlsRecordBytes = 16 * 1024;  // of plaintext; RFC 8446 §5.1
inline constexpr int kTlsHandshakesPerTurn = 4;
inline constexpr size_t kClientSessionsMax = 100;                // that a client's context keeps to resume
inline constexpr size_t kClientCertificateBytesMax = 16 * 1024;  // its chain included
inline constexpr size_t kClientHelloBytesMax = 32 * 1024;
// Messages that a peer sends for TLS itself behind the handshake: so many at once, and one more each while.
inline constexpr uint32_t kTlsMessagesMax = 32;
inline constexpr uint32_t kTlsMessageIntervalMs = 1'000;

// Memory of large messages that is kept for the next ones, while it is needed again and again.
inline constexpr size_t kSpareBytesMax = 64 * 1024 * 1024;
inline constexpr uint32_t kSpareUnneededMs = 1'000;  // between two looks at what was not needed
// Blocks of the inbox that JavaScript may keep for messages in them; then messages are copied.
inline constexpr size_t kKeptBlocksBytesMax = 64 * 1024 * 1024;

// The reactor.
inline constexpr size_t kEventsPerTurn = 64;
inline constexpr uint32_t kTurnUs = 2'000;    // a turn begins nothing after so many microseconds
inline constexpr uint32_t kWakeUpUs = 4'000;  // nor does a wake-up begin another turn

// Reading. What a connection has sent beyond its share waits until the others have had theirs.
inline constexpr size_t kReceiveBytes = 256 * 1024;          // what one receive takes at most
inline constexpr uint32_t kReadShare = 64;                   // frames, or as much decompression
inline constexpr size_t kUnreadBytesMax = 16 * 1024 * 1024;  // that waits so; then receives are short
inline constexpr size_t kShortReceiveBytes = 4 * 1024;
// A payload of which more is missing is received into its message; below it, what follows should come too.
inline constexpr size_t kPayloadDirectMin = 64 * 1024;

}  // namespace ntyws::limits
