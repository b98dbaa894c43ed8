import type { ShareSpec } from '../../../contract/commands.ts'
import { Fault } from '../../../contract/faults.ts'
import type { Core } from '../../../core/core.ts'
import type { CliCommand } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { flag, parse } from '../options.ts'
import { stopped, withCore } from '../with-core.ts'

/** `farport demo`: two simulated devices shared on loopback, with the lines to try them. What `npm start` runs. */
export const demo: CliCommand = async (args, io) => {
  const { given } = parse(args, {}, 0)
  const json = flag(given, 'json')
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

function guide(gps: string, echo: string): string[] {
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
    '  npx farport share /dev/ttyUSB0 -b 9600 --listen rfc2217://127.0.0.1:7000',
    '',
    'Ctrl+C ends the demonstration.'
  ]
}
