import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Program, farport, portOf, shared, temporaryFolder } from '../e2e/cli.ts'
import { payload } from './payload.ts'
import { Device } from './device.ts'
import { FakeStk500 } from './fake-stk500.ts'
import { lineCalls } from './line-calls.ts'
import { lacks } from './need.ts'
import { shimmedPair } from './shimmed.ts'

const RESET = ['dtr off', 'rts off', 'dtr on', 'rts on']

/** A program of some pages, the last one not full. */
const SKETCH = payload(2000)

interface Board {
  readonly board: FakeStk500
  readonly urls: string[]
  readonly lines: () => string[]
  /** avrdude flashes the sketch and reads it back. */
  readonly flash: (port: string) => Promise<void>
}

async function boardBehind(...options: string[]): Promise<Board> {
  const cable = await shimmedPair()
  const lines = (): string[] => lineCalls(cable)
  const { urls } = await shared([cable.a.path, '-b', '115200', ...options])
  const board = new FakeStk500(new Device(cable.b.path), () => lines().length >= RESET.length)
  return {
    board,
    urls,
    lines,
    async flash(port) {
      const file = `${temporaryFolder()}/sketch.bin`
      writeFileSync(file, SKETCH)
      const avrdude = new Program('avrdude', [
        ...['-c', 'arduino', '-p', 'm328p', '-b', '115200', '-D', '-q'],
        ...['-P', port, '-U', `flash:w:${file}:r`]
      ])
      const ended = await avrdude.ended
      expect(ended.stderr).toMatch(/2000 bytes of flash verified/)
      expect(ended.code).toBe(0)
    }
  }
}

describe.skipIf(lacks('avrdude', 'socat', 'cc'))('avrdude flashes a board on another computer', () => {
  it('through a link, the board reset at each opening', async () => {
    const { board, urls, lines, flash } = await boardBehind(
      ...['--reset-on-open', 'arduino', '--listen', 'rfc2217://127.0.0.1:0']
    )
    const link = `${temporaryFolder()}/ttyBoard`
    const ours = farport('connect', urls[0]!, '--pty', link)
    await ours.printed(/^ready/m)
    await flash(link)
    expect(board.flash.subarray(0, SKETCH.length).equals(SKETCH)).toBe(true)
    expect(board).toMatchObject({ left: true, missed: 0 })
    expect(lines()).toEqual(RESET)
  })

  it('by net:HOST:PORT, which carries no control lines, the board reset at each opening', async () => {
    const { board, urls, lines, flash } = await boardBehind(
      ...['--reset-on-open', 'arduino', '--listen', 'raw://127.0.0.1:0']
    )
    await flash(`net:127.0.0.1:${portOf(urls[0]!)}`)
    expect(board.flash.subarray(0, SKETCH.length).equals(SKETCH)).toBe(true)
    expect(board).toMatchObject({ left: true, missed: 0 })
    expect(lines()).toEqual(RESET)
  })
})
