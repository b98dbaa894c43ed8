/** What the doctor's facts say about single ports, in the sentences of a page. Pure. Called by core/local-ports. */
import type { Finding, PortFinding } from '../contract/findings.ts'
import type { PortsFacts } from './doctor-facts.ts'
import {
  checkKernelConsole,
  checkLocks,
  checkLoginConsoles,
  checkRights,
  checkUsers
} from './doctor-ports.ts'
import { checkAdapters, checkModemManager } from './doctor-system.ts'

export interface PortFindings {
  /** By the path of the port. */
  readonly ofPorts: ReadonlyMap<string, readonly PortFinding[]>
  /** About adapters that have no port. */
  readonly adapters: readonly PortFinding[]
}

interface Check {
  readonly code: PortFinding['code']
  readonly check: (facts: PortsFacts) => Finding[]
  readonly say: (finding: Finding) => string
}

/** What hinders most comes first. */
const CHECKS: readonly Check[] = [
  { code: 'no-access', check: checkRights, say: ({ subject }) => `You may not open ${subject}.` },
  {
    code: 'login-console',
    check: checkLoginConsoles,
    say: ({ subject }) => `The login console uses ${subject}.`
  },
  {
    code: 'kernel-console',
    check: checkKernelConsole,
    say: ({ subject }) => `The kernel writes its messages to ${subject}.`
  },
  {
    code: 'in-use',
    check: checkUsers,
    say: ({ subject, message }) =>
      `${subject} is open in another program (${message.replace('in use by ', '')}).`
  },
  { code: 'locked', check: checkLocks, say: ({ subject, message }) => `${subject}: ${message}.` }
]

/** `ownPid`: this process, whose own use of a port is in nobody's way. */
export function portFindings(facts: PortsFacts, ownPid: number): PortFindings {
  const others = withoutOwn(facts, ownPid)
  const ofPorts = new Map<string, PortFinding[]>()
  const add = (path: string, finding: PortFinding): void => {
    ofPorts.set(path, [...(ofPorts.get(path) ?? []), finding])
  }
  for (const { code, check, say } of CHECKS)
    for (const finding of check(others)) add(finding.subject, { ...finding, code, message: say(finding) })
  const probing = checkModemManager(facts).find(({ level }) => level !== 'ok')
  for (const { info } of probing ? facts.ports : [])
    if (probing && info.vendorId !== undefined)
      add(info.path, {
        ...probing,
        code: 'modem-manager',
        subject: info.path,
        message: 'ModemManager is probing this adapter.'
      })
  return { ofPorts, adapters: checkAdapters(facts).map((finding, at) => ofAdapter(facts, finding, at)) }
}

/** The check tells of each adapter, in their order. */
function ofAdapter({ orphans }: PortsFacts, finding: Finding, at: number): PortFinding {
  const { driver, chip = '' } = orphans[at] ?? {}
  return driver === undefined
    ? { ...finding, code: 'driver-missing', message: `This adapter's driver is missing (${chip}).` }
    : { ...finding, code: 'adapter-taken', message: `${sentence(finding.message)}.` }
}

function withoutOwn(facts: PortsFacts, ownPid: number): PortsFacts {
  return {
    ...facts,
    ports: facts.ports.map((port) => ({
      ...port,
      info: { ...port.info, users: port.info.users.filter(({ pid }) => pid !== ownPid) }
    })),
    locks: facts.locks.filter(({ pid }) => pid !== ownPid)
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
