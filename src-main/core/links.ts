import { resolve } from 'node:path'
import { CableSource } from '../bridge/cable.ts'
import { Link } from '../bridge/link.ts'
import type { CommandArguments, PortSpec } from '../contract/commands.ts'
import { readVirtual, type VirtualPlace } from '../contract/virtual.ts'
import { isProgram } from '../ports/program/command-line.ts'
import { SessionPortSource } from '../bridge/session-port.ts'
import type { PtySource } from '../sessions/pty-source.ts'
import type { SessionSource } from '../sessions/session.ts'
import type { Context } from './context.ts'
import { Fault } from '../contract/faults.ts'
import { recorded } from './recorded.ts'
import {
  checkWatched,
  farOf,
  PTY_PREFIX,
  readTarget,
  watchedBy,
  withDefaults,
  type Target
} from './targets.ts'
import { useOf, useOfFarEnd } from './use.ts'
import type { VirtualWish } from './virtual/maker.ts'
import { openVirtual } from './virtual/open.ts'
import { checkPlace, ptyTarget } from './virtual/place.ts'
import { makePty } from './virtual/pty.ts'

type LinkArguments = CommandArguments<'link.start'>

/** Builds a link between a port and a virtual one, or between two ports. Rejects with a Fault; then nothing is left behind. */
export async function makeLink(
  id: string,
  name: string,
  spec: LinkArguments,
  context: Context
): Promise<Link> {
  const place = readVirtual(spec.to)
  checkPlace(place, spec)
  if (!place) return cable(id, name, spec, context)
  return ptyTarget(spec.port.target)
    ? ptyPair(id, name, spec, context)
    : virtualLink(id, name, spec, place, context)
}

/** What can be found wrong without looking at either end. Throws a Fault. */
export function checkLink(spec: LinkArguments, context: Context): void {
  const { port, to } = spec
  const place = readVirtual(to)
  checkPlace(place, spec)
  if (!place) {
    readNear(endOf(spec, port.target, to), spec, context)
    readTarget(endOf(spec, to, port.target), context)
  } else if (ptyTarget(port.target)) {
    ptyTarget(to)
    refusePair(spec)
  } else readNear(port, spec, context)
}

interface Near extends Target {
  /** We ourselves keep it to watching. */
  readonly watched: boolean
}

/** The port of a link, which may be one that is only watched. */
function readNear(
  port: PortSpec,
  { observe = false }: Pick<LinkArguments, 'observe'>,
  context: Context
): Near {
  const target = readTarget(port, observe ? { ...context, observe } : context)
  if (observe) checkWatched(port, target)
  return { ...target, watched: observe && watchedBy(port) === 'here' }
}

function refusePair({ observe }: LinkArguments): void {
  if (observe)
    throw new Fault('usage', 'Two virtual ports are for programs here, and none of them is only watched.')
}

/** Sessions of the caller's own on a port: a terminal, standard input and output. `observe`, `record`: as a link's. */
export function makeConsoleLink(
  id: string,
  port: PortSpec,
  sources: readonly SessionSource[],
  context: Context,
  observe = false,
  record = true
): Link {
  const target = readNear(port, { observe }, context)
  return new Link({
    id,
    name: target.source.label,
    port: target.source,
    far: farOf(target),
    sources,
    recorders: recorded(context, { record }),
    settings: withDefaults(target),
    hold: true,
    passing: true,
    observe: target.watched
  })
}

async function virtualLink(
  id: string,
  name: string,
  spec: LinkArguments,
  place: VirtualPlace,
  context: Context
): Promise<Link> {
  const target = readNear(spec.port, spec, withUse(spec, context))
  if (!spec.wait) await target.check()
  const { source, state } = await openVirtual(
    place,
    virtualWish(name, spec, place, target),
    spec.via,
    context
  )
  if (state.why !== undefined) context.report({ level: 'info', subject: name, text: state.why })
  return new Link({
    id,
    name,
    port: target.source,
    far: farOf(target),
    sources: [source],
    virtual: state,
    recorders: recorded(context, spec),
    settings: target.settings,
    hold: spec.hold ?? false,
    observe: target.watched
  })
}

function virtualWish(name: string, spec: LinkArguments, { at }: VirtualPlace, { source }: Near): VirtualWish {
  const { target, settings } = spec.port
  return { name, at, far: source.label, identity: target, settings, pty: spec.pty }
}

/** One link alone can be at a path at a time, so what is there was there before, or is dead. */
function withUse({ port, to }: LinkArguments, context: Context): Context {
  const { kind, at } = readVirtual(to) ?? { kind: 'auto', at: '' }
  if (context.use !== undefined || at === '') return context
  return { ...context, use: useOf('link', port.target, kind === 'pty' ? resolve(at) : to) }
}

/** Two virtual ports, for two programs here that shall talk to each other. */
function ptyPair(id: string, name: string, spec: LinkArguments, context: Context): Link {
  ptyTarget(spec.to)
  refusePair(spec)
  const near = openPty(`${name}-a`, spec.port.target, spec)
  try {
    const far = openPty(`${name}-b`, spec.to, spec)
    const port = new SessionPortSource(near)
    return new Link({
      id,
      name,
      port,
      far: 'device',
      sources: [port.place, far],
      recorders: recorded(context, spec),
      hold: true
    })
  } catch (error) {
    void near.close()
    throw error
  }
}

function openPty(name: string, target: string, { pty }: LinkArguments): PtySource {
  return makePty({ name, at: target.slice(PTY_PREFIX.length), pty })
}

/** Both ends run at the same settings, as the two ends of a cable must. */
async function cable(id: string, name: string, spec: LinkArguments, context: Context): Promise<Link> {
  const near = readNear(endOf(spec, spec.port.target, spec.to), spec, context)
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
    recorders: recorded(context, spec),
    settings: withDefaults(near),
    // The first words of one end are for the other: a program says them as soon as it runs.
    hold: 'once-used',
    observe: near.watched
  })
}

/** What is said of a program holds for the end that is one. */
function endOf({ port }: LinkArguments, target: string, other: string): PortSpec {
  const { env, escapes, ...rest } = port
  if (isProgram(other) && !isProgram(target)) return { ...rest, target }
  return { ...rest, target, ...(env && { env }), ...(escapes && { escapes }) }
}
