/** The doctor's questions about the computer as a whole. Pure: facts in, findings out. Called by core/doctor. */
import type { Finding } from '../contract/findings.ts'
import { bestFirst, WAY_TITLES } from '../contract/virtual.ts'
import { type Facts, type PortsFacts, RULE_NAME } from './doctor-facts.ts'
import { installRule } from './doctor-fixes.ts'
import { ownPorts } from './doctor-reach.ts'

/** Adapters that are plugged in and have no port. */
export const checkAdapters = (facts: PortsFacts): Finding[] =>
  facts.orphans.map((orphan) => {
    const subject = `USB ${orphan.ids}`
    const what = `the ${orphan.chip} adapter in socket ${orphan.socket}`
    if (orphan.driver === undefined) {
      return {
        level: 'problem',
        subject,
        message: `${what} has no driver`,
        fix: `sudo modprobe ${orphan.wantedDriver} (if there is no such module, install your kernel's extra modules package)`
      }
    }
    const byBrltty = orphan.driver === 'usbfs' && brlttyHere(facts)
    return {
      level: 'problem',
      subject,
      message: byBrltty
        ? `${what} was taken by brltty, which takes it for a Braille display`
        : `${what} is held by ${orphan.driver === 'usbfs' ? 'a program, not by its driver' : orphan.driver}`,
      fix: byBrltty
        ? REMOVE_BRLTTY
        : `End the program that uses it directly, then plug the adapter out and in`
    }
  })

const REMOVE_BRLTTY =
  'If nobody uses a Braille display here: sudo apt remove brltty, then plug the adapter out and in'

export const checkBrltty = (facts: Facts): Finding[] =>
  brlttyHere(facts) && !facts.orphans.some((orphan) => orphan.driver === 'usbfs')
    ? [
        {
          level: 'warning',
          subject: 'brltty',
          message: 'takes CH340, CP210x and FT232 adapters for Braille displays and lets their ports vanish',
          fix: REMOVE_BRLTTY
        }
      ]
    : []

export const checkModemManager = (facts: PortsFacts): Finding[] => {
  const running = facts.processes.find((process) => process.command === 'ModemManager')
  if (running === undefined) return []
  return facts.udevRules.includes(RULE_NAME)
    ? [{ level: 'ok', subject: 'ModemManager', message: 'runs, and a rule keeps it off serial adapters' }]
    : [
        {
          level: 'warning',
          subject: 'ModemManager',
          message: 'sends AT commands to adapters for some seconds after they are plugged in',
          fix: installRule(facts)
        }
      ]
}

export const checkPtys = ({ ptyPossible, ptyCount, platform }: Facts): Finding[] => {
  const subject = 'virtual ports'
  if (platform === 'win32') return []
  if (!ptyPossible) {
    return [
      {
        level: 'problem',
        subject,
        message: 'none can be made: /dev/ptmx is missing or closed to you',
        fix: 'In a container mount devpts, elsewhere: sudo chmod 666 /dev/ptmx'
      }
    ]
  }
  if (ptyCount !== undefined && ptyCount.used >= ptyCount.most) {
    return [
      {
        level: 'problem',
        subject,
        message: `all ${ptyCount.most} PTYs of this system are in use`,
        fix: `sudo sysctl kernel.pty.max=${ptyCount.most * 2}`
      }
    ]
  }
  return [{ level: 'ok', subject, message: 'can be made here' }]
}

/** What makes a virtual port beside PTYs. It is only worth a warning where there is none at all. */
export const checkWays = ({ ways }: Facts): Finding[] => {
  const hasOne = ways.some(({ state }) => state === 'ready')
  return bestFirst(ways)
    .filter(({ way }) => way !== 'pty')
    .map(({ way, state, why, fix }): Finding => {
      const subject = `virtual ports by ${WAY_TITLES[way]}`
      if (state === 'ready') return { level: 'ok', subject, message: why }
      return { level: hasOne ? 'ok' : 'warning', subject, message: why, ...(fix !== undefined && { fix }) }
    })
}

export const checkHotplug = ({ hotplug, platform }: Facts): Finding[] =>
  hotplug === 'polling' && platform === 'linux'
    ? [
        {
          level: 'warning',
          subject: 'hot-plug',
          message: 'the system has no inotify watch left, so ports are looked for once a second',
          fix: 'sudo sysctl fs.inotify.max_user_instances=1024 fs.inotify.max_user_watches=524288'
        }
      ]
    : []

export const checkNetwork = ({ ipv6, tcpPorts, instances }: Facts): Finding[] => [
  ...(ipv6 === undefined
    ? []
    : [
        ipv6
          ? ({ level: 'ok', subject: 'IPv6', message: 'available' } as const)
          : ({
              level: 'warning',
              subject: 'IPv6',
              message: 'is off on this computer: others reach it by IPv4 only',
              fix: 'Listen on 0.0.0.0 or on an IPv4 address'
            } as const)
      ]),
  ...(tcpPorts ?? [])
    .filter(({ port }) => !ownPorts(instances).has(port))
    .map(({ port, taken }): Finding =>
      taken
        ? {
            level: 'warning',
            subject: `TCP ${port}`,
            message: 'another program listens on it',
            fix: `Listen on another port, or find out who it is: sudo ss -ltnp 'sport = :${port}'`
          }
        : { level: 'ok', subject: `TCP ${port}`, message: 'free to listen on' }
    )
]

function brlttyHere({ processes }: PortsFacts): boolean {
  return processes.some((process) => process.command === 'brltty')
}
