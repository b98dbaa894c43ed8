/**
 * Which port a terminal is for, from the address of the page. An address can be written by anybody, so it opens nothing but what the state
 * knows, or what a person has typed or chosen since the page was loaded.
 */
import type { StateTree } from '../../src-main/contract/state.ts'
import type { TerminalSpec } from '../../src-main/contract/terminal.ts'
import { portName } from './rows.ts'

export interface TerminalTarget {
  readonly on: TerminalSpec['on']
  readonly name: string
}

const chosen = new Set<string>()

/** A person wants a terminal on that far port: an endpoint URL. */
export function chooseTarget(url: string): void {
  chosen.add(url)
}

/** Undefined: nothing that is known. */
export function terminalTarget(tree: StateTree, selected: string): TerminalTarget | undefined {
  const bridge = Object.hasOwn(tree.bridges, selected) ? tree.bridges[selected] : undefined
  if (bridge?.enabled) return { on: { id: bridge.id }, name: bridge.name }
  // One that is switched off opens its port for the terminal alone.
  if (bridge) return { on: { port: { target: bridge.port, settings: bridge.own ?? {} } }, name: bridge.name }
  const port = Object.hasOwn(tree.ports ?? {}, selected) ? tree.ports?.[selected] : undefined
  if (port)
    return { on: { port: { target: port.byId[0] ?? port.byPath[0] ?? port.path } }, name: portName(port) }
  const heard = Object.values(tree.nearby ?? {}).find(({ url }) => url === selected)
  if (!heard && !chosen.has(selected)) return undefined
  return { on: { port: { target: selected } }, name: heard?.name ?? selected }
}
