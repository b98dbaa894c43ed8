/** What /proc tells about this computer beside open files: processes, consoles, listening ports. Called by the doctor. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cleanText, namesIn } from './sysfs-tree.ts'

export interface ProcessFact {
  readonly pid: number
  /** The kernel's name of it, at most 15 characters. */
  readonly command: string
  /** The device number of its controlling terminal, `4:64`; undefined: it has none. */
  readonly terminal: string | undefined
}

/** All processes, by ascending pid. Everyone may read this of every process, other than open files. */
export async function listProcesses(procRoot = '/proc'): Promise<ProcessFact[]> {
  const pids = (await namesIn(procRoot)).filter((name) => /^\d+$/.test(name))
  const found: ProcessFact[] = []
  for (const pid of pids.sort((a, b) => +a - +b)) {
    const process = parseStat(await textOf(join(procRoot, pid, 'stat')))
    if (process) found.push(process)
  }
  return found
}

/** proc_pid_stat(5): `pid (comm) state ppid pgrp session tty_nr …`; the name may contain blanks and brackets. */
function parseStat(text: string): ProcessFact | undefined {
  const match = /^(\d+) \((.*)\) \S+ -?\d+ -?\d+ -?\d+ (-?\d+)/s.exec(text)
  if (!match) return undefined
  const [, pid, command, terminal] = match
  return {
    pid: Number(pid),
    command: cleanText(command ?? '') ?? '',
    terminal: deviceNumber(Number(terminal))
  }
}

/** tty_nr: the minor in bits 31-20 and 7-0, the major in bits 19-8. */
function deviceNumber(tty: number): string | undefined {
  if (tty === 0) return undefined
  return `${(tty >>> 8) & 0xfff}:${(tty & 0xff) | ((tty >>> 12) & 0xfff00)}`
}

/** The `console=` arguments of the kernel's command line, whole: `console=ttyS0,115200n8`. */
export async function consoleArguments(procRoot = '/proc'): Promise<string[]> {
  return (await textOf(join(procRoot, 'cmdline'))).split(/\s+/).filter((word) => word.startsWith('console='))
}

/** Every TCP port that somebody listens on, whatever the address; undefined where the system does not say. */
export async function listeningTcpPorts(procRoot = '/proc'): Promise<ReadonlySet<number> | undefined> {
  const text = await textOf(join(procRoot, 'net/tcp'))
  if (text === '') return undefined
  const rows = `${text}\n${await textOf(join(procRoot, 'net/tcp6'))}`.split('\n')
  const ports = new Set<number>()
  for (const row of rows) {
    // `sl local_address rem_address st`, numbers in hex; state 0A is LISTEN.
    const match = /^\s*\d+: [\dA-F]+:([\dA-F]{4}) [\dA-F]+:[\dA-F]{4} 0A /.exec(row)
    if (match) ports.add(Number.parseInt(match[1] ?? '', 16))
  }
  return ports
}

/** Whether an interface has an IPv6 address; undefined where there is no such table at all. */
export async function hasIpv6(procRoot = '/proc'): Promise<boolean | undefined> {
  if ((await namesIn(join(procRoot, 'net'))).length === 0) return undefined
  return (await textOf(join(procRoot, 'net/if_inet6'))).trim() !== ''
}

/** How many PTYs there are, and may be; undefined where the system does not say. */
export async function ptyCount(procRoot = '/proc'): Promise<{ used: number; most: number } | undefined> {
  const [used, most] = await Promise.all(
    ['nr', 'max'].map((name) => textOf(join(procRoot, 'sys/kernel/pty', name)))
  )
  return used && most ? { used: Number(used), most: Number(most) } : undefined
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return '' // this system has no such table, or the process has ended
  }
}
