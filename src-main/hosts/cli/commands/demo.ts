import type { ShareSpec } from '../../../contract/commands.ts'
import { Fault } from '../../../contract/faults.ts'
import type { Core } from '../../../core/core.ts'
import type { CliCommand } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { flag, parse } from '../options.ts'
import { pagePlace } from '../page-place.ts'
import { stopped, withCore } from '../with-core.ts'
import { exampleDevice } from '../../../os/example-device.ts'

const OPTIONS = { http: { type: 'string' } } as const

const DEVICES = [
  { name: 'gps', target: 'sim:gps', port: 7001 },
  { name: 'echo', target: 'sim:echo', port: 7002 }
] as const

/** `farport demo`: two simulated devices shared on loopback, with the lines to try them; with `--http`, in a browser. What `npm start` runs. */
export const demo: CliCommand = async (args, io) => {
  const { given } = parse(args, OPTIONS, 0)
  const json = flag(given, 'json')
  const place = pagePlace(given)
  if (place) {
    const { demoWithPage } = await import('./demo-page.ts')
    const ready = (addresses: ReadonlyMap<string, string>, socket: string): void => {
      const [gps, echo] = DEVICES.map(({ name }) => addresses.get(name))
      if (json) io.print(JSON.stringify({ gps, echo, socket }))
      else for (const line of [...pageGuide(socket), ...guide(gps, echo)]) io.print(line)
    }
    return demoWithPage({ place, devices: DEVICES, isJson: json, ready }, io)
  }
  return withCore(io, 'everything', async (core) => {
    const gps = await shareNear(core, 'gps', 'sim:gps', 7001)
    const echo = await shareNear(core, 'echo', 'sim:echo', 7002)
    if (json) io.print(JSON.stringify({ gps, echo }))
    else for (const line of guide(gps, echo)) io.print(line)
    await stopped(io.stop)
    return EXIT.done
  })
}

/** Shares on the port that the guide's readers know; on any free one where that is taken. */
async function shareNear(core: Core, name: string, target: string, port: number): Promise<string> {
  const spec = (at: number): ShareSpec => ({ name, port: { target }, listen: [`rfc2217://127.0.0.1:${at}`] })
  const start = async (at: number): Promise<string> =>
    (await core.call('share.start', spec(at))).addresses[0] ?? ''
  try {
    return await start(port)
  } catch (error) {
    if (error instanceof Fault && error.code === 'address-in-use') return start(0)
    throw error
  }
}

function pageGuide(socket: string): string[] {
  return [
    '',
    'Open that in a browser of this computer: it is good once, and for an hour; the browser then stays signed in.',
    `One more: FARPORT_SOCKET=${socket} npx farport page`,
    ''
  ]
}

/** Undefined: its owner has removed it. */
function guide(gps: string | undefined, echo: string | undefined): string[] {
  if (gps === undefined || echo === undefined) return ['Ctrl+C ends the demonstration.']
  return [
    'Two simulated devices are shared on this computer:',
    '',
    `  a GPS receiver, 4800 8N1     ${gps}`,
    `  an echo, 115200 8N1          ${echo}`,
    '',
    'Try them from a second terminal in this folder:',
    '',
    `  npx farport terminal ${gps}          watch the positions; Ctrl+] leaves`,
    `  npx farport terminal ${echo}          type, and see it come back`,
    `  npx farport connect ${gps} --pty ./ttyGPS`,
    '                                 then open ./ttyGPS with any program: cat ./ttyGPS',
    '',
    'Share a port of yours the same way:',
    '',
    '  npx farport list',
    `  npx farport share ${exampleDevice()} -b 9600 --listen rfc2217://127.0.0.1:7000`,
    '',
    'Ctrl+C ends the demonstration.'
  ]
}
