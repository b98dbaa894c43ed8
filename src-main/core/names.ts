/** Names of shares and links: what others see of them. */
import { isProgram, programName } from '../ports/program/command-line.ts'

/** `/dev/ttyUSB0` → `ttyUSB0`, `sim:gps?rate=2` → `gps`, `rfc2217://host:7000` → `host:7000`, `exec:ssh host cat` → `ssh`. */
export function nameOf(target: string): string {
  if (isProgram(target)) return programName(target)
  const bare = target.replace(/^sim:/, '').replace(/\?.*$/, '')
  return bare.slice(bare.lastIndexOf('/') + 1) || target
}

/** The name itself, or with ` (2)`, ` (3)` … behind it, the first that nobody has. */
export function freeName(name: string, taken: readonly string[]): string {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name} (${number})`
    if (!taken.includes(candidate)) return candidate
  }
}
