import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte'
import { flushSync } from 'svelte'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { encodeRtu } from '../../../src-main/protocol/modbus-rtu.ts'
import { FRAME_ROWS } from '../../../src-main/traffic/row.ts'
import { copied } from '../../../src-renderer/model/monitor/inspect.ts'
import DetailPane from '../../../src-renderer/parts/monitor/detail-pane.svelte'
import { FakeDesk } from './fake-desk.ts'

afterEach(cleanup)

const REQUEST = encodeRtu(1, Uint8Array.of(3, 0, 16, 0, 2))

function desk(): FakeDesk {
  const made = new FakeDesk({ rules: FRAME_ROWS })
  made.traffic.bytes('to-device', REQUEST, 100)
  made.traffic.event({ type: 'break', session: 0, durationMs: 250 }, 100)
  made.traffic.bytes('from-device', 'OK', 100)
  return made
}

describe('the details of a row', () => {
  it('are its bytes with their places, and the check sum that fits', () => {
    const shown = desk()
    render(DetailPane, { desk: shown })
    screen.getByText('Select a row to see all of it here.')
    shown.selected = 0
    flushSync()
    expect(screen.getAllByRole('gridcell').map((cell) => cell.textContent)).toEqual(
      Array.from(REQUEST, (byte) => byte.toString(16).toUpperCase().padStart(2, '0'))
    )
    screen.getByText('CRC-16/MODBUS matches')
    screen.getByText('App → Device')
  })

  it('has bytes marked by keys, and the numbers at that place', async () => {
    const shown = desk()
    shown.selected = 0
    render(DetailPane, { desk: shown })
    const grid = screen.getByRole('grid')
    await fireEvent.keyDown(grid, { key: 'ArrowRight' })
    await fireEvent.keyDown(grid, { key: 'ArrowRight' })
    await fireEvent.keyDown(grid, { key: 'ArrowRight', shiftKey: true })
    expect(shown.range).toEqual({ from: 2, to: 4 })
    screen.getByText('bytes 2 to 3 (2)')
    const u16 = within(screen.getByRole('table')).getByRole('row', { name: /^u16/ })
    expect(u16.textContent).toMatch(/u16\s*4096\s*16/)
    await fireEvent.keyDown(grid, { key: 'Escape' })
    expect(shown.range).toBeUndefined()
  })

  it('shows the decoder’s fields; one that is chosen marks its bytes', () => {
    const shown = desk()
    shown.decodings.set(0, {
      text: 'unit 1 request',
      verdict: 'ok',
      fields: [{ name: 'Start', value: '16', from: 2, to: 4 }],
      answers: { row: 2, afterNs: 12_300_000 }
    })
    shown.selected = 0
    render(DetailPane, { desk: shown })
    screen.getByRole('button', { name: /Start/ }).click()
    expect(shown.range).toEqual({ from: 2, to: 4 })
    screen.getByRole('button', { name: 'row 3, after 0.012300 s' }).click()
    expect(shown.selected).toBe(2)
  })

  it('explains an event', () => {
    const shown = desk()
    shown.selected = 1
    render(DetailPane, { desk: shown })
    screen.getByText('Break 250 ms')
    screen.getByText(/held low for longer than a character/)
  })

  it('copies what is marked, or all', async () => {
    const writeText = vi.fn(() => Promise.resolve())
    vi.stubGlobal('navigator', { clipboard: { writeText } })
    const shown = desk()
    shown.selected = 2
    shown.range = { from: 1, to: 2 }
    render(DetailPane, { desk: shown })
    screen.getByRole('button', { name: 'C array' }).click()
    await vi.waitFor(() => expect(writeText).toHaveBeenCalledWith('{ 0x4B }'))
    vi.unstubAllGlobals()
  })
})

describe('bytes for other programs', () => {
  const bytes = Uint8Array.of(0x41, 0x27, 0x5c, 0x0d, 0x00, 0xff)
  it.each([
    ['hex', '41 27 5C 0D 00 FF'],
    ['c', '{ 0x41, 0x27, 0x5C, 0x0D, 0x00, 0xFF }'],
    ['python', String.raw`b'A\'\\\r\x00\xff'`],
    ['base64', 'QSdcDQD/'],
    ['text', "A'\\\r\0ÿ"]
  ] as const)('as %s', (form, text) => expect(copied(bytes, form)).toBe(text))
})
