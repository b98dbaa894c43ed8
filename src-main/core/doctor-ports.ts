/** The doctor's questions about each serial port. Pure: facts in, findings out. Called by core/doctor. */
import { basename } from 'node:path'
import type { Finding } from '../contract/findings.ts'
import type { PortUser } from '../contract/state.ts'
import { accessFix, formatOwner } from '../os/device-access.ts'
import type { PortFacts, PortsFacts } from './doctor-facts.ts'
import { installRule, shellWord } from './doctor-fixes.ts'

/** Programs that ask for a name and a password on a line. */
const GETTYS: readonly string[] = ['agetty', 'getty', 'mgetty', 'mingetty', 'fbgetty', 'login', 'sulogin']

/** A port with nothing in its way is reported as free; the other checks name what is in the way. */
export const checkPorts = (facts: PortsFacts): Finding[] => {
  if (facts.ports.length === 0) {
    return [
      {
        level: 'warning',
        subject: 'serial ports',
        message: 'there is none on this computer that the system lists',
        fix: 'Plug in a USB adapter, or name a device by its path; without hardware try `farport share sim:gps --listen rfc2217://127.0.0.1:0`'
      }
    ]
  }
  const inTheWay = [checkRights, checkLocks, checkUsers, checkLoginConsoles, checkKernelConsole]
  const hindered = new Set(inTheWay.flatMap((check) => check(facts)).map((finding) => finding.subject))
  return facts.ports
    .filter((port) => !hindered.has(port.info.path))
    .map(({ info }) => ({
      level: 'ok',
      subject: info.path,
      message: `free to share${info.product === undefined ? '' : ` (${info.product})`}`
    }))
}

export const checkRights = (facts: PortsFacts): Finding[] =>
  facts.ports.flatMap(({ info, access }) =>
    access === undefined || access.allowed
      ? []
      : [
          {
            level: 'problem',
            subject: info.path,
            message: `you may not open it (${formatOwner(access)})`,
            fix: sentence(access.groupHelps ? accessFix(info.path, access) : installRule(facts))
          }
        ]
  )

export const checkLocks = (facts: PortsFacts): Finding[] =>
  facts.locks.flatMap((lock): Finding[] => {
    const port = portNamed(facts, lock.port)
    if (port === undefined) return []
    const { pid, file } = lock
    const subject = port.info.path
    if (pid === undefined || !lock.alive) {
      const whose = pid === undefined ? 'by some program' : `by process ${pid}, which has ended`
      return [
        {
          level: 'warning',
          subject,
          message: `a lock file was left behind ${whose} (${file})`,
          fix: `sudo rm ${shellWord(file)}`
        }
      ]
    }
    // Who has it open as well is named by checkUsers.
    if (port.info.users.some((user) => user.pid === pid)) return []
    const command = facts.processes.find((process) => process.pid === pid)?.command ?? 'a program'
    return [
      {
        level: 'warning',
        subject,
        message: `locked by ${formatUser({ pid, command })} (${file})`,
        fix: `End ${command} to share this port`
      }
    ]
  })

export const checkUsers = (facts: PortsFacts): Finding[] =>
  facts.ports.flatMap(({ info }): Finding[] => {
    const users = info.users.filter((user) => !GETTYS.includes(user.command))
    if (users.length === 0) return []
    const names = users.map(formatUser).join(', ')
    return [
      {
        level: 'warning',
        subject: info.path,
        message: `in use by ${names}`,
        fix: `End ${users.map((user) => user.command).join(' and ')} to share this port`
      }
    ]
  })

/** By the controlling terminal, which everyone may read; open files of root's processes are closed to others. */
export const checkLoginConsoles = (facts: PortsFacts): Finding[] =>
  facts.ports.flatMap(({ info, number }): Finding[] => {
    const owner =
      facts.processes.find(
        (process) =>
          process.terminal !== undefined && process.terminal === number && GETTYS.includes(process.command)
      ) ?? info.users.find((user) => GETTYS.includes(user.command))
    if (owner === undefined) return []
    return [
      {
        level: 'problem',
        subject: info.path,
        message: `a login console runs on it (${formatUser(owner)}) and would read and answer the device`,
        fix: `sudo systemctl disable --now serial-getty@${basename(info.path)}.service`
      }
    ]
  })

export const checkKernelConsole = (facts: PortsFacts): Finding[] =>
  facts.ports.flatMap(({ info }): Finding[] => {
    const name = basename(info.path)
    const words = facts.consoleArguments.filter((word) => new RegExp(`^console=${name}(,|$)`).test(word))
    if (!facts.consoles.includes(name) && words.length === 0) return []
    return [
      {
        level: 'warning',
        subject: info.path,
        message: 'the kernel writes its messages to it (console), between what you send',
        fix: `Take \`${words.join(' ') || `console=${name}`}\` out of the kernel's command line (Raspberry Pi: /boot/firmware/cmdline.txt, elsewhere mostly GRUB_CMDLINE_LINUX in /etc/default/grub) and restart`
      }
    ]
  })

function portNamed(facts: PortsFacts, name: string): PortFacts | undefined {
  return facts.ports.find((port) => basename(port.info.path) === name)
}

function formatUser({ command, pid }: PortUser): string {
  return `${command}, process ${pid}`
}

function sentence(text: string): string {
  return text.startsWith('sudo ') ? text : text.charAt(0).toUpperCase() + text.slice(1)
}
