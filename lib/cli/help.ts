// The help texts.

const general = `Usage: ntyws <command> [options]

WebSockets on one port or on a range of ports.

Commands:
  serve [handler]    serve a handler module, or echo

Options:
  -h, --help         show this help, or that of a command: ntyws serve --help
  -v, --version      show the version
`

const serve = `Usage: ntyws serve [handler] [options]

Serves WebSockets with the handlers of a module, or echoes each message when there is none. A browser that
opens one of the ports gets a console to try it with.

Options:
  -p, --port PORTS   ports to listen on: 8888, 8888-8987, 8888,9000-9010; 0 picks a free one
                     (default 8888-8987)
  -H, --host HOST    address or name to listen on (default 127.0.0.1)
  -w, --workers N    serve with N threads, each with handlers of its own (default: with the main thread alone)
      --origin SITE  let only this site's pages connect, such as https://example.org; may be given several times
      --cert FILE    speak TLS (wss, https) with this certificate, PEM, those that it is signed with behind it
      --key FILE     its private key, PEM
      --ca FILE      take only clients with a certificate that one of these has signed, PEM
      --quiet        no live line on the terminal
  -h, --help         show this help

A handler module is .ts, .js, .mjs or .cjs and exports handlers, as its default or by name:

  export default {
    open(socket) {},
    message(socket, data, isBinary) { socket.send(data) },
    close(socket, code, reason) {},
  }

Other options of serve(), such as maxPayload, can stand beside them; --port, --host, --origin and --cert win over port,
host, origins and tls. SIGHUP reads certificates and keys again, for connections from then on.
Exit status: 0 after SIGINT or SIGTERM, 1 for a failure, 2 for bad arguments.
`

export function helpText(topic?: 'serve'): string {
  return topic === 'serve' ? serve : general
}
