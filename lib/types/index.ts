// The public types: what a user writes (options, handlers) and what a user holds (sockets, a server).
// Times are milliseconds, sizes bytes. Option and error names follow `ws` and Node where those have one.

export type * from './client.js'
export type * from './connection.js'
export type * from './reconnecting.js'
export type * from './request.js'
export type * from './server.js'
export * from './socket.js'
export type * from './tls.js'
export type * from './workers.js'
