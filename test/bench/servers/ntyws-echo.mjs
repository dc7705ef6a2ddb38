// The handler that each worker loads.

export function message(socket, data) {
  socket.send(data)
}
