import { resolve } from 'node:path'
import { CableSource } from '../bridge/cable.ts'
import { Link } from '../bridge/link.ts'
import type { CommandArguments, PortSpec } from '../contract/commands.ts'
import { isProgram } from '../ports/program/command-line.ts'
import { SessionPortSource } from '../bridge/session-port.ts'
import { PtySource } from '../sessions/pty-source.ts'
import type { SessionSource } from '../sessions/session.ts'
import type { Context } from './context.ts'
import { farOf, PTY_PREFIX, readTarget, withDefaults } from './targets.ts'
import { useOf, useOfFarEnd } from './use.ts'

type LinkArguments = CommandArguments<'link.start'>

/** Builds a link between a port and a virtual one, or between two ports. Rejects with a Fault; then nothing is left behind. */
export async function makeLink(
  id: string,
  name: string,
  spec: LinkArguments,
  context: Context
): Promise<Link> {
  if (!spec.to.startsWith(PTY_PREFIX)) return cable(id, name, spec, context)
  return spec.port.target.startsWith(PTY_PREFIX) ? ptyPair(id, name, spec) : ptyLink(id, name, spec, context)
}

/** What can be found wrong without looking at either end. Throws a Fault. */
export function checkLink(spec: LinkArguments, context: Context): void {
  const { port, to } = spec
  if (!to.startsWith(PTY_PREFIX)) {
    readTarget(endOf(spec, port.target, to), context)
    readTarget(endOf(spec, to, port.target), context)
  } else if (!port.target.startsWith(PTY_PREFIX)) readTarget(port, context)
}

/** Sessions of the caller's own on a port: a terminal, standard input and output. */
export function makeConsoleLink(
  id: string,
  port: PortSpec,
  sources: readonly SessionSource[],
  context: Context
): Link {
  const target = readTarget(port, context)
  return new Link({
    id,
    name: target.source.label,
    port: target.source,
    far: farOf(target),
    sources,
    settings: withDefaults(target),
    hold: true,
    passing: true
  })
}

async function ptyLink(id: string, name: string, spec: LinkArguments, context: Context): Promise<Link> {
  const target = readTarget(spec.port, withUse(spec, context))
  if (!spec.wait) await target.check()
  return new Link({
    id,
    name,
    port: target.source,
    far: farOf(target),
    sources: [openPty(name, spec.to, spec)],
    settings: target.settings,
    hold: spec.hold ?? false
  })
}

/** One link alone can be at a path at a time, so what is there was there before, or is dead. */
function withUse({ port, to }: LinkArguments, context: Context): Context {
  const path = to.slice(PTY_PREFIX.length)
  return context.use !== undefined || path === ''
    ? context
    : { ...context, use: useOf('link', port.target, resolve(path)) }
}

/** Two virtual ports, for two programs here that shall talk to each other. */
function ptyPair(id: string, name: string, spec: LinkArguments): Link {
  const near = openPty(`${name}-a`, spec.port.target, spec)
  try {
    const far = openPty(`${name}-b`, spec.to, spec)
    const port = new SessionPortSource(near)
    return new Link({ id, name, port, far: 'device', sources: [port.place, far], hold: true })
  } catch (error) {
    void near.close()
    throw error
  }
}

function openPty(name: string, target: string, { pty }: LinkArguments): PtySource {
  // A link is no directory: with a slash behind it nobody could open it.
  const path = target.slice(PTY_PREFIX.length).replace(/(?<=.)\/+$/, '')
  return PtySource.open({ name, ...(path !== '' && { link: path }), ...pty })
}

/** Both ends run at the same settings, as the two ends of a cable must. */
async function cable(id: string, name: string, spec: LinkArguments, context: Context): Promise<Link> {
  const near = readTarget(endOf(spec, spec.port.target, spec.to), context)
  const { use } = context
  const far = readTarget(
    endOf(spec, spec.to, spec.port.target),
    use === undefined ? context : { ...context, use: useOfFarEnd(use) }
  )
  if (!spec.wait) await Promise.all([near.check(), far.check()])
  const source = new CableSource({
    port: far.source,
    settings: withDefaults(far),
    far: farOf(far)
  })
  return new Link({
    id,
    name,
    port: near.source,
    far: farOf(near),
    sources: [source],
    settings: withDefaults(near),
    hold: true
  })
}

/** What is said of a program holds for the end that is one. */
function endOf({ port }: LinkArguments, target: string, other: string): PortSpec {
  const { env, escapes, ...rest } = port
  if (isProgram(other) && !isProgram(target)) return { ...rest, target }
  return { ...rest, target, ...(env && { env }), ...(escapes && { escapes }) }
}
