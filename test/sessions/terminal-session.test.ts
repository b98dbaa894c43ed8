import { describe, expect, it } from 'vitest'
import { DONE } from '../../src-main/contract/close.ts'
import { ALL_CAPABILITIES, DEFAULT_SETTINGS } from '../../src-main/contract/line.ts'
import { MAX_TERMINAL_BYTES, type TerminalItem } from '../../src-main/contract/terminal.ts'
import { TerminalSession } from '../../src-main/sessions/terminal-session.ts'
import { duplexSuite } from '../suites/duplex.ts'

/** A page that reads as far as it is let. */
function page(credit = Infinity) {
  const items: TerminalItem[] = []
  const reader = { credit, send: (item: TerminalItem) => void (items.push(item), (reader.credit -= 1)) }
  const session = new TerminalSession(reader)
  const give = (count: number): void => {
    reader.credit = count
    session.flush()
  }
  const bytes = (): number[] => items.flatMap((item) => (item.type === 'bytes' ? [...item.bytes] : []))
  return { session, items, give, bytes }
}

describe('a terminal of a page', () => {
  duplexSuite(() => {
    const { session, items, give } = page()
    session.join('desk', 1)
    return {
      near: session,
      far: {
        send: (chunk) => void session.send(chunk).catch(() => undefined),
        stall: () => give(0),
        flow: () => give(Infinity),
        get received() {
          return Buffer.concat(items.flatMap((item) => (item.type === 'bytes' ? [item.bytes] : [])))
        },
        end: () => session.leave()
      },
      exact: true
    }
  })

  it('is told first where it is, and then everything in its order', () => {
    const { session, items } = page()
    session.notify({ settings: DEFAULT_SETTINGS, capabilities: ALL_CAPABILITIES })
    session.write(Uint8Array.of(1))
    expect(items).toEqual([])
    session.join('desk', 7)
    expect(items).toEqual([
      { type: 'joined', id: 'desk', session: 7 },
      { type: 'open', settings: DEFAULT_SETTINGS },
      { type: 'bytes', bytes: Uint8Array.of(1) }
    ])
  })

  it('gets one piece for many small ones that waited, and no larger one than it may be', () => {
    const { session, items, give, bytes } = page(0)
    session.join('desk', 1)
    for (let n = 0; n < 100; n++) session.write(Uint8Array.of(n))
    const large = new Uint8Array(MAX_TERMINAL_BYTES * 2 + 1).fill(255)
    session.write(large)
    give(100)
    expect(items.map((item) => (item.type === 'bytes' ? item.bytes.length : item.type))).toEqual([
      ...['joined', 100, MAX_TERMINAL_BYTES, MAX_TERMINAL_BYTES, 1]
    ])
    expect(bytes().slice(0, 100)).toEqual(Array.from({ length: 100 }, (_each, n) => n))
  })

  it('is told the last of several faults, where it did not read them', () => {
    const { session, items, give } = page(0)
    session.join('desk', 1)
    const fault = (message: string) => ({ code: 'device-busy', kind: 'device', message }) as const
    for (const message of ['one', 'two']) session.tell({ type: 'waiting', fault: fault(message) })
    session.write(Uint8Array.of(1))
    session.tell({ type: 'waiting', fault: fault('three') })
    give(100)
    expect(items.slice(1)).toEqual([
      { type: 'waiting', fault: fault('two') },
      { type: 'bytes', bytes: Uint8Array.of(1) },
      { type: 'waiting', fault: fault('three') }
    ])
  })

  it('knows when what it sent was taken, also where it gives up before, or the other side ends', async () => {
    const { session } = page()
    const taken: number[] = []
    session.onData((chunk) => taken.push(...chunk))
    const told: string[] = []
    const abort = new AbortController()
    const write = (n: number, signal?: AbortSignal) =>
      session.send(Uint8Array.of(n), signal).then(
        () => told.push(`${n}`),
        (why: unknown) => told.push(`${n} ${why instanceof Error ? why.message : String(why)}`)
      )
    const writes = [write(1), write(2, abort.signal), write(3)]
    await Promise.resolve()
    expect([taken, told]).toEqual([[], []])
    abort.abort('no more')
    session.resume()
    await Promise.all(writes)
    expect([taken, told]).toEqual([
      [1, 3],
      ['2 no more', '1', '3']
    ])
    session.pause()
    const late = write(4)
    session.abort(DONE)
    await late
    expect(told.at(-1)).toBe('4 The terminal is closed: closed. Open it again to go on.')
  })
})
