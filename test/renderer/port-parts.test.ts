import { fireEvent, render, screen, waitFor } from '@testing-library/svelte'
import { describe, expect, it } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import type { Core } from '../../src-renderer/core.svelte.ts'
import type { Reach } from '../../src-renderer/model/listeners.ts'
import { PortDesk } from '../../src-renderer/model/port-desk.ts'
import { rowsOf } from '../../src-renderer/model/rows.ts'
import PortRow from '../../src-renderer/parts/port-row.svelte'
import ReachQuestion from '../../src-renderer/parts/reach-question.svelte'
import ShareUsers from '../../src-renderer/parts/share-users.svelte'
import { bridgeOf, portOf, sessionOf, treeOf } from './states.ts'

interface Call {
  readonly name: string
  readonly args: unknown
}

/** Takes every command, or refuses all of them. */
function fakeCore(fault?: Fault): { readonly core: Core; readonly calls: Call[] } {
  const calls: Call[] = []
  const call = (name: string, args: unknown): Promise<unknown> => {
    calls.push({ name, args })
    return fault ? Promise.reject(fault) : Promise.resolve({ id: 'new', name: 'new', settings: {} })
  }
  return { core: { call } as unknown as Core, calls }
}

describe('the row of a port', () => {
  const shown = (tree: Parameters<typeof rowsOf>[0], fault?: Fault): readonly Call[] => {
    const { core, calls } = fakeCore(fault)
    const row = rowsOf(tree)[0]!
    render(PortRow, {
      row,
      rates: [],
      desk: new PortDesk(core),
      isSelected: false,
      onaction: () => undefined
    })
    return calls
  }
  const click = (name: string): Promise<unknown> => fireEvent.click(screen.getByRole('switch', { name }))

  it('shares a port that never was by its stable name', async () => {
    const port = portOf('/dev/ttyUSB0', { byId: ['/dev/serial/by-id/usb-x'], product: 'FT232R' })
    const calls = shown(treeOf([port], []))
    await click('Share FT232R')
    expect(calls).toEqual([
      { name: 'share.add', args: { name: 'FT232R', port: { target: '/dev/serial/by-id/usb-x' } } }
    ])
  })

  it('switches a share off and keeps it', async () => {
    const calls = shown(treeOf([], [bridgeOf('a', { name: 'desk' })]))
    await click('Share desk')
    expect(calls).toEqual([{ name: 'entry.enable', args: { id: 'a', enabled: false } }])
  })

  it('shows what stood in the way, and the switch stays where it was', async () => {
    shown(treeOf([portOf('/dev/ttyS0')], []), new Fault('address-in-use', 'Port 7000 is taken.'))
    await click('Share ttyS0')
    await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('Port 7000 is taken.'))
    expect(screen.getByRole('switch', { name: 'Share ttyS0' }).getAttribute('aria-checked')).toBe('false')
  })
})

describe('the question who may connect', () => {
  function asked(onanswer: (reach: Reach, allow: readonly string[]) => Promise<unknown>): void {
    render(ReachQuestion, { verb: 'Open it', onanswer })
  }
  const answer = (): Promise<unknown> => fireEvent.click(screen.getByRole('button', { name: 'Open it' }))

  it('is answered with this computer where nobody says otherwise', async () => {
    const answers: unknown[] = []
    asked((...all) => Promise.resolve(answers.push(all)))
    await answer()
    expect(answers).toEqual([['this-computer', []]])
  })

  it('wants addresses where they are to be chosen', async () => {
    const answers: unknown[] = []
    asked((...all) => Promise.resolve(answers.push(all)))
    await fireEvent.click(screen.getByLabelText('Chosen addresses'))
    await answer()
    expect(screen.getByRole('alert').textContent).toContain('Name at least one address.')
    await fireEvent.input(screen.getByLabelText('Addresses or networks'), {
      target: { value: '192.168.1.20, 10.0.0.0/8' }
    })
    await answer()
    expect(answers).toEqual([['chosen', ['192.168.1.20', '10.0.0.0/8']]])
  })

  it('shows why the core refused', async () => {
    asked(() => Promise.reject(new Fault('usage', 'That is no network.')))
    await fireEvent.click(screen.getByLabelText('Everyone'))
    await answer()
    await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('That is no network.'))
  })
})

describe('who uses a share', () => {
  it('is given control, declined and disconnected', async () => {
    const { core, calls } = fakeCore()
    const sessions = [sessionOf(1, 'lab', { writer: true }), sessionOf(2, 'desk', { asksSince: 5 })]
    render(ShareUsers, { core, bridge: bridgeOf('a', { sessions }) })
    expect(screen.queryByRole('button', { name: 'Give control to lab' })).toBeNull()
    for (const name of ['Give control to desk', 'Decline desk', 'Disconnect lab']) {
      await waitFor(() => expect(screen.getByRole('button', { name })).toHaveProperty('disabled', false))
      await fireEvent.click(screen.getByRole('button', { name }))
    }
    expect(calls).toEqual([
      { name: 'session.grant', args: { id: 'a', session: 2 } },
      { name: 'session.decline', args: { id: 'a', session: 2 } },
      { name: 'session.disconnect', args: { id: 'a', session: 1 } }
    ])
  })
})
