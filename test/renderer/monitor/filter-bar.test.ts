import { cleanup, fireEvent, render, screen } from '@testing-library/svelte'
import { flushSync, tick } from 'svelte'
import { afterEach, expect, it } from 'vitest'
import { DeskDecoding } from '../../../src-renderer/model/monitor/decoding.svelte.ts'
import { Expressions, type Thread } from '../../../src-renderer/model/monitor/filter-expressions.ts'
import { FilteredRows } from '../../../src-renderer/model/monitor/filter.svelte.ts'
import FilterBar from '../../../src-renderer/parts/monitor/filter-bar.svelte'
import { FakeDesk } from './fake-desk.ts'
import { TestTurns } from './test-turns.ts'

/** There is no second thread here; no expression is typed either. */
const noThread = (): Thread => ({
  onmessage: null,
  onerror: null,
  postMessage: () => undefined,
  terminate: () => undefined
})

let end: () => void
afterEach(() => {
  cleanup()
  end()
})

function bar(...lines: string[]): { desk: FakeDesk; settle: () => Promise<void> } {
  const turns = new TestTurns()
  const made: { dispose(): void }[] = []
  const desk = new FakeDesk({
    filtering: ({ traffic, options }) => {
      const decoding = new DeskDecoding(traffic, options, turns)
      const rows = new FilteredRows(traffic, options, decoding, {
        turns,
        expressions: new Expressions(noThread)
      })
      made.push(rows, decoding)
      return rows
    }
  })
  end = () => made.forEach((each) => each.dispose())
  for (const line of lines) desk.traffic.bytes('from-device', `${line}\n`)
  render(FilterBar, { desk })
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 3; round++) {
      flushSync()
      turns.settle()
      await tick()
    }
  }
  return { desk, settle }
}

it('filters as one types, tells what fits, and names the place of what makes no sense', async () => {
  const { desk, settle } = bar('one', 'two', 'one more')
  expect(screen.queryByRole('textbox')).toBeNull()
  desk.actions.do('filter')
  await settle()
  const field = screen.getByRole('textbox', { name: 'Filter' })
  expect(document.activeElement).toBe(field)
  await fireEvent.input(field, { target: { value: 'one' } })
  await settle()
  expect(desk.options.filter).toBe('one')
  screen.getByText('2 fit')
  await fireEvent.input(field, { target: { value: 'one len>' } })
  await settle()
  expect(field.getAttribute('aria-invalid')).toBe('true')
  screen.getByText(/Here must stand a number/)
  screen.getByText('at character 9')
  screen.getByRole('button', { name: 'Clear the filter' }).click()
  await settle()
  expect(desk.options.filter).toBe('')
  expect(screen.queryByRole('textbox')).toBeNull()
})

it('finds with Enter, and with n and N of the list', async () => {
  const { desk, settle } = bar('one', 'two', 'one more')
  desk.actions.do('find')
  await settle()
  const field = screen.getByRole('textbox', { name: 'Find' })
  await fireEvent.input(field, { target: { value: 'one' } })
  await settle()
  screen.getByText('2 found')
  await fireEvent.keyDown(field, { key: 'Enter' })
  await settle()
  expect(desk.selected).toBe(2)
  screen.getByText('2 of 2')
  expect(desk.range).toEqual({ from: 0, to: 3 })
  desk.actions.do('find-previous')
  await settle()
  expect(desk.selected).toBe(0)
  desk.actions.do('find-previous')
  await settle()
  expect(desk.selected).toBe(2)
})
