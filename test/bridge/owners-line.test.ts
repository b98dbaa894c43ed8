/** The owner of this computer commands the line of a share or link, whoever may write. */
import { describe, expect, it } from 'vitest'
import { bench } from './setup.ts'
import { settle } from '../fake-clock.ts'

const CONFIGURED = { baudRate: 115_200 }

describe('settings that the owner of this computer makes', () => {
  it('are the device’s at once, and all who are here are told', async () => {
    const { hub, plug, session, events, end } = bench({ configured: CONFIGURED })
    const port = await plug()
    const [writer, other] = [session(), session()]
    expect(hub.setBy).toEqual({ type: 'own' })
    expect(await hub.applyForOwner({ baudRate: 9600, parity: 'even' })).toMatchObject({ baudRate: 9600 })
    expect(port.settings).toMatchObject({ baudRate: 9600, parity: 'even' })
    for (const { notices } of [writer, other])
      expect(notices.at(-1)?.settings).toMatchObject({ baudRate: 9600 })
    expect(hub.setBy).toEqual({ type: 'owner' })
    expect(events.filter(({ type }) => type === 'settings')).toMatchObject([
      { session: 0, label: 'this computer' }
    ])
    writer.ask({ baudRate: 4800 })
    await settle()
    expect(hub.setBy).toEqual({ type: 'session', session: 1, label: 'client 1' })
    await end()
  })

  it('end with the use that they were made for', async () => {
    const { hub, plug, session, end } = bench({ configured: CONFIGURED, staysOpen: true })
    const port = await plug()
    const writer = session()
    await hub.applyForOwner({ baudRate: 9600 })
    await hub.controlForOwner({ dtr: true })
    writer.cut()
    await settle()
    expect(port.settings.baudRate).toBe(115_200)
    expect(hub.setBy).toEqual({ type: 'own' })
    expect(hub.opening).toEqual(CONFIGURED)
    await end()
  })

  it('stay while others are here, and over an unplugging', async () => {
    const { hub, plug, unplug, session, end } = bench({ configured: CONFIGURED })
    const port = await plug()
    const [, other] = [session(), session()]
    await hub.applyForOwner({ baudRate: 9600 })
    other.cut()
    await settle()
    unplug(port)
    expect(hub.opening).toEqual({ baudRate: 9600 })
    const again = await plug({ settings: { baudRate: 9600 } })
    expect(again.settings.baudRate).toBe(9600)
    expect(hub.setBy).toEqual({ type: 'owner' })
    await end()
  })

  it('hold also where no session could make them', async () => {
    const { hub, plug, session, end } = bench({ writers: 'all', fixed: { parity: 'even' } })
    const port = await plug({ settings: { parity: 'even' } })
    const program = session()
    await hub.applyForOwner({ parity: 'odd' })
    expect(port.settings.parity).toBe('odd')
    program.ask({ baudRate: 4800, parity: 'none' })
    await settle()
    expect(port.settings).toMatchObject({ baudRate: 4800, parity: 'odd' })
    hub.refix({ parity: 'mark' })
    await settle()
    expect(port.settings).toMatchObject({ baudRate: 4800, parity: 'mark' })
    await end()
  })
})

describe('a bridge whose own settings change while it is used', () => {
  it('has them at once where nobody asked for others, and what somebody asked for stays', async () => {
    const { hub, plug, session, end } = bench({ configured: CONFIGURED })
    const port = await plug()
    const writer = session()
    writer.ask({ parity: 'even' })
    await settle()
    hub.tune(CONFIGURED, { baudRate: 9600, parity: 'odd' })
    await settle()
    expect(port.settings).toMatchObject({ baudRate: 9600, parity: 'even' })
    expect(hub.own).toEqual({ baudRate: 9600, parity: 'odd' })
    await end()
  })
})

describe('control lines and breaks of the owner', () => {
  it('reach the device whoever writes, and say who it was', async () => {
    const { hub, plug, session, events, end } = bench()
    const port = await plug()
    session()
    expect(await hub.controlForOwner({ dtr: true, rts: true })).toMatchObject({ dtr: true, rts: true })
    expect(port.lines).toMatchObject({ dtr: true, rts: true })
    const before = events.length
    await hub.sendBreakForOwner(100)
    expect(events.slice(before)).toMatchObject([
      { type: 'break', session: 0, label: 'this computer', durationMs: 100 }
    ])
    await end()
  })
})
