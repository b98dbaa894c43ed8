import { Fault } from '../../../contract/faults.ts'
import type { ServiceResult } from '../../../contract/service-commands.ts'
import { isName } from '../../../contract/names.ts'
import { FARPORT_PORT, LEVELS, type PermissionLevel } from '../../../contract/settings.ts'
import type { PairingState, StateTree } from '../../../contract/state.ts'
import { knownPeers } from '../../../core/local-trust.ts'
import { namedPeer } from '../../../core/instance/named-peer.ts'
import { handleOf, howToAnswer, labelOf, sameDigits } from '../../../core/instance/pairing-words.ts'
import { readPlace } from '../../../peers/places.ts'
import { snapshot } from '../attached/snapshot.ts'
import { shortText } from '../attached/words.ts'
import type { CliCommand, CliIo } from '../cli-io.ts'
import { compareDigits, type Comparison } from '../compare-digits.ts'
import { EXIT } from '../exit.ts'
import { flag, oneOf, parse, type Given } from '../options.ts'
import { peersTable, type ListedPeer } from '../peers-table.ts'
import { notRunning, running } from '../running.ts'
import { table } from '../table.ts'
import { withPeers, type PeerAccess } from '../with-peers.ts'

const OPTIONS = {
  permit: { type: 'string' },
  share: { type: 'string' },
  name: { type: 'string' },
  once: { type: 'boolean' }
} as const

const ONE_MORE: ReadonlySet<string> = new Set(['reject', 'block', 'remove', 'import', 'export'])

/** `farport pair [HOST[:PORT] | accept PEER [DIGITS] | reject PEER | block PEER | remove PEER | rename PEER NAME | import … | export [FILE]]`. */
export const pair: CliCommand = async (args, io) => {
  const { positionals, given } = parse(args, OPTIONS, 4)
  const [word, ...rest] = positionals
  const most = word === 'accept' ? 3 : word === 'rename' ? 2 : ONE_MORE.has(word ?? '') ? 1 : 0
  const tooMuch = rest[most]
  if (tooMuch !== undefined)
    throw new Fault('usage', `"${shortText(tooMuch)}" is one too many. See farport pair --help.`)
  for (const option of ['name', 'share'])
    if (word !== 'import' && given[option])
      throw new Fault('usage', `--${option} is for farport pair import alone: leave it out.`)
  if (given.once && (word === undefined || (word !== 'accept' && isWord(word))))
    throw new Fault('usage', '--once is for a computer that is paired just now: leave it out.')
  switch (word) {
    case 'import':
    case 'export':
      return certificates(word, rest[0], given, io)
    case undefined:
      return list(flag(given, 'json'), io)
    case 'accept':
      return accept(peerOf(word, rest), rest.slice(1).join(''), given, io)
    case 'rename':
      return rename(peerOf(word, rest), rest[1], flag(given, 'json'), io)
    case 'reject':
    case 'block':
    case 'remove':
      return act(word, peerOf(word, rest), flag(given, 'json'), io)
    default:
      return request(word, given, io)
  }
}

const isWord = (word: string): boolean => ONE_MORE.has(word) || word === 'rename'

async function certificates(
  word: 'import' | 'export',
  text: string | undefined,
  given: Given,
  io: CliIo
): Promise<number> {
  const { exportCertificate, importCertificates } = await import('./pair-certificates.ts')
  if (word === 'export') return exportCertificate(text, given, io)
  if (text !== undefined) return importCertificates(text, given, io)
  throw new Fault(
    'usage',
    'Whose certificate? Give its file, HOST:PORT, or its id: farport pair import bench.crt'
  )
}

function peerOf(word: string, [peer]: readonly string[]): string {
  if (peer !== undefined) return peer
  throw new Fault(
    'usage',
    `Which computer? Give its name, or the first 8 digits of its id: farport pair ${word} NAME; farport pair lists them.`
  )
}

