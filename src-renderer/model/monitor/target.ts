/**
 * What a monitor is of, from the address of the page. An address can be written by anybody, so it opens nothing but what is known here anyway:
 * shares, links and ports of this computer, files of the captures folder, what a paired computer shares, and what announces itself. Pure.
 */
import { MAX_CAPTURE_NAME } from '../../../src-main/contract/recording.ts'
import type { BridgeState, StateTree } from '../../../src-main/contract/state.ts'
import type { Page, Place } from '../../route.svelte.ts'
import { portName, portTarget } from '../port-names.ts'
import type { MonitorTarget } from './contract.ts'

export interface NamedTarget {
  readonly target: MonitorTarget
  readonly name: string
}

/** A file name of the folder, and never a path (contract/recording.ts has the whole rule, and the core checks it). */
const FILE_NAME = /^[\p{L}\p{N}][^\p{Cc}/\\:*?"<>|]*$/u

/** Undefined: nothing that is known, or not yet. */
export function monitorTarget(tree: StateTree, place: Place): NamedTarget | undefined {
  const { page, selected, part = 0 } = place
  if (selected === undefined) return undefined
  switch (page) {
    case 'computer':
    case 'connections':
      return ofBridge(own(tree.bridges, selected)) ?? ofPort(tree, selected)
    case 'network':
      return ofFarPort(tree, selected)
    case 'captures':
      return ofFile(selected, part)
    case 'settings':
      return undefined
  }
}

/** The state is there, and what is not in it is not there. */
export function isKnown(tree: StateTree, page: Page): boolean {
  return page === 'captures' || (page === 'computer' ? tree.ports : tree.self) !== undefined
}

/** Where a monitor of it stands; `undefined`: that cannot be watched. */
export function farPlace({
  link,
  target
}: {
  readonly link?: string
  readonly target?: string
}): Place | undefined {
  if (link !== undefined) return { page: 'connections', selected: link, view: 'monitor' }
  return target === undefined ? undefined : { page: 'network', selected: target, view: 'monitor' }
}

function own<T>(all: Readonly<Record<string, T>> | undefined, id: string): T | undefined {
  return all && Object.hasOwn(all, id) ? all[id] : undefined
}

function ofBridge(bridge: BridgeState | undefined): NamedTarget | undefined {
  if (!bridge) return undefined
  const { id, name, port, own: settings = {} } = bridge
  if (bridge.enabled || bridge.recording) return { target: { type: 'recording', id }, name }
  // One that never ran has no recording: its port is opened for this alone.
  return { target: portOf({ target: port, settings }), name }
}

function ofPort(tree: StateTree, id: string): NamedTarget | undefined {
  const port = own(tree.ports, id)
  if (!port) return undefined
  // A share of it that runs has it open.
  const share = Object.values(tree.bridges).find((each) => each.portId === id && each.enabled)
  return ofBridge(share) ?? { target: portOf({ target: portTarget(port) }), name: portName(port) }
}

function ofFarPort(tree: StateTree, url: string): NamedTarget | undefined {
  const heard = Object.values(tree.nearby ?? {}).find((each) => each.kind === 'port' && each.url === url)
  if (heard) return { target: portOf({ target: url }), name: heard.name }
  const [, peer, share] = /^farport:\/\/([^/?#]+)\/([^/?#]+)$/.exec(url) ?? []
  if (peer === undefined || share === undefined) return undefined
  const [who, what] = [decoded(peer), decoded(share)]
  const isPaired = Object.values(tree.peers ?? {}).some(
    ({ id, name, trust }) => trust === 'trusted' && (name === who || isStartOf(who, id))
  )
  return isPaired && what !== undefined ? { target: portOf({ target: url }), name: what } : undefined
}

function ofFile(name: string, recording: number): NamedTarget | undefined {
  if (name.length > MAX_CAPTURE_NAME || !FILE_NAME.test(name)) return undefined
  return { target: { type: 'file', name, recording }, name }
}

/** The first digits of an id, as many as a URL may have. */
function isStartOf(start: string | undefined, id: string): boolean {
  return start !== undefined && /^[0-9a-f]{8,}$/i.test(start) && id.startsWith(start.toLowerCase())
}

function portOf(port: Extract<MonitorTarget, { readonly type: 'port' }>['port']): MonitorTarget {
  return { type: 'port', port }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
