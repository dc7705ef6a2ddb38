// connect() through a proxy.

import { connect as connectTcp } from 'node:net'
import { connect } from 'ntyws'
import { afterEach, expect, test, vi } from 'vitest'
import { RawServer } from '../support/raw-server.js'
import { openConnection } from '../support/test-connection.js'
import { startEcho } from '../support/test-server.js'

afterEach(() => vi.unstubAllEnvs())

/** Takes one tunnel, as a proxy does. @returns the request for it */
async function tunnelOnce(proxy: RawServer): Promise<string> {
  const peer = await proxy.accept()
  const request = await peer.readRequest()
  const [, host, port] = /^CONNECT (.*):(\d+) /.exec(request) as unknown as [string, string, string]
  const onward = connectTcp(Number(port), host)
  peer.socket.removeAllListeners('data')
  peer.socket.on('data', (chunk) => onward.write(chunk))
  onward.on('data', (chunk) => peer.write(chunk))
  onward.on('close', () => peer.socket.destroy())
  peer.socket.on('close', () => onward.destroy())
  peer.write('HTTP/1.1 200 Connection established\r\n\r\n')
  return request
}

test('a tunnel is asked for, and the server talked to through it', async () => {
  const { port } = await startEcho()
  const proxy = await RawServer.start()
  const opening = openConnection(`ws://127.0.0.1:${port}/x`, { proxy: `http://us:er@127.0.0.1:${proxy.port}` })
  expect(await tunnelOnce(proxy)).toBe(
    `CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
      `Proxy-Authorization: Basic ${Buffer.from('us:er').toString('base64')}\r\n\r\n`,
  )
  const { socket, messages } = await opening
  socket.send('through')
  expect(await messages.next()).toBe('through')
})

test('the environment names one, or says that there is none', async () => {
  const { port, url } = await startEcho()
  const proxy = await RawServer.start()
  vi.stubEnv('http_proxy', `127.0.0.1:${proxy.port}`)
  const opening = openConnection(url, { proxy: 'env' })
  expect(await tunnelOnce(proxy)).toContain(`CONNECT 127.0.0.1:${port} `)
  await opening
  vi.stubEnv('no_proxy', 'example.com, 127.0.0.1')
  await openConnection(url, { proxy: 'env' })
})

test('a proxy that refuses', async () => {
  const proxy = await RawServer.start()
  const failure = connect('ws://nowhere.invalid/', { proxy: `http://127.0.0.1:${proxy.port}` }).catch((error) => error)
  const peer = await proxy.accept()
  expect(await peer.readRequest()).toMatch(/^CONNECT nowhere\.invalid:80 /)
  peer.write('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 3\r\n\r\nwho')
  const error = await failure
  expect(error).toMatchObject({
    code: 'WS_ERR_PROXY_REFUSED',
    status: 407,
    url: 'ws://nowhere.invalid/',
    port: proxy.port,
  })
  expect(error.message).toContain(`the proxy 127.0.0.1:${proxy.port} refused the tunnel (407`)
  expect(error.body.toString()).toBe('who')
})

test.each([
  ['socks5://x', /begins with http:/],
  ['https://x', /begins with http:/],
  ['nonsense', /'env' or a URL/],
  [7, /string or a URL/],
])('%j is no proxy', async (proxy, message) => {
  await expect(connect('ws://127.0.0.1:1', { proxy: proxy as string })).rejects.toThrow(message)
})
