import { fireEvent, render, screen, waitFor } from '@testing-library/svelte'
import { describe, expect, it, vi } from 'vitest'
import {
  CARRIED,
  VIRTUAL_WAYS,
  WAY_CARRIES,
  type VirtualWay,
  type VirtualWayName
} from '../../src-main/contract/virtual.ts'
import type { Core } from '../../src-renderer/core.svelte.ts'
import { bringHere, connect, onlySeen } from '../../src-renderer/model/link-desk.ts'
import { WaysBook } from '../../src-renderer/model/ways-book.svelte.ts'
import { carriedText, isComPort, kindText, placeChoices, placeOf } from '../../src-renderer/model/ways.ts'
import ConnectDialog from '../../src-renderer/parts/connect-dialog.svelte'

function ways(states: Partial<Record<VirtualWayName, VirtualWay['state']>>): VirtualWay[] {
  return VIRTUAL_WAYS.map((way) => {
    const state = states[way] ?? 'never'
    return { way, state, why: `${way} is ${state}.`, carries: WAY_CARRIES[way], fix: `Do ${way}.` }
  })
}

const ids = (...all: Parameters<typeof placeChoices>): string[] => placeChoices(...all).map(({ id }) => id)

describe('the kinds of virtual port to choose from', () => {
  it('are those that this system could have, the best of them first', () => {
    expect(ids(ways({ pty: 'ready' }), 'linux')).toEqual(['pty'])
    expect(ids(ways({ pty: 'ready', usbip: 'rights' }), 'linux')).toEqual(['auto', 'usbip', 'pty'])
    expect(ids(ways({ usbip: 'install', com0com: 'install' }), 'win32')).toEqual(['com0com', 'usbip'])
    expect(ids([], 'linux')).toEqual([])
  })

  it('say which is the best, and of what is not ready why and what mends it', () => {
    const [auto, com0com, usbip] = placeChoices(ways({ com0com: 'install', usbip: 'ready' }), 'win32')
    expect(auto?.title).toBe('Best here: COM port by USB/IP')
    expect(com0com).toMatchObject({ canBe: false, why: 'com0com is install.', fix: 'Do com0com.' })
    expect(usbip).not.toHaveProperty('why')
    expect(placeChoices(ways({ usbip: 'rights' }), 'linux')[0]).toMatchObject({
      ...{ title: 'USB serial adapter', canBe: true, why: 'usbip is rights.' }
    })
  })

  it.each<[Parameters<typeof placeOf>, ReturnType<typeof placeOf>]>([
    [['auto', '/tmp/x', 'linux'], { to: 'auto:' }],
    [['pty', '/tmp/x', 'linux'], { to: 'pty:/tmp/x' }],
    [['usbip', '', 'linux'], { to: 'usb:' }],
    [['usbip', 'com7', 'win32'], { to: 'com:COM7', via: 'usbip' }],
    [['com0com', '', 'win32'], { to: 'com:', via: 'com0com' }],
    [['hub4com', 'COM12', 'win32'], { to: 'com:COM12', via: 'hub4com' }]
  ])('%j is asked for as %j', (asked, place) => {
    expect(placeOf(...asked)).toEqual(place)
  })

  it('have what they carry in plain words', () => {
    expect(carriedText({ carries: CARRIED })).toBe('Carries everything.')
    expect(carriedText({ carries: WAY_CARRIES.usbip })).toBe('Carries everything but CTS.')
    expect(carriedText({ carries: WAY_CARRIES.pty })).toBe(
      'Carries data, baud rate and stop bits, but no data bits, parity, control lines or break. Data bits and parity can be set under Connections.'
    )
    const lines = CARRIED.filter((each) => !['baudRate', 'dataBits', 'parity', 'stopBits'].includes(each))
    expect(kindText({ way: 'com0com', carries: lines }, 'win32')).toBe(
      'COM port by com0com: carries no baud rate, data bits, parity or stop bits'
    )
    expect(kindText({ way: 'usbip', carries: WAY_CARRIES.usbip }, 'linux')).toBe(
      'USB serial adapter: carries no CTS'
    )
  })

  it('know a COM port', () => {
    for (const text of ['', 'COM1', 'com7', 'COM4096']) expect(isComPort(text), text).toBe(true)
    for (const text of ['COM', 'COM0', 'COM4097', 'LPT1', 'COM1 x']) expect(isComPort(text), text).toBe(false)
  })
})

