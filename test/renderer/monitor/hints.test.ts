import { cleanup, fireEvent, render, screen } from '@testing-library/svelte'
import { flushSync } from 'svelte'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { DEFAULT_SETTINGS, type LineSettings } from '../../../src-main/contract/line.ts'
import type { Core } from '../../../src-renderer/core.svelte.ts'
import { garbledHint } from '../../../src-renderer/model/monitor/hints.ts'
import Hints from '../../../src-renderer/parts/monitor/hints.svelte'
import { FakeDesk } from './fake-desk.ts'

afterEach(cleanup)

const at9600: LineSettings = { ...DEFAULT_SETTINGS, baudRate: 9600 }
const finding = (settings: object) => ({ text: 'garbled', why: 'each bit twice', confidence: 0.9, settings })

/** A share that is open with these settings, and what it is asked for. */
function open(settings: LineSettings): { desk: FakeDesk; call: ReturnType<typeof vi.fn> } {
  const call = vi.fn(() => Promise.resolve({ settings }))
  const bridge = { id: 'gps', kind: 'share', name: 'gps', state: { type: 'open', settings } }
  const core = { call, tree: { bridges: { gps: bridge }, rotators: {} } } as unknown as Partial<Core>
  return { desk: new FakeDesk({ core }), call }
}

describe('what is said of garbled text', () => {
  it('names what to try: a rate, a frame as a whole, or nothing where it cannot be told', () => {
    expect(garbledHint(finding({ baudRate: 115_200 }), at9600)).toMatchObject({
      text: 'Text looks garbled: probably the wrong baud rate.',
      trial: { label: 'Try 115200', wish: { baudRate: 115_200 } }
    })
    expect(garbledHint(finding({ dataBits: 7, parity: 'even' }), at9600)).toMatchObject({
      trial: { label: 'Try 7E1', wish: { dataBits: 7, parity: 'even', stopBits: 1 } }
    })
    expect(garbledHint({ text: '', why: 'errors', confidence: 1 }, at9600).trial).toBeUndefined()
    expect(garbledHint(finding({ baudRate: 300 }), undefined).trial).toBeUndefined()
  })

  it('is tried by the call of the settings editor', () => {
    const { desk, call } = open(at9600)
    desk.finding = finding({ dataBits: 7, parity: 'even' })
    render(Hints, { desk })
    screen.getByRole('button', { name: 'Try 7E1' }).click()
    const wish = { dataBits: 7, parity: 'even', stopBits: 1 }
    expect(call).toHaveBeenCalledWith('line.apply', { id: 'gps', wish })
  })

  it('is no longer said when it was dismissed', () => {
    const { desk } = open(at9600)
    desk.finding = finding({ baudRate: 115_200 })
    render(Hints, { desk })
    screen.getByRole('button', { name: 'Dismiss' }).click()
    flushSync()
    expect(screen.queryByText(/garbled/)).toBeNull()
    desk.finding = finding({ baudRate: 57_600 })
    flushSync()
    expect(screen.queryByText(/garbled/)).toBeNull()
  })
})

describe('a decoder that would fit', () => {
  it('is suggested, chosen by a button alone, and not said again where nobody wants it', () => {
    const { desk } = open(at9600)
    desk.suggestion = 'modbus-rtu'
    render(Hints, { desk })
    screen.getByText('This looks like Modbus RTU.')
    expect(desk.options.decoder).toBeUndefined()
    screen.getByRole('button', { name: 'Decode as Modbus RTU' }).click()
    flushSync()
    expect(desk.options.decoder).toBe('modbus-rtu')
    expect(screen.queryByText(/looks like/)).toBeNull()
    desk.options.decoder = undefined
    flushSync()
    screen.getByRole('button', { name: 'Dismiss' }).click()
    flushSync()
    expect(screen.queryByText(/looks like/)).toBeNull()
  })
  it('is asked for where decoded rows are wanted and nothing decodes them', async () => {
    const { desk } = open(at9600)
    render(Hints, { desk })
    expect(screen.queryByText(/Nothing is decoded/)).toBeNull()
    desk.options.view = 'decoded'
    flushSync()
    screen.getByText('Nothing is decoded: choose what is spoken on this line.')
    const choice = screen.getByRole('combobox', { name: 'Choose a decoder' })
    await fireEvent.change(choice, { target: { value: 'nmea' } })
    flushSync()
    expect(desk.options.decoder).toBe('nmea')
    expect(screen.queryByText(/Nothing is decoded/)).toBeNull()
    // What it looks like is the better answer.
    desk.options.decoder = undefined
    desk.suggestion = 'modbus-rtu'
    flushSync()
    screen.getByRole('button', { name: 'Decode as Modbus RTU' })
    expect(screen.queryByText(/Nothing is decoded/)).toBeNull()
  })
})
