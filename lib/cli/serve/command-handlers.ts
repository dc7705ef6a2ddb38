// What `ntyws serve` serves: a handler module or echo, with the command's own defaults.

import { loadHandler, type ServeOptions } from '../../index.js'
import { consolePage } from '../pages/console-page.js'

const echo: Partial<ServeOptions<unknown>> = {
  message(socket, data) {
    socket.send(data)
  },
}

/** @param file of the handler module, relative to the working directory. @throws what loadHandler throws */
export async function commandHandlers(file?: string): Promise<ServeOptions<unknown> & { host: string }> {
  const handlers = file === undefined ? echo : await loadHandler(file)
  return { port: '8888-8987', host: '127.0.0.1', request: consolePage, ...handlers }
}
