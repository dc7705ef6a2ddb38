// Echoes. Run it with `npx ntyws serve examples/echo.ts -p 8888-8987`.
import type { ServeOptions } from 'ntyws'

export default {
  message(socket, data) {
    socket.send(data)
  },
} satisfies Omit<ServeOptions, 'port'>
