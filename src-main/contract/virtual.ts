/**
 * Where programs of this computer open a remote port: the kinds of virtual port, how one is written (`pty:/tmp/gps`, `usb:gps`,
 * `com:COM7`, `auto:gps`), and what each can carry. Read by core, the command line and the page.
 */

export const VIRTUAL_KINDS = ['pty', 'usb', 'com', 'auto'] as const
export type VirtualKind = (typeof VIRTUAL_KINDS)[number]

/** What makes a virtual port. `com0com`, `hub4com` and `usbip` may all be behind a COM number. */
export const VIRTUAL_WAYS = ['pty', 'usbip', 'com0com', 'hub4com'] as const
export type VirtualWayName = (typeof VIRTUAL_WAYS)[number]

/** What `via` may say. */
export const VIA_WAYS = ['com0com', 'usbip', 'hub4com'] as const satisfies readonly VirtualWayName[]

export interface VirtualPlace {
  readonly kind: VirtualKind
  /** `pty`: a path, or nothing for one of Farport's own; `usb`: a name; `com`: `COM7`, or nothing for a free number; `auto`: a name or nothing. */
  readonly at: string
}

/** What people know each by; names of programs and of standards, the same in every language. */
export const WAY_TITLES: Readonly<Record<VirtualWayName, string>> = {
  pty: 'PTY',
  usbip: 'USB/IP',
  com0com: 'com0com',
  hub4com: 'hub4com'
}

/** Undefined: it names another port, the other end of a cable. */
export function readVirtual(target: string): VirtualPlace | undefined {
  const kind = VIRTUAL_KINDS.find((each) => target.startsWith(`${each}:`))
  return kind && { kind, at: target.slice(kind.length + 1) }
}

export function formatVirtual({ kind, at }: VirtualPlace): string {
  return `${kind}:${at}`
}

/** Names of RS-232, and of what RFC 2217 sets. `cts` and the other three are what the far port's modem lines drive here. */
export const CARRIED = [
  'data',
  'baudRate',
  'dataBits',
  'parity',
  'stopBits',
  'dtr',
  'rts',
  'break',
  'cts',
  'dsr',
  'dcd',
  'ri'
] as const
export type Carried = (typeof CARRIED)[number]

const SETTINGS = ['data', 'baudRate', 'dataBits', 'parity', 'stopBits'] as const

/**
 * What passes between a local program and the far port. PTY: Linux keeps parity and data bits from it, and it has no lines. USB/IP: the CDC-ACM class
 * has no CTS. com0com: its driver tells of all that the program sets; hub4com's `com2tcp-rfc2217` passes the same on.
 */
export const WAY_CARRIES: Readonly<Record<VirtualWayName, readonly Carried[]>> = {
  pty: ['data', 'baudRate', 'stopBits'],
  usbip: [...SETTINGS, 'dtr', 'rts', 'break', 'dsr', 'dcd', 'ri'],
  com0com: CARRIED,
  hub4com: CARRIED
}

/** What does not pass, in the order of CARRIED. */
export function missingIn({ carries }: { readonly carries: readonly Carried[] }): Carried[] {
  return CARRIED.filter((each) => !carries.includes(each))
}

/** What one way is worth on this computer. */
export interface VirtualWay {
  readonly way: VirtualWayName
  /** `ready`: it works now. `rights`: somebody has to allow it once. `install`: something has to be installed first. `never`: not on this system. */
  readonly state: 'ready' | 'rights' | 'install' | 'never'
  /** One sentence for people: what it is or why it cannot be. */
  readonly why: string
  /** What to do about it, as a sentence or a command in backticks; absent where it is ready, or nothing helps. */
  readonly fix?: string
  /** What its driver calls itself, where one is installed: `usbip-win2 0.9.7.7`. */
  readonly driver?: string
  /** With the state `install`: how a person gets it. */
  readonly install?: InstallGuide
  readonly carries: readonly Carried[]
}

/** How somebody installs a driver. Farport downloads nothing and starts no installer: it says what to get, and how to tell that it is the right one. */
export interface InstallGuide {
  /** Name, version and what it is, in one line. */
  readonly what: string
  /** Who makes it and where that project is: `vadimgrn/usbip-win2 on GitHub, under Releases`. */
  readonly from: string
  /** The file to take. */
  readonly file: string
  /** How to tell that the file is what its makers published. */
  readonly check: string
  /** It asks for the rights of an administrator. */
  readonly elevation: boolean
  readonly restart: boolean
  /** What to know before: `All USB devices stop for some seconds.` */
  readonly beware?: string
}

/** Those that carry more come first, and hub4com, another program, comes last. */
const BEST_FIRST: readonly VirtualWayName[] = ['com0com', 'usbip', 'pty', 'hub4com']

/** Those that this system could have, the best first. */
export function bestFirst(ways: readonly VirtualWay[]): VirtualWay[] {
  return BEST_FIRST.flatMap((name) => ways.filter(({ way, state }) => way === name && state !== 'never'))
}

/** Of a link: the virtual port that it has. */
export interface VirtualState {
  readonly way: VirtualWayName
  /** Why this one was picked, where `auto` was asked for. */
  readonly why?: string
  readonly carries: readonly Carried[]
}
