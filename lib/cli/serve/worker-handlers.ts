// The handler module of `ntyws serve --workers`: imported with the name of the user's, if any, as ?handler=.

import { commandHandlers } from './command-handlers.js'

const handler = new URL(import.meta.url).searchParams.get('handler')

export default await commandHandlers(handler ?? undefined)
