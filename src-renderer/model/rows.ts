/**
 * What "This computer" lists: each port that is there, and each share, be its device there or not. A share of a port that is there is one
 * row with it. Called by the page for each new state; what did not change is the same row as before, so that nothing else is drawn anew.
 */
import type { BridgeState, LocalPortState, PortInfo, StateTree } from '../../src-main/contract/state.ts'
import { naturalOrder } from '../../src-main/base/natural-order.ts'
import { fileName, portName, portTarget } from './port-names.ts'

/** Tells the icon, and what can be done with it. */
export type RowKind = 'usb' | 'built-in' | 'simulated' | 'program' | 'network'

export interface Row {
  /** In the address of the page: the id of the share, else that of the port. */
  readonly key: string
  /** Tells it from the other rows, also when it is shared for the first time: the id of the port, else of the share. */
  readonly place: string
  readonly kind: RowKind
  readonly name: string
  /** `FTDI FT232R · A50285BI · ttyUSB0` */
  readonly detail: string
  /** What a share of it opens; stable where the system has a stable name. */
  readonly target: string
  /** Absent: it is not plugged in, or is no device. */
  readonly port?: LocalPortState
  /** Absent: it was never shared, nor named. */
  readonly share?: BridgeState
}

/** The rows in their order: ports first as the system numbers them, then what has no port, by name. What was there before stays where it was. */
export class RowList {
  #before: ReadonlyMap<string, Row> = new Map()
  /** By the ids of port and share: one that is unplugged has the other one left. */
  readonly #order = new Map<string, number>()
  #shown: readonly Row[] = []

  next(tree: StateTree): readonly Row[] {
    // Before the first look at the ports nobody knows which share belongs where: nothing yet, or after a restart what was there.
    if (!tree.ports) return this.#shown
    const rows = rowsOf(tree, this.#before)
    this.#before = new Map(rows.map((row) => [row.place, row]))
    const placed = rows.map((row) => ({ row, at: this.#placeOf(row) }))
    placed.sort((a, b) => a.at - b.at)
    for (const [at, { row }] of placed.entries()) for (const id of idsOf(row)) this.#order.set(id, at)
    this.#shown = placed.map(({ row }) => row)
    return this.#shown
  }

  #placeOf(row: Row): number {
    for (const id of idsOf(row)) {
      const at = this.#order.get(id)
      if (at !== undefined) return at
    }
    return Infinity
  }
}

/** Whether an address of the page means this row. */
export function isCalled(row: Row, id: string | undefined): boolean {
  return id !== undefined && (row.key === id || row.place === id)
}

function idsOf({ key, place }: Row): readonly string[] {
  return key === place ? [key] : [key, place]
}

type Rows = ReadonlyMap<string, Row>
type Ports = NonNullable<StateTree['ports']>

/** As the system numbers them. The same ports come again with each change of a count: they are sorted once. */
const sorted = new WeakMap<Ports, readonly LocalPortState[]>()
function inOrder(ports: Ports): readonly LocalPortState[] {
  const known = sorted.get(ports)
  if (known) return known
  const all = Object.values(ports).sort((a, b) => naturalOrder(a.path, b.path))
  sorted.set(ports, all)
  return all
}

/** `before`: the rows of the last call, by their places. */
export function rowsOf({ ports = {}, bridges }: StateTree, before: Rows = new Map()): readonly Row[] {
  const ofPort = new Map<string, BridgeState>()
  const others: BridgeState[] = []
  for (const bridge of Object.values(bridges)) {
    if (bridge.kind !== 'share' || bridge.passing) continue
    const id = bridge.portId
    const first = id === undefined ? undefined : ofPort.get(id)
    // Of several shares of one device the first that is on stands for it; the others are rows of their own.
    const isFirst = id !== undefined && id in ports && (!first || (bridge.enabled && !first.enabled))
    if (!isFirst) others.push(bridge)
    else {
      if (first) others.push(first)
      ofPort.set(id, bridge)
    }
  }
  const here = inOrder(ports).map((port) => kept(before, port.id, ofPort.get(port.id), port))
  const elsewhere = others.map((share) => kept(before, share.id, share, ports[share.portId ?? '']))
  elsewhere.sort((a, b) => naturalOrder(a.name, b.name) || naturalOrder(a.key, b.key))
  return [...here, ...elsewhere]
}

export function kindOf(target: string, isUsb?: boolean): RowKind {
  if (target.startsWith('sim:')) return 'simulated'
  if (/^exec(\+pty)?:/.test(target)) return 'program'
  if (/^[a-z][\w+.-]*:/i.test(target)) return 'network'
  return (isUsb ?? /(USB|ACM)\d+$|\/usb-/.test(target)) ? 'usb' : 'built-in'
}

function kept(
  before: Rows,
  place: string,
  share: BridgeState | undefined,
  port: LocalPortState | undefined
): Row {
  const old = before.get(place)
  if (old && old.share === share && old.port === port) return old
  const identity = old && hasSameDevice(old, share, port) ? old : identityOf(share, port)
  return {
    key: share?.id ?? place,
    place,
    kind: identity.kind,
    name: share?.name ?? (port ? portName(port) : fileName(identity.target)),
    detail: identity.detail,
    target: identity.target,
    ...(port && { port }),
    ...(share && { share })
  }
}

/** Most changes are counts of a share: what it is of stays. */
function hasSameDevice(old: Row, share: BridgeState | undefined, port: LocalPortState | undefined): boolean {
  return old.port === port && old.share?.port === share?.port && old.share?.usb === share?.usb
}

function identityOf(
  share: BridgeState | undefined,
  port: LocalPortState | undefined
): Pick<Row, 'kind' | 'detail' | 'target'> {
  const target = share?.port ?? (port && portTarget(port)) ?? ''
  const usb = port ?? share?.usb
  return {
    kind: kindOf(target, usb ? usb.vendorId !== undefined : undefined),
    detail: usb ? detailOf(usb, port) : target.startsWith('/dev/') ? fileName(target) : target,
    target
  }
}

type Adapter = Pick<PortInfo, 'manufacturer' | 'product' | 'serialNumber'>

function detailOf({ manufacturer, product, serialNumber }: Adapter, port: PortInfo | undefined): string {
  const isTold = manufacturer !== undefined && product?.startsWith(manufacturer)
  const what = [isTold ? undefined : manufacturer, product].filter((each) => each !== undefined).join(' ')
  const parts = [what || port?.driver, serialNumber, port && fileName(port.path)]
  return parts.filter((each) => each !== undefined && each !== '').join(' · ')
}
