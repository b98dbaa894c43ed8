import { flushSync } from 'svelte'
import { describe, expect, it } from 'vitest'
import { Fault } from '../../../src-main/contract/faults.ts'
import type { SessionState, StateTree } from '../../../src-main/contract/state.ts'
import { DEFAULT_SETTINGS } from '../../../src-main/contract/line.ts'
import type { TerminalItem } from '../../../src-main/contract/terminal.ts'
import type { Core } from '../../../src-renderer/core.svelte.ts'
import type { SendLine } from '../../../src-renderer/model/monitor/send-bytes.ts'
import { SendFile } from '../../../src-renderer/model/monitor/send-file.svelte.ts'
import { MAX_HISTORY, SendHistory, type Shelf } from '../../../src-renderer/model/monitor/send-history.ts'
import { sendKey, sendPlace } from '../../../src-renderer/model/monitor/send-place.ts'
import { Sender } from '../../../src-renderer/model/monitor/sender.svelte.ts'
import { HandClock, settle } from './hand-clock.ts'
import { bridgeOf, sessionOf, treeOf } from '../states.ts'
import { WriterCore } from './writer-core.svelte.ts'

const utf8 = new TextEncoder()
const bytes = (text: string): Uint8Array<ArrayBuffer> => utf8.encode(text)
const OPEN: TerminalItem = { type: 'open', settings: DEFAULT_SETTINGS }

const LABEL = 'this computer (terminal)'

function made(): { core: WriterCore; sender: Sender; clock: HandClock } {
  const core = new WriterCore(treeOf([], [bridgeOf('gps')]))
  const clock = new HandClock()
  return { core, clock, sender: new Sender(core as unknown as Core, 'gps', clock) }
}

function joins(core: WriterCore, session: Partial<SessionState> = {}): void {
  core.tell({ type: 'joined', id: 'gps', session: 7 })
  core.tree = treeOf([], [bridgeOf('gps', { sessions: [sessionOf(7, LABEL, { writer: true, ...session })] })])
  core.tell(OPEN)
  flushSync()
}

describe('the way to write of a monitor', () => {
  it('joins when something is sent, and not before', async () => {
    const { core, sender } = made()
    expect([core.opened, sender.isJoined]).toEqual([0, false])
    const sent = sender.send(bytes('AT\r'))
    expect([core.opened, sender.isJoined]).toEqual([1, true])
    joins(core)
    await settle()
    expect(core.written()).toBe('AT\r')
    core.writes[0]?.done()
    expect(await sent).toBe(true)
    expect(sender.isWriter).toBe(true)
    expect([await sender.send(bytes('')), sender.isSending]).toEqual([true, false])
    sender.dispose()
    expect(core.closed).toBe(1)
  })

  it('sends nothing while it only watches, and asks for the control', async () => {
    const { core, sender } = made()
    const sent = sender.send(bytes('x'))
    joins(core, { writer: false })
    expect(await sent).toBe(false)
    expect(core.writes).toEqual([])
    expect([sender.isWatching, sender.trouble]).toEqual([true, ''])
    await sender.ask()
    expect(core.calls).toEqual([['session.grant', { id: 'gps', session: 7 }]])
    joins(core)
    const again = sender.send(bytes('y'))
    await settle()
    core.writes[0]?.done()
    expect(await again).toBe(true)
    expect(core.opened).toBe(1)
  })

  it('says why a port cannot be written to', async () => {
    const { core, sender } = made()
    const sent = sender.send(bytes('x'))
    core.tell({ type: 'joined', id: 'gps', session: 7 })
    const fault = new Fault('device-missing', 'It is unplugged. Plug it in.').toJSON()
    core.tell({ type: 'waiting', fault })
    flushSync()
    expect(await sent).toBe(false)
    expect([sender.trouble, sender.waitsFor]).toEqual([fault.message, fault.message])
  })

  it('waits ten seconds for a port that does not open', async () => {
    const { clock, sender } = made()
    const sent = sender.send(bytes('x'))
    await clock.advance(10_000)
    expect(await sent).toBe(false)
    expect(sender.trouble).toContain('did not answer in time')
  })

  it('says what the core refused, and joins anew after it was closed', async () => {
    const { core, sender } = made()
    const sent = sender.send(bytes('x'))
    joins(core)
    await settle()
    core.writes[0]?.fail(new Fault('usage', 'Watching only. Ask for control.'))
    expect(await sent).toBe(false)
    expect(sender.trouble).toBe('Watching only. Ask for control.')
    core.end(new Fault('peer-closed', 'Farport was ended.'))
    flushSync()
    expect(sender.ended).toBe('Farport was ended.')
    void sender.send(bytes('y'))
    expect(core.opened).toBe(2)
  })

  it('is over when it leaves while it waits', async () => {
    const { sender } = made()
    const sent = sender.send(bytes('x'))
    sender.leave()
    flushSync()
    expect(await sent).toBe(false)
    expect([sender.isJoined, sender.trouble]).toEqual([false, ''])
  })

  it('does not say that it was sent where it leaves before the device took it', async () => {
    const { core, sender } = made()
    const sent = sender.send(bytes('x'))
    joins(core)
    await settle()
    sender.leave()
    core.writes[0]?.done()
    expect(await sent).toBe(false)
    expect([sender.isJoined, sender.isSending, sender.trouble]).toEqual([false, false, ''])
  })

  it('tells who has the control before it joins', () => {
    const { core, sender } = made()
    core.tree = treeOf([], [bridgeOf('gps', { sessions: [sessionOf(2, 'bench', { holdsSince: 1 })] })])
    expect(sender.holder).toBe('bench')
  })
})

