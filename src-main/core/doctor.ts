/**
 * `farport doctor`: what stands in the way of sharing and connecting on this computer, each with its fix. Called through the
 * command table, and by the command, which knows of services. Looks only: opens no device, takes no address, changes nothing.
 */
import type { Finding } from '../contract/findings.ts'
import { checkClock } from './doctor-clock.ts'
import { type Environment, type Facts, gatherFacts } from './doctor-facts.ts'
import { checkInstances, checkServices } from './doctor-instance.ts'
import { checkKeys } from './doctor-key.ts'
import {
  checkKernelConsole,
  checkLocks,
  checkLoginConsoles,
  checkPorts,
  checkRights,
  checkUsers
} from './doctor-ports.ts'
import { checkMdns } from './doctor-mdns.ts'
import { checkReach } from './doctor-reach.ts'
import {
  checkAdapters,
  checkBrltty,
  checkHotplug,
  checkModemManager,
  checkNetwork,
  checkPtys,
  checkWays
} from './doctor-system.ts'

/** As the report lists them: what hinders first, then what is free, then the computer as a whole. */
const CHECKS: readonly ((facts: Facts) => Finding[])[] = [
  checkAdapters,
  checkRights,
  checkLoginConsoles,
  checkKernelConsole,
  checkLocks,
  checkUsers,
  checkPorts,
  checkModemManager,
  checkBrltty,
  checkPtys,
  checkWays,
  checkHotplug,
  checkNetwork,
  checkMdns,
  checkInstances,
  checkServices,
  checkReach,
  checkKeys,
  checkClock
]

/** Examines this computer, or the one that `environment` describes. */
export async function examine(environment: Environment = {}): Promise<Finding[]> {
  return diagnose(await gatherFacts(environment))
}

/** The findings that follow from the facts, in the order of the report. */
export function diagnose(facts: Facts): Finding[] {
  return CHECKS.flatMap((check) => check(facts))
}
