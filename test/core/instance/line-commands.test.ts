import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Fault } from '../../../src-main/contract/faults.ts'
import { eventually } from '../../eventually.ts'
import { home, house, type House } from './houses.ts'
import { lacks } from '../../peers/need.ts'

const share = {
  ...{ id: 'desk', name: 'Desk', listen: ['raw://127.0.0.1:0'] },
  port: { target: 'sim:echo', settings: { baudRate: 9600 } }
}

async function used(alice: House): Promise<Socket> {
  const { port } = new URL(alice.bridge('desk').addresses[0]!)
  const client = connect(Number(port), '127.0.0.1').on('error', () => undefined)
  onTestFinished(() => void client.destroy())
  await eventually(() => expect(alice.bridge('desk').state.type).toBe('open'))
  return client
}

describe('the line of a share, as its owner commands it', () => {
  it('is that of the device while somebody uses it, and of the settings while nobody does', async () => {
    const alice = await house(await home(), { shares: [share] })
    const owner = alice.client()
    expect(alice.bridge('desk').own).toMatchObject({ baudRate: 9600, dataBits: 8 })
    expect(alice.bridge('desk')).not.toHaveProperty('setBy')
    expect(await owner.call('line.apply', { id: 'desk', wish: { parity: 'even' } })).toMatchObject({
      to: 'own',
      settings: { baudRate: 9600, parity: 'even' }
    })
    expect(alice.instance.settings.shares[0]?.port.settings).toEqual({ baudRate: 9600, parity: 'even' })

    const client = await used(alice)
    expect(alice.bridge('desk')).toMatchObject({
      setBy: { type: 'own' },
      state: { settings: { baudRate: 9600, parity: 'even' } },
      carried: { control: ['dtr', 'rts', 'break'] }
    })
    expect(await owner.call('line.apply', { id: 'desk', wish: { baudRate: 1200 } })).toMatchObject({
      to: 'port',
      settings: { baudRate: 1200, parity: 'even' }
    })
    expect(alice.bridge('desk')).toMatchObject({ setBy: { type: 'owner' }, own: { baudRate: 9600 } })
    expect(alice.told('Desk')).toContain('settings 1200 8E1 (this computer)')
    expect(alice.instance.settings.shares[0]?.port.settings).toEqual({ baudRate: 9600, parity: 'even' })
    expect([client.closed, alice.bridge('desk').sessions.length]).toEqual([false, 1])
  })

  it('changes the own settings of one that is used, and nobody has to go', async () => {
    const alice = await house(await home(), { shares: [share] })
    const client = await used(alice)
    const [entry] = alice.instance.settings.shares
    const port = { ...entry!.port, settings: { baudRate: 4800 } }
    await alice.client().call('share.change', { ...entry!, port })
    await eventually(() =>
      expect(alice.bridge('desk').state).toMatchObject({ type: 'open', settings: { baudRate: 4800 } })
    )
    expect([client.closed, alice.bridge('desk').sessions.length]).toEqual([false, 1])
    expect(alice.bridge('desk').own?.baudRate).toBe(4800)
    await alice.client().call('entry.enable', { id: 'desk', enabled: false })
    expect(alice.bridge('desk').own?.baudRate).toBe(4800)
    await alice.client().call('entry.enable', { id: 'desk', enabled: true })
    await used(alice)
    expect(alice.bridge('desk').state).toMatchObject({ settings: { baudRate: 4800 } })
  })

  it('drives lines and breaks, and says where that cannot be', async () => {
    const alice = await house(await home(), {
      shares: [{ ...share, port: { ...share.port, neverReset: true } }]
    })
    const owner = alice.client()
    const faultOf = (call: Promise<unknown>): Promise<string> =>
      call.then(
        () => 'none',
        (fault: unknown) => (fault instanceof Fault ? `${fault.code}: ${fault.message}` : 'odd')
      )
    expect(await faultOf(owner.call('line.control', { id: 'desk', dtr: true }))).toContain('is not open')
    expect(await faultOf(owner.call('line.apply', { id: 'nothing', wish: {} }))).toContain('usage')
    await used(alice)
    expect(await faultOf(owner.call('line.control', { id: 'desk', dtr: true }))).toBe(
      'unsupported: sim:echo carries no DTR: it cannot, or its settings hold that line.'
    )
    await owner.call('line.break', { id: 'desk', ms: 1 })
    expect(alice.told('Desk')).toContain('break of 1 ms (this computer)')
  })
})

describe('the line of a link', () => {
  it.skipIf(lacks.linux('pseudo-terminals'))('keeps what its program cannot choose', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'farport-line-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const link = {
      ...{ id: 'l1', name: 'Link', hold: true, to: `pty:${join(folder, 'tty')}` },
      port: { target: 'sim:echo' }
    }
    const alice = await house(await home(), { links: [link] })
    await eventually(() => expect(alice.bridge('l1').state.type).toBe('open'))
    const since = alice.told('Link')
    const owner = alice.client()
    const wish = { baudRate: 4800, parity: 'even' } as const
    expect(await owner.call('line.apply', { id: 'l1', wish })).toMatchObject({
      to: 'port',
      settings: { baudRate: 4800, parity: 'even' }
    })
    expect(alice.instance.settings.links[0]?.port.settings).toEqual({ parity: 'even' })
    expect(alice.bridge('l1')).toMatchObject({ own: { parity: 'even' }, state: { type: 'open' } })
    expect(alice.told('Link').slice(since.length)).toBe('\nsettings 4800 8E1 (this computer)')
  })
})
