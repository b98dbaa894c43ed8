/**
 * Everything that can go wrong, as one kind of value. A message names the cause and what to do next, in one line.
 * Only owners (Share, Link, a command) turn a Fault into state; cancellation is no Fault.
 */

export type FaultKind = 'device' | 'peer' | 'config' | 'bug'

const KINDS = {
  'device-missing': 'device',
  'device-busy': 'device',
  'device-permission': 'device',
  'device-unplugged': 'device',
  'device-not-serial': 'device',
  'device-io': 'device',
  /** What was waited for did not come from it in time. */
  'device-timeout': 'device',
  'peer-unknown-host': 'peer',
  'peer-refused': 'peer',
  'peer-unreachable': 'peer',
  'peer-timeout': 'peer',
  'peer-closed': 'peer',
  'peer-protocol': 'peer',
  'peer-full': 'peer',
  /** Who answers there has another key than the one that was paired. */
  'peer-key-changed': 'peer',
  'peer-not-paired': 'peer',
  /** The owner of the other Farport has not allowed that. */
  'peer-permission': 'peer',
  usage: 'config',
  'bad-url': 'config',
  'bad-settings': 'config',
  unsupported: 'config',
  'path-taken': 'config',
  'address-in-use': 'config',
  'address-not-permitted': 'config',
  'allow-missing': 'config',
  /** What stands in the settings file cannot be read as settings. */
  'settings-broken': 'config',
  /** Written by a newer Farport. */
  'settings-newer': 'config',
  /** The file, or its folder, is somebody else's or open to others. */
  'settings-access': 'config',
  'settings-unwritable': 'config',
  /** A file that somebody wanted written or read cannot be. */
  'file-unusable': 'config',
  /** Another Farport has what only one may have. */
  'already-running': 'config',
  /** What was asked for acts on a running Farport, and there is none. */
  'not-running': 'config',
  /** Only another user of this computer, or a member of some group, may do it. */
  'needs-rights': 'config',
  /** The key of this installation cannot be read, or others could. */
  'identity-broken': 'config',
  /** A file with a certificate or a key, named in an address, cannot be used. */
  'certificate-broken': 'config',
  bug: 'bug'
} as const satisfies Record<string, FaultKind>

export type FaultCode = keyof typeof KINDS

/** Plain form for `--json`, logs and other processes. */
export interface FaultRecord {
  readonly code: FaultCode
  readonly kind: FaultKind
  readonly message: string
  readonly cause?: string
}

export class Fault extends Error {
  readonly code: FaultCode

  /** `message`: one line, the cause first, then the next step. `cause`: the system's own error, if any. */
  constructor(code: FaultCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'Fault'
    this.code = code
  }

  get kind(): FaultKind {
    return KINDS[this.code]
  }

  toJSON(): FaultRecord {
    const { code, kind, message, cause } = this
    return cause instanceof Error ? { code, kind, message, cause: cause.message } : { code, kind, message }
  }
}

/** A Fault as it is; anything else is a bug of ours and says so. */
export function toFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  const message = error instanceof Error ? error.message : String(error)
  return new Fault('bug', `Unexpected error: ${message}. Please report it.`, error)
}

/** The Fault that another process told. A code of a newer version that is not known here is a peer's. */
export function faultOf(told: {
  readonly code: string
  readonly message: string
  readonly cause?: string
}): Fault {
  const code: FaultCode = Object.hasOwn(KINDS, told.code) ? (told.code as FaultCode) : 'peer-protocol'
  return new Fault(code, told.message, told.cause === undefined ? undefined : new Error(told.cause))
}
