import {
  CARRIED,
  missingIn,
  WAY_TITLES,
  type Carried,
  type VirtualWay,
  type VirtualWayName
} from '../../../contract/virtual.ts'
import type { CliIo } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { flag, type Given } from '../options.ts'
import { running } from '../running.ts'

/** What asks for each. */
const ASKED_BY: Readonly<Record<VirtualWayName, string>> = {
  pty: '--pty LINK',
  usbip: '--usb NAME',
  com0com: '--com COM7',
  hub4com: '--com COM7 --via hub4com'
}

const STATES: Readonly<Record<VirtualWay['state'], string>> = {
  ready: 'ready',
  rights: 'NEEDS RIGHTS',
  install: 'NOT INSTALLED',
  never: 'not on this system'
}

const WORDS: Readonly<Record<Carried, string>> = {
  data: 'data',
  baudRate: 'baud rate',
  dataBits: 'data bits',
  parity: 'parity',
  stopBits: 'stop bits',
  dtr: 'DTR',
  rts: 'RTS',
  break: 'break',
  cts: 'CTS',
  dsr: 'DSR',
  dcd: 'DCD',
  ri: 'RI'
}

/** `farport connect --ways`: how a virtual port can be made on this computer. The running Farport tells, which may have other rights. */
export async function ways(given: Given, io: CliIo): Promise<number> {
  const client = flag(given, 'standalone') ? undefined : await running(io)
  try {
    const found = client
      ? await client.call('link.ways', {}, io.stop)
      : await (await import('../../../core/virtual/makers.ts')).virtualWays()
    if (flag(given, 'json')) io.print(JSON.stringify(found))
    else for (const each of found) for (const line of linesOf(each)) io.print(line)
    return EXIT.done
  } finally {
    client?.dispose()
  }
}

function linesOf(found: VirtualWay): string[] {
  const { way, state, why, fix, driver } = found
  const asked = way === 'usbip' && process.platform === 'win32' ? '--com COM7 --via usbip' : ASKED_BY[way]
  const title = `${WAY_TITLES[way]} (${asked}): ${STATES[state]}`
  const head = driver === undefined ? title : `${title}, ${driver}`
  if (state === 'never') return [`${head}. ${why}`]
  return [head, `    ${why}`, ...(fix === undefined ? [] : [`    → ${fix}`]), `    ${carriedWords(found)}`]
}

/** `carries all but CTS`; where more is missing than passes, what passes as well. */
export function carriedWords(found: Pick<VirtualWay, 'carries'>): string {
  const missing = missingIn(found)
  const list = (each: readonly Carried[]): string => each.map((one) => WORDS[one]).join(', ')
  if (missing.length === 0) return 'carries everything'
  if (missing.length < CARRIED.length / 2) return `carries all but ${list(missing)}`
  return `carries ${list(found.carries)}; not ${list(missing)}`
}
