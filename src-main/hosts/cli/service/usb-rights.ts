/**
 * What lets people plug virtual USB adapters into Linux without being root: a udev rule for their names, the kernel's module, and a helper
 * that systemd starts for members of one group. Called by the command `usb`; says what is to be done, steps.ts does it.
 */
import { asset } from './assets.ts'
import type { Plan } from './service-kind.ts'
import type { Step } from './steps.ts'

const MARK = 'Made by "farport usb --install"'
const SOCKET = 'farport-usb.socket'

export interface UsbPlace {
  /** In front of every path; empty but in tests. */
  readonly root: string
  /** Who may use serial ports here: `dialout`, on Arch `uucp`. */
  readonly group: string
  readonly hasSystemd: boolean
}

const FILES = {
  rule: { path: '/etc/udev/rules.d/62-farport-usb.rules', text: 'usb/62-farport-usb.rules' },
  modules: { path: '/etc/modules-load.d/farport-usb.conf', text: 'usb/modules.conf' }
} as const
const HELPER_FILES = {
  helper: { path: '/usr/local/lib/farport/usb-helper', text: 'usb/usb-helper' },
  socket: { path: `/etc/systemd/system/${SOCKET}`, text: `usb/${SOCKET}` },
  service: { path: '/etc/systemd/system/farport-usb@.service', text: 'usb/farport-usb@.service' }
} as const

export function installUsb({ root, group, hasSystemd }: UsbPlace): Plan {
  const write = ({ path, text }: { readonly path: string; readonly text: string }): Step => ({
    do: 'write',
    path: `${root}${path}`,
    text: asset(text, { GROUP: group }),
    mark: MARK
  })
  const helper: Step[] = hasSystemd
    ? [
        ...Object.values(HELPER_FILES).map(write),
        { do: 'run', command: ['systemctl', 'daemon-reload'] },
        { do: 'run', command: ['systemctl', 'enable', '--now', SOCKET] }
      ]
    : []
  return {
    needsRoot: true,
    steps: [
      // First, as nothing else is of use without it.
      { do: 'run', command: ['modprobe', 'vhci-hcd'] },
      ...Object.values(FILES).map(write),
      { do: 'run', command: ['udevadm', 'control', '--reload'], mayFail: true },
      ...helper
    ],
    hints: hasSystemd
      ? [
          `Members of the group ${group} may now connect a port as a USB adapter: farport connect URL --usb NAME`,
          `Who is not in it: sudo usermod -aG ${group} USER, then sign out and in.`
        ]
      : ['No systemd runs here, and so no helper: root alone may connect a port as a USB adapter.']
  }
}

export function uninstallUsb({ root }: Pick<UsbPlace, 'root'>): Plan {
  const remove = ({ path }: { readonly path: string }): Step => ({
    do: 'remove',
    path: `${root}${path}`,
    mark: MARK
  })
  return {
    needsRoot: true,
    steps: [
      { do: 'run', command: ['systemctl', 'disable', '--now', SOCKET], mayFail: true },
      ...Object.values({ ...HELPER_FILES, ...FILES }).map(remove),
      { do: 'run', command: ['systemctl', 'daemon-reload'], when: 'changed', mayFail: true },
      { do: 'run', command: ['udevadm', 'control', '--reload'], when: 'changed', mayFail: true }
    ],
    hints: [
      'Adapters that are plugged in stay until their links end; the module vhci-hcd until the computer starts again.'
    ]
  }
}
