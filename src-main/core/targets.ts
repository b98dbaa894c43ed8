/**
 * From a target as people write it to the PortSource that opens it: a device path, `sim:…`, `exec:…`, an endpoint URL, a share of a
 * paired computer. Called by the commands of this room; opens nothing itself.
 */
import { existsSync } from 'node:fs'
import type { PortSpec } from '../contract/commands.ts'
import { Fault } from '../contract/faults.ts'
import { DEFAULT_SETTINGS, type ControlWish, type LineWish } from '../contract/line.ts'
import { profileOf } from '../contract/reset.ts'
import { readVirtual } from '../contract/virtual.ts'
import { dial } from '../net/dial.ts'
import { formatAddress, looksLikeEndpoint, parseEndpoint } from '../net/endpoint.ts'
import { formatFarportUrl, looksLikeFarportUrl, parseShareUrl } from '../net/farport-url.ts'
import type { HardwareOptions } from '../ports/hardware.ts'
import { loadLocalPorts, localSource } from '../ports/local-source.ts'
import type { PortSource } from '../ports/port.ts'
import { isProgram } from '../ports/program/command-line.ts'
import { ProgramSource, type ProgramSourceOptions } from '../ports/program/program-source.ts'
import { shownTarget } from '../ports/program/secrets.ts'
import { RemotePortSource } from '../ports/remote-source.ts'
import { SIMULATED_PREFIX, SimulatedSource } from '../ports/simulated/source.ts'
import { AnnouncedSource } from './announced-source.ts'
import type { Context, ShareWish } from './context.ts'
import { looksLikeMdnsUrl } from './mdns-url.ts'
import { withHeldLines, withReset } from './line-policies.ts'
import { withLines } from './with-lines.ts'

export const PTY_PREFIX = 'pty:'

/** `host:7000`, `[::1]:7000`: an address as other programs take it. */
const HOST_AND_PORT = /^(\[[0-9a-f:.]+\]|[\w.-]+):\d{1,5}$/i

export interface Target {
  readonly source: PortSource
  readonly kind: 'hardware' | 'simulated' | 'program' | 'remote'
  /** What was asked for, nothing else. */
  readonly settings: LineWish
  /** What holds where nothing is asked for, as far as that is known. */
  readonly defaults: LineWish
  /** Rejects with a Fault when the device is plainly not usable; never opens it. */
  check(): Promise<void>
  /** Loads what opening it takes; absent: there is little of that. */
  readonly load?: () => Promise<unknown>
}

/** Throws a Fault when the target cannot be understood. */
export function readTarget(spec: PortSpec, context: Context): Target {
  const target = readBare(spec, context)
  return { ...target, source: withPolicies(target, spec) }
}

/** Reset on open comes first, the levels asked for after it; from then on `neverReset` holds them, and `noBreak` the break. */
function withPolicies({ source, kind }: Target, spec: PortSpec): PortSource {
  const { resetOnOpen, neverReset, noBreak, hangUp, target } = spec
  const shown = shownTarget(target)
  if (neverReset && hangUp)
    throw new Fault('usage', `${shown}: a hang-up at closing is a change of DTR. Leave out one of the two.`)
  if (resetOnOpen && isLineless(kind, target))
    throw new Fault(
      'unsupported',
      `${source.label} carries no control lines, so nothing can be reset through it. Use an rfc2217:// address.`
    )
  const reset = resetOnOpen ? withReset(source, profileOf(resetOnOpen)) : source
  // A port of this computer has them set while it is opened: again only where the reset changed them.
  const set = resetOnOpen || kind !== 'hardware' ? withLines(reset, linesOf(spec)) : reset
  return withHeldLines(set, [
    ...(neverReset ? (['dtr', 'rts'] as const) : []),
    ...(noBreak ? (['break'] as const) : [])
  ])
}

function isLineless(kind: Target['kind'], target: string): boolean {
  if (kind === 'program') return true
  // What is spoken at a name in mDNS shows when it is dialled.
  if (looksLikeFarportUrl(target) || looksLikeMdnsUrl(target)) return false
  return kind === 'remote' && parseEndpoint(target).protocol !== 'rfc2217'
}

