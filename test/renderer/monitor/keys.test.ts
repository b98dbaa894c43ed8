import { describe, expect, it } from 'vitest'
import { isEverywhere, keyOf, keyWords, takesKeys } from '../../../src-renderer/model/monitor/keys.ts'

const NO = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false }

describe('keys of the monitor', () => {
  it.each([
    [{ key: 'f' }, 'f'],
    // Caps Lock.
    [{ key: 'F' }, 'f'],
    [{ key: 'N', shiftKey: true }, 'N'],
    [{ key: ' ' }, ' '],
    [{ key: 'End' }, 'End'],
    [{ key: '?', shiftKey: true }, '?'],
    [{ key: 'Enter', ctrlKey: true }, 'Ctrl+Enter'],
    [{ key: 'Enter', metaKey: true }, 'Ctrl+Enter'],
    [{ key: 'P', ctrlKey: true, shiftKey: true }, 'Ctrl+Shift+P'],
    [{ key: 'p', metaKey: true, shiftKey: true }, 'Ctrl+Shift+P'],
    [{ key: 'f', altKey: true }, ''],
    [{ key: 'Shift', shiftKey: true }, ''],
    [{ key: 'Dead' }, '']
  ])('reads %j', (pressed, key) => {
    expect(keyOf({ ...NO, ...pressed })).toBe(key)
  })

  it('says them as keyboards do', () => {
    expect([' ', 'f', 'N', 'End', '/', 'Ctrl+Enter'].map(keyWords)).toEqual([
      ...['Space', 'F', 'Shift+N', 'End', '/', 'Ctrl+Enter']
    ])
  })

  it('counts letters in the list alone, and not where something is typed or pressed', () => {
    expect(isEverywhere('Ctrl+Enter')).toBe(true)
    expect(isEverywhere('m')).toBe(false)
    document.body.innerHTML = '<div tabindex="0"><input><button><i></i></button></div>'
    const at = (selector: string): boolean => takesKeys(document.querySelector(selector))
    expect([at('div'), at('input'), at('i')]).toEqual([false, true, true])
  })
})
