/**
 * Which port a terminal is for, from the address of the page. An address can be written by anybody, so it opens nothing but shares, links
 * and ports of this computer.
 */
import type { StateTree } from '../../src-main/contract/state.ts'
import type { TerminalSpec } from '../../src-main/contract/terminal.ts'
import { portName, portTarget } from './port-names.ts'

export interface TerminalTarget {
  readonly on: TerminalSpec['on']
  readonly name: string
}

/** Undefined: nothing that is known. */
export function terminalTarget(tree: StateTree, selected: string): TerminalTarget | undefined {
  const bridge = Object.hasOwn(tree.bridges, selected) ? tree.bridges[selected] : undefined
  if (bridge?.enabled) return { on: { id: bridge.id }, name: bridge.name }
  // One that is switched off opens its port for the terminal alone.
  if (bridge) return { on: { port: { target: bridge.port, settings: bridge.own ?? {} } }, name: bridge.name }
  const port = Object.hasOwn(tree.ports ?? {}, selected) ? tree.ports?.[selected] : undefined
  return port && { on: { port: { target: portTarget(port) } }, name: portName(port) }
}
