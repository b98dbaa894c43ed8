import { flushSync } from 'svelte'
import { describe, expect, it, vi } from 'vitest'
import { Actions } from '../../../src-renderer/model/monitor/actions.svelte.ts'
import type { MonitorAction } from '../../../src-renderer/model/monitor/contract.ts'
import { effectRoot } from './effect-root.svelte.ts'
import { MAX_ENTRIES, paletteEntries } from '../../../src-renderer/model/monitor/palette.ts'

const action = (text: string, key?: string): MonitorAction => ({
  id: text,
  text,
  ...(key !== undefined && { key }),
  do: () => undefined
})

const ALL = [
  action('Clear the view'),
  action('View: Lines'),
  action('View: Hex + text'),
  action('Set a marker …', 'm'),
  action('Pause / Go on', ' ')
]

const found = (query: string): string[] => paletteEntries(ALL, query).map(({ text }) => text)

describe('the palette', () => {
  it('lists all of them in their order', () => {
    expect(found('')).toEqual(ALL.map(({ text }) => text))
    expect(found('  ')).toHaveLength(ALL.length)
  })

  it('has what begins so first, then where a word does', () => {
    expect(found('view')).toEqual(['View: Lines', 'View: Hex + text', 'Clear the view'])
    expect(found('mark')).toEqual(['Set a marker …'])
    expect(found('ark')).toEqual(['Set a marker …'])
  })

  it('wants all words, and knows keys', () => {
    expect(found('hex view')).toEqual(['View: Hex + text'])
    expect(found('SPACE')).toEqual(['Pause / Go on'])
    expect(found('no such')).toEqual([])
  })

  it('is no longer than anybody scrolls', () => {
    const many = Array.from({ length: 500 }, (_, at) => action(`Go to marker ${at}`))
    expect(paletteEntries(many, 'marker')).toHaveLength(MAX_ENTRIES)
  })
})

describe('what can be done', () => {
  it('is what the parts that are there have added, and nothing that is disabled is done', () => {
    const actions = new Actions()
    const act = vi.fn()
    let isDisabled = false
    const added = actions.add([{ id: 'find', text: 'Find', isDisabled: () => isDisabled, do: act }])
    actions.do('find')
    isDisabled = true
    actions.do('find')
    actions.do('nothing')
    expect(act).toHaveBeenCalledTimes(1)
    added.dispose()
    expect(actions.all).toEqual([])
  })

  it('can be added within an effect, which runs once for it', () => {
    const actions = new Actions()
    let runs = 0
    const end = effectRoot(() => {
      runs++
      const added = actions.add([action('one')])
      return () => added.dispose()
    })
    actions.add([action('other')])
    flushSync()
    expect([runs, actions.all.length]).toEqual([1, 2])
    end()
    expect(actions.all).toHaveLength(1)
  })
})
