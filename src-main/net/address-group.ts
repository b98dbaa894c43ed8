/** Whose an address is, for limits by address. Called by tls-pending.ts, and by peers for those who are not known yet. */
import { isIPv6 } from 'node:net'

/**
 * What one computer can come from: an IPv4 address alone; of IPv6 the /64, of which a single host has every address (RFC 4291 §2.5.1,
 * RFC 8981). `address`: plain, as `plainAddress` has it.
 */
export function addressGroup(address: string): string {
  const [plain = ''] = address.split('%')
  if (!isIPv6(plain)) return address
  const [front = '', back] = plain.toLowerCase().split('::')
  const before = fields(front)
  const after = fields(back ?? '')
  const zeros = back === undefined ? 0 : 8 - before.length - after.length
  const all = [...before, ...Array.from({ length: zeros }, () => 0), ...after]
  return `${all
    .slice(0, 4)
    .map((each) => each.toString(16))
    .join(':')}::/64`
}

/** 16 bits each; an IPv4 tail is two of them, whatever they are: it stands behind the first 64 bits. */
function fields(text: string): number[] {
  return text === ''
    ? []
    : text.split(':').flatMap((each) => (each.includes('.') ? [0, 0] : [Number.parseInt(each, 16)]))
}
