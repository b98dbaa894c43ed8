import { fireEvent, render, screen, waitFor } from '@testing-library/svelte'
import { describe, expect, it } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import { DEFAULT_SETTINGS, type LineSettings, type LineWish } from '../../src-main/contract/line.ts'
import type { LineDesk } from '../../src-renderer/parts/line-desk.ts'
import SettingsEditor from '../../src-renderer/parts/settings-editor.svelte'

interface Given extends Partial<LineDesk> {
  readonly take?: (wish: LineWish) => Promise<LineSettings>
}

function editor({ take, ...desk }: Given = {}): { readonly wishes: LineWish[] } {
  const wishes: LineWish[] = []
  render(SettingsEditor, {
    name: 'desk',
    settings: DEFAULT_SETTINGS,
    ...desk,
    onapply: (wish: LineWish) => {
      wishes.push(wish)
      return take ? take(wish) : Promise.resolve({ ...DEFAULT_SETTINGS, ...wish })
    },
    oncontrol: () => Promise.resolve(),
    onbreak: () => Promise.resolve(),
    ondone: () => undefined
  })
  return { wishes }
}

const apply = (): Promise<unknown> => fireEvent.click(screen.getByRole('button', { name: 'Apply' }))
const baudRate = (): HTMLElement => screen.getByLabelText('Baud rate')
const typed = (text: string): Promise<unknown> => fireEvent.input(baudRate(), { target: { value: text } })

describe('the editor of line settings', () => {
  it('applies what was typed, and says what is in force', async () => {
    const { wishes } = editor()
    await typed('9600')
    await apply()
    expect(wishes).toEqual([{ ...DEFAULT_SETTINGS, baudRate: 9600 }])
    await waitFor(() => expect(screen.getByRole('status').textContent).toBe('In force: 9600 8N1'))
  })

  it('says where the device took something else, and shows that', async () => {
    editor({ take: (wish) => Promise.resolve({ ...DEFAULT_SETTINGS, ...wish, baudRate: 230_400 }) })
    await typed('250000')
    await apply()
    await waitFor(() =>
      expect(screen.getByRole('status').textContent).toBe(
        'The device cannot do 250000 8N1; in force: 230400 8N1'
      )
    )
    expect(baudRate()).toHaveProperty('value', '230400')
  })

  it.each(['', '0', '-1', '96OO', '4294967296'])('does not take "%s" for a baud rate', async (text) => {
    const { wishes } = editor()
    await typed(text)
    expect(baudRate().getAttribute('aria-invalid')).toBe('true')
    expect(screen.getByRole('button', { name: 'Apply' })).toHaveProperty('disabled', true)
    await fireEvent.submit(baudRate())
    expect(wishes).toEqual([])
  })

  it('shows the fault that stood in the way', async () => {
    editor({ take: () => Promise.reject(new Fault('device-io', 'The device is gone. Plug it in.')) })
    await apply()
    await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('The device is gone.'))
  })

  it('offers no lines where the port is closed, and none that the port has not', () => {
    editor()
    expect(screen.getByRole('switch', { name: 'DTR' })).toHaveProperty('disabled', true)
    expect(screen.getByRole('button', { name: 'Send break' })).toHaveProperty('disabled', true)
  })
})
