/** The doctor's look at the clock: what it gathers, and what follows. Called by core/doctor and its facts. */
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Finding } from '../contract/findings.ts'
import { isClockSynchronised } from '../os/clock-state.ts'

/** Wall clock, ms since 1970. */
export interface ClockFacts {
  readonly nowMs: number
  /** When this Farport was written to the disk: it cannot be earlier than that now. Undefined: another one has taken its place since. */
  readonly builtMs: number | undefined
  /** Undefined: the system does not say. */
  readonly synchronised: boolean | undefined
}

/** Between these the certificates of Farport are valid. */
const FROM_MS = Date.UTC(2020, 0, 1)
const TO_MS = Date.UTC(2050, 0, 1)
/** Time zones are no wrong clocks: archives and file systems have dates without one. */
const SLACK_MS = 24 * 3600_000

const SUBJECT = 'clock'

export function clockFacts(): ClockFacts {
  const program = statSync(fileURLToPath(import.meta.url), { throwIfNoEntry: false })
  return { nowMs: Date.now(), builtMs: program?.mtimeMs, synchronised: isClockSynchronised() }
}

export function checkClock({ clock, platform }: { clock: ClockFacts; platform: NodeJS.Platform }): Finding[] {
  const { nowMs, builtMs, synchronised } = clock
  const fix = FIXES[platform] ?? 'Set the clock, and have a time server keep it right'
  const isEarly = nowMs < Math.max(FROM_MS, builtMs ?? 0) - SLACK_MS
  if (isEarly || nowMs >= TO_MS) {
    const message = `it says ${new Date(nowMs).toISOString().slice(0, 10)}, ${isEarly ? 'which is before this Farport was made' : 'which is after the certificates of Farport end'}`
    return [{ level: 'problem', subject: SUBJECT, message, fix }]
  }
  if (synchronised === undefined) return []
  if (synchronised) return [{ level: 'ok', subject: SUBJECT, message: 'kept right by the system' }]
  const message = 'nothing keeps it right, so times of two computers do not fit together'
  return [{ level: 'warning', subject: SUBJECT, message, fix }]
}

const FIXES: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux: 'sudo timedatectl set-ntp true (or install a time service, such as chrony)',
  darwin: 'System Settings, General, Date & Time: set time automatically',
  win32: 'Settings, Time & language, Date & time: set the time automatically'
}
