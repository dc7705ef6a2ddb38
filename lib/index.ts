// The public API, whole: all that the CLI and other users may use.

export type { SecureContextError } from './base/errors.js'
export { connect } from './client/connect.js'
export { ReconnectingSocket } from './client/reconnecting-socket.js'
export type { ListenError } from './server/listen-error.js'
export { serve } from './server/server.js'
export * from './types/index.js'
export { loadHandler } from './workers/load-handler.js'
export { serveWorkers } from './workers/workers.js'
