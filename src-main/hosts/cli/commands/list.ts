import type { PortInfo, StateTree } from '../../../contract/state.ts'
import type { RpcClient } from '../../../rpc/client.ts'
import { detailOf } from '../attached/detail.ts'
import { follow } from '../attached/follow.ts'
import { listed, type Listing } from '../attached/listing.ts'
import { pauseLine } from '../attached/pause-words.ts'
import { entriesOf, named } from '../attached/named.ts'
import { tablesOf } from '../attached/tables.ts'
import { shortText } from '../attached/words.ts'
import type { CliCommand, CliIo } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { flag, parse } from '../options.ts'
import { notRunning, running, theRunning } from '../running.ts'
import { snapshot } from '../attached/snapshot.ts'
import { table } from '../table.ts'
import { withCore } from '../with-core.ts'

const OPTIONS = { follow: { type: 'boolean' } } as const

/** `farport list [NAME] [--follow]`: the serial ports of this computer, and what the running Farport does with them. */
export const list: CliCommand = async (args, io) => {
  const { given, positionals } = parse(args, OPTIONS, 1)
  const [name] = positionals
  const json = flag(given, 'json')
  const isFollowed = flag(given, 'follow')
  const client = isFollowed ? await theRunning() : await running(io)
  try {
    if (client && isFollowed) await followed(client, name, json, io)
    else if (name !== undefined) await one(client, name, json, io)
    else await everything(client, json, io)
    return EXIT.done
  } finally {
    client?.dispose()
  }
}

async function everything(client: RpcClient | undefined, json: boolean, io: CliIo): Promise<void> {
  const [ports, tree] = await Promise.all([portsHere(io), client && snapshot(client, io.stop)])
  if (json) {
    io.print(JSON.stringify({ ports, ...listed(tree) } satisfies Listing))
    return
  }
  printPorts(ports, io)
  if (tree) printTree(tree, io)
}

/** A share, link or rotator; else a port by its path. */
async function one(client: RpcClient | undefined, name: string, json: boolean, io: CliIo): Promise<void> {
  const ports = await portsHere(io)
  const port = ports.find(({ path, byId, byPath }) => [path, ...byId, ...byPath].includes(name))
  if (port) {
    if (json) io.print(JSON.stringify(port))
    else printPorts([port], io)
    return
  }
  if (!client) throw notRunning()
  const tree = await snapshot(client, io.stop)
  const entry = named(tree, name)
  if (json) io.print(JSON.stringify(entry))
  else for (const line of detailOf(entry, tree, new Date(), widthOf(io))) io.print(line)
}

async function followed(
  client: RpcClient,
  name: string | undefined,
  json: boolean,
  io: CliIo
): Promise<void> {
  const begin = (tree: StateTree): void => {
    if (name === undefined) printTree(tree, io)
    else for (const line of detailOf(named(tree, name), tree, new Date(), widthOf(io))) io.print(line)
  }
  await follow(client, { name, json, begin }, io)
}

function portsHere(io: CliIo): Promise<readonly PortInfo[]> {
  return withCore(io, 'warnings', (core) => core.call('ports.list', {}))
}

function printPorts(ports: readonly PortInfo[], io: CliIo): void {
  if (ports.length === 0)
    io.print(
      'No serial ports here. Plug in a USB adapter; it appears by itself. To try without one: farport demo'
    )
  else for (const line of table(portRows(ports), widthOf(io))) io.print(line)
}

function printTree(tree: StateTree, io: CliIo): void {
  const { self } = tree
  for (const { message } of self?.faults ?? []) io.say(message)
  io.print('')
  const who = `Farport runs here${self?.pid === undefined ? '' : ` (process ${self.pid})`}`
  if (entriesOf(tree).length === 0) io.print(`${who} and shares nothing yet: see farport share --help`)
  const paused = pauseLine(tree, new Date())
  if (paused !== undefined) io.print(paused)
  for (const line of tablesOf(tree, new Date(), widthOf(io))) io.print(line)
}

/** Of the terminal, where there is one. */
function widthOf({ stdout }: CliIo): number | undefined {
  return stdout.isTTY ? stdout.columns : undefined
}

/** Adapters that only their sockets tell apart are listed with these. */
function portRows(ports: readonly PortInfo[]): string[][] {
  const kindOf = ({ vendorId, productId, serialNumber }: PortInfo): string =>
    [vendorId, productId, serialNumber].join(' ')
  const onUsb = ports.filter(({ vendorId }) => vendorId !== undefined)
  const hasTwins = new Set(onUsb.map(kindOf)).size < onUsb.length
  const socketOf = ({ physicalPath }: PortInfo): string[] => (hasTwins ? [physicalPath ?? '-'] : [])
  return [
    ['PORT', ...(hasTwins ? ['SOCKET'] : []), 'DEVICE', 'ID', 'DRIVER', 'IN USE BY'],
    ...ports.map((port) => {
      const [path = '', ...rest] = row(port)
      return [path, ...socketOf(port), ...rest]
    })
  ]
}

function row(port: PortInfo): string[] {
  const device = [port.manufacturer, port.product].filter((each) => each !== undefined).join(' ')
  const id = port.vendorId && port.productId ? `${port.vendorId}:${port.productId}` : '-'
  const users = port.users.map((user) => `${user.command} (${user.pid})`).join(', ')
  return [
    port.path,
    shortText(device) || '-',
    shortText(port.serialNumber ? `${id} ${port.serialNumber}` : id),
    port.driver ?? '-',
    shortText(users, 100) || '-'
  ]
}
