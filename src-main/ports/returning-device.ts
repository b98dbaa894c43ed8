/**
 * A board that leaves USB and comes back as another product: an Arduino that was told to start its bootloader. Called by
 * core/reset.ts; it is told from others by its socket, or by its maker and serial number. Opens nothing.
 */
import { systemClock } from '../base/clock.ts'
import type { PortInfo } from '../contract/state.ts'
import { mayUse } from '../os/device-access.ts'
import { fingerprint, watchPorts } from '../os/hotplug.ts'
import { listSysfsPorts } from '../os/sysfs-ports.ts'
import { realPath } from '../os/sysfs-tree.ts'
import type { SourcePlaces } from './hardware-source.ts'

/** A USB port as it was, and every other that was there with it. */
export interface BeforeLeaving {
  readonly port: PortInfo
  readonly fingerprints: ReadonlySet<string>
}

/** Undefined: nothing on USB, so nobody could tell it from others when it comes back. */
export async function rememberUsbPort(
  path: string,
  places: SourcePlaces = {}
): Promise<BeforeLeaving | undefined> {
  const typed = await realPath(path)
  const ports = await listSysfsPorts(places)
  const port = ports.find((each) => each.path === typed)
  if (port?.vendorId === undefined) return undefined
  return { port, fingerprints: new Set(await Promise.all(ports.map((each) => fingerprint(each.path)))) }
}

/** How it went: its new path, or what is to be seen of the old one when the time was over. */
export type Return = { readonly path: string } | { readonly path?: undefined; readonly left: boolean }

/** Waits until it is back under any name and can be opened, at most `timeoutMs`. Rejects with the signal's reason. */
export function awaitReturn(
  before: BeforeLeaving,
  timeoutMs: number,
  signal: AbortSignal,
  places: SourcePlaces = {}
): Promise<Return> {
  const clock = places.clock ?? systemClock
  const watch = watchPorts({ ...places })
  const ends: (() => void)[] = []
  const found = new Promise<Return>((resolve, reject) => {
    const look = async (): Promise<void> => {
      const path = await findReturned(before, places)
      if (path !== undefined && (await (places.mayUse ?? mayUse)(path))) resolve({ path })
    }
    // One look after the other, so that none overtakes another.
    let looked = look()
    watch.onChange(() => {
      looked = looked.then(look).catch(reject)
    })
    looked.catch(reject)
    const timer = clock.after(timeoutMs, () => {
      fingerprint(before.port.path).then(
        (now) => resolve({ left: !before.fingerprints.has(now) }),
        (error: unknown) => reject(error instanceof Error ? error : new Error(String(error)))
      )
    })
    const onAbort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    ends.push(() => {
      timer.dispose()
      signal.removeEventListener('abort', onAbort)
    })
  })
  return found.finally(() => {
    watch.dispose()
    for (const end of ends) end()
  })
}

async function findReturned(before: BeforeLeaving, places: SourcePlaces): Promise<string | undefined> {
  const ports = await listSysfsPorts(places)
  const fresh: PortInfo[] = []
  for (const port of ports) if (!before.fingerprints.has(await fingerprint(port.path))) fresh.push(port)
  const { port: old } = before
  const isSameMaker = (port: PortInfo): boolean =>
    old.serialNumber !== undefined && port.serialNumber === old.serialNumber && port.vendorId === old.vendorId
  return (fresh.find((port) => socketOf(port) === socketOf(old)) ?? fresh.find(isSameMaker))?.path
}

/** `usb-1-1.2:1.0-port3` → `usb-1-1.2`: the same for whatever is plugged in there. */
function socketOf({ path, physicalPath = path }: PortInfo): string {
  return physicalPath.replace(/:\d+\.\d+(-.*)?$/, '')
}
