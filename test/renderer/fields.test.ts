/** What a person changes: what could not be done goes back to what holds, and what was given up changes nothing. */
import { fireEvent, render, screen, waitFor } from '@testing-library/svelte'
import { createRawSnippet } from 'svelte'
import { describe, expect, it } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import { SettingsBook } from '../../src-renderer/model/settings-book.svelte.ts'
import Check from '../../src-renderer/parts/check.svelte'
import Choice from '../../src-renderer/parts/choice.svelte'
import FormDialog from '../../src-renderer/parts/form-dialog.svelte'
import RenameField from '../../src-renderer/parts/rename-field.svelte'
import { bytes } from '../../src-renderer/words/numbers.ts'

const refused = (): Promise<boolean> => Promise.resolve(false)

describe('a choice', () => {
  const OPTIONS =
    '<optgroup label="x"><option value="one">One</option><option value="all">All</option></optgroup>'

  it('goes back where it was refused', async () => {
    const wanted: string[] = []
    render(Choice, {
      value: 'one',
      onchange: (value: string) => {
        wanted.push(value)
        return refused()
      },
      children: createRawSnippet(() => ({ render: () => OPTIONS }))
    })
    const field = screen.getByRole<HTMLSelectElement>('combobox')
    await fireEvent.change(field, { target: { value: 'all' } })
    await waitFor(() => expect(field.value).toBe('one'))
    expect(wanted).toEqual(['all'])
  })
})

describe('a box', () => {
  it('goes back where it was refused', async () => {
    render(Check, { label: 'Hold', checked: false, onchange: refused })
    const box = screen.getByRole<HTMLInputElement>('checkbox', { name: 'Hold' })
    await fireEvent.click(box)
    await waitFor(() => expect(box.checked).toBe(false))
  })
})

describe('a name', () => {
  it('that was given up is not kept when the field goes', async () => {
    const names: string[] = []
    let ended = 0
    render(RenameField, {
      name: 'gps',
      onrename: (name: string) => Promise.resolve(names.push(name)),
      ondone: () => ended++
    })
    const field = screen.getByRole('textbox')
    await fireEvent.input(field, { target: { value: 'other' } })
    await fireEvent.keyDown(field, { key: 'Escape' })
    await fireEvent.blur(field)
    expect([names, ended]).toEqual([[], 1])
  })

  it('is kept once, though the field goes after Enter', async () => {
    const names: string[] = []
    render(RenameField, {
      name: 'gps',
      onrename: (name: string) => Promise.resolve(names.push(name)),
      ondone: () => undefined
    })
    const field = screen.getByRole('textbox')
    await fireEvent.input(field, { target: { value: 'other' } })
    await fireEvent.keyDown(field, { key: 'Enter' })
    await waitFor(() => expect(names).toEqual(['other']))
    await fireEvent.blur(field)
    expect(names).toEqual(['other'])
  })
})

describe('a dialog that asks', () => {
  it('does it once for two clicks, stays with the fault, and can be tried again', async () => {
    const tries: (() => void)[] = []
    render(FormDialog, {
      title: 'Add',
      action: 'Do it',
      onsubmit: () =>
        new Promise((_resolve, reject) => {
          tries.push(() => reject(new Fault('usage', 'That name is taken.')))
        }),
      onclose: () => undefined,
      children: createRawSnippet(() => ({ render: () => '<input aria-label="Name" />' }))
    })
    const button = screen.getByRole('button', { name: 'Do it' })
    const form = button.ownerDocument.querySelector('form')!
    await fireEvent.submit(form)
    await fireEvent.submit(form)
    expect(tries.length).toBe(1)
    tries[0]?.()
    await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('That name is taken.'))
    await fireEvent.submit(form)
    expect(tries.length).toBe(2)
    expect(screen.queryByRole('alert')).toBeNull()
  })
})

describe('the settings', () => {
  it('that could not be read are not changed, and that is told', async () => {
    const lost = new Fault('peer-closed', 'Farport does not answer.')
    const book = new SettingsBook({ call: () => Promise.reject(lost) })
    await expect(book.change(() => ({ name: 'desk' }))).rejects.toThrow('Farport does not answer.')
  })
})

describe('numbers', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1000, '1.0 kB'],
    [9940, '9.9 kB'],
    [9960, '10 kB'],
    [999_499, '999 kB'],
    [999_950, '1.0 MB'],
    [12_345_678_901_234_567, '12346 TB']
  ])('%d', (count, text) => expect(bytes(count)).toBe(text))
})
