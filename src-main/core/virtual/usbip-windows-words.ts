/** What people are told of usbip-win2: whether it is here, and how it gets here. Pure. Called by usbip-windows.ts. */
import { type InstallGuide, type VirtualWay, WAY_CARRIES } from '../../contract/virtual.ts'
import { USBIP_WIN2 } from '../../os/usbip-win2.ts'

export type Standing =
  | { readonly type: 'ready'; readonly path: string; readonly version: string }
  | { readonly type: 'absent' }
  | { readonly type: 'too-old'; readonly version: string }
  /** Its command is there, and its driver does not answer. */
  | { readonly type: 'no-driver'; readonly version: string }
  /** `said`: by whatever refused. */
  | { readonly type: 'broken'; readonly said: string }

const READY =
  'usbip-win2 makes a COM port that carries all settings, DTR, RTS and breaks, but no CTS; its driver is certified by Microsoft.'

const { minimum } = USBIP_WIN2
const FILE = `USBip-${minimum}-x64-release.exe`

export const USBIP_WIN2_GUIDE: InstallGuide = {
  what: `usbip-win2 (“USBip”) ${minimum} or newer, a free USB/IP driver with Microsoft’s certificate; for Windows 10 version 1903 or later, and Windows 11`,
  from: 'the project vadimgrn/usbip-win2 on GitHub, under Releases',
  file: FILE,
  check: `\`Get-FileHash ${FILE}\` in PowerShell shows the SHA-256 that GitHub shows beside the file (the part behind “sha256:”). Do not start it where they differ.`,
  elevation: true,
  restart: true,
  beware:
    'While it installs, all USB devices stop for some seconds, keyboards and disks among them. A restore point made before takes it back whatever happens.'
}

const FIX = `Get ${FILE} or a newer one from ${USBIP_WIN2_GUIDE.from}, compare its checksum, start it as an administrator, and restart Windows.`

export function wayOf(standing: Standing): VirtualWay {
  const way = { way: 'usbip', carries: WAY_CARRIES.usbip } as const
  const driver = 'version' in standing ? { driver: `usbip-win2 ${standing.version}` } : {}
  switch (standing.type) {
    case 'ready':
      return { ...way, ...driver, state: 'ready', why: READY }
    case 'absent':
      return {
        ...way,
        state: 'install',
        why: 'A COM port that carries parity and control lines needs a driver: usbip-win2, certified by Microsoft, is not installed.',
        fix: FIX,
        install: USBIP_WIN2_GUIDE
      }
    case 'too-old':
      return {
        ...way,
        ...driver,
        state: 'install',
        why: `usbip-win2 ${standing.version} is too old: ${minimum} is the first that Farport can trust with a port.`,
        fix: FIX,
        install: USBIP_WIN2_GUIDE
      }
    case 'no-driver':
      return {
        ...way,
        ...driver,
        state: 'install',
        why: `usbip-win2 ${standing.version} is installed, but its driver does not run.`,
        fix: 'Restart Windows. Where that does not help, see “USBip 3.X Emulated Host Controller” in the Device Manager for the reason, and install it again.'
      }
    case 'broken':
      return {
        ...way,
        state: 'install',
        why: `usbip-win2 is installed, but its command fails: ${standing.said}.`,
        fix: FIX,
        install: USBIP_WIN2_GUIDE
      }
  }
}
