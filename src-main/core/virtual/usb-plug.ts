/** Plugging a USB adapter into Linux: by ourselves as root, else by the helper. Called by usbip-linux.ts. */
import { constants, closeSync } from 'node:fs'
import { access } from 'node:fs/promises'
import type { Duplex } from '../../base/duplex.ts'
import { DONE } from '../../contract/close.ts'
import { Fault } from '../../contract/faults.ts'
import { plainText } from '../../base/plain-text.ts'
import type { VirtualWay } from '../../contract/virtual.ts'
import { AfterFirstWords } from '../../net/after-first-words.ts'
import type { Connection } from '../../net/connection.ts'
import { connectionOver } from '../../net/descriptor.ts'
import { EndedEarly, readUntil } from '../../net/read-until.ts'
import { dialUnix } from '../../net/unix.ts'
import { isSystemError, socketpair } from '../../os/libc.ts'
import { attachVhci, type VhciStanding, vhciStanding } from '../../os/vhci.ts'
import { ADAPTER_ON_BUS } from '../../protocol/usbip-adapter.ts'

/** Where the helper listens; systemd makes it, for members of one group. */
export const HELPER_SOCKET = '/run/farport-usb.sock'

/** The helper starts, and the kernel asks its first question. */
const HELPER_MS = 10_000

const READY =
  'A USB adapter that every program accepts: it carries all settings, DTR, RTS and breaks, but no CTS.'
const INSTALL = '`sudo farport usb --install`'

export interface PlugPlaces {
  readonly sys?: string
  readonly modules?: string
  readonly helper?: string
}

export interface PluggedIn {
  /** The number of vhci-hcd's port. */
  readonly port: number
  readonly wire: Duplex
}

/** As VirtualWay says. Never rejects. */
export async function usbRights(places: PlugPlaces = {}): Promise<Pick<VirtualWay, 'state' | 'why' | 'fix'>> {
  const standing = await vhciStanding(places)
  if (standing === 'ready') return { state: 'ready', why: READY }
  const helper = await helperStanding(places.helper)
  if (standing !== 'absent' && helper === 'ready') return { state: 'ready', why: READY }
  return { state: standing === 'absent' ? 'install' : 'rights', ...obstacle(standing, helper) }
}

/** Rejects with a Fault; then nothing is left behind. */
export async function plugIn(places: PlugPlaces = {}): Promise<PluggedIn> {
  const standing = await vhciStanding(places)
  if (standing === 'ready') return byOurselves(places.sys)
  const helper = await helperStanding(places.helper)
  if (standing !== 'absent' && helper === 'ready') return byHelper(places.helper ?? HELPER_SOCKET)
  const { why, fix } = obstacle(standing, helper)
  throw new Fault(standing === 'absent' ? 'unsupported' : 'needs-rights', `${why} ${fix}`)
}

type HelperStanding = 'ready' | 'locked' | 'absent'

async function helperStanding(path = HELPER_SOCKET): Promise<HelperStanding> {
  try {
    await access(path, constants.W_OK)
    return 'ready'
  } catch (error) {
    return isSystemError(error, 'EACCES', 'EPERM') ? 'locked' : 'absent'
  }
}

function obstacle(
  standing: Exclude<VhciStanding, 'ready'>,
  helper: HelperStanding
): { readonly why: string; readonly fix: string } {
  if (standing === 'absent')
    return {
      why: 'This kernel has no module vhci-hcd, which USB/IP needs.',
      fix: "Install the kernel's other modules: `linux-image-amd64` in place of a cloud kernel (Debian), or `linux-modules-extra-$(uname -r)` (Ubuntu)."
    }
  if (helper === 'locked')
    return {
      why: `Only members of the group of ${HELPER_SOCKET} may plug in a virtual USB adapter.`,
      fix: 'Say `sudo usermod -aG dialout $USER` (the group that `ls -l` names there), then sign out and in.'
    }
  if (standing === 'unloaded')
    return {
      why: 'The kernel module vhci-hcd, which USB/IP needs, is not loaded.',
      fix: `Say \`sudo modprobe vhci-hcd\`, or ${INSTALL} once for always.`
    }
  return {
    why: 'Only root may plug in a virtual USB adapter.',
    fix: `Say ${INSTALL} once, and you may too.`
  }
}

async function byOurselves(sys?: string): Promise<PluggedIn> {
  const [near, far] = socketpair()
  // From here on it closes `near`.
  const wire = connectionOver(near, 'vhci-hcd')
  try {
    const port = await attachVhci(far, ADAPTER_ON_BUS, sys)
    if (port === undefined) throw noPort()
    return { port, wire }
  } catch (error) {
    wire.abort(DONE)
    throw error instanceof Fault ? error : refused(error)
  } finally {
    // The kernel has its own hold of it: with ours, nobody would see the end of it.
    closeSync(far)
  }
}

/** The helper answers `port 3`, and what comes behind that is the kernel's; or `error WHY`, of which the first byte is none of USB/IP. */
async function byHelper(path: string): Promise<PluggedIn> {
  const signal = AbortSignal.timeout(HELPER_MS)
  const connection = await dialUnix(
    { protocol: 'raw', transport: 'unix', host: '', port: 0, path },
    { signal }
  )
  const abort = (): void => connection.abort(DONE)
  signal.addEventListener('abort', abort)
  try {
    return await answered(connection)
  } catch (error) {
    connection.abort(DONE)
    if (error instanceof Fault) throw error
    const why = error instanceof EndedEarly ? 'it gave no answer' : String(error)
    throw new Fault(
      'needs-rights',
      `The helper for USB adapters (${path}) did not plug it in: ${why}. See \`journalctl -u 'farport-usb@*'\` for its reason.`,
      error
    )
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function answered(connection: Connection): Promise<PluggedIn> {
  let said = Buffer.alloc(0)
  return readUntil(connection, (chunk) => {
    said = Buffer.concat([said, chunk])
    const end = said.indexOf('\n')
    if (end < 0) {
      if (said.length > MOST_SAID) throw new Error('it said what nobody understands')
      return undefined
    }
    const port = /^port (\d+)$/.exec(said.toString('latin1', 0, end))?.[1]
    const rest = said.subarray(end + 1)
    if (port === undefined) throw toldBy(said.toString('utf8', 0, end))
    if (rest.length === 0) return undefined
    if (rest[0] !== 0) throw toldBy(rest.toString('utf8').trim())
    return { port: Number(port), wire: new AfterFirstWords(connection, rest) }
  })
}

const MOST_SAID = 1000

function toldBy(line: string): Error {
  const why = /^error (.+)$/m.exec(line)?.[1]
  if (why === 'no free port') return noPort()
  return new Error(why === undefined ? 'it said what nobody understands' : plainText(why, 200))
}

function noPort(): Fault {
  return new Fault(
    'device-busy',
    'All ports of the virtual USB controller (vhci-hcd) are taken. Disconnect another link of this kind, or see `usbip port` for who has them.'
  )
}

function refused(error: unknown): Fault {
  return isSystemError(error, 'EACCES', 'EPERM', 'EROFS')
    ? new Fault(
        'needs-rights',
        `Only root may plug in a virtual USB adapter. Say ${INSTALL} once, and you may too.`,
        error
      )
    : new Fault(
        'device-io',
        `The kernel refuses the virtual USB adapter (${error instanceof Error ? error.message : String(error)}). See \`sudo dmesg\`, or use --pty.`,
        error
      )
}
