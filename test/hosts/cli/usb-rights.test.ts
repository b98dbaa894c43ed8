import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { USB_MANUFACTURER } from '../../../src-main/core/virtual/usb-texts.ts'
import { installUsb, uninstallUsb, type UsbPlace } from '../../../src-main/hosts/cli/service/usb-rights.ts'
import { carryOut } from '../../../src-main/hosts/cli/service/steps.ts'
import { UDEV_RULE } from '../../../src-main/os/vhci-names.ts'
import { ADAPTER_ON_BUS } from '../../../src-main/protocol/usbip-adapter.ts'
import { SHARED_ACM_ID } from '../../../src-main/protocol/usb-descriptors.ts'

function place(more: Partial<UsbPlace> = {}): UsbPlace {
  const root = mkdtempSync(join(tmpdir(), 'usb-rights-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  return { root, group: 'dialout', hasSystemd: true, ...more }
}

const FILES = [
  `/etc/udev/rules.d/${UDEV_RULE}`,
  '/etc/modules-load.d/farport-usb.conf',
  '/usr/local/lib/farport/usb-helper',
  '/etc/systemd/system/farport-usb.socket',
  '/etc/systemd/system/farport-usb@.service'
]

async function done(plan: ReturnType<typeof installUsb>): Promise<string[]> {
  const ran: string[] = []
  const run = (command: readonly string[]) => {
    ran.push(command.join(' '))
    return Promise.resolve({ code: 0, stdout: '', stderr: '' })
  }
  await carryOut(plan.steps, { run, say: () => undefined })
  return ran
}

describe('the rights to plug in virtual USB adapters', () => {
  it('are a rule, a module and a helper; taken away again they leave nothing', async () => {
    const here = place()
    expect(await done(installUsb(here))).toEqual([
      'modprobe vhci-hcd',
      'udevadm control --reload',
      'systemctl daemon-reload',
      'systemctl enable --now farport-usb.socket'
    ])
    expect(FILES.filter((path) => !existsSync(here.root + path))).toEqual([])
    expect(readFileSync(`${here.root}/etc/modules-load.d/farport-usb.conf`, 'utf8')).toMatch(/^vhci-hcd$/m)
    expect(await done(uninstallUsb(here))).toEqual([
      'systemctl disable --now farport-usb.socket',
      'systemctl daemon-reload',
      'udevadm control --reload'
    ])
    expect(FILES.filter((path) => existsSync(here.root + path))).toEqual([])
  })

  it('are of the group that has serial ports', async () => {
    const here = place({ group: 'uucp' })
    await done(installUsb(here))
    expect(readFileSync(`${here.root}/etc/udev/rules.d/${UDEV_RULE}`, 'utf8')).toContain('GROUP="uucp"')
    const socket = readFileSync(`${here.root}/etc/systemd/system/farport-usb.socket`, 'utf8')
    expect(socket).toMatch(/^SocketGroup=uucp$/m)
    expect(socket).toMatch(/^SocketMode=0660$/m)
  })

  it('have no helper where systemd does not run', async () => {
    const here = place({ hasSystemd: false })
    const plan = installUsb(here)
    expect(await done(plan)).toEqual(['modprobe vhci-hcd', 'udevadm control --reload'])
    expect(FILES.filter((path) => existsSync(here.root + path))).toHaveLength(2)
    expect(plan.hints.join()).toContain('root alone')
  })

  it('replace no file of somebody else', async () => {
    const here = place()
    await done(installUsb(here))
    writeFileSync(`${here.root}${FILES[2]}`, '#!/bin/sh\n')
    await expect(done(installUsb(here))).rejects.toThrow(
      /usb-helper is there already, and Farport did not make it/
    )
    await expect(done(uninstallUsb(here))).rejects.toThrow(/usb-helper/)
    expect(existsSync(here.root + FILES[0]!)).toBe(true)
  })

  it('know the adapter by what it says of itself', () => {
    const assets = new URL('../../../assets/usb/', import.meta.url)
    const helper = readFileSync(new URL('usb-helper', assets), 'utf8')
    const [vendor, product] = [SHARED_ACM_ID.vendorId, SHARED_ACM_ID.productId].map((id) =>
      id.toString(16).padStart(4, '0')
    )
    expect(helper).toContain(`vendor=${vendor} product=${product} manufacturer=${USB_MANUFACTURER}\n`)
    expect(helper).toContain(`device_id=${ADAPTER_ON_BUS.id} speed=${ADAPTER_ON_BUS.speed}\n`)
    const rule = readFileSync(new URL(UDEV_RULE, assets), 'utf8')
    const match = `{idVendor}=="${vendor}", ATTRS{idProduct}=="${product}", ATTRS{manufacturer}=="${USB_MANUFACTURER}"`
    expect(rule).toContain(match)
  })

  it.skipIf(process.platform === 'win32')('have a helper that any shell reads', () => {
    const helper = new URL('../../../assets/usb/usb-helper', import.meta.url).pathname
    execFileSync('/bin/sh', ['-n', helper])
  })
})