async function list(json: boolean, io: CliIo): Promise<number> {
  const client = await running(io)
  try {
    const tree: Partial<StateTree> = client ? await snapshot(client, io.stop) : {}
    const peers: readonly ListedPeer[] = client ? Object.values(tree.peers ?? {}) : await knownPeers()
    const pairings = Object.values(tree.pairings ?? {})
    if (json) io.print(JSON.stringify({ peers, pairings }))
    else print(peers, pairings, tree, io)
    return EXIT.done
  } finally {
    client?.dispose()
  }
}

function print(
  peers: readonly ListedPeer[],
  pairings: readonly PairingState[],
  { bridges = {} }: Partial<StateTree>,
  io: CliIo
): void {
  if (peers.length + pairings.length === 0)
    io.print('Paired with no other computer yet. On one of the two: farport pair HOST')
  for (const line of table(peersTable(peers, pairings, bridges), io.stdout.columns)) io.print(line)
  for (const { direction, code, peerId: id, name, remote } of pairings)
    if (direction === 'incoming' && code !== undefined)
      io.print(`${sameDigits(labelOf({ peerId: id, name, remote }), code)}. ${howToAnswer({ id, name })}`)
}

/** Asks that computer, and waits until both persons have compared. */
async function request(text: string, given: Given, io: CliIo): Promise<number> {
  // What is no host may be what a computer calls itself in the network.
  const place = readPlace(text) ?? (isName(text) ? { host: text } : undefined)
  if (!place)
    throw new Fault(
      'usage',
      `"${shortText(text)}" is no host. Ask one by name or address: farport pair 192.168.1.20 (port ${FARPORT_PORT}, or HOST:PORT)`
    )
  const permit = oneOf(given, 'permit', LEVELS)
  return withPeers(io, async (access) => {
    if (access.isAlone && flag(given, 'once')) throw onceAlone()
    if (access.isAlone)
      io.say('No Farport runs here: this command asks by itself, and nothing of this computer is shared.')
    const asked = await access.call('pair.request', place, io.stop)
    const { peer, name, digits } = asked
    const label = labelOf({ peerId: peer, name, remote: text })
    if (flag(given, 'json')) io.print(JSON.stringify({ asked: { peer, name, digits } }))
    else io.print(`${sameDigits(label, digits)} (farport pair tells there, and its log)`)
    const comparison = (signal: AbortSignal): Promise<Comparison> => compareDigits(digits, io, signal)
    return concluded(access, { peer, label, digits, permit, given }, comparison, io)
  })
}

/** Accepts the request of another computer, if its digits are those that a person or a script saw there. */
async function accept(text: string, typed: string, given: Given, io: CliIo): Promise<number> {
  const permit = oneOf(given, 'permit', LEVELS)
  return withPeers(io, async (access) => {
    const tree = await access.state()
    if (!tree) throw notRunning()
    const all = Object.values(tree.pairings ?? {}).map((each) => ({ ...each, id: each.peerId }))
    const { peerId: peer, code, name, remote } = namedPeer(text, all, 'request to pair of')
    const label = labelOf({ peerId: peer, name, remote })
    if (code === undefined) throw new Fault('usage', `${label} has sent no digits yet: try again.`)
    if (typed !== '') return answered(access, { peer, label, digits: digitsIn(typed), permit, given }, io)
    if (!io.stdin.isTTY)
      throw new Fault(
        'usage',
        `Which digits does the other computer show? farport pair accept ${handleOf({ id: peer, name })} DIGITS`
      )
    process.stderr.write(`${sameDigits(label, code)}\n`)
    const comparison = (signal: AbortSignal): Promise<Comparison> => compareDigits(code, io, signal)
    return concluded(access, { peer, label, digits: code, permit, given }, comparison, io)
  })
}

interface Asked {
  readonly peer: string
  readonly label: string
  readonly digits: string
  readonly permit: PermissionLevel | undefined
  readonly given: Given
}

