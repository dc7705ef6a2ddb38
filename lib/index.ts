// The public API, whole: all that the CLI and other users may use.

export { connect } from './connect.js'
export type { ListenError, SecureContextError } from './errors.js'
export { loadHandler } from './load-handler.js'
export { ReconnectingSocket } from './reconnecting-socket.js'
export { serve } from './server.js'
export * from './types.js'
export { serveWorkers } from './workers.js'
