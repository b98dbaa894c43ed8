/** One pseudo-terminal that programs take for a serial port, whoever made it: serial-shim.c without a pair of them. Called by tests. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ShimCall } from './shim.ts'
import { ShimState } from './state.ts'

export class ShimmedTerminal {
  readonly state: ShimState
  readonly #minor: number
  readonly #log: string
  readonly #logStart: number
  #disposed = false

  /** `minor`: the number in /dev/pts. */
  constructor(minor: number) {
    const directory = process.env.SERIAL_SHIM
    if (directory === undefined) throw new Error('test/shim/global-setup.ts did not run')
    this.#minor = minor
    this.#log = join(directory, 'log')
    this.#logStart = readFileSync(this.#log).length
    this.state = new ShimState(directory, minor)
  }

  /** What programs did to it so far, in order; it is the end `a`. TIOCMGET and TIOCGICOUNT are left out. */
  log(): ShimCall[] {
    return readFileSync(this.#log, 'utf8')
      .slice(this.#logStart)
      .split('\n')
      .flatMap((line) => {
        const [pid, minor, call, value] = line.split(' ')
        if (call === undefined || Number(minor) !== this.#minor) return []
        return [{ pid: Number(pid), end: 'a', call, value: Number(value) } as const]
      })
  }

  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    this.state.dispose()
  }
}
