import { describe, expect, it } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import { MAX_TERMINAL_BYTES, type TerminalItem, type TerminalSpec } from '../../src-main/contract/terminal.ts'
import type { Core } from '../../src-renderer/core.svelte.ts'
import { MAX_WAITING, TerminalLink } from '../../src-renderer/model/terminal-link.svelte.ts'
import { terminalTarget } from '../../src-renderer/model/terminal-target.ts'
import { echoFor, sentFor } from '../../src-renderer/model/terminal-text.ts'
import { bridgeOf, portOf, treeOf } from './states.ts'

interface Write {
  readonly bytes: Uint8Array
  readonly done: (answer?: object) => void
  readonly fail: (fault: Fault) => void
}

/** A core whose terminal says and takes what the test wants. */
class FakeCore {
  readonly writes: Write[] = []
  readonly keys: string[] = []
  tell: (item: TerminalItem) => unknown = () => undefined
  end: (fault?: Fault) => void = () => undefined

  readonly subscribe = ((_topic: string, { terminal }: TerminalSpec, item: never, ended: never) => {
    this.keys.push(terminal)
    this.tell = item
    this.end = ended
    return { dispose: () => undefined }
  }) as unknown as Core['subscribe']

  readonly call = ((_name: string, { bytes }: { bytes: Uint8Array }) =>
    new Promise<object>((resolve, reject) =>
      this.writes.push({ bytes, done: (answer = {}) => resolve(answer), fail: reject })
    )) as unknown as Core['call']
}

function opened(): { core: FakeCore; link: TerminalLink; screen: string[] } {
  const core = new FakeCore()
  const screen: string[] = []
  const link = new TerminalLink(core, { id: 'gps' }, (bytes) => {
    screen.push(new TextDecoder().decode(bytes))
    return Promise.resolve()
  })
  link.open()
  return { core, link, screen }
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))
const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

describe('a terminal', () => {
  it('shows what the device says, and asks for more when the screen took it', async () => {
    const { core, link, screen } = opened()
    core.tell({ type: 'joined', id: 'gps', session: 3 })
    const taken = core.tell({ type: 'bytes', bytes: bytes('$GP') })
    expect(taken).toBeInstanceOf(Promise)
    await taken
    expect(screen).toEqual(['$GP'])
    expect(link.joined).toEqual({ id: 'gps', session: 3 })
  })

  it('sends one write after the other, in order', async () => {
    const { core, link } = opened()
    link.send(bytes('a'))
    link.send(bytes('b'))
    expect(core.writes.map((each) => each.bytes)).toEqual([bytes('a')])
    core.writes[0]?.done()
    await settled()
    expect(core.writes.map((each) => each.bytes)).toEqual([bytes('a'), bytes('b')])
  })

  it('cuts what is long, and refuses whole what would wait too long', () => {
    const { core, link } = opened()
    link.send(new Uint8Array(MAX_WAITING))
    expect(core.writes[0]?.bytes).toHaveLength(MAX_TERMINAL_BYTES)
    link.send(bytes('x'))
    expect(link.refused).toContain('Nothing of this was sent')
  })

  it('says why what was typed was refused, and forgets what waited behind it', async () => {
    const { core, link } = opened()
    link.send(bytes('a'))
    link.send(bytes('b'))
    core.writes[0]?.fail(new Fault('usage', 'Watching only. Ask for control.'))
    await settled()
    expect(link.refused).toBe('Watching only. Ask for control.')
    expect(core.writes).toHaveLength(1)
    link.send(bytes('c'))
    core.writes[1]?.done()
    await settled()
    expect(link.refused).toBe('')
  })

  it('calls back what waits here and in the core, and says how much that was', async () => {
    const { core, link } = opened()
    link.send(new Uint8Array(MAX_TERMINAL_BYTES + 100))
    expect(link.waitingBytes).toBe(MAX_TERMINAL_BYTES + 100)
    const discarding = link.discard()
    expect(link.waitingBytes).toBe(MAX_TERMINAL_BYTES)
    core.writes[1]?.done({ discarded: 60_000 })
    core.writes[0]?.done()
    await discarding
    await settled()
    expect([link.discarded, link.waitingBytes, core.writes.length]).toEqual([60_100, 0, 2])
    link.send(bytes('a'))
    expect(link.discarded).toBe(0)
  })

  it('ends with the last word of the core, and can be opened again under another key', () => {
    const { core, link } = opened()
    core.tell({ type: 'closed', reason: { code: 'ended', message: 'it was switched off' }, lost: 0 })
    core.end()
    expect(link.standing).toEqual({ type: 'closed', why: 'it was switched off' })
    link.open()
    expect(link.standing).toEqual({ type: 'opening' })
    expect(new Set(core.keys).size).toBe(2)
  })

  it('hears nothing of one that it left', () => {
    const { core, link } = opened()
    const late = core.end
    link.open()
    late(new Fault('peer-closed', 'gone'))
    expect(link.standing.type).toBe('opening')
  })
})

describe('what is typed', () => {
  it('ends its lines as the device wants', () => {
    const sent = (ending: 'cr' | 'lf' | 'crlf'): string => new TextDecoder().decode(sentFor('ä\r', ending))
    expect([sent('cr'), sent('lf'), sent('crlf')]).toEqual(['ä\r', 'ä\n', 'ä\r\n'])
  })

  it('is echoed as a device would', () => {
    expect([echoFor('a\r'), echoFor('\u007f'), echoFor('\u001b[A')]).toEqual(['a\r\n', '\b \b', ''])
  })
})

describe('the address of a terminal', () => {
  const tree = treeOf(
    [portOf('/dev/ttyUSB0', { byId: ['/dev/serial/by-id/usb-x'] })],
    [bridgeOf('on'), bridgeOf('off', { enabled: false, port: 'sim:gps', own: { baudRate: 4800 } })]
  )

  it('opens a share, a share that is off and a port', () => {
    expect(terminalTarget(tree, 'on')?.on).toEqual({ id: 'on' })
    expect(terminalTarget(tree, 'off')?.on).toEqual({
      port: { target: 'sim:gps', settings: { baudRate: 4800 } }
    })
    expect(terminalTarget(tree, 'ttyUSB0')?.on).toEqual({ port: { target: '/dev/serial/by-id/usb-x' } })
  })

  it.each(['exec:touch /tmp/x', 'raw://192.0.2.1:7000', 'constructor', '/dev/sda'])(
    'does not open %s',
    (text) => expect(terminalTarget(tree, text)).toBeUndefined()
  )
})
