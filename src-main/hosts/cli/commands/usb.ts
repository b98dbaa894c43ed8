import { existsSync } from 'node:fs'
import { Fault } from '../../../contract/faults.ts'
import { usbipMaker } from '../../../core/virtual/usbip.ts'
import type { CliCommand } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { flag, parse } from '../options.ts'
import { describeSteps } from '../service/steps.ts'
import { serialGroup } from '../service/systemd.ts'
import { installUsb, uninstallUsb, type UsbPlace } from '../service/usb-rights.ts'
import { act, here, withSudo } from './service.ts'

const OPTIONS = {
  install: { type: 'boolean' },
  uninstall: { type: 'boolean' },
  'dry-run': { type: 'boolean' }
} as const

/** `farport usb`: whether ports can be USB adapters here, and on Linux what lets people who are not root have them. */
export const usb: CliCommand = async (args, io) => {
  const { given } = parse(args, OPTIONS, 0)
  const json = flag(given, 'json')
  const verb = (['install', 'uninstall'] as const).filter((each) => flag(given, each))
  if (verb.length > 1)
    throw new Fault('usage', '--install and --uninstall exclude each other. Say one of them.')
  const [wanted] = verb
  if (wanted === undefined) {
    if (flag(given, 'dry-run'))
      throw new Fault('usage', '--dry-run is of --install and --uninstall. Say one of them.')
    const way = await usbipMaker.look()
    if (json) io.print(JSON.stringify(way))
    else
      io.print([way.state === 'ready' ? 'ready:' : 'not ready:', way.why, way.fix].filter(Boolean).join(' '))
    return way.state === 'ready' ? EXIT.done : EXIT.device
  }
  const place = here()
  if (place.platform !== 'linux')
    throw new Fault('unsupported', `--${wanted} is for Linux. Here farport usb says what is to be done.`)
  const plan = wanted === 'install' ? installUsb(usbPlace()) : uninstallUsb(usbPlace())
  if (flag(given, 'dry-run')) {
    for (const line of json ? [JSON.stringify(plan)] : describeSteps(plan.steps)) io.print(line)
    return EXIT.done
  }
  if (place.uid !== 0)
    throw new Fault(
      'needs-rights',
      `Only root can do that. Say: ${withSudo(place, 'usb', `--${wanted}`)} (--dry-run shows what it does).`
    )
  await act(plan, place, json, io)
  return EXIT.done
}

function usbPlace(): UsbPlace {
  const { root } = here()
  return {
    root,
    // Where nobody but root has serial ports, nobody else gets adapters.
    group: serialGroup({ root }) ?? 'root',
    hasSystemd: existsSync(`${root}/run/systemd/system`)
  }
}
