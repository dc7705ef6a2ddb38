// A chat on ten ports: `wscat -c 'ws://127.0.0.1:8888/?name=ada'`. Shows typed data, refusal at the handshake, and sending
// to everybody else. Run it with `node --import jiti/register examples/chat.ts`, or with plain `node` from Node 22.18 on.
import { type Socket, serve } from 'ntyws'

interface Member {
  name: string
}

const members = new Set<Socket<Member>>()

function tell(text: string, except?: Socket<Member>) {
  for (const member of members) {
    if (member !== except) member.send(text)
  }
}

const server = await serve<Member>({
  port: '8888-8897',
  host: '127.0.0.1',
  upgrade(request) {
    const name = request.query.get('name')
    return name ? { data: { name } } : { status: 400, body: 'Say who you are: /?name=…\n' }
  },
  open(socket) {
    members.add(socket)
    tell(`${socket.data.name} has come`, socket)
  },
  message(socket, data, isBinary) {
    if (!isBinary) tell(`${socket.data.name}: ${data}`, socket)
  },
  close(socket) {
    members.delete(socket)
    tell(`${socket.data.name} has gone`)
  },
})

console.log(`chatting on ports ${server.ports[0]}–${server.ports.at(-1)}`)
process.once('SIGINT', () => server.close())