/** Compares, while the other side may end it; or waits until somebody else here has compared. */
async function concluded(
  access: PeerAccess,
  asked: Asked,
  compare: (signal: AbortSignal) => Promise<Comparison>,
  io: CliIo
): Promise<number> {
  const { peer, label } = asked
  const reject = (): Promise<unknown> => access.call('pair.reject', { peer }).catch(() => undefined)
  const ended = new AbortController()
  const outcome = access.call('pair.outcome', { peer }, io.stop)
  const end = (): void => ended.abort()
  outcome.then(end, end)
  const comparison = await compare(AbortSignal.any([ended.signal, io.stop]))
  try {
    io.stop.throwIfAborted()
    if (!ended.signal.aborted && comparison === 'same') return await answered(access, asked, io)
    if (ended.signal.aborted || (comparison === 'unsaid' && !access.isAlone)) {
      return await told(access, asked, await outcome, io)
    }
  } catch (error) {
    if (!io.stop.aborted) throw error
    await reject()
    return EXIT.stopped
  }
  await reject()
  if (comparison === 'different')
    throw new Fault(
      'peer-refused',
      `Not paired with ${label}: without the same digits on both, somebody may be in between.`
    )
  throw new Fault(
    'usage',
    'Nobody compared the digits: call this at a terminal, or give the digits of the other computer on standard input.'
  )
}

async function answered(access: PeerAccess, asked: Asked, io: CliIo): Promise<number> {
  const { peer, digits, label, given } = asked
  const once = flag(given, 'once')
  if (once && access.isAlone) throw onceAlone()
  await access.call('pair.accept', { peer, digits, ...(once && { once }) })
  io.say(`Accepted here${once ? ', for this time' : ''}. It counts when ${label} has accepted too.`)
  return told(access, asked, await access.call('pair.outcome', { peer }, io.stop), io)
}

async function told(
  access: PeerAccess,
  { peer, label, permit, given }: Asked,
  { mayUse }: ServiceResult<'pair.outcome'>,
  io: CliIo
): Promise<number> {
  if (permit) await access.call('peer.permit', { peer, level: permit })
  if (flag(given, 'json')) {
    io.print(JSON.stringify({ paired: { peer, name: label, ...(permit && { permit }) } }))
    return EXIT.done
  }
  const handle = handleOf({ id: peer, name: label })
  io.print(`Paired with ${label}.`)
  if (permit === undefined && !mayUse)
    io.print(
      `It may use nothing here yet. To let it use all that is shared here: farport permit ${handle} control`
    )
  io.print(`What it offers to this computer: farport connect farport://${handle}`)
  return EXIT.done
}

function onceAlone(): Fault {
  return new Fault(
    'usage',
    'Who is accepted once is known to the Farport that runs, and none does here. Start it (farport serve), or leave out --once.'
  )
}

async function rename(peer: string, name: string | undefined, json: boolean, io: CliIo): Promise<number> {
  if (name === undefined)
    throw new Fault('usage', 'What shall it be called here? Give its name: farport pair rename COMPUTER NAME')
  return withPeers(io, async (access) => {
    await access.call('peer.rename', { peer, name }, io.stop)
    io.print(
      json ? JSON.stringify({ renamed: peer, name }) : `${shortText(peer)} is called ${shortText(name)}`
    )
    return EXIT.done
  })
}

const DONE_WORDS = { reject: 'rejected', block: 'blocked', remove: 'removed' } as const

async function act(word: keyof typeof DONE_WORDS, peer: string, json: boolean, io: CliIo): Promise<number> {
  return withPeers(io, async (access) => {
    if (access.isAlone && word === 'reject') throw notRunning()
    await access.call(word === 'reject' ? 'pair.reject' : `peer.${word}`, { peer }, io.stop)
    const done = DONE_WORDS[word]
    io.print(json ? JSON.stringify({ [done]: peer }) : `${done} ${shortText(peer)}`)
    return EXIT.done
  })
}

/** As people write them: `123 456`. */
function digitsIn(text: string): string {
  const digits = text.replaceAll(/[\s-]/g, '')
  if (/^\d{6}$/.test(digits)) return digits
  throw new Fault(
    'usage',
    `"${shortText(text)}" are not six digits. Give those that the other computer shows.`
  )
}
