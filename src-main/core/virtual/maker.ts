/** What every kind of virtual port has in common for core: it can be looked for, and made. One file of this room per kind. */
import type { LinkSpec } from '../../contract/commands.ts'
import type { LineWish } from '../../contract/line.ts'
import type { Carried, VirtualWay, VirtualWayName } from '../../contract/virtual.ts'
import type { SessionSource } from '../../sessions/session.ts'
import type { Context } from '../context.ts'

export interface VirtualWish {
  /** The link's own name; a file, a COM port or a USB adapter is called after it. */
  readonly name: string
  /** Where it was asked for, as VirtualPlace has it; empty: anywhere. */
  readonly at: string
  /** The far port, for people: `serial on pi.local`. */
  readonly far: string
  /** The same for the same far port each time. */
  readonly identity: string
  /** What the far port is opened with, as far as that is known. */
  readonly settings: LineWish
  readonly pty?: LinkSpec['pty']
}

export interface VirtualPort extends SessionSource {
  /** Where it is less than its way can. */
  readonly carries?: readonly Carried[]
}

export interface VirtualMaker {
  readonly way: VirtualWayName
  /** What it is worth here. Changes nothing; never rejects. */
  look(): Promise<VirtualWay>
  /** Rejects with a Fault; then nothing is left behind. Its `address` is where programs find it; its `close` takes it away again. */
  make(wish: VirtualWish, context: Context): Promise<VirtualPort>
}
