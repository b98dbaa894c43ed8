import { describe, expect, it } from 'vitest'
import type { LineWish, ModemState } from '../../src-main/contract/line.ts'
import { ALL_CAPABILITIES, NO_CAPABILITIES, UNKNOWN_MODEM_STATE } from '../../src-main/contract/line.ts'
import type { MemoryPort, MemoryPortOptions } from '../../src-main/ports/memory.ts'
import type { MemorySession } from '../../src-main/sessions/memory.ts'
import { settle } from '../fake-clock.ts'
import { closeAll, share } from './junction-bench.ts'
import { bytes, text } from './setup.ts'

closeAll()

/** A look finds what waits, and nothing moves for a second after that. */
const NOTICED_MS = 1250

const CTS_OFF: ModemState = { ...UNKNOWN_MODEM_STATE, cts: false }
const CTS_ON: ModemState = { ...UNKNOWN_MODEM_STATE, cts: true }

type Blocked = ReturnType<typeof share> & {
  readonly port: MemoryPort
  readonly client: MemorySession
  /** What was told about waiting. */
  readonly told: () => string[]
}

/** A device that takes nothing from now on. */
async function blocked(settings: LineWish, options: MemoryPortOptions = {}): Promise<Blocked> {
  const bench = share({ settings: { baudRate: 9600, ...settings } }, options)
  const client = bench.connect()
  await settle()
  const { port } = bench.device
  port.stall()
  return { ...bench, port, client, told: () => bench.notices.filter((each) => /wait|takes/.test(each)) }
}

const blockedByCts = (): Promise<Blocked> => blocked({ flowControl: 'rtscts' }, { modemState: CTS_OFF })

describe('a device that holds CTS off', () => {
  it('is told once with what waits, still heard, and told once when it goes on', async () => {
    const { bridge, clock, port, client, told } = await blockedByCts()
    let states = 0
    bridge.onState(() => states++)
    client.send(new Uint8Array(1234))
    await clock.advance(NOTICED_MS - 1)
    expect(bridge.state.blocked).toBeUndefined()
    const before = Date.now()
    await clock.advance(1)
    expect(bridge.state.blocked).toMatchObject({ by: 'cts', bytes: 1234 })
    expect(before - bridge.state.blocked!.since).toBeGreaterThanOrEqual(999)
    expect(told()).toEqual(['waiting for CTS: the device takes nothing (1,234 bytes wait)'])
    client.send(new Uint8Array(300 * 1024))
    port.send(bytes('still here'))
    await clock.advance(10_000)
    expect(text(client.received)).toBe('still here')
    expect(bridge.state.blocked?.bytes).toBe(1234 + 300 * 1024)
    expect(told()).toHaveLength(1)
    expect(states).toBe(1)

    port.setModemState({ cts: true })
    port.flow()
    await clock.advance(250)
    expect(bridge.state.blocked).toBeUndefined()
    expect(told().slice(1)).toEqual(['the device takes data again (after 11 s)'])
    expect(port.received).toHaveLength(1234 + 300 * 1024)
    expect(states).toBe(3) // CTS, and that it is over
  })

  it('is told although the driver has all of it', async () => {
    const { bridge, clock, port, client, told } = await blockedByCts()
    port.flow()
    Object.defineProperty(port, 'unsent', { value: 3 })
    client.send(bytes('AT\r'))
    await clock.advance(NOTICED_MS)
    expect(told()).toEqual(['waiting for CTS: the device takes nothing (3 bytes wait)'])
    expect(bridge.state.blocked?.bytes).toBe(3)
  })

  it('is told when the settings get flow control while bytes wait', async () => {
    const { clock, client, told } = await blocked({}, { modemState: CTS_OFF })
    client.send(bytes('AT\r'))
    await clock.advance(5000)
    expect(told()).toEqual([])
    client.ask({ flowControl: 'rtscts' })
    await clock.advance(1000 + NOTICED_MS)
    expect(told()).toHaveLength(1)
  })

  it('is not blamed when it was on in between, however shortly', async () => {
    const { clock, port, client, told } = await blockedByCts()
    client.send(bytes('AT\r'))
    for (let n = 0; n < 20; n++) {
      await clock.advance(900)
      port.setModemState({ cts: true })
      port.setModemState({ cts: false })
    }
    expect(told()).toEqual([])
    await clock.advance(NOTICED_MS)
    expect(told()).toHaveLength(1)
  })

  it('and takes a byte now and then is only slow', async () => {
    const { clock, port, client, told } = await blockedByCts()
    client.send(new Uint8Array(100))
    for (let n = 0; n < 20; n++) {
      await clock.advance(900)
      port.take(1)
    }
    expect(told()).toEqual([])
  })

  it('is not said to go on when what waited was thrown away', async () => {
    const { bridge, clock, port, client, told } = await blockedByCts()
    client.send(new Uint8Array(100))
    await clock.advance(3000)
    client.askPurge('transmit')
    expect(bridge.state.blocked).toBeUndefined()
    expect(told().slice(1)).toEqual(['no longer waiting (after 3 s)'])
    client.send(bytes('AT\r'))
    await clock.advance(NOTICED_MS)
    expect(bridge.state.blocked?.bytes).toBe(3)
    expect(port.purges).toEqual(['transmit'])
  })

  it('again and again, as a printer at each page, is told ever more rarely, and its state always', async () => {
    const { bridge, clock, port, client, told } = await blockedByCts()
    let shown = 0
    for (let n = 0; n < 100; n++) {
      client.send(new Uint8Array(100))
      await clock.advance(3000)
      if (bridge.state.blocked) shown++
      port.take(100)
      await clock.advance(1000)
    }
    expect(shown).toBe(100)
    expect(told()).toHaveLength(4) // twice, and their ends
    await clock.advance(61_000)
    client.send(new Uint8Array(100))
    await clock.advance(NOTICED_MS)
    expect(told()).toHaveLength(5)
  })

  it('costs no timer while nothing waits', async () => {
    const { clock, port, client } = await blockedByCts()
    port.flow()
    const idle = clock.pending
    client.send(bytes('AT\r'))
    expect(clock.pending).toBe(idle + 1)
    await clock.advance(250)
    expect(clock.pending).toBe(idle)
  })

  it('is not told as blocked any more when it is gone', async () => {
    const { bridge, clock, port, client } = await blockedByCts()
    client.send(bytes('AT\r'))
    await clock.advance(NOTICED_MS)
    expect(bridge.state.blocked).toBeDefined()
    port.unplug()
    expect(bridge.state.blocked).toBeUndefined()
  })
})

