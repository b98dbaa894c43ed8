/**
 * The screen of a terminal: xterm.js, loaded when the first one is opened. What a device says is nobody's we trust: its links, titles and
 * wishes for the clipboard do nothing here. Called by terminal-view.svelte.
 */
import { FitAddon } from '@xterm/addon-fit'
import { Terminal, type ITheme } from '@xterm/xterm'
import '@xterm/xterm/css/xterm.css'
import type { Disposable } from '../../src-main/base/event.ts'
import { Lifetime } from '../../src-main/base/lifetime.ts'

/** Lines that can be scrolled back to. */
const SCROLLBACK = 5000

/** Operating system commands of devices that would reach beyond the screen: title, icon, folder, link, notification, clipboard. */
const DEAF = [0, 1, 2, 7, 8, 9, 52, 777, 1337]

export interface ScreenOptions {
  readonly place: HTMLElement
  /** Typed or pasted; answers of the terminal to the device, too. */
  readonly ontext: (text: string) => void
  readonly onbinary: (text: string) => void
  /** Shift+Esc: the keyboard shall not be caught in it. */
  readonly onleave: () => void
  /** Ctrl+Shift+C: what is selected is wanted. */
  readonly oncopy: () => void
  readonly label: string
}

export class TerminalScreen implements Disposable {
  readonly #life = new Lifetime()
  readonly #terminal: Terminal
  readonly #place: HTMLElement

  constructor({ place, ontext, onbinary, onleave, oncopy, label }: ScreenOptions) {
    this.#place = place
    const terminal = new Terminal({
      fontFamily: valueOf('--font-fixed'),
      fontSize: 13,
      scrollback: SCROLLBACK,
      cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      theme: themeOf(place),
      // Devices choose colours for grounds of their own.
      minimumContrastRatio: 4.5,
      linkHandler: { activate: () => undefined },
      logLevel: 'off'
    })
    this.#terminal = terminal
    this.#life.add(terminal)
    for (const code of DEAF) this.#life.add(terminal.parser.registerOscHandler(code, () => true))
    const fit = new FitAddon()
    terminal.loadAddon(fit)
    terminal.open(place)
    terminal.textarea?.setAttribute('aria-label', label)
    fit.fit()
    this.#life.add(terminal.onData(ontext))
    this.#life.add(terminal.onBinary(onbinary))
    terminal.attachCustomKeyEventHandler((event) => {
      if (event.type !== 'keydown') return true
      const { ctrlKey, shiftKey, code } = event
      if (event.key === 'Escape' && shiftKey) onleave()
      // As terminals have it, where Ctrl+C and Ctrl+V go to the device. Pasting is the browser's own then.
      else if (ctrlKey && shiftKey && code === 'KeyC') {
        event.preventDefault()
        oncopy()
      } else return !(ctrlKey && shiftKey && code === 'KeyV')
      return false
    })
    const size = new ResizeObserver(() => fit.fit())
    size.observe(place)
    this.#life.add({ dispose: () => size.disconnect() })
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const repaint = (): void => {
      terminal.options.theme = themeOf(place)
    }
    dark.addEventListener('change', repaint)
    this.#life.add({ dispose: () => dark.removeEventListener('change', repaint) })
  }

  /** Resolves when they are on the screen, or would be. */
  write(data: Uint8Array | string): Promise<void> {
    return new Promise((resolve) => this.#terminal.write(data, resolve))
  }

  /** The cursor is not drawn as one that takes anything. */
  set isDeaf(isDeaf: boolean) {
    this.#terminal.options.disableStdin = isDeaf
  }

  get selection(): string {
    return this.#terminal.getSelection()
  }

  onSelect(call: () => void): Disposable {
    return this.#life.add(this.#terminal.onSelectionChange(call))
  }

  clear(): void {
    this.#terminal.clear()
  }

  focus(): void {
    this.#terminal.focus()
  }

  dispose(): void {
    this.#life.dispose()
    this.#place.replaceChildren()
  }
}

/** xterm.js takes colours as they are computed, and no `light-dark()`. */
function themeOf(place: HTMLElement): ITheme {
  const probe = place.appendChild(document.createElement('span'))
  const colour = (name: string): string => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color
  }
  const theme = {
    background: colour('--terminal-ground'),
    foreground: colour('--text'),
    cursor: colour('--accent'),
    cursorAccent: colour('--terminal-ground'),
    selectionBackground: colour('--terminal-selection'),
    scrollbarSliderBackground: colour('--line'),
    scrollbarSliderHoverBackground: colour('--line-strong'),
    scrollbarSliderActiveBackground: colour('--line-strong')
  }
  probe.remove()
  return theme
}

function valueOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name)
}