function readBare(spec: PortSpec, context: Context): Target {
  const { target, settings } = spec
  const shown = shownTarget(target)
  const warn = (text: string): void => context.report({ level: 'warning', subject: shown, text })
  if (isProgram(target)) {
    const source = new ProgramSource(programOptions(spec, warn))
    return { kind: 'program', source, settings, defaults: {}, check: () => source.check() }
  }
  if (spec.env || spec.escapes)
    throw new Fault(
      'usage',
      `${shown} is no program (exec:), so it has no environment and no escapes. Leave out --env and --escapes.`
    )
  if (readVirtual(target))
    throw new Fault(
      'usage',
      `${target} is not a port to open, but one for programs here to open. Give it as the second end of connect.`
    )
  if (target.startsWith(SIMULATED_PREFIX)) {
    const source = new SimulatedSource(target)
    return { kind: 'simulated', source, settings, defaults: source.settings, check: nothing }
  }
  if (looksLikeFarportUrl(target)) {
    const source = peerSource(target, context, warn)
    return { kind: 'remote', source, settings, defaults: {}, check: nothing }
  }
  if (looksLikeMdnsUrl(target)) {
    const source = new AnnouncedSource(target, context, warn)
    return { kind: 'remote', source, settings, defaults: {}, check: nothing }
  }
  if (looksLikeEndpoint(target)) {
    const source = remoteSource(target, context, warn)
    return { kind: 'remote', source, settings, defaults: {}, check: nothing }
  }
  if (HOST_AND_PORT.test(target) && !existsSync(target))
    throw new Fault(
      'bad-url',
      `"${target}" needs a protocol in front: rfc2217://${target}, or raw://${target} for the bytes alone; a Farport's shares: farport connect farport://${target}`
    )
  const source = localSource(target, hardwareOptions(spec, warn))
  const defaults = DEFAULT_SETTINGS
  return {
    kind: 'hardware',
    source,
    settings,
    defaults,
    check: () => source.check(),
    load: () => loadLocalPorts()
  }
}

/** Who keeps it to watching: `there` the other Farport, until somebody asks it for control; `here` we, who write and set nothing. */
export function watchedBy({ target }: Pick<PortSpec, 'target'>): 'there' | 'here' {
  return looksLikeFarportUrl(target) ? 'there' : 'here'
}

/** What is only watched, and is somebody else's, is opened as it is. Throws `usage` where it shall be set all the same. */
export function checkWatched(spec: PortSpec, { kind }: Target): void {
  const { settings, dtr, rts, hangUp, resetOnOpen } = spec
  const lines = dtr !== undefined || rts !== undefined || hangUp
  // Another Farport only remembers what a watcher wishes, for when it has the control.
  const sets = Object.keys(settings).length > 0 && watchedBy(spec) === 'here'
  if (resetOnOpen || (kind === 'remote' && (sets || lines)))
    throw new Fault(
      'usage',
      `${shownTarget(spec.target)} is to be only watched, which sets nothing there. Leave out its settings, or watching.`
    )
}

/** Whose fault it is when its port ends without a cause of its own. */
export function farOf({ kind }: Target): 'device' | 'peer' {
  return kind === 'remote' ? 'peer' : 'device'
}

/** A port of this computer gets the usual settings where nothing else is asked for, not what its last user left. */
export function withDefaults({ defaults, settings }: Pick<Target, 'defaults' | 'settings'>): LineWish {
  return { ...defaults, ...settings }
}

const nothing = (): Promise<void> => Promise.resolve()

function remoteSource(target: string, { tls }: Context, warn: (text: string) => void): PortSource {
  const endpoint = parseEndpoint(target)
  const source = new RemotePortSource({
    label: target,
    dial: (signal) => dial(endpoint, { signal, warn, tls: tls && (() => tls.dialling()) }),
    mode: endpoint.protocol
  })
  source.onWarning(warn)
  return source
}

/** A share of a paired computer. It is the same use as long as it is the same target, so that it finds its place again. */
function peerSource(
  target: string,
  { farports, use, observe = false }: Context,
  warn: (text: string) => void
): PortSource {
  const url = parseShareUrl(target)
  const { peer, port, share, takeOver } = url
  if (!farports)
    throw new Fault(
      'unsupported',
      `${target} is a share of a paired computer, and here is nobody who is paired with it. Use farport connect.`
    )
  if (observe && takeOver)
    throw new Fault(
      'usage',
      `${target} takes the control over, and is to be only watched. Leave out one of the two.`
    )
  const peerName = port === undefined ? peer : formatAddress(peer, port)
  let passing: string | undefined
  const wish = async (): Promise<ShareWish> => ({
    peer: peerName,
    share,
    use: use ?? (passing ??= (await import('./use.ts')).passingUse()),
    takeOver,
    observe
  })
  const source = new RemotePortSource({
    label: formatFarportUrl({ ...url, takeOver: false }),
    dial: async (signal) => farports.dialShare(await wish(), { signal, warn }),
    mode: 'rfc2217',
    options: { requireRfc2217: true },
    onAvailable: farports.onArrival?.(peerName)
  })
  source.onWarning(warn)
  return source
}

/** What is asked of DTR and RTS; nothing where they stay as the system makes them. */
function linesOf({ dtr, rts }: PortSpec): ControlWish {
  return { ...(dtr !== undefined && { dtr }), ...(rts !== undefined && { rts }) }
}

function programOptions(spec: PortSpec, warn: (text: string) => void): ProgramSourceOptions {
  const { target, env, escapes, hangUp = false } = spec
  return { target, ...(env && { env }), ...(escapes && { escapes }), hangUp, warn }
}

function hardwareOptions(spec: PortSpec, warn: (text: string) => void): HardwareOptions {
  return {
    hangUpOnClose: spec.hangUp ?? false,
    local: !spec.carrier,
    ...(spec.dtr !== undefined && { initialDtr: spec.dtr }),
    ...(spec.rts !== undefined && { initialRts: spec.rts }),
    lowLatency: spec.lowLatency ?? false,
    ...(spec.rs485 && { rs485: {} }),
    onWarning: warn
  }
}
