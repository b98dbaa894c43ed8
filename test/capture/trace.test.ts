import { describe, expect, it } from 'vitest'
import { Trace } from '../../src-main/capture/trace.ts'
import type { TraceSpec } from '../../src-main/contract/commands.ts'
import { bench, bytes, type Bench } from '../bridge/setup.ts'
import { settle } from '../fake-clock.ts'
import { MemoryDisk } from './memory-disk.ts'

interface Traced extends Bench {
  readonly disk: MemoryDisk
  readonly trace: Trace
  /** The lines of a file, and nothing behind the last of them. */
  readonly lines: (path: string) => string[]
}

/** A hub with these trace files, at one second before the end of 2026. */
function traced(...traces: TraceSpec[]): Traced {
  const made = bench()
  const disk = new MemoryDisk()
  let opening = 0
  const trace = new Trace({
    traces,
    pathOf: (file, time, client) => `${file}-${++opening}-${time.getFullYear()}-${client}`,
    report: () => undefined,
    clock: made.clock,
    disk,
    now: () => new Date(2026, 11, 31, 23, 59, 59)
  })
  made.hub.tap(trace)
  return { ...made, disk, trace, lines: (path) => disk.text(path).split('\n').slice(0, -1) }
}

const NOW = '2026/12/31 23:59:59'

describe('trace files', () => {
  it('hold each direction, or both, as the bytes are', async () => {
    const { plug, session, disk, trace, end } = traced(
      { what: 'read', file: 'r' },
      { what: 'write', file: 'w' },
      { what: 'both', file: 'b' }
    )
    const near = session('me')
    const port = await plug()
    near.send(bytes('question\r\n'))
    port.send(bytes('answer\xff'))
    await settle()
    await trace.close(1000)
    expect(disk.text('r-1-2026-me')).toBe(Buffer.from(bytes('answer\xff')).toString('latin1'))
    expect(disk.text('w-2-2026-me')).toBe('question\r\n')
    expect(disk.text('b-3-2026-me')).toBe(Buffer.from(bytes('question\r\nanswer\xff')).toString('latin1'))
    await end()
  })

  it('tell in hexdump and timestamps what ser2net would', async () => {
    const { plug, session, hub, lines, trace, unplug } = traced({
      what: 'both',
      file: 'b',
      hexdump: true,
      timestamp: true
    })
    const near = session('192.0.2.7:50112')
    const port = await plug()
    near.send(Uint8Array.from([...bytes('hello '), 0, 0xff, ...bytes(' world')]))
    port.send(bytes('01234567'))
    await settle()
    unplug(port)
    hub.closeSession(1, { code: 'done', message: 'closed by\r\nthe client' }, 0)
    await settle()
    await trace.close(1000)
    expect(lines('b-1-2026-192.0.2.7:50112')).toEqual([
      `${NOW} OPEN (192.0.2.7:50112)`,
      `${NOW} tcp  68 65 6c 6c 6f 20 00 ff  |hello ..|`,
      `${NOW} tcp  20 77 6f 72 6c 64        | world|`,
      `${NOW} term 30 31 32 33 34 35 36 37  |01234567|`,
      `${NOW} CLOSE port (closed)`,
      `${NOW} CLOSE netcon (192.0.2.7:50112: closed by??the client)`
    ])
  })

  it('are opened anew when the last one is gone and the port closed, not before', async () => {
    const { plug, session, hub, disk, trace, unplug, end } = traced({ what: 'both', file: 'b' })
    const first = session('first')
    let port = await plug()
    port.send(bytes('one '))
    unplug(port)
    port = await plug()
    const second = session('second')
    first.end()
    port.send(bytes('two'))
    await settle()
    second.end()
    port.send(bytes(' nobody'))
    await settle()
    hub.setPort(undefined, 'hold')
    await settle()
    session('third')
    await plug()
    hub.setPort(undefined, 'hold')
    await trace.close(1000)
    expect(disk.text('b-1-2026-first')).toBe('one two nobody')
    expect(disk.text('b-2-2026-third')).toBe('')
    await end()
  })

  it('of one name are one file, each byte in it once', async () => {
    const { plug, session, disk, trace, end } = traced(
      { what: 'read', file: 'f', hexdump: true },
      { what: 'both', file: 'f' }
    )
    const near = session('me')
    const port = await plug()
    near.send(bytes('raw\n'))
    port.send(bytes('hex'))
    await settle()
    await trace.close(1000)
    expect([...disk.files.keys()]).toEqual(['f-1-2026-me'])
    expect(disk.text('f-1-2026-me')).toBe('raw\nterm 68 65 78                 |hex|\n')
    await end()
  })
})
