import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { PYTHON, lacks } from '../peers/need.ts'
import { describeWithShim, makeShimmedPair } from './shim.ts'
import type { ShimmedPair } from './shim.ts'

let pair: ShimmedPair

function python(script: string): string {
  const run = spawnSync(PYTHON, ['-c', script, pair.a.path, pair.b.path], {
    encoding: 'utf8',
    env: pair.env
  })
  expect(run.stderr).toBe('')
  return run.stdout.trim()
}

describeWithShim('serial shim', () => {
  beforeEach(async () => {
    pair = await makeShimmedPair({ nullModem: true })
  })
  afterEach(() => pair.dispose())

  it('lets stty set parity and data bits', () => {
    const stty = (...wish: string[]): string =>
      spawnSync('stty', ['-F', pair.a.path, ...wish], { encoding: 'utf8', env: pair.env }).stdout
    stty('cs7', 'parenb', 'parodd')
    expect(pair.a.state.seen).toMatchObject({ dataBits: 7, parity: 'odd' })
    expect(stty('-a')).toMatch(/[^-]parenb[^]*[^-]parodd[^]*cs7/)
    expect(pair.b.state.seen).toMatchObject({ dataBits: 8, parity: 'none' })
    expect(pair.log().map(({ end, call }) => `${end} ${call}`)).toContain('a tcsetattr')
  })

  it.skipIf(lacks('python3'))('joins the modem lines of two programs, and carries a break', () => {
    const script = `
import sys, termios, fcntl, struct
def modem(f): return struct.unpack('I', fcntl.ioctl(f, termios.TIOCMGET, struct.pack('I', 0)))[0]
a, b = open(sys.argv[1], 'rb+', 0), open(sys.argv[2], 'rb+', 0)
fcntl.ioctl(a, termios.TIOCMSET, struct.pack('I', termios.TIOCM_RTS))
print(hex(modem(b) & ~(termios.TIOCM_DTR | termios.TIOCM_RTS)))
termios.tcsendbreak(a, 0)
print(struct.unpack('11I', fcntl.ioctl(b, 0x545d, bytes(80))[:44])[9])
`
    expect(python(script).split('\n')).toEqual(['0x20', '1'])
    expect(pair.a.state.seen).toMatchObject({ dtr: false, rts: true, sendingBreak: false })
  })

  it.skipIf(lacks('python3'))('leaves other terminals alone', () => {
    const script = `
import pty, fcntl, termios
try: fcntl.ioctl(pty.openpty()[1], termios.TIOCMGET, bytes(4))
except OSError as error: print(error.errno)
`
    expect(python(script)).toBe('25')
  })
})