describe('where there is nothing to send to', () => {
  const tree = (fields: Parameters<typeof bridgeOf>[1]): StateTree => treeOf([], [bridgeOf('gps', fields)])

  it('says so', () => {
    const gps = { type: 'recording', id: 'gps' } as const
    expect(sendPlace(gps, tree({}))).toEqual({ type: 'yes', id: 'gps' })
    expect(sendPlace(gps, treeOf([], []))).toMatchObject({ type: 'no' })
    expect(sendPlace(gps, tree({ onlyWatches: true }))).toMatchObject({ type: 'no' })
    expect(sendPlace(gps, tree({ enabled: false }))).toMatchObject({ type: 'no' })
    expect(sendPlace({ type: 'file', name: 'a.pcapng', recording: 0 }, tree({}))).toMatchObject({
      type: 'no'
    })
    const port = { type: 'port', port: { target: '/dev/ttyUSB0' } } as const
    expect(sendPlace(port, tree({}))).toEqual({
      type: 'no',
      why: 'This port is only watched. Open a terminal to write.'
    })
    expect([sendKey(gps), sendKey(port)]).toEqual(['gps', 'port:/dev/ttyUSB0'])
  })
})

describe('what was sent before', () => {
  const shelf = (): Shelf & { text: string | undefined } => {
    const it: Shelf & { text: string | undefined } = {
      text: undefined,
      get: () => it.text,
      set: (_, text) => (it.text = text)
    }
    return it
  }
  const line = (text: string): SendLine => ({ mode: 'text', text, check: 'none', ending: 'lf' })

  it('comes back with the arrow keys, and the draft behind it', () => {
    const history = new SendHistory('gps', shelf())
    history.add(line('a'))
    history.add(line('b'))
    const draft = line('dra')
    expect(history.step(-1, draft)).toEqual(line('b'))
    expect(history.step(-1, line('b'))).toEqual(line('a'))
    expect(history.step(-1, line('a'))).toBeUndefined()
    expect(history.step(1, line('a'))).toEqual(line('b'))
    expect(history.step(1, line('b'))).toEqual(draft)
    expect(history.step(1, draft)).toBeUndefined()
  })

  it('is kept for each target, once each and no more than fit', () => {
    const kept = shelf()
    const history = new SendHistory('gps', kept)
    for (let turn = 0; turn < MAX_HISTORY + 5; turn++) history.add(line(String(turn)))
    history.add(line('50'))
    history.add(line(''))
    new SendHistory('plc', kept).add(line('other'))
    const { lines } = new SendHistory('gps', kept)
    expect([lines.length, lines[0]?.text, lines.at(-1)?.text]).toEqual([MAX_HISTORY, '5', '50'])
    expect(lines.filter(({ text }) => text === '50')).toHaveLength(1)
  })

  it('is nothing where something else stands in its place', () => {
    for (const text of ['{', '7', '[["gps"]]', '[["gps",[{"mode":"x"}]]]', '[null]'])
      expect(new SendHistory('gps', { get: () => text, set: () => undefined }).lines).toEqual([])
  })
})

describe('a file to send', () => {
  const file = (size: number) => {
    const all = Uint8Array.from({ length: size }, (_, at) => at & 0xff)
    return {
      name: 'a.bin',
      size,
      all,
      slice: (from: number, to: number) => ({
        arrayBuffer: () => Promise.resolve(all.slice(from, to).buffer)
      })
    }
  }

  it('goes whole and in order, in pieces that grow where the device is quick', async () => {
    const taken: Uint8Array[] = []
    const sending = new SendFile((piece) => Promise.resolve(taken.push(piece) > 0), new HandClock())
    const it = file(100_000)
    await sending.start(it)
    expect(sending.progress).toEqual({ name: 'a.bin', size: 100_000, sent: 100_000, state: 'done' })
    expect(await new Blob(taken as BlobPart[]).arrayBuffer()).toEqual(it.all.buffer)
    expect(taken.map(({ length }) => length).slice(0, 3)).toEqual([512, 1024, 2048])
    expect(Math.max(...taken.map(({ length }) => length))).toBe(32 * 1024)
  })

  it('ends where it is cancelled, or a piece was not taken', async () => {
    let done: (taken: boolean) => void = () => undefined
    const sending = new SendFile(() => new Promise((resolve) => (done = resolve)), new HandClock())
    const over = sending.start(file(5000))
    await settle()
    done(true)
    await settle()
    sending.cancel()
    done(true)
    await over
    expect(sending.progress).toMatchObject({ sent: 512, state: 'ended' })
    const second = sending.start(file(5000))
    await settle()
    done(false)
    await second
    expect(sending.progress).toMatchObject({ sent: 0, state: 'ended' })
  })
})
