/**
 * What keeps `farport serve` running on its own: systemd, launchd, or a scheduled task of Windows. Each of them only says what is to
 * be done, as steps that can be shown; steps.ts does it. Called by the command `service`.
 */
import type { Step } from './steps.ts'

/** For whom: the user who asks, or the computer, from its start on. */
export type Scope = 'user' | 'system'

/** What all of them have to know of this computer and of us; tests say something else. */
export interface Place {
  readonly platform: NodeJS.Platform
  /** 0 is root; undefined on Windows. */
  readonly uid: number | undefined
  readonly userName: string
  readonly home: string
  readonly environment: NodeJS.ProcessEnv
  /** What starts this command again: Node.js and the `farport.js` that runs now, or the launcher of the app. Paths are absolute. */
  readonly program: readonly [program: string, ...words: string[]]
  readonly version: string
  /** Where the system's own files are, in front of each of their paths; empty but in tests. */
  readonly root: string
  /** Runs a program; never rejects. */
  readonly run: (command: readonly string[]) => Promise<Ran>
}

export interface Ran {
  /** Undefined: it could not be started, or did not end in time; `stderr` says which. */
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

export interface Plan {
  readonly steps: readonly Step[]
  readonly needsRoot: boolean
  /** What people should know afterwards, one line each. */
  readonly hints: readonly string[]
}

export interface ServiceStatus {
  readonly scope: Scope
  /** The file that makes it a service; undefined: not installed. */
  readonly file: string | undefined
  /** False: the file is not ours. */
  readonly ours: boolean
  /** The version that installed it. */
  readonly version: string | undefined
  readonly state: 'running' | 'starting' | 'failed' | 'stopped' | 'unknown'
  /** What it said of itself last, or why it failed. */
  readonly detail: string | undefined
  /** ISO 8601. */
  readonly since: string | undefined
  readonly pid: number | undefined
  /** Starts by itself: with the computer, or when its user signs in. */
  readonly enabled: boolean | undefined
  /** The command that shows its log. */
  readonly log: string
}

export interface ServiceKind {
  /** Throws a Fault where this cannot become a service here. */
  install(place: Place, scope: Scope): Plan
  uninstall(place: Place, scope: Scope): Plan
  status(place: Place, scope: Scope): Promise<ServiceStatus>
}
