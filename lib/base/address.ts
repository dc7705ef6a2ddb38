// Addresses as C++ reports them, for users.

/** @param peer an IPv4 address as a number, an IPv6 one as text; 0 for a Unix socket, which has none */
export function formatAddress(peer: number | string): string {
  if (typeof peer === 'string') return peer
  if (peer === 0) return '' // a Unix socket: nobody comes from 0.0.0.0
  return `${peer >>> 24}.${(peer >>> 16) & 255}.${(peer >>> 8) & 255}.${peer & 255}`
}
