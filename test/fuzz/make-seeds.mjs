// Writes the seeds of the corpus to test/fuzz/corpus/<target>/: inputs that show the fuzzers what there is. What the fuzzers
// themselves have added stays. To be run again when a target reads its input in another way.
import { mkdirSync, writeFileSync } from 'node:fs'
import { constants, deflateRawSync } from 'node:zlib'

const corpus = new URL('./corpus/', import.meta.url)

/**
 * @param {string} target
 * @param {Record<string, (string | number | Uint8Array)[]>} seeds Each the parts of an input; a string stands for its UTF-8,
 *   a number for a byte.
 */
function write(target, seeds) {
  mkdirSync(new URL(target, corpus), { recursive: true })
  for (const [name, parts] of Object.entries(seeds)) {
    const bytes = parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part)))
    writeFileSync(new URL(`${target}/${name}`, corpus), Buffer.concat(bytes))
  }
}

// --- Heads ---

const UPGRADE_FIELDS = [
  'Host: example.com',
  'Upgrade: websocket',
  'Connection: keep-alive, Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

/** @param {string[]} fields */
const head = (fields, line = 'GET /chat?room=1 HTTP/1.1') => `${[line, ...fields].join('\r\n')}\r\n\r\n`
/** @param {string} name @param {string[]} others */
const without = (name, ...others) => head([...UPGRADE_FIELDS.filter((field) => !field.startsWith(name)), ...others])

const upgrade = head(UPGRADE_FIELDS)
const heads = {
  upgrade: [upgrade],
  'upgrade-then-frames': [upgrade, Buffer.of(0x81, 0x80, 0, 0, 0, 0)],
  subprotocols: [head([...UPGRADE_FIELDS, 'Sec-WebSocket-Protocol: soap, ,wamp', 'sec-websocket-protocol:\tv2'])],
  extensions: [head([...UPGRADE_FIELDS, 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'])],
  'odd-case-and-blanks': [
    'get / HTTP/1.1\r\nhOST:\texample.com \t\r\nUPGRADE:WebSocket\r\nconnection: ,,upgrade ,\r\n\r\n',
  ],
  plain: [head(['Host: example.com', 'Accept: */*'])],
  'http-1.0': [head([], 'GET / HTTP/1.0')],
  'http-2-preface': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  post: [head(['Host: a', 'Content-Length: 5'], 'POST /form HTTP/1.1'), 'hello'],
  'absolute-target': [head(UPGRADE_FIELDS, 'GET http://example.com/ HTTP/1.1')],
  'empty-line-first': ['\r\n', upgrade],
  'no-host': [without('Host')],
  'two-hosts': [without('Host', 'Host: a', 'Host: b')],
  'no-connection-token': [without('Connection', 'Connection: close')],
  'version-8': [without('Sec-WebSocket-Version', 'Sec-WebSocket-Version: 8')],
  'short-key': [without('Sec-WebSocket-Key', 'Sec-WebSocket-Key: dGhl')],
  'with-a-body': [head([...UPGRADE_FIELDS, 'Content-Length: 1']), 'x'],
  chunked: [head([...UPGRADE_FIELDS, 'Transfer-Encoding: chunked'])],
  'no-content': [head([...UPGRADE_FIELDS, 'Content-Length: 0'])],
  'folded-line': [head(['Host: a', ' folded'])],
  'bare-lf': ['GET / HTTP/1.1\nHost: a\n\n'],
  'latin-1': ['GET / HTTP/1.1\r\nX: caf', 0xe9, '\r\n\r\n'],
  'control-byte': ['GET / HTTP/1.1\r\nX: a', 0, 'b\r\n\r\n'],
  'blank-before-colon': [head(['Host : a'])],
  'tls-hello': [Buffer.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc)],
  cut: [upgrade.slice(0, 60)],
  'many-fields': [head(Array.from({ length: 101 }, (_, i) => `A${i}:`))],
}
for (const target of ['request_head', 'opening_request']) {
  write(target, Object.fromEntries(Object.entries(heads).map(([name, parts]) => [name, [0, 7, ...parts]])))
  write(target, {
    'small-limits': [1, 3, head(['A: b', 'C: d'], 'GET / HTTP/1.1')],
    'small-limits-too-many-fields': [
      1,
      9,
      head(
        Array.from({ length: 9 }, () => 'A:'),
        'GET / HTTP/1.1',
      ),
    ],
    'small-limits-too-long': [1, 5, 'GET /', 'a'.repeat(260)],
  })
}

const COMPRESSION_WANTED = 2
write('opening_request', {
  'agreed-compression': [COMPRESSION_WANTED, 7, ...heads.extensions],
  'malformed-extensions': [
    COMPRESSION_WANTED,
    7,
    head([...UPGRADE_FIELDS, 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=']),
  ],
})

// --- Responses to a client ---

const ACCEPT_FIELDS = [
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
]
const PLAIN = 0
const OFFERED = 2
const TUNNEL = 4
const OFFERED_COMPRESSION = 8
/** @param {string[]} fields */
const response = (fields, line = 'HTTP/1.1 101 Switching Protocols') => head(fields, line)
const answers = {
  accepted: [PLAIN, response(ACCEPT_FIELDS)],
  'accepted-then-frames': [PLAIN, response(ACCEPT_FIELDS), Buffer.of(0x81, 0)],
  'accepted-with-protocol': [OFFERED, response([...ACCEPT_FIELDS, 'Sec-WebSocket-Protocol: superchat'])],
  'no-protocol': [OFFERED, response(ACCEPT_FIELDS)],
  'unrequested-protocol': [PLAIN, response([...ACCEPT_FIELDS, 'Sec-WebSocket-Protocol: chat'])],
  'unrequested-extension': [PLAIN, response([...ACCEPT_FIELDS, 'Sec-WebSocket-Extensions: permessage-deflate'])],
  'agreed-compression': [
    OFFERED_COMPRESSION,
    response([...ACCEPT_FIELDS, 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=10']),
  ],
  'compression-beyond-the-offer': [
    OFFERED_COMPRESSION,
    response([...ACCEPT_FIELDS, 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=16']),
  ],
  'malformed-extensions': [
    OFFERED_COMPRESSION,
    response([...ACCEPT_FIELDS, 'Sec-WebSocket-Extensions: permessage-deflate; a="b']),
  ],
  'wrong-accept': [PLAIN, response([...ACCEPT_FIELDS.slice(0, 2), 'Sec-WebSocket-Accept: x'])],
  'no-upgrade': [PLAIN, response(ACCEPT_FIELDS.slice(1))],
  interim: [PLAIN, 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103\r\nLink: x\r\n\r\n', response(ACCEPT_FIELDS)],
  'refused-with-length': [PLAIN, response(['Content-Length: 5'], 'HTTP/1.1 401 Unauthorized'), 'hello, more'],
  'refused-in-chunks': [
    PLAIN,
    response(['Transfer-Encoding: chunked'], 'HTTP/1.1 403 Forbidden'),
    '5\r\nhello\r\n00a;x="y"\r\n, you all!\r\n0\r\n\r\n',
  ],
  'refused-to-the-end': [PLAIN, response([], 'HTTP/1.0 503'), 'busy'],
  'no-content': [PLAIN, response(['Content-Length: 5'], 'HTTP/1.1 204 No Content')],
  redirect: [PLAIN, response(['Location: /elsewhere', 'Content-Length: 0'], 'HTTP/1.1 302 Found')],
  tunnel: [TUNNEL, response([], 'HTTP/1.1 200 Connection established')],
  'tunnel-refused': [TUNNEL, response(['Content-Length: 3'], 'HTTP/1.1 407 x'), 'who'],
  ssh: [PLAIN, 'SSH-2.0-OpenSSH_9.2\r\n'],
  'tls-alert': [PLAIN, Buffer.of(0x15, 3, 1, 0, 2, 2, 40)],
  'bare-lf': [PLAIN, 'HTTP/1.1 101 x\nUpgrade: websocket\n\n'],
  'no-phrase': [PLAIN, 'HTTP/1.1 101\r\n\r\n'],
}
write(
  'opening_response',
  Object.fromEntries(Object.entries(answers).map(([name, [options, ...parts]]) => [name, [options, 7, ...parts]])),
)

// --- Compression ---

const EVERY_PARAMETER =
  'permessage-deflate; server_no_context_takeover; client_no_context_takeover; ' +
  'server_max_window_bits=10; client_max_window_bits=11'
const [ANY_WINDOW, SMALL_WINDOWS, NO_TAKEOVER] = [0b111_111, 0b001_010, 0b1111]
write('deflate_negotiation', {
  none: [0, ANY_WINDOW, ANY_WINDOW],
  plain: [0, ANY_WINDOW, ANY_WINDOW, 'permessage-deflate'],
  browser: [0, SMALL_WINDOWS, ANY_WINDOW, 'permessage-deflate; client_max_window_bits'],
  'every-parameter': [0, ANY_WINDOW, ANY_WINDOW, EVERY_PARAMETER],
  'no-takeover-wanted': [NO_TAKEOVER, SMALL_WINDOWS, SMALL_WINDOWS, EVERY_PARAMETER],
  'in-quotes': [0, ANY_WINDOW, ANY_WINDOW, 'permessage-deflate; server_max_window_bits="1\\0"'],
  'second-offer': [0, ANY_WINDOW, ANY_WINDOW, 'x; y=z, permessage-deflate; a, , permessage-deflate'],
  repeated: [0, ANY_WINDOW, ANY_WINDOW, 'permessage-deflate; client_max_window_bits; client_max_window_bits=9'],
  'too-small': [0, ANY_WINDOW, ANY_WINDOW, 'permessage-deflate; server_max_window_bits=7'],
  'leading-zero': [0, ANY_WINDOW, ANY_WINDOW, 'permessage-deflate; client_max_window_bits=09'],
  'no-value': [0, ANY_WINDOW, ANY_WINDOW, 'permessage-deflate; server_max_window_bits='],
  'open-quote': [0, ANY_WINDOW, ANY_WINDOW, 'permessage-deflate; server_max_window_bits="10'],
  'no-comma': [0, ANY_WINDOW, ANY_WINDOW, 'permessage-deflate permessage-deflate'],
  'trailing-semicolon': [0, ANY_WINDOW, ANY_WINDOW, 'permessage-deflate;'],
})

/** A message's payload (RFC 7692 §7.2.1). @param {string | Uint8Array} message */
function deflated(message, level = 6) {
  const payload = deflateRawSync(Buffer.from(message), { level, finishFlush: constants.Z_SYNC_FLUSH })
  return payload.subarray(0, -4)
}

// Of the option byte: how much of the input is a peer's payload, in thirds.
const [ALL_HONEST, ALL_HOSTILE] = [0, 3 << 3]
const VICTIM_IS_SERVER = 4
const LEVEL_6 = 5 + 9 * 7
const prose = 'It was the best of times, it was the worst of times, it was the age of wisdom. '.repeat(12)
/** @param {(string | Uint8Array)[]} payload */
const hostile = (...payload) => [ALL_HOSTILE | VICTIM_IS_SERVER, ANY_WINDOW, LEVEL_6, 0, ...payload]
write('message_deflate', {
  'with-takeover': [ALL_HONEST, ANY_WINDOW, LEVEL_6, 20, prose],
  'without-takeover': [ALL_HONEST | 3, ANY_WINDOW, LEVEL_6, 20, prose],
  'one-takes-over': [ALL_HONEST | 1, SMALL_WINDOWS, 0, 30, prose],
  'smallest-window': [ALL_HONEST, 0, 0, 100, prose],
  'does-not-compress': [ALL_HONEST, ANY_WINDOW, LEVEL_6, 5, Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
  'some-of-both': [1 << 3, ANY_WINDOW, LEVEL_6, 9, prose, deflated(prose)],
  payload: hostile(deflated(prose)),
  'payload-without-takeover': [ALL_HOSTILE | 3, ANY_WINDOW, LEVEL_6, 0, deflated(prose)],
  'smallest-window-payload': [ALL_HOSTILE, 0, LEVEL_6, 0, deflated(prose)],
  stored: hostile(deflated('stored', 0)),
  'empty-block': hostile(Buffer.of(0)),
  'last-block': hostile(Buffer.from('f348cdc9c9070000', 'hex')),
  'last-empty-block': hostile(Buffer.of(1)),
  'two-blocks': hostile(Buffer.from('f24805000000ffffcac9c90700', 'hex')),
  'by-the-window': hostile(Buffer.from('f200110000', 'hex')),
  bomb: hostile(deflated(Buffer.alloc(1 << 20))),
  'too-long-by-one': hostile(deflated('x'.repeat(3001))),
  'just-not-too-long': hostile(deflated('x'.repeat(3000))),
  'cut-off': hostile(deflated(prose).subarray(0, -3)),
  'fourth-kind': hostile(Buffer.of(6)),
  nothing: hostile(),
})

// --- Text ---

write('utf8', {
  empty: [],
  ascii: [1, 'plain ASCII that is longer than one block of the fast path'],
  'two-bytes': [5, '\u0080κόσμε\u07ff'],
  'three-bytes': [1, '\u0800€\ud7ff\ue000\uffff'],
  'four-bytes': [9, 'a\u{10000}😀\u{10ffff}'],
  'ascii-then-text': [3, 'sixteen bytes of ASCII, and then: é€😀'],
  'long-text': [1, 'Long enough for the widest registers: κόσμος, 世界, 😀. '.repeat(3)],
  'long-cut': [1, '世界'.repeat(16), 0xe4, 0xb8],
  'long-wrong': [1, '😀'.repeat(15), 0xed, 0xa0, 0x80, 'and more of it'.repeat(3)],
  surrogate: [1, 0xed, 0xa0, 0x80],
  'surrogate-pair': [1, Buffer.from('eda0bdedb880', 'hex')],
  'overlong-2': [1, 0xc0, 0xaf],
  'overlong-3': [1, 0xe0, 0x9f, 0xbf],
  'overlong-4': [1, 0xf0, 0x8f, 0xbf, 0xbf],
  'too-high': [1, 0xf4, 0x90, 0x80, 0x80],
  'no-lead-byte': [1, 'a', 0xf8, 0x88, 0x80, 0x80, 0x80],
  'lone-continuation': [7, 'a', 0x80],
  'cut-after-one': [1, 'text', 0xf0],
  'cut-after-two': [1, 'text', 0xf0, 0x9f],
  'cut-after-three': [1, 'text', 0xf0, 0x9f, 0x98],
  'broken-off': [1, 0xe2, 0x82, 'a'],
})

// --- Frames ---

const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10]
const FIN = 0x80

/** @param {number | bigint} value @param {number} size */
function bigEndian(value, size) {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes.subarray(8 - size)
}

/** @param {number} code */
const closePayload = (code, reason = '') => Buffer.concat([bigEndian(code, 2), Buffer.from(reason)])

/** Whoever has no key does not mask. @param {Uint8Array} [key] */
function framesWith(key) {
  const maskBit = key ? 0x80 : 0
  /** @param {number} first @param {number | bigint} size */
  function header(first, size) {
    const length =
      size <= 125
        ? [Buffer.of(maskBit | Number(size))]
        : size <= 0xffff
          ? [Buffer.of(maskBit | 126), bigEndian(size, 2)]
          : [Buffer.of(maskBit | 127), bigEndian(size, 8)]
    return Buffer.concat([Buffer.of(first), ...length, ...(key ? [key] : [])])
  }
  /** @param {number} first @param {string | Uint8Array} payload */
  function frame(first, payload = '') {
    const bytes = Buffer.from(payload)
    if (key) for (let i = 0; i < bytes.length; i++) bytes[i] ^= key[i % 4]
    return Buffer.concat([header(first, bytes.length), bytes])
  }
  return { header, frame }
}

// Indices of kBytesMaxima in endpoint_stream.h, and of kFragmentsMaxima behind them.
const [LIMIT_16, LIMIT_0, LIMIT_300, LIMIT_64_KIB, LIMIT_1_TIB] = [0, 1, 5, 6, 7]
const TWO_FRAGMENTS = 2 << 3
// And of kCompressions behind those.
const [WITH_TAKEOVER, WITHOUT_TAKEOVER] = [1 << 5, 2 << 5]
const COMPRESSED = 0x40

for (const [target, key] of [
  ['endpoint_server', Buffer.from('37fa213d', 'hex')],
  ['endpoint_client', undefined],
]) {
  const { header, frame } = framesWith(key)
  const text = frame(FIN | TEXT, 'hello')
  write(target, {
    messages: [LIMIT_16, 3, 0, text, frame(FIN | BINARY, Buffer.of(0, 255)), frame(FIN | TEXT, 'é€😀')],
    'empty-messages': [LIMIT_0, 3, 0, frame(FIN | TEXT), frame(FIN | BINARY), frame(TEXT), frame(FIN)],
    fragments: [LIMIT_16, 3, 0, frame(TEXT, 'ab'), frame(CONTINUATION, 'cd'), frame(FIN, 'ef'), text],
    'fragments-and-control-frames': [
      LIMIT_16,
      6,
      0,
      ...[frame(BINARY, 'a'), frame(FIN | PING, '1'), frame(0), frame(FIN | PONG, '2'), frame(FIN, 'c')],
    ],
    'split-code-point': [
      LIMIT_16,
      4,
      0,
      ...[frame(TEXT, Buffer.of(0x61, 0xf0, 0x9f)), frame(0, Buffer.of(0x98)), frame(FIN, Buffer.of(0x80))],
    ],
    'stops-after-two': [LIMIT_16, 3, 2, text, frame(FIN | PING), text, text],
    'longest-control-frame': [LIMIT_16, 8, 0, frame(FIN | PING, 'p'.repeat(125))],
    'too-long-control-frame': [LIMIT_16, 8, 0, frame(FIN | PING, 'p'.repeat(126))],
    'fragmented-control-frame': [LIMIT_16, 8, 0, frame(PING, 'p')],
    '16-bit-length': [LIMIT_300, 200, 0, frame(FIN | TEXT, 'x'.repeat(130)), frame(FIN | BINARY, 'y'.repeat(300))],
    '64-bit-length-announced': [LIMIT_1_TIB, 5, 0, header(FIN | BINARY, 2n ** 40n), 'some of it'],
    'too-big-at-its-header': [LIMIT_64_KIB, 5, 0, header(FIN | BINARY, 65_537)],
    'too-big-by-fragments': [LIMIT_16, 5, 0, frame(TEXT, '0123456789'), frame(FIN, '0123456')],
    'too-many-fragments': [LIMIT_64_KIB | TWO_FRAGMENTS, 5, 0, frame(TEXT, 'a'), frame(0, ''), frame(FIN, 'c')],
    'length-not-minimal': [LIMIT_16, 5, 0, FIN | TEXT, (key ? 0x80 : 0) | 126, 0, 5],
    'length-top-bit': [LIMIT_16, 5, 0, FIN | TEXT, (key ? 0x80 : 0) | 127, 0x80, Buffer.alloc(7)],
    'continuation-of-nothing': [LIMIT_16, 5, 0, text, frame(FIN, 'x')],
    'message-within-a-message': [LIMIT_16, 5, 0, frame(TEXT, 'a'), text],
    'invalid-text': [LIMIT_16, 5, 0, frame(FIN | TEXT, Buffer.of(0x61, 0xff))],
    'invalid-text-not-whole': [LIMIT_300, 5, 0, frame(TEXT, Buffer.of(0xed, 0xa0)), header(FIN, 100)],
    'text-cut-at-its-end': [LIMIT_16, 5, 0, frame(TEXT, 'a'), frame(FIN, Buffer.of(0xc3))],
    'reserved-bit-1': [LIMIT_16, 5, 0, frame(FIN | 0x40 | TEXT, 'x')],
    'compressed-messages': [
      LIMIT_300 | WITH_TAKEOVER,
      6,
      0,
      ...[frame(FIN | COMPRESSED | TEXT, deflated(prose.slice(0, 200))), text],
      ...[
        frame(FIN | COMPRESSED | TEXT, Buffer.from('f200110000', 'hex')),
        frame(FIN | COMPRESSED | BINARY, Buffer.of(0)),
      ],
    ],
    'compressed-fragments': [
      LIMIT_16 | WITHOUT_TAKEOVER,
      4,
      0,
      ...[frame(COMPRESSED | TEXT, Buffer.from('f248cd', 'hex')), frame(FIN | PING, '1')],
      ...[frame(FIN, Buffer.from('c9c90700', 'hex')), text],
    ],
    'compressed-stops-after-one': [
      LIMIT_16 | WITHOUT_TAKEOVER,
      4,
      1,
      frame(FIN | COMPRESSED | TEXT, deflated('x')),
      text,
    ],
    'compressed-bomb': [
      LIMIT_300 | WITH_TAKEOVER,
      6,
      0,
      frame(FIN | COMPRESSED | BINARY, deflated(Buffer.alloc(99_999))),
    ],
    'compressed-invalid': [LIMIT_300 | WITH_TAKEOVER, 6, 0, frame(FIN | COMPRESSED | BINARY, 'no deflate')],
    'compressed-invalid-text': [
      LIMIT_16 | WITH_TAKEOVER,
      6,
      0,
      frame(FIN | COMPRESSED | TEXT, deflated(Buffer.of(0xff))),
    ],
    'compressed-last-block': [
      LIMIT_16 | WITH_TAKEOVER,
      6,
      0,
      ...[
        frame(FIN | COMPRESSED | TEXT, Buffer.from('f348cdc9c9070000', 'hex')),
        frame(FIN | COMPRESSED | TEXT, Buffer.of(1)),
      ],
    ],
    'compressed-longer-than-its-message': [
      LIMIT_16 | WITH_TAKEOVER,
      6,
      0,
      frame(FIN | COMPRESSED | BINARY, deflated('sixteen bytes, 0', 0)),
    ],
    'compressed-too-big-at-its-header': [LIMIT_16 | WITH_TAKEOVER, 6, 0, header(FIN | COMPRESSED | BINARY, 36)],
    'compressed-continuation': [LIMIT_16 | WITH_TAKEOVER, 5, 0, frame(TEXT, 'a'), frame(FIN | COMPRESSED, 'x')],
    'compressed-ping': [LIMIT_16 | WITH_TAKEOVER, 5, 0, frame(FIN | COMPRESSED | PING, 'x')],
    'reserved-bit-2': [LIMIT_16, 5, 0, frame(FIN | 0x20 | TEXT, 'x')],
    'reserved-opcode': [LIMIT_16, 5, 0, frame(FIN | 3, 'x')],
    'wrong-mask': [LIMIT_16, 5, 0, framesWith(key ? undefined : Buffer.alloc(4)).frame(FIN | TEXT, 'x')],
    close: [LIMIT_16, 5, 0, text, frame(FIN | CLOSE, closePayload(1000, 'done')), text],
    'close-without-code': [LIMIT_16, 5, 0, frame(TEXT, 'a'), frame(FIN | CLOSE)],
    'close-with-half-a-code': [LIMIT_16, 5, 0, frame(FIN | CLOSE, Buffer.of(3))],
    'close-with-a-wrong-code': [LIMIT_16, 5, 0, frame(FIN | CLOSE, closePayload(1005))],
    'close-with-a-wrong-reason': [LIMIT_16, 5, 0, frame(FIN | CLOSE, Buffer.of(3, 0xe8, 0xff))],
  })
}

for (const [name, key] of [
  ['masked', Buffer.from('37fa213d', 'hex')],
  ['bare', undefined],
]) {
  const { header } = framesWith(key)
  const role = key ? 0 : 1
  write('frame_header', {
    [`${name}-text`]: [role, header(FIN | TEXT, 5)],
    [`${name}-16-bit`]: [role, header(BINARY, 126)],
    [`${name}-64-bit`]: [role, header(FIN | CONTINUATION, 65_536)],
    [`${name}-largest`]: [role, header(FIN | BINARY, 2n ** 63n - 1n)],
    [`${name}-close`]: [role, header(FIN | CLOSE, 125)],
    [`${name}-wrong-side`]: [1 - role, header(FIN | PING, 0)],
    [`${name}-reserved`]: [role, header(FIN | 0x70 | TEXT, 0)],
    [`${name}-compressed`]: [role | 2, header(COMPRESSED | TEXT, 5)],
    [`${name}-compressed-ping`]: [role | 2, header(FIN | COMPRESSED | PING, 5)],
    [`${name}-not-minimal`]: [role, FIN | TEXT, (key ? 0x80 : 0) | 127, Buffer.alloc(6), 0xff, 0xff],
  })
}

write('close_payload', {
  empty: [],
  'half-a-code': [3],
  normal: [closePayload(1000)],
  'with-reason': [closePayload(1001, 'Auf Wiedersehen, καλό')],
  'never-sent': [closePayload(1005)],
  'too-high': [closePayload(5000, 'x')],
  private: [closePayload(4999, 'x'.repeat(123))],
  'too-long': [closePayload(3000, 'x'.repeat(124))],
  'cut-within-a-code-point': [closePayload(1011, `${'x'.repeat(121)}😀`)],
  'long-and-wide': [closePayload(1002, '€'.repeat(50))],
  'invalid-reason': [closePayload(1000), 0xc3],
  'continuations-only': [closePayload(1000), Buffer.alloc(200, 0x80)],
})

// The records of a client's first flight: each its type, version and length, and what it has of the hello.
const helloRecord = (...bytes) => [22, 3, 1, bytes.length >> 8, bytes.length & 0xff, ...bytes]
write('client_hello_size', {
  short: [0, ...helloRecord(1, 0, 0, 200, 3, 3)],
  long: [1, ...helloRecord(1, 2, 1, 64)],
  'over-records': [2, ...helloRecord(1), ...helloRecord(), ...helloRecord(0, 128), ...helloRecord(1)],
  'other-record': [3, ...helloRecord(1, 1), 23, 3, 3, 0, 1, 0],
  http: [4, 'GET / HTTP/1.1'],
})

write('port_range', {
  one: ['8888'],
  range: ['8888-8987'],
  list: ['8888, 9000 - 9010 ,\t80'],
  'any-free': ['0,0'],
  zeros: ['0080,00000000000000000000081'],
  'all-allowed': ['1-10000'],
  'too-many': ['1-10001'],
  twice: ['80-90,85'],
  backwards: ['90-80'],
  'from-zero': ['0-5'],
  'half-a-range': ['8888-'],
  'empty-item': ['1,,2'],
  blank: [' \t'],
  'too-high': ['65535,65536'],
  'no-number': ['http', 0x1b, '[31m'],
  huge: ['18446744073709551617'],
  'two-dashes': ['1-2-3'],
})

// --- Records of TLS ---

// Steps of the target tls_records.
const tlsRecord = (type, content) => [(type - 20) * 16, content.length, Buffer.from(content, 'latin1')]
const DELIVER = 2
const DELIVER_BYTES = 8 + 2
const SEND = 3
const SEND_LARGE = 31 * 8 + 4
const CLOSE_NOTIFY = 5
const NEW_KEYS = 8 + 6
const RAW = 7
const keyUpdate = '\x18\0\0\x01'
const helloHead = '\x01\0\x01\0\x03\x03\0\0'
for (const [name, role] of [
  ['server', 0],
  ['client', 1],
]) {
  write('tls_records', {
    [`${name}-messages`]: [role, ...tlsRecord(23, 'hello'), DELIVER, SEND, SEND_LARGE, CLOSE_NOTIFY],
    [`${name}-begun-key-update`]: [role, ...tlsRecord(22, keyUpdate), DELIVER, SEND, CLOSE_NOTIFY],
    [`${name}-begun-ticket`]: [role, ...tlsRecord(22, '\x04\0\0\xc8'), DELIVER_BYTES, SEND],
    [`${name}-begun-hello-1.2`]: [role | 2, ...tlsRecord(22, helloHead), DELIVER, CLOSE_NOTIFY, SEND],
    [`${name}-key-update-in-two`]: [role, ...tlsRecord(22, keyUpdate), DELIVER, ...tlsRecord(22, '\0'), DELIVER, SEND],
    [`${name}-new-keys`]: [role, ...Array(40).fill(NEW_KEYS), DELIVER, SEND],
    [`${name}-begin-anew-1.2`]: [role | 2, ...tlsRecord(22, '\0'.repeat(200)), DELIVER, SEND],
    [`${name}-alerts-1.2`]: [
      role | 2,
      ...tlsRecord(21, '\x01\x5a'),
      DELIVER,
      ...tlsRecord(21, '\x02\x28'),
      DELIVER,
      SEND,
    ],
    [`${name}-empty-records`]: [role, ...tlsRecord(23, ''), ...tlsRecord(22, ''), DELIVER, SEND],
    [`${name}-handshake-in-bytes`]: [role | 4, ...Array(4).fill(DELIVER_BYTES), SEND],
    [`${name}-long-hello`]: [role | 4, RAW, 9, '\x16\x03\x01\x40\0\x01', Buffer.of(0x02, 0x01, 0x44), SEND],
  })
}
