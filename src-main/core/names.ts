/** Names of shares and links: what others see of them. */
import { isName } from '../contract/names.ts'
import { isProgram, programName } from '../ports/program/command-line.ts'

/** Addresses with a name of somebody else's in them, escaped as in URLs. */
const NAMED = /^(farport|mdns):/

/**
 * `/dev/ttyUSB0` → `ttyUSB0`, `sim:gps?rate=2` → `gps`, `rfc2217://host:7000` → `host:7000`, `exec:ssh host cat` → `ssh`,
 * `farport://bench/Ship%20GPS` → `Ship GPS`.
 */
export function nameOf(target: string): string {
  if (isProgram(target)) return programName(target)
  const bare = target.replace(/^sim:/, '').replace(/\?.*$/, '')
  const name = bare.slice(bare.lastIndexOf('/') + 1)
  return (NAMED.test(target) ? decoded(name) : name) || target
}

/**
 * What the virtual port of a link is called in its folder: `Ship’s GPS (2)` → `Ship-s-GPS-2`. Programs and shells take it as one word; empty
 * names become `port`.
 */
export function deviceFileName(name: string): string {
  const words = name.normalize('NFC').split(/[^\p{L}\p{N}\p{M}._+@-]+/u)
  return (
    words
      .filter((word) => word !== '')
      .join('-')
      .replace(/^[.-]+|[.-]+$/g, '') || 'port'
  )
}

/** The name itself, or with ` (2)`, ` (3)` … behind it, the first that nobody has. */
export function freeName(name: string, taken: readonly string[]): string {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name} (${number})`
    if (!taken.includes(candidate)) return candidate
  }
}

/** As it is where it is escaped wrongly, which what is opened says, and where we let nobody call anything so. */
function decoded(name: string): string {
  try {
    const plain = decodeURIComponent(name)
    return isName(plain) ? plain : name
  } catch {
    return name
  }
}
