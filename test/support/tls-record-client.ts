// A TLS 1.3 client that can send records of any type under its session's keys, which no TLS library lets one do. It has
// spoken the opening handshake when it is there.

import { createCipheriv, createHmac } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { onTestFinished } from 'vitest'
import { testCa } from './certificates.js'
import { upgradeRequest } from './raw-client.js'

/** RFC 8446 §7.1: HKDF-Expand-Label of SHA-256, up to 32 bytes. */
function expandLabel(secret: Buffer, label: string, size: number): Buffer {
  const name = `tls13 ${label}`
  const info = Buffer.concat([Buffer.of(0, size, name.length), Buffer.from(name), Buffer.of(0, 1)])
  return createHmac('sha256', secret).update(info).digest().subarray(0, size)
}

export class TlsRecordClient {
  private constructor(
    private readonly tcp: Socket,
    private secret: Buffer,
    private sequence: bigint,
  ) {}

  static async open(port: number): Promise<TlsRecordClient> {
    const tcp = connectTcp(port, '127.0.0.1')
    onTestFinished(() => void tcp.destroy())
    tcp.on('error', () => {})
    await once(tcp, 'connect')
    // Node's TLS speaks through this, so that others can speak beside it.
    const wire = new Duplex({
      read() {},
      write(bytes, _encoding, done) {
        tcp.write(bytes, done)
      },
    })
    tcp.on('data', (bytes) => wire.push(bytes))
    const tls = connectTls({
      socket: wire,
      servername: 'localhost',
      ca: testCa.cert,
      minVersion: 'TLSv1.3',
      ciphers: 'TLS_AES_128_GCM_SHA256',
    })
    tls.on('error', () => {})
    let secret: Buffer | undefined
    tls.on('keylog', (line) => {
      const [label, , value] = line.toString().trim().split(' ')
      if (label === 'CLIENT_TRAFFIC_SECRET_0') secret = Buffer.from(value as string, 'hex')
    })
    await once(tls, 'secureConnect')
    tls.write(upgradeRequest())
    await once(tls, 'data')
    return new TlsRecordClient(tcp, secret as Buffer, 1n) // the request was one record
  }

  /** RFC 8446 §5.2: the type comes last in what is encrypted. */
  sendRecord(type: number, content: Uint8Array): void {
    const header = Buffer.of(0x17, 3, 3, 0, content.length + 1 + 16)
    const nonce = expandLabel(this.secret, 'iv', 12)
    nonce.writeBigUInt64BE(nonce.readBigUInt64BE(4) ^ this.sequence++, 4)
    const cipher = createCipheriv('aes-128-gcm', expandLabel(this.secret, 'key', 16), nonce).setAAD(header)
    const sealed = [cipher.update(content), cipher.update(Buffer.of(type)), cipher.final(), cipher.getAuthTag()]
    this.tcp.write(Buffer.concat([header, ...sealed]))
  }
  /** RFC 8446 §4.6.3 */
  updateKeys(): void {
    this.sendRecord(22, Buffer.of(24, 0, 0, 1, 0))
    this.secret = expandLabel(this.secret, 'traffic upd', 32)
    this.sequence = 0n
  }
}
