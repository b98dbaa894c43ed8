/**
 * `farport extcap`: Wireshark calls it (through a script of `--install`), asks what there is to capture, and has it write pcapng into a pipe.
 * What it does not know it passes over: newer versions of Wireshark ask for more.
 */
import { open } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { makeForm } from '../../../capture/files/forms.ts'
import { Fault } from '../../../contract/faults.ts'
import type { Page } from '../../../traffic/page.ts'
import { decoderKind } from '../../../traffic/decoders/registry.ts'
import { snapshot } from '../attached/snapshot.ts'
import type { CliCommand, CliIo } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { installLauncher, launcherPath } from '../monitor/extcap-install.ts'
import {
  ANY_INTERFACE,
  configLines,
  dltLine,
  interfaceLines,
  namedInterfaces,
  type ExtcapInterface
} from '../monitor/extcap-words.ts'
import type { FeedReader } from '../monitor/feed.ts'
import { metaOf } from '../monitor/meta.ts'
import { withFeed } from '../monitor/target.ts'
import { running } from '../running.ts'
import { runningProgram } from '../service/running-program.ts'
import { exampleDevice } from '../../../os/example-device.ts'

const OPTIONS = {
  'extcap-interfaces': { type: 'boolean' },
  'extcap-dlts': { type: 'boolean' },
  'extcap-config': { type: 'boolean' },
  'extcap-interface': { type: 'string' },
  'extcap-capture-filter': { type: 'string' },
  capture: { type: 'boolean' },
  fifo: { type: 'string' },
  target: { type: 'string' },
  baud: { type: 'string' },
  line: { type: 'string' },
  decode: { type: 'string' },
  install: { type: 'boolean' },
  folder: { type: 'string' }
} as const

type Asked = Readonly<Partial<Record<keyof typeof OPTIONS, string | boolean>>>

export const extcap: CliCommand = async (args, io) => {
  const asked = parseArgs({ args: [...args], options: OPTIONS, strict: false, allowPositionals: true })
    .values as Asked
  if (asked.install) return install(text(asked.folder), io)
  if (asked['extcap-interfaces']) {
    for (const line of interfaceLines(__FARPORT_VERSION__, await interfaces(io))) io.print(line)
    return EXIT.done
  }
  const name = text(asked['extcap-interface'])
  if (name === undefined)
    throw new Fault(
      'usage',
      'Wireshark calls this by itself. Tell it where to find it: farport extcap --install'
    )
  if (asked['extcap-dlts']) io.print(dltLine())
  else if (asked['extcap-config'])
    for (const line of configLines(name === ANY_INTERFACE.value)) io.print(line)
  else if (asked.capture) return capture(name, asked, io)
  else refuseFilter(asked, io)
  return EXIT.done
}

async function install(folder: string | undefined, io: CliIo): Promise<number> {
  const path = await installLauncher(launcherPath({ folder }), runningProgram())
  io.print(path)
  io.say('Wireshark lists the serial ports from its next start on.')
  return EXIT.done
}

/** Shares and links of the Farport that runs here, and the serial ports of this computer that are none of them. */
async function interfaces(io: CliIo): Promise<ExtcapInterface[]> {
  const client = await running({ ...io, say: () => undefined }).catch(() => undefined)
  try {
    const tree = client && (await snapshot(client, io.stop))
    const bridges = Object.values(tree?.bridges ?? {}).filter(({ enabled }) => enabled)
    const taken = new Set(bridges.map(({ port }) => port))
    const { listPorts } = await import('../../../ports/list-ports.ts')
    const ports = (await listPorts()).filter(
      ({ path, byId }) => ![path, ...byId].some((each) => taken.has(each))
    )
    return namedInterfaces([
      ...bridges.map(({ id, name, port, kind }) => ({
        name,
        display: `${name}: ${kind} of ${port}`,
        target: id
      })),
      ...ports.map(({ path, product }) => ({
        name: path.replace(/^.*[/\\]/, ''),
        display: `Serial port ${path}${product === undefined ? '' : ` (${product})`}`,
        target: path
      }))
    ])
  } finally {
    client?.dispose()
  }
}

/** Nothing said means that a filter is fine: there are none here. */
function refuseFilter(asked: Asked, io: CliIo): void {
  if (text(asked['extcap-capture-filter'])?.trim())
    io.print('Serial lines have no capture filter: leave it empty, and filter what is shown.')
}

async function capture(name: string, asked: Asked, io: CliIo): Promise<number> {
  const fifo = text(asked.fifo)
  if (fifo === undefined) throw new Fault('usage', 'Capture into which pipe? --fifo is missing.')
  const target =
    name === ANY_INTERFACE.value
      ? text(asked.target)
      : (await interfaces(io)).find(({ value }) => value === name)?.target
  if (target === undefined)
    throw new Fault(
      'usage',
      name === ANY_INTERFACE.value
        ? `Capture what? Say it in the options of this interface, e.g. ${exampleDevice()} (tshark: -o extcap.farport.target:gps).`
        : `${name} is not there any more: refresh the list of interfaces.`
    )
  const given = {
    ...(text(asked.baud) && { baud: [text(asked.baud) ?? ''] }),
    ...(text(asked.line) && { line: [text(asked.line) ?? ''] })
  }
  const decoder = decoderKind(text(asked.decode) ?? 'none')
  return withFeed({ target, given, standalone: false, past: false }, io, async (feed) => {
    // Until Wireshark opens its end this waits, in a thread of the pool.
    const pipe = await open(fifo, 'w')
    const form = makeForm('pcapng', { decoder })
    const over = new AbortController()
    const stop = (): void => over.abort()
    io.stop.addEventListener('abort', stop, { once: true })
    let isBegun = false
    const put = async (bytes: Uint8Array): Promise<void> => {
      try {
        for (let at = 0; at < bytes.length && !over.signal.aborted;)
          at += (await pipe.write(bytes, at, bytes.length - at)).bytesWritten
      } catch (error) {
        // Wireshark has enough.
        if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
        stop()
      }
    }
    const reader: FeedReader = {
      begin: async (begin) => {
        if (!isBegun) await put(form.start(metaOf(begin)))
        isBegun = true
      },
      page: (page: Page) => put(form.page(page, 0, page.count))
    }
    try {
      if (io.stop.aborted) stop()
      await feed.run('now', reader, over.signal)
    } finally {
      io.stop.removeEventListener('abort', stop)
      await pipe.close()
    }
    return EXIT.done
  })
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
