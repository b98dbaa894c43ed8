import { fireEvent, render, screen, waitFor } from '@testing-library/svelte'
import { describe, expect, it, vi } from 'vitest'
import { FRESH_SETTINGS } from '../../src-main/contract/settings.ts'
import type { BridgeState, LocalPortState, StateTree } from '../../src-main/contract/state.ts'
import type { Core } from '../../src-renderer/core.svelte.ts'
import { distinctNames, isFresh } from '../../src-renderer/model/first-run.ts'
import FirstRun from '../../src-renderer/parts/first-run.svelte'
import WatchProgram from '../../src-renderer/parts/watch-program.svelte'

function port(path: string, wish: Partial<LocalPortState> = {}): LocalPortState {
  return { id: path, path, byId: [], byPath: [], users: [], findings: [], ...wish }
}

const FTDI = '/dev/serial/by-id/usb-FTDI'
const PORTS = {
  a: port('/dev/ttyUSB0', { id: 'a', product: 'FT232R', byId: [FTDI] }),
  b: port('/dev/ttyUSB1', { id: 'b', product: 'FT232R' })
}

/** A core that does as it is asked, and remembers what that was. */
function core(tree: Partial<StateTree> = {}, fails: readonly string[] = []) {
  const calls: [string, unknown][] = []
  let preferences: object = { introduced: false }
  const call = (name: string, args: object): Promise<unknown> => {
    if (name === 'settings.read') return Promise.resolve({ preferences })
    calls.push([name, args])
    if (fails.includes(name)) return Promise.reject(new Error(`${name} does not work`))
    if (name === 'preferences.change') preferences = { ...preferences, ...args }
    return Promise.resolve({ id: 'made', name: 'made' })
  }
  const whole = { bridges: {}, rotators: {}, self: { id: 'x', name: 'vm', version: '0' }, ...tree }
  return { core: { call, status: { type: 'open' }, tree: whole } as unknown as Core, calls }
}

const click = (name: string): Promise<unknown> => fireEvent.click(screen.getByRole('button', { name }))

describe('the first steps', () => {
  it('name the computer, share what is ticked, and are over for good', async () => {
    const { core: given, calls } = core({ ports: PORTS })
    const first = render(FirstRun, { core: given })
    await fireEvent.input(await screen.findByLabelText('Computer name'), { target: { value: 'bench' } })
    await click('Next')
    await fireEvent.click(await screen.findByRole('checkbox', { name: /FT232R\s*ttyUSB0/ }))
    await click('Next')
    await screen.findByText('Ready when you are')
    await click('Done')
    expect(calls).toEqual([
      ['preferences.change', { name: 'bench' }],
      ['share.add', { name: 'FT232R', port: { target: FTDI } }],
      ['preferences.change', { introduced: true }]
    ])
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
    first.unmount()
    render(FirstRun, { core: given })
    await Promise.resolve()
    expect(screen.queryByRole('dialog')).toBeNull()
  })

  it('go away also where that cannot be kept, after it was told', async () => {
    render(FirstRun, { core: core({ ports: PORTS }, ['preferences.change']).core })
    await screen.findByLabelText('Computer name')
    await click('Skip')
    await screen.findByText(/preferences.change does not work/)
    await click('Skip')
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  })

  it('are skipped with nothing done, and for every other window', async () => {
    const { core: given, calls } = core({ ports: PORTS })
    render(FirstRun, { core: given })
    await screen.findByLabelText('Computer name')
    await click('Skip')
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
    expect(calls).toEqual([['preferences.change', { introduced: true }]])
  })

  it('go away where another window was through with them', async () => {
    const { core: given, calls } = core({ ports: PORTS })
    const { rerender } = render(FirstRun, { core: given })
    await screen.findByLabelText('Computer name')
    const self = { id: 'x', name: 'vm', version: '0', introduced: true } as const
    await rerender({ core: core({ ports: PORTS, self }).core })
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
    expect(calls).toEqual([])
  })

  it('begin each with what is to be decided first, and have one way to be over at the end', async () => {
    const host = { kind: 'app', platform: 'linux', startAtLogin: false } as const
    render(FirstRun, { core: core({ ports: PORTS, host }).core })
    await screen.findByLabelText('Computer name')
    await click('Next')
    const [first] = await screen.findAllByRole('checkbox')
    await waitFor(() => expect(document.activeElement).toBe(first))
    await click('Next')
    const atLogin = await screen.findByRole('switch', { name: 'Start at login' })
    await waitFor(() => expect(document.activeElement).toBe(atLogin))
    expect(screen.queryByRole('button', { name: 'Skip' })).toBeNull()
    await click('Back')
    await waitFor(() => expect(document.activeElement).toBe(screen.getAllByRole('checkbox')[0]))
  })

  it('have the focus on the way on where there is nothing to decide', async () => {
    render(FirstRun, { core: core({ ports: {} }).core })
    await screen.findByLabelText('Computer name')
    await click('Next')
    await screen.findByText(/No serial ports here/)
    await waitFor(() => expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Next' })))
  })

  it('are for who has nothing yet', () => {
    const bridges = { s: { id: 's' } as BridgeState }
    const { preferences } = FRESH_SETTINGS
    const nothing = { bridges: {}, rotators: {} }
    expect(isFresh(nothing, { preferences })).toBe(true)
    expect(isFresh({ bridges, rotators: {} }, { preferences })).toBe(false)
    expect(isFresh(nothing, { preferences, name: 'bench' })).toBe(false)
    expect(isFresh(nothing, { preferences: { ...preferences, introduced: true } })).toBe(false)
  })

  it('propose no name twice', () => {
    expect([...distinctNames(Object.values(PORTS)).values()]).toEqual(['FT232R', 'FT232R 2'])
  })
})

describe('watching a program', () => {
  it('puts a new port before the one that it uses, and says where the program has to look', async () => {
    const made = { id: 'made', kind: 'link', addresses: ['/run/farport/x'] } as unknown as BridgeState
    const { core: given, calls } = core({ ports: PORTS, bridges: { made } })
    const onmonitor = vi.fn()
    render(WatchProgram, { core: given, onclose: () => undefined, onmonitor })
    await click('Create the port')
    await screen.findByText('Set the program’s port to /run/farport/x')
    await click('Monitor')
    expect(onmonitor).toHaveBeenCalledWith('made')
    expect(calls).toEqual([
      ['link.add', { port: { target: FTDI }, to: 'auto:', hold: false, wait: true, name: 'ttyUSB0-watched' }]
    ])
  })

  it('says where there is no port, and shows with a simulated device how it works', async () => {
    render(WatchProgram, { core: core().core, onclose: () => undefined, onmonitor: () => undefined })
    await screen.findByText(/^There is no serial port here that a program could use/)
    expect(screen.getByLabelText<HTMLSelectElement>('The port that the program uses now').value).toBe(
      'sim:gps'
    )
  })
})
