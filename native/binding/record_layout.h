// The layout of the memory that C++ and TypeScript share. The one source of it: scripts/record-layout.mjs
// makes lib/bridge/record-layout.ts from the constants here, so each is a plain integer on a line of its
// own.
//
// Both boxes hold records of 32-bit words, and payloads beside them. The first word of a record is
//   kind | flags << 8 | code << 16
// where the code is a close code or an HTTP status, unless the kind says otherwise.
//
// An inbox record: first word, subject (slot; a server's or dial's id for its events), payload size, payload
// offset. An outbox record: first word, slot, generation, payload size, payload offset. An attached payload
// lies in a JavaScript array beside the box; its offset is the index there.
#pragma once

#include <cstdint>

namespace ntyws::layout {

// --- Inbox: from C++ to TypeScript ---
inline constexpr int32_t kInboxRecordWords = 4;
inline constexpr int32_t kInboxRecordsMax = 4096;
// What is received in one go, and half as much behind it: more would not stay in the cache of a core.
inline constexpr int32_t kInboxPayloadBytes = 393216;
// A message that did not come in one piece is copied up to this many bytes, and beyond it handed over in
// memory of its own, attached.
inline constexpr int32_t kInboxCopiedMax = 65536;
// JavaScript takes messages up to this size over several at a time.
inline constexpr int32_t kInboxSharedMax = 1024;

inline constexpr int32_t kInText = 1;
inline constexpr int32_t kInBinary = 2;
inline constexpr int32_t kInPing = 3;
inline constexpr int32_t kInPong = 4;
inline constexpr int32_t kInOpen = 5;     // payload: peer words, address, protocol
inline constexpr int32_t kInUpgrade = 6;  // payload: peer words, address, TLS, request head
inline constexpr int32_t kInRequest = 7;  // the same
inline constexpr int32_t kInDrain = 8;
inline constexpr int32_t kInClose = 9;         // payload: close words, reason
inline constexpr int32_t kInAcceptError = 10;  // the code is an errno
inline constexpr int32_t kInServerClosed = 11;
// A dialled connection is open. Payload: peer words, address, TLS, protocol, line feed, response head.
inline constexpr int32_t kInConnected = 12;
// Payload: dial words, addresses, response head, its body or what TLS says.
inline constexpr int32_t kInDialFailed = 13;
inline constexpr int32_t kInTlsError = 14;  // the code is an errno; payload: peer words, address, reason
// A request needs no answer any more. The code is a number of Undecided; payload: generation.
inline constexpr int32_t kInUndecided = 15;

inline constexpr int32_t kFlagAttached = 1;
inline constexpr int32_t kFlagAscii = 2;
inline constexpr int32_t kFlagUnfinished = 4;  // in the outbox: a fragment that others of its message follow
// In the outbox: the payload lies in the inbox, or, attached, is the text message of this index there.
inline constexpr int32_t kFlagReceived = 8;
// In the outbox: to be compressed, or not, whatever its size; without either, as the connection's threshold
// says.
inline constexpr int32_t kFlagCompress = 16;
inline constexpr int32_t kFlagDoNotCompress = 32;

// Peer words. The address is text of this size for IPv6, the number for IPv4, and nothing for a Unix socket.
inline constexpr int32_t kPeerGeneration = 0;
inline constexpr int32_t kPeerOwner = 1;  // a server, or a dial
inline constexpr int32_t kPeerPorts = 2;  // remote | local << 16
inline constexpr int32_t kPeerIpv4 = 3;
inline constexpr int32_t kPeerIpv6Size = 4;
// Of requests and of dialled connections, if by TLS, there are texts that each end with a zero byte, in the
// order of lib/tls/tls-info.ts, and the peer's certificate in DER.
inline constexpr int32_t kPeerTlsSize = 5;
inline constexpr int32_t kPeerCertificateSize = 6;
inline constexpr int32_t kPeerWords = 7;

// Close words.
inline constexpr int32_t kCloseProtocolError = 0;
inline constexpr int32_t kCloseSystemError = 1;  // errno
inline constexpr int32_t kCloseTlsFailed = 2;    // 0 or 1
inline constexpr int32_t kCloseWords = 3;

// Dial words. The addresses are lines of "errno port address": those that could not be connected to, and the
// one that could, with 0.
inline constexpr int32_t kDialError = 0;
inline constexpr int32_t kDialSystemError = 1;  // errno
inline constexpr int32_t kDialStatus = 2;       // of HTTP, 0 without a response
inline constexpr int32_t kDialAddressesSize = 3;
inline constexpr int32_t kDialHeadSize = 4;
inline constexpr int32_t kDialWords = 5;
// Of kDialError, those that TypeScript tells apart.
inline constexpr int32_t kDialErrorConnect = 1;
inline constexpr int32_t kDialErrorTls = 4;
inline constexpr int32_t kDialErrorTimeout = 5;
inline constexpr int32_t kDialErrorProxyRefused = 9;

// --- Outbox: from TypeScript to C++ ---
inline constexpr int32_t kOutboxRecordWords = 5;
inline constexpr int32_t kOutboxRecordsMax = 4096;
inline constexpr int32_t kOutboxPayloadBytes = 262144;
// Strings are gathered into one, which is encoded when the outbox is sealed: at most three bytes a UTF-16
// unit.
inline constexpr int32_t kOutboxTextUnits = 65536;
inline constexpr int32_t kOutboxTextBytes = 196608;
// A payload of this size or more is attached.
inline constexpr int32_t kOutboxAttachedMin = 8192;

// Its payload is part of the gathered text; size and offset count UTF-16 units.
inline constexpr int32_t kOutString = 1;
inline constexpr int32_t kOutText = 2;
inline constexpr int32_t kOutBinary = 3;
inline constexpr int32_t kOutPing = 4;
inline constexpr int32_t kOutPong = 5;
inline constexpr int32_t kOutClose = 6;      // payload: the reason; code 1005 sends none
inline constexpr int32_t kOutTerminate = 7;  // payload: the reason
inline constexpr int32_t kOutPause = 8;
inline constexpr int32_t kOutResume = 9;
inline constexpr int32_t kOutAccept = 10;   // payload: protocol, CRLF, header lines
inline constexpr int32_t kOutRespond = 11;  // payload: header lines, CRLF, body
inline constexpr int32_t kOutContinuation = 12;

// Control words of the outbox, written when it is sealed.
inline constexpr int32_t kSealRecords = 0;
inline constexpr int32_t kSealTextBytes = 1;
inline constexpr int32_t kSealTextUnits = 2;
inline constexpr int32_t kSealAttachments = 3;
inline constexpr int32_t kSealWords = 4;

}  // namespace ntyws::layout
