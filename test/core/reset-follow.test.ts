import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { follow } from '../../src-main/core/reset.ts'
import { rememberUsbPort, type BeforeLeaving } from '../../src-main/ports/returning-device.ts'
import { ADAPTERS, SysfsFixture } from '../os/sysfs-fixture.ts'
import { FakeClock, settle } from '../fake-clock.ts'

const LEONARDO = { ids: '2341:8036', product: 'Arduino Leonardo', driver: 'cdc_acm' } as const
/** The Leonardo's bootloader has another product id, and no serial number. */
const CATERINA = { ids: '2341:0036', product: 'Arduino Leonardo bootloader', driver: 'cdc_acm' } as const
const ZERO = { ids: '2341:804d', product: 'Arduino Zero', serial: 'A1B2', driver: 'cdc_acm' } as const

const signal = new AbortController().signal

async function plugged(
  adapter: Parameters<SysfsFixture['plug']>[0],
  socket: string
): Promise<{ fixture: SysfsFixture; before: BeforeLeaving }> {
  const fixture = new SysfsFixture()
  onTestFinished(() => fixture.dispose())
  fixture.plug(ADAPTERS.ft232r, '1-1.1', 'ttyUSB0')
  fixture.plug(adapter, socket, 'ttyACM0')
  const before = await rememberUsbPort(fixture.node('ttyACM0'), fixture.places)
  if (!before) throw new Error('the fixture has no such port')
  return { fixture, before }
}

const usable = { mayUse: () => Promise.resolve(true) }

describe('a board that leaves and comes back', () => {
  it('is found in its socket as another product under another name', async () => {
    const { fixture, before } = await plugged(LEONARDO, '1-1.2')
    const back = follow(before, 'board', 5000, signal, { ...fixture.places, ...usable })
    fixture.unplug('1-1.2', 'ttyACM0')
    fixture.plug(ADAPTERS.ch340, '1-1.3', 'ttyUSB1')
    fixture.plug(CATERINA, '1-1.2', 'ttyACM1')
    expect(await back).toBe(fixture.node('ttyACM1'))
  })

  it('is found under its old name, when it was made anew', async () => {
    const { fixture, before } = await plugged(LEONARDO, '1-1.2')
    const back = follow(before, 'board', 5000, signal, { ...fixture.places, ...usable })
    fixture.unplug('1-1.2', 'ttyACM0')
    fixture.plug(CATERINA, '1-1.2', 'ttyACM0')
    expect(await back).toBe(fixture.node('ttyACM0'))
  })

  it('is found by its serial number in another socket', async () => {
    const { fixture, before } = await plugged(ZERO, '1-1.2')
    const back = follow(before, 'board', 5000, signal, { ...fixture.places, ...usable })
    fixture.unplug('1-1.2', 'ttyACM0')
    fixture.plug({ ...ZERO, ids: '2341:004d' }, '1-1.4', 'ttyACM3')
    expect(await back).toBe(fixture.node('ttyACM3'))
  })

  it('that is back before anybody looks is found too, once it may be opened', async () => {
    const { fixture, before } = await plugged(LEONARDO, '1-1.2')
    fixture.unplug('1-1.2', 'ttyACM0')
    fixture.plug(CATERINA, '1-1.2', 'ttyACM1')
    const asked: string[] = []
    const clock = new FakeClock()
    const mayUse = (path: string): Promise<boolean> => Promise.resolve(asked.push(path) > 1)
    // Whatever happens in the folder makes it look again.
    const back = follow(before, 'board', 60_000, signal, { ...fixture.places, mayUse, clock })
    while (asked.length === 0) await settle()
    fixture.plug(ADAPTERS.pl2303, '1-1.3', 'ttyUSB4')
    let path: string | undefined
    void back.then((found) => (path = found))
    // The folder's news come in real time: half the time of the clock has to be enough for them.
    const found = async (): Promise<void> => {
      await clock.advance(50)
      expect(path).toBe(fixture.node('ttyACM1'))
    }
    await vi.waitFor(found, { timeout: 10_000, interval: 20 })
  })

  it.each<[string, boolean, string, RegExp]>([
    ['stays', false, 'device-io', /^board did not leave within 2 s: .*reset button/],
    ['stays away', true, 'device-missing', /^board left, and no serial port came back within 2 s.*drive/]
  ])('that %s is told of in time', async (_, leaves, code, message) => {
    const { fixture, before } = await plugged(LEONARDO, '1-1.2')
    if (leaves) fixture.unplug('1-1.2', 'ttyACM0')
    const clock = new FakeClock()
    const back = follow(before, 'board', 2000, signal, { ...fixture.places, ...usable, clock })
    const end = expect(back).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string
    })
    await clock.advance(2000)
    await end
    expect(clock.pending).toBe(0)
  })

  it('is not waited for any longer than wanted', async () => {
    const { fixture, before } = await plugged(LEONARDO, '1-1.2')
    const stop = new AbortController()
    const back = follow(before, 'board', 60_000, stop.signal, { ...fixture.places, ...usable })
    stop.abort(new Error('enough'))
    await expect(back).rejects.toThrow('enough')
  })

  it('cannot be followed where it is not on USB', async () => {
    const fixture = new SysfsFixture()
    onTestFinished(() => fixture.dispose())
    fixture.board('ttyS0', 'pnp0/00:05', 'pnp', 'serial', { type: '4' })
    expect(await rememberUsbPort(fixture.node('ttyS0'), fixture.places)).toBeUndefined()
    expect(await rememberUsbPort('/dev/pts/0', fixture.places)).toBeUndefined()
  })
})