/** A computer of that system with these ways. */
function computer(platform: string, found: () => readonly VirtualWay[]) {
  const calls: [string, unknown][] = []
  const call = (name: string, args: unknown): Promise<unknown> => {
    if (name === 'link.ways') return Promise.resolve(found())
    if (name === 'settings.read')
      return Promise.resolve({ shares: [{ listen: ['raw://127.0.0.1:7000'] }], rotators: [] })
    calls.push([name, args])
    return Promise.resolve({ id: 'made', name: 'plc' })
  }
  const core = { call, tree: { bridges: {}, rotators: {}, host: { kind: 'service', platform } } }
  return { core: core as unknown as Core, calls }
}

describe('connecting', () => {
  it('takes the best that is ready, where nothing else is said', async () => {
    const { core, calls } = computer('linux', () => [])
    await connect(core, { target: 'sim:gps' })
    await connect(core, { target: 'sim:gps', hold: true, ...onlySeen('linux') })
    const wish = { port: { target: 'sim:gps' }, wait: true }
    expect(calls).toEqual([
      ['link.add', { ...wish, to: 'auto:', hold: false }],
      ['link.add', { ...wish, to: 'pty:', hold: true }]
    ])
  })

  it('goes without a virtual port by an address of this computer alone, one that is free', async () => {
    const { core, calls } = computer('win32', () => [])
    await bringHere(core, { target: 'sim:gps', name: 'gps' }, true)
    await bringHere(core, { target: 'sim:gps', name: 'gps' }, false)
    const wish = { port: { target: 'sim:gps' }, name: 'gps', announce: false, wait: true }
    expect(calls).toEqual([
      ['share.add', { ...wish, listen: ['rfc2217://127.0.0.1:7001'] }],
      ['share.add', { ...wish, listen: [] }]
    ])
  })

  it('says what is missing, and goes on by itself when it was installed', async () => {
    let found = ways({ usbip: 'install' })
    const { core } = computer('win32', () => found)
    const book = new WaysBook(core)
    expect(book.hasOne).toBe(false)
    const onconnect = vi.fn(() => Promise.resolve())
    const rest = { onaddress: vi.fn(), onterminal: vi.fn(), onclose: vi.fn() }
    const props = { name: 'plc', target: 'sim:plc', ways: book, onconnect, ...rest }
    render(ConnectDialog, { props })
    await screen.findByText('COM ports need a driver.')
    await fireEvent.click(screen.getByRole('button', { name: 'Install usbip-win2, signed, one restart …' }))
    await screen.findByText('Do usbip.')
    found = ways({ usbip: 'ready' })
    await fireEvent.click(screen.getByRole('button', { name: 'Look again' }))
    await fireEvent.click(await screen.findByRole('button', { name: 'Connect' }))
    await waitFor(() => expect(onconnect).toHaveBeenCalledOnce())
    expect(onconnect).toHaveBeenCalledWith({
      ...{ target: 'sim:plc', name: 'plc', hold: false, to: 'com:', via: 'usbip' }
    })
    expect(book.hasOne).toBe(true)
  })

  it('tells a fault of the question, and offers nothing then', async () => {
    const tree = { bridges: {}, rotators: {}, host: { kind: 'service', platform: 'linux' } }
    const book = new WaysBook({ call: () => Promise.reject(new Error('no answer')), tree } as never)
    await book.read()
    expect(book.fault).toContain('no answer')
    expect(book.hasOne).toBe(true)
  })
})
