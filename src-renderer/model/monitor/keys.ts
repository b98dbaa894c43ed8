/**
 * Keys of the monitor: what was pressed, as actions name it, and as people read it. Those without Ctrl count where the list has the focus,
 * so that nobody who types, or talks to his computer, does something unasked (WCAG 2.1.4). Pure.
 */
import { words } from '../../words/words.ts'

export type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>

/** Opens the palette. Firefox keeps it for itself: `?` and a button do the same. */
export const PALETTE_KEY = 'Ctrl+Shift+P'

/** `f`, `N`, ` `, `End`, `Ctrl+Enter`, `Ctrl+Shift+P`; empty: nothing of ours. Caps Lock changes nothing, and Cmd is Ctrl. */
export function keyOf({ key, ctrlKey, metaKey, altKey, shiftKey }: Pressed): string {
  if (altKey || ['Control', 'Shift', 'Meta', 'Dead', 'Process'].includes(key)) return ''
  const isLetter = /^\p{L}$/u.test(key)
  if (ctrlKey || metaKey) return `Ctrl+${shiftKey ? 'Shift+' : ''}${isLetter ? key.toUpperCase() : key}`
  return isLetter ? (shiftKey ? key.toUpperCase() : key.toLowerCase()) : key
}

/** It counts wherever the focus is in the monitor. */
export function isEverywhere(key: string): boolean {
  return key.startsWith('Ctrl+')
}

/** Whether keys without Ctrl are for this element itself: something is typed, chosen or pressed there. */
export function takesKeys(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest(
      'input, textarea, select, button, a, [contenteditable], [role=separator], [role=dialog]'
    ) !== null
  )
}

/** `F`, `Shift+N`, `Space`, `Ctrl+Enter`. */
export function keyWords(key: string): string {
  const known = words.monitor.keys[key]
  if (known !== undefined) return known
  if (/^\p{Lu}$/u.test(key)) return `Shift+${key}`
  return /^\p{Ll}$/u.test(key) ? key.toUpperCase() : key
}
