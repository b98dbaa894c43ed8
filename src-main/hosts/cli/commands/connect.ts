import type { Core } from '../../../core/core.ts'
import type { LinkSpec } from '../../../contract/commands.ts'
import type { BridgeState } from '../../../contract/state.ts'
import { Fault } from '../../../contract/faults.ts'
import { readVirtual } from '../../../contract/virtual.ts'
import { stdioSource } from '../../../sessions/console.ts'
import { shownTarget } from '../../../ports/program/secrets.ts'
import { looksLikeEndpoint } from '../../../net/endpoint.ts'
import type { CliCommand, CliIo } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { USED_PORT_OPTIONS, flag, parse, readName, readPort, type Given, type Parsed } from '../options.ts'
import { running } from '../running.ts'
import { givenPlaces, readPlace, readRights, readVia, VIRTUAL_OPTIONS } from '../virtual-arguments.ts'
import { barePeer } from '../bare-peer.ts'
import { stopped, withCore } from '../with-core.ts'

const OPTIONS = {
  ...USED_PORT_OPTIONS,
  name: { type: 'string' },
  ...VIRTUAL_OPTIONS,
  ways: { type: 'boolean' },
  stdio: { type: 'boolean' },
  hold: { type: 'boolean' },
  wait: { type: 'boolean' },
  watch: { type: 'boolean' },
  'no-record': { type: 'boolean' },
  standalone: { type: 'boolean' }
} as const

/** For a link that stays until it is stopped, and for a virtual port. */
const LINK_OPTIONS = ['name', 'hold', 'wait', 'via', 'mode', 'user', 'group'] as const

/**
 * `farport connect URL (--pty LINK | --usb NAME | --com COM7 | --as auto | --stdio)` and `farport connect A B`: joins until it is
 * told to stop, or has the running Farport join them. `--stdio` is always of this process. `farport connect COMPUTER` tells what that
 * one offers, and `farport connect --ways` what kinds of virtual port there are here.
 */
export const connect: CliCommand = async (args, io) => {
  const parsed = parse(args, OPTIONS, 3)
  const { given } = parsed
  const json = flag(given, 'json')
  if (flag(given, 'ways')) {
    refuseBeside('--ways', parsed)
    return (await import('./ways.ts')).ways(given, io)
  }
  const bare = barePeer(parsed)
  if (bare) return (await import('./offers.ts')).offers(bare, given, io)
  if (flag(given, 'stdio')) return withCore(io, 'warnings', (core) => overStdio(core, parsed, io))
  const spec = readLink(parsed)
  const tellReady = (link: BridgeState): void => {
    const ready = readyText(spec, link)
    const { name, virtual } = link
    io.print(json ? JSON.stringify({ ready, link: name, ...virtual }) : `ready ${ready}`)
  }
  const client = flag(given, 'standalone') ? undefined : await running(io)
  if (client)
    try {
      await (
        await import('../attached/add-link.ts')
      ).addLink(client, spec, io, (link) => {
        // The log of a Farport that runs is not here.
        if (link.virtual?.why !== undefined) io.say(link.virtual.why)
        tellReady(link)
      })
      return EXIT.done
    } finally {
      client.dispose()
    }
  return withCore(io, 'everything', async (core) => {
    const link = await core.call('link.start', spec, io.stop)
    tellReady(link)
    // A person wants to know at once that it cannot be; at boot the network may just not be there yet.
    if (spec.hold && !spec.wait) await core.call('link.opened', { id: link.id }, io.stop)
    await stopped(io.stop)
    return EXIT.done
  })
}

/** What programs here may open now, or the two ends of the cable. */
function readyText({ port, to }: LinkSpec, { addresses }: BridgeState): string {
  return readVirtual(to) ? addresses.join(' ') : `${shownTarget(port.target)} ${shownTarget(to)}`
}

async function overStdio(core: Core, parsed: Parsed, io: CliIo): Promise<number> {
  const { given, positionals } = parsed
  const [target, second] = positionals
  if (target === undefined) throw new Fault('usage', nothingNamed)
  if (second !== undefined || givenPlaces(given).length > 0)
    throw new Fault('usage', '--stdio is the other end already. Leave out the second end, or --stdio.')
  refuse(given, LINK_OPTIONS, 'has no meaning with --stdio')
  const source = stdioSource(io.stdin, io.stdout)
  const lost = await core.attach(
    readPort(target, given),
    source,
    { reconnect: false, observe: flag(given, 'watch'), record: !flag(given, 'no-record') },
    io.stop
  )
  if (lost > 0 && !io.stop.aborted)
    throw new Fault(
      looksLikeEndpoint(target) ? 'peer-closed' : 'device-io',
      `The last ${lost} bytes did not get to ${shownTarget(target)}. Is its flow control holding them?`
    )
  return EXIT.done
}

const nothingNamed =
  'Connect what? Name a shared port, e.g. farport connect rfc2217://192.168.1.20:7000 --pty ~/ttyRemote'

function readLink({ positionals, given }: Parsed): LinkSpec {
  const [first, second, third] = positionals
  if (first === undefined) throw new Fault('usage', nothingNamed)
  if (third !== undefined)
    throw new Fault('usage', `A link has two ends; "${shownTarget(third)}" is a third one. Leave it out.`)
  const place = readPlace(second, given)
  // A virtual port is what programs open, so it is always the near end; two of them are one cable like any other two ports.
  const swap = readVirtual(first) !== undefined && second !== undefined && !readVirtual(second)
  const [target, to] = swap ? [second, first] : [first, place]
  const name = readName(given)
  return {
    ...(name !== undefined && { name }),
    port: readPort(target, given),
    to,
    ...readVia(given),
    pty: readRights(to, given),
    observe: flag(given, 'watch'),
    hold: flag(given, 'hold'),
    wait: flag(given, 'wait'),
    ...(flag(given, 'no-record') && { record: false })
  }
}

/** What tells something, and connects nothing. */
function refuseBeside(told: string, { positionals: [target], given }: Parsed): void {
  const others = Object.keys(given).filter((each) => !['ways', 'json', 'standalone'].includes(each))
  const other = target === undefined ? others.map((each) => `--${each}`)[0] : `"${shownTarget(target)}"`
  if (other !== undefined)
    throw new Fault(
      'usage',
      `${told} tells what can be, and connects nothing. Leave out ${other}, or ${told}.`
    )
}

/** Options that would do nothing here are a mistake, mostly one end that was forgotten. */
function refuse(given: Given, options: readonly string[], why: string): void {
  const option = options.find((each) => given[each] !== undefined)
  if (option !== undefined) throw new Fault('usage', `--${option} ${why}. Leave it out.`)
}
