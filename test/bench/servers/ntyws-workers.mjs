// Ours with worker threads: an echo server, for the benchmark. Takes the port and the number of workers.

import { serveWorkers } from '../../../dist/index.js'

const [port, workers] = process.argv.slice(2)
await serveWorkers(new URL('ntyws-echo.mjs', import.meta.url), { workers: Number(workers), host: '127.0.0.1', port })
console.log('ready')
