import { describe, expect, it, vi } from 'vitest'
import { never } from '../../../src-main/base/event.ts'
import {
  readVirtual,
  VIRTUAL_WAYS,
  WAY_CARRIES,
  type Carried,
  type VirtualWay,
  type VirtualWayName
} from '../../../src-main/contract/virtual.ts'
import { openVirtual, type Makers } from '../../../src-main/core/virtual/open.ts'
import type { VirtualMaker, VirtualWish } from '../../../src-main/core/virtual/maker.ts'
import type { SessionSource } from '../../../src-main/sessions/session.ts'

const WISH: VirtualWish = { name: 'gps', at: '', far: 'gps on pi', identity: 'x', settings: {} }

/** A computer with these ways; `made`: what was asked of whom. */
class Computer implements Makers {
  readonly made: [VirtualWayName, Pick<VirtualWish, 'name' | 'at'>][] = []
  readonly #states: Partial<Record<VirtualWayName, VirtualWay['state']>>
  readonly #carries: Partial<Record<VirtualWayName, readonly Carried[]>>
  readonly platform: NodeJS.Platform

  constructor(
    states: Partial<Record<VirtualWayName, VirtualWay['state']>>,
    platform: NodeJS.Platform = 'win32',
    carries: Partial<Record<VirtualWayName, readonly Carried[]>> = {}
  ) {
    this.#states = states
    this.#carries = carries
    this.platform = platform
  }

  readonly makerOf = (way: VirtualWayName): Promise<VirtualMaker> => {
    const state = this.#states[way] ?? 'never'
    const carries = this.#carries[way] ?? WAY_CARRIES[way]
    return Promise.resolve({
      way,
      look: () => Promise.resolve({ way, state, why: `${way} is ${state}.`, fix: `Do ${way}.`, carries }),
      make: ({ name, at }) => {
        this.made.push([way, { name, at }])
        return Promise.resolve<SessionSource>({
          address: way,
          onSession: never,
          close: () => Promise.resolve()
        })
      }
    })
  }

  async open(to: string, via?: VirtualWayName): Promise<unknown> {
    const place = readVirtual(to)!
    const { state } = await openVirtual(place, { ...WISH, at: place.at }, via, { report: vi.fn() }, this)
    return state
  }
}

describe('a virtual port by what was asked for', () => {
  it.each<[string, VirtualWayName | undefined, VirtualWayName, string, string]>([
    ['usb:ship', undefined, 'usbip', 'gps', 'ship'],
    ['com:com7', undefined, 'com0com', 'gps', 'COM7'],
    ['com:COM7', 'usbip', 'usbip', 'gps', 'COM7'],
    ['com:', 'hub4com', 'hub4com', 'gps', ''],
    ['pty:/tmp/x', undefined, 'pty', 'gps', '/tmp/x'],
    ['auto:', undefined, 'com0com', 'gps', ''],
    ['auto:ship', 'usbip', 'usbip', 'ship', '']
  ])('%s by %s', async (to, via, way, name, at) => {
    const computer = new Computer(Object.fromEntries(VIRTUAL_WAYS.map((each) => [each, 'ready'])))
    await computer.open(to, via)
    expect(computer.made).toEqual([[way, { name, at }]])
  })

  it('says why, where the choice was ours alone', async () => {
    const computer = new Computer({ pty: 'ready', usbip: 'rights' }, 'linux')
    expect(await computer.open('auto:')).toEqual({
      way: 'pty',
      why: 'pty is ready. usbip is rights. Do usbip.',
      carries: WAY_CARRIES.pty
    })
    expect(await computer.open('pty:')).toEqual({ way: 'pty', carries: WAY_CARRIES.pty })
  })

  it('carries what that driver can, which may be less', async () => {
    const computer = new Computer({ com0com: 'ready' }, 'win32', { com0com: ['data', 'rts', 'cts'] })
    expect(await computer.open('com:COM7')).toMatchObject({ carries: ['data', 'rts', 'cts'] })
    expect(await computer.open('com:COM7', 'com0com')).toMatchObject({ carries: ['data', 'rts', 'cts'] })
  })

  it('rights may come while it is made', async () => {
    const computer = new Computer({ usbip: 'rights' })
    await computer.open('usb:gps')
    expect(computer.made).toHaveLength(1)
  })

  it.each<[string, VirtualWayName | undefined, NodeJS.Platform, RegExp]>([
    ['usb:gps', undefined, 'win32', /by USB\/IP .*usbip is install\. Do usbip\. .*connect --ways/],
    ['com:COM7', 'hub4com', 'win32', /by hub4com .*hub4com is never\./],
    ['com:COM7', 'pty', 'win32', /com: cannot be made by pty\. .*com0com, usbip, hub4com/],
    ['com:COM7', undefined, 'win32', /No virtual port can be made here\. usbip is install\. Do usbip\./],
    ['com:COM7', undefined, 'linux', /COM ports are of Windows\. .*--usb NAME/]
  ])('%s by %s on %s cannot be, and says what can', async (to, via, platform, message) => {
    const computer = new Computer({ usbip: 'install' }, platform)
    await expect(computer.open(to, via)).rejects.toThrow(message)
    expect(computer.made).toEqual([])
  })
})
