/** What a port is, as names and values. Pure. */
import { words } from '../words/words.ts'
import type { Fact } from './fact.ts'
import type { Row } from './rows.ts'

/** What is not known is left out. */
export function identityOf({ port, share, target }: Row): readonly Fact[] {
  const usb = port ?? share?.usb
  const ids = usb?.vendorId === undefined ? undefined : `${usb.vendorId}:${usb.productId ?? '????'}`
  const adapter = [usb?.manufacturer, usb?.product].filter((each) => each !== undefined).join(' ')
  const stable = port?.byId[0] ?? port?.byPath[0]
  const all: readonly (readonly [string, string | undefined])[] = [
    [words.drawer.path, port?.path],
    [words.drawer.adapter, adapter],
    [words.drawer.serialNumber, usb?.serialNumber],
    [words.drawer.usbIds, ids],
    [words.drawer.driver, port?.driver],
    [words.drawer.socket, port?.physicalPath],
    [words.drawer.stableName, stable],
    [words.drawer.opens, target === stable || target === port?.path ? undefined : target],
    [words.drawer.addresses, share?.addresses.join('\n')]
  ]
  return all.flatMap(([name, text]) =>
    text === undefined || text === '' ? [] : [{ name, text, isFixed: true }]
  )
}
