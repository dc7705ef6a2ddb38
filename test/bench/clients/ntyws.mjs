// Our own client as a load generator, to be held against wsload, whose options it takes.

import { connect } from '../../../dist/index.js'
import { deflate, drive } from './drive.mjs'

await drive((answer) => {
  const options = { tls: { rejectUnauthorized: false }, perMessageDeflate: deflate, message: answer }
  return (url) => connect(url, options)
})
