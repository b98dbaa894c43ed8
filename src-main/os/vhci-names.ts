/** What Farport's udev rule (assets/usb, `farport usb --install`) calls a virtual USB adapter. Called by core. */
import { access } from 'node:fs/promises'
import { join } from 'node:path'

export const UDEV_RULE = '62-farport-usb.rules'
const RULE_FOLDERS = ['/etc/udev/rules.d', '/run/udev/rules.d', '/usr/lib/udev/rules.d', '/lib/udev/rules.d']

/** Whether the rule is there, so that names can be awaited. */
export async function hasUdevRule(folders: readonly string[] = RULE_FOLDERS): Promise<boolean> {
  for (const folder of folders) {
    try {
      await access(join(folder, UDEV_RULE))
      return true
    } catch {
      // not there, or not for us to see: the next one
    }
  }
  return false
}

export function udevName(name: string): string {
  return `/dev/farport/${name}`
}
