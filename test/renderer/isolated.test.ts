import { describe, expect, it } from 'vitest'
import { EN } from '../../src-renderer/words/en/index.ts'
import { isolated, isolating } from '../../src-renderer/words/isolated.ts'
import { words } from '../../src-renderer/words/words.ts'

const HEBREW = 'מחשב (1)'

describe('names within sentences', () => {
  it('are walled in where they are read from right to left', () => {
    expect(words.peer.unpairTitle(HEBREW)).toBe(`Un-pair \u2068${HEBREW}\u2069?`)
    expect(words.network.inUse('ورشة', '14:02')).toBe('In use by \u2068ورشة\u2069 since 14:02')
    expect(words.pairing.toast(HEBREW, 2)).toBe(`\u2068${HEBREW}\u2069 and 2 more ask to pair`)
  })

  it('are as they are where they are not', () => {
    for (const name of ['workshop-pc', 'Ärzte', '東京', '']) expect(isolated(name)).toBe(name)
    expect(words.peer.unpairTitle('bench')).toBe('Un-pair bench?')
  })

  it('leave what is no function alone', () => {
    expect(words.terminal.endings).toEqual(EN.terminal.endings)
    const list = ['a']
    expect(isolating({ list, none: undefined, one: 'two' })).toEqual({ list, none: undefined, one: 'two' })
  })
})
