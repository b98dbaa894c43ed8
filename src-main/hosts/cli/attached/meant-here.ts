/**
 * What a command line means in the folder and the environment that it was typed in, for a Farport that runs in others: paths are whole,
 * and fields that say nothing are left out, since it is to stand in a settings file.
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { LinkSpec, ProgramVariable, RotatorSpec, ShareSpec } from '../../../contract/commands.ts'
import { Fault, toFault } from '../../../contract/faults.ts'
import type { ServiceInput } from '../../../contract/service-commands.ts'
import { readVirtual } from '../../../contract/virtual.ts'
import { PTY_PREFIX, readTarget } from '../../../core/targets.ts'
import { formatEndpoint, looksLikeEndpoint, parseEndpoint, type EndpointUse } from '../../../net/endpoint.ts'
import {
  isProgram,
  parseCommandLine,
  PIPE_PREFIX,
  quoteWord,
  TERMINAL_PREFIX
} from '../../../ports/program/command-line.ts'
import { SIMULATED_PREFIX } from '../../../ports/simulated/source.ts'

type GivenPort = ShareSpec['port']

export function shareMeantHere(spec: ShareSpec): ServiceInput<'share.add'> {
  const { disabled, trace = [], port, listen = [], dial = [], ...rest } = spec
  return tidy({
    ...rest,
    port: portMeantHere(port),
    listen: listen.map(listenerMeantHere),
    dial: dial.map((each) => ({ ...each, url: urlMeantHere(each.url, 'dial') })),
    trace: trace.map((each) => ({ ...each, file: templateMeantHere(each.file) })),
    enabled: !disabled
  })
}

/** Its name there is its own affair: several may be called `rotator`. */
export function rotatorMeantHere(
  spec: Omit<RotatorSpec, 'shares'>,
  shares: string[]
): ServiceInput<'rotator.add'> {
  return tidy({ ...spec, listen: spec.listen.map(listenerMeantHere), name: undefined, shares, enabled: true })
}

export function linkMeantHere({ to, port, ...rest }: LinkSpec): ServiceInput<'link.add'> {
  return tidy({ ...rest, to: targetMeantHere(to), port: portMeantHere(port), enabled: true })
}

/** Rejects with the Fault of a command that works by itself where the port is plainly not there; what rights are needed is the other's affair. */
export async function checkHere(port: GivenPort, mayWait: boolean): Promise<void> {
  const { target, settings = {} } = port
  // Only the other one knows who is paired, and a virtual port is made there.
  if (/^farport:\/\//i.test(target) || readVirtual(target)) return
  const found = readTarget({ ...port, settings }, { report: () => undefined })
  if (mayWait) return
  try {
    await found.check()
  } catch (error) {
    const { code } = toFault(error)
    if (code !== 'device-permission' && code !== 'device-busy') throw error
  }
}

/** Throws `usage` for a variable of the environment here. What is no program has no field for variables. */
export function portMeantHere({ target, env = [], ...rest }: GivenPort): GivenPort {
  return {
    ...rest,
    target: targetMeantHere(target),
    ...(env.length > 0 && { env: env.map(variableMeantHere) })
  }
}

function variableMeantHere({ name, file }: ProgramVariable): ProgramVariable {
  if (file === undefined)
    throw new Fault(
      'usage',
      `The running Farport has an environment of its own, without your ${name}. Give the value in a file: --env ${name}=@FILE, or add --standalone.`
    )
  return { name, file: resolve(file) }
}

function targetMeantHere(target: string): string {
  const place = readVirtual(target)
  if (place) return place.kind === 'pty' && place.at !== '' ? `${PTY_PREFIX}${resolve(place.at)}` : target
  if (isProgram(target)) return programMeantHere(target)
  if (looksLikeEndpoint(target)) return urlMeantHere(target, 'dial')
  return isDevicePath(target) ? resolve(target) : target
}

/** The files that it names for TLS. What is wrong with it is told by whoever is asked to use it. */
function urlMeantHere(url: string, use: EndpointUse): string {
  try {
    const endpoint = parseEndpoint(url, use)
    const { ca, cert, key } = endpoint.tls ?? {}
    if (ca === undefined && cert === undefined && key === undefined) return url
    const tls = {
      ...endpoint.tls,
      ...(ca !== undefined && { ca: resolve(ca) }),
      ...(cert !== undefined && { cert: resolve(cert) }),
      ...(key !== undefined && { key: resolve(key) })
    }
    return formatEndpoint({ ...endpoint, tls })
  } catch {
    return url
  }
}

function listenerMeantHere(listener: NonNullable<ShareSpec['listen']>[number]): typeof listener {
  if (typeof listener === 'string') return urlMeantHere(listener, 'listen')
  return { ...listener, url: urlMeantHere(listener.url, 'listen') }
}

function isDevicePath(target: string): boolean {
  if (target.startsWith(SIMULATED_PREFIX) || looksLikeEndpoint(target)) return false
  // COM5 is a name everywhere; elsewhere it would be a file.
  return process.platform !== 'win32' || existsSync(target)
}

/** A program by a path is that file; a name is looked up where it is started. */
function programMeantHere(target: string): string {
  const { terminal, words } = parseCommandLine(target)
  const [program, ...args] = words
  if (!program.includes('/') || program.startsWith('/')) return target
  return (terminal ? TERMINAL_PREFIX : PIPE_PREFIX) + [resolve(program), ...args].map(quoteWord).join(' ')
}

/** The folder's own name holds no escapes. */
function templateMeantHere(file: string): string {
  return file.startsWith('/') || process.platform === 'win32'
    ? resolve(file)
    : `${process.cwd().replaceAll('\\', '\\\\').replace(/\/?$/, '/')}${file}`
}

/** A level that is off is a wish, and so is not to be on. */
const SAYING = new Set(['dtr', 'rts', 'enabled'])

/** Without flags that are off, and without empty lists and tables. */
function tidy<T extends object>(value: T): T {
  const fields = Object.entries(value).flatMap(([name, each]: [string, unknown]) => {
    if (each === undefined || (each === false && !SAYING.has(name))) return []
    if (Array.isArray(each)) return each.length === 0 ? [] : [[name, each.map(tidied)] as const]
    const field = tidied(each)
    return isEmpty(field) ? [] : [[name, field] as const]
  })
  return Object.fromEntries(fields) as T
}

function tidied(each: unknown): unknown {
  return typeof each === 'object' && each !== null ? tidy(each) : each
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