describe('a standstill whose reason nobody shows', () => {
  it.each<[string, LineWish, ModemState]>([
    ['RTS/CTS where the system does not see CTS', { flowControl: 'rtscts' }, UNKNOWN_MODEM_STATE],
    ['XON/XOFF', { flowControl: 'xonxoff' }, CTS_OFF]
  ])('%s: no line is blamed', async (_what, settings, modemState) => {
    const { bridge, clock, client, told } = await blocked(settings, { modemState })
    client.send(bytes('AT\r'))
    await clock.advance(NOTICED_MS)
    expect(told()).toEqual(['waiting: the device takes nothing (3 bytes wait)'])
    expect(bridge.state.blocked).toMatchObject({ by: 'flow-control', bytes: 3 })
  })

  it('of a very slow line may be a packet of the adapter on its way', async () => {
    const { clock, client, told } = await blocked({ flowControl: 'xonxoff', baudRate: 300 })
    client.send(bytes('AT\r'))
    await clock.advance(17_000)
    expect(told()).toEqual([])
    await clock.advance(1000)
    expect(told()).toHaveLength(1)
  })

  it.each<[string, LineWish, MemoryPortOptions]>([
    ['without flow control', {}, { modemState: CTS_OFF }],
    ['with CTS on', { flowControl: 'rtscts' }, { modemState: CTS_ON }],
    ['of a port that has no flow control', { flowControl: 'xonxoff' }, { capabilities: NO_CAPABILITIES }]
  ])('%s: nothing is said', async (_what, settings, options) => {
    const { bridge, clock, client, told } = await blocked(settings, options)
    client.send(bytes('AT\r'))
    await clock.advance(60_000)
    expect(told()).toEqual([])
    expect(bridge.state.blocked).toBeUndefined()
  })
})

describe('a port of another computer', () => {
  const far = async (settings: LineWish, modemState: ModemState, suspended: boolean): Promise<Blocked> => {
    const bench = await blocked(settings, { modemState, capabilities: ALL_CAPABILITIES })
    bench.port.suspended = suspended
    bench.client.send(bytes('AT\r'))
    await bench.clock.advance(NOTICED_MS)
    return bench
  }

  it('that asked us to hold our data is what we wait for', async () => {
    const { bridge, clock, port, told } = await far({}, UNKNOWN_MODEM_STATE, true)
    expect(told()).toEqual(['waiting: the far side asked to hold the data back (3 bytes wait)'])
    expect(bridge.state.blocked).toMatchObject({ by: 'peer', bytes: 3 })
    port.suspended = false
    port.flow()
    await clock.advance(250)
    expect(told().slice(1)).toEqual(['the device takes data again (after 1 s)'])
  })

  it('whose device holds CTS off, by its own word', async () => {
    expect((await far({ flowControl: 'rtscts' }, CTS_OFF, false)).told()).toEqual([
      'waiting for CTS: the device takes nothing (3 bytes wait)'
    ])
  })

  it('may be slow to read what its device takes: that is no word of the device', async () => {
    expect((await far({ flowControl: 'xonxoff' }, UNKNOWN_MODEM_STATE, false)).told()).toEqual([])
    expect((await far({ flowControl: 'rtscts' }, UNKNOWN_MODEM_STATE, false)).told()).toEqual([])
  })
})
