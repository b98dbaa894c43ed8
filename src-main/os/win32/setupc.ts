/**
 * com0com's own `setupc`, by which pairs of ports are made, changed and removed. Called by core/virtual. Each use asks the person at the screen
 * once (even `list` wants an administrator): what can be known without is read from the registry, com0com-driver.ts.
 *
 *     setupc --silent --wait 30 --output FILE install PortName=COM7,PlugInMode=yes PortName=-,ExclusiveMode=yes
 *            CNCA0 PortName=COM7,PlugInMode=yes       each port of a pair as it came out, in the file
 *            CNCB0 PortName=-,ExclusiveMode=yes
 *     setupc … busynames COM?*                        names in use, one a line
 *
 * It looks for its driver in the folder that it runs in, and ends with 0, or with 1 where something is wrong.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunCommand } from '../run-command.ts'
import { runElevated } from './elevated.ts'

/** By the driver's names: `PortName`, `PlugInMode`, `dcd`; as it writes them, `yes` and `no` included. */
export type PortParameters = Readonly<Record<string, string>>

export interface PairPort {
  /** `CNCA0` */
  readonly id: string
  readonly parameters: PortParameters
}

/** What setupc did not do. `said`: what it wrote, in one line. */
export class SetupcError extends Error {
  constructor(command: string, code: number, said: string) {
    super(`setupc ${command} ended with ${code}${said === '' ? '' : `: ${said}`}`)
    this.name = 'SetupcError'
  }
}

/** Each rejects with a SetupcError, with NotElevated where the person said no, or with what the system says. */
export interface Setupc {
  list(): Promise<PairPort[]>
  /** Names of ports that are in use, plugged in or not: `COM1`. */
  busyNames(): Promise<string[]>
  /** Makes a pair; answers its number. Its ports may come a moment later. */
  install(near: PortParameters, far: PortParameters): Promise<number>
  /** By id (`CNCA0`), all with one question. Parameters that are absent stay. */
  change(ports: Readonly<Record<string, PortParameters>>): Promise<void>
  remove(pair: number): Promise<void>
}

/** Seconds in which Windows is to be through with a device. */
const WAIT_S = 30

/** `folder`: where com0com is installed. */
export function setupcIn(folder: string, run?: RunCommand): Setupc {
  const sayAll = (commands: readonly (readonly string[])[]): Promise<string> =>
    runSetupc(folder, commands, run)
  const say = (...words: readonly string[]): Promise<string> => sayAll([words])
  return {
    list: async () => readPorts(await say('list')),
    busyNames: async () => readNames(await say('busynames', 'COM?*')),
    async install(near, far) {
      const said = await say('install', formatParameters(near), formatParameters(far))
      const number = pairNumber(readPorts(said).at(-1)?.id ?? '')
      if (number === undefined) throw new SetupcError('install', 0, oneLine(said))
      return number
    },
    async change(ports) {
      const changes = Object.entries(ports)
      const said = await sayAll(
        changes.map(([id, parameters]) => ['change', id, formatParameters(parameters)])
      )
      // Where there is no such port it says nothing, and ends well.
      const known = readPorts(said)
      if (changes.some(([id]) => !known.some((port) => port.id === id)))
        throw new SetupcError('change', 0, oneLine(said))
    },
    async remove(pair) {
      await say('remove', String(pair))
    }
  }
}

async function runSetupc(
  folder: string,
  commands: readonly (readonly string[])[],
  run?: RunCommand
): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), 'farport-setupc-'))
  try {
    const outputs = commands.map((_, at) => join(scratch, `${at}.output.txt`))
    const lines = commands.map((words, at) =>
      ['setupc.exe', '--silent', '--wait', String(WAIT_S), '--output', outputs[at] ?? '', ...words]
        .map(commandWord)
        .join(' ')
    )
    const line = [`cd /d ${inQuotes(folder)}`, ...lines].join(' && ')
    const code = await runElevated('cmd.exe', `/d /s /c "${line}"`, run)
    // One that was not come to has said nothing.
    const said = await Promise.all(outputs.map((path) => readFile(path, 'latin1').catch(() => '')))
    const text = said.join('\n')
    if (code !== 0) throw new SetupcError(commands[0]?.[0] ?? '', code, oneLine(text))
    return text
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Lines of `list`, and of what changes ports; of a port that is told twice, the last. Others are left out. */
export function readPorts(text: string): PairPort[] {
  const ports = new Map<string, PairPort>()
  for (const line of text.split(/\r?\n/)) {
    const [, id, rest] = /^\s*(?:change\s+)?(CNC[AB]\d+)\s+(\S.*?)\s*$/.exec(line) ?? []
    if (id !== undefined && rest !== undefined) ports.set(id, { id, parameters: readParameters(rest) })
  }
  return [...ports.values()]
}

export function readNames(text: string): string[] {
  return text.split(/\r?\n/).flatMap((line) => /^\s*(\S+)\s*$/.exec(line)?.[1] ?? [])
}

/** `0` of `CNCA0` and of `CNCB0`. */
export function pairNumber(id: string): number | undefined {
  const digits = /^CNC[AB](\d+)$/i.exec(id)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

function readParameters(text: string): PortParameters {
  return Object.fromEntries(
    text.split(',').flatMap((each) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(each) ?? []
      return name === undefined || value === undefined ? [] : [[name, value]]
    })
  )
}

export function formatParameters(parameters: PortParameters): string {
  const words = Object.entries(parameters).map(([name, value]) => `${name}=${value}`)
  return words.length === 0 ? '-' : words.join(',')
}

function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ')
}

/** A word for cmd.exe; only folders are not of our own making. */
function commandWord(word: string): string {
  return /^[\w.=,!*?#-]+$/.test(word) ? word : inQuotes(word)
}

/** In quotes nothing but these means anything to cmd.exe, and no folder of a driver has them. */
function inQuotes(text: string): string {
  if (/["%\r\n]/.test(text)) throw new SetupcError('', 1, `cannot be run in ${text}`)
  return `"${text}"`
}
