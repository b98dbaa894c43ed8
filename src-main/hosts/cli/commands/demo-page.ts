/**
 * The demonstration with its page in a browser: a Farport of its own, beside the one that this user may have, whose settings lie in a
 * folder `trial` beside that one's. Called by demo.ts.
 */
import { existsSync } from 'node:fs'
import { posix, win32 } from 'node:path'
import { systemClock } from '../../../base/clock.ts'
import { SHUTDOWN } from '../../../contract/close.ts'
import { Fault } from '../../../contract/faults.ts'
import { Instance } from '../../../core/instance/instance.ts'
import { instancePaths, prepareInstance, type InstancePaths } from '../../../core/instance-paths.ts'
import { takeInstanceLock } from '../../../os/instance-lock.ts'
import { RpcClient } from '../../../rpc/client.ts'
import { memoryChannels } from '../../../rpc/memory-channel.ts'
import { PageDoor } from '../../headless/page-door.ts'
import type { PagePlace } from '../../headless/place.ts'
import { serviceHost } from '../../headless/service-host.ts'
import type { CliIo } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { printUrl } from '../page-link.ts'
import { stopped } from '../with-core.ts'

/** What SIGTERM leaves for draining, in ms. */
const DRAIN_MS = 2000

export interface Simulated {
  readonly name: string
  readonly target: string
  /** The port of loopback that the guide's readers know. */
  readonly port: number
}

export interface DemoPage {
  readonly place: PagePlace
  /** Shared at the very first start; later ones share what is there. */
  readonly devices: readonly Simulated[]
  readonly isJson: boolean
  /** `addresses`: by the names of the devices, of those that are there still; `socket`: where it takes commands. */
  readonly ready: (addresses: ReadonlyMap<string, string>, socket: string) => void
}

/** Until it is stopped. */
export async function demoWithPage(demo: DemoPage, io: CliIo): Promise<number> {
  const paths = trialPaths()
  prepareInstance(paths)
  const lock = takeInstanceLock(paths.lock, 'farport demo')
  try {
    const isFirst = !existsSync(paths.settings)
    let running = undefined as Instance | undefined
    const report = (line: {
      readonly level: string
      readonly subject: string
      readonly text: string
    }): void => {
      if (line.level !== 'info') io.say(line.subject === '' ? line.text : `${line.subject}: ${line.text}`)
    }
    const page = new PageDoor({
      folder: paths.directory,
      captures: paths.captures,
      clock: systemClock,
      connect: (channel) => {
        if (running) running.connect(channel, { type: 'owner' })
        else channel.close(SHUTDOWN)
      },
      report: (level, text) => report({ level, subject: '', text })
    })
    const host = serviceHost(page, undefined)
    const instance = await Instance.open({ paths, version: __FARPORT_VERSION__, report, host, stop: io.stop })
    try {
      running = instance
      if (isFirst) await share(instance, demo.devices)
      await servePage(page, demo.place)
      printUrl(await page.link(), io, demo.isJson)
      demo.ready(addressesOf(instance), paths.socket.path)
      await stopped(io.stop)
    } finally {
      const pageClosed = page.close()
      await instance.close(DRAIN_MS)
      await pageClosed
    }
    return EXIT.done
  } finally {
    lock.dispose()
  }
}

/** Commands find this user's own Farport, and this one where they are told its socket. */
function trialPaths(): InstancePaths {
  const { socket, ...own } = instancePaths('user')
  const path = process.platform === 'win32' ? win32 : posix
  const within = (name: string): string => path.join(own.directory, 'trial', name)
  const isGiven = (process.env.FARPORT_SOCKET ?? '') !== ''
  return {
    kind: 'user',
    directory: within(''),
    settings: within('settings.json'),
    identity: within('identity.pem'),
    lock: within('farport.lock'),
    captures: within('captures'),
    socket: isGiven ? socket : { ...socket, path: socket.path.replace(/(\.sock)?$/, '-trial$1') }
  }
}

async function share(instance: Instance, devices: readonly Simulated[]): Promise<void> {
  const [near, far] = memoryChannels()
  instance.connect(far, { type: 'owner' })
  const client = new RpcClient(near)
  try {
    for (const { name, target, port } of devices) {
      const entry = (at: number): Parameters<typeof client.call<'share.add'>>[1] => ({
        ...{ name, port: { target }, listen: [`rfc2217://127.0.0.1:${at}`] }
      })
      const { id } = await client.call('share.add', entry(port))
      if (instance.state.bridges[id]?.addresses.length === 0)
        await client.call('share.change', { ...entry(0), id, name })
    }
  } finally {
    client.dispose()
  }
}

/** Any free port where another Farport has that one. */
async function servePage(page: PageDoor, place: PagePlace): Promise<void> {
  await page.give(place).catch((error: unknown) => {
    if (error instanceof Fault && error.code === 'address-in-use') return page.give({ ...place, port: 0 })
    throw error
  })
}

function addressesOf({ state: { bridges } }: Instance): Map<string, string> {
  return new Map(
    Object.values(bridges).flatMap(({ name, addresses: [address] }) =>
      address === undefined ? [] : [[name, address]]
    )
  )
}
