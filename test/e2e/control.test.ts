/** Two Farports that share one port between them, as people command them. */
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { loadIdentity } from '../../src-main/peers/identity.ts'
import type { BridgeState } from '../../src-main/contract/state.ts'
import { eventually } from '../eventually.ts'
import { freePort } from '../peers/free-port.ts'
import { Client, portOf, type Program } from './cli.ts'
import { InstanceHome } from './instance.ts'

interface Computer {
  readonly home: InstanceHome
  readonly id: string
  readonly port: number
}

async function computer(): Promise<Computer> {
  const home = new InstanceHome()
  mkdirSync(dirname(home.settings), { mode: 0o700 })
  const { id } = await loadIdentity(dirname(home.settings))
  return { home, id, port: await freePort() }
}

const trusted = ({ id, port }: Computer, name: string, level: 'none' | 'control') => ({
  ...{ id, name, trust: 'trusted' as const, since: 0, addresses: [`127.0.0.1:${port}`] },
  permissions: { default: { level } }
})

const listen = ({ port }: Computer) => ({ listen: { port, addresses: ['127.0.0.1'] } })

/** What a command says, and that it went well. */
async function says(program: Program): Promise<string> {
  const { code, stdout, stderr } = await program.ended
  expect(code, stderr).toBe(0)
  return stdout.trim()
}

async function bridge({ home }: Computer, name: string): Promise<BridgeState> {
  return JSON.parse(await says(home.farport('list', name, '--json'))) as BridgeState
}

it('passes the control to and fro, and tells each side', { timeout: 60_000 }, async () => {
  const [alice, bench] = [await computer(), await computer()]
  alice.home.write({
    shares: [{ id: 'desk', name: 'desk', port: { target: 'sim:echo' }, listen: ['raw://127.0.0.1:0'] }],
    peers: [trusted(bench, 'bench', 'control')],
    preferences: listen(alice)
  })
  const link = join(bench.home.folder, 'tty')
  bench.home.write({
    links: [
      { id: 'l1', name: 'GPS', port: { target: 'farport://alice/desk' }, to: `pty:${link}`, hold: true }
    ],
    peers: [trusted(alice, 'alice', 'none')],
    preferences: { listen: { enabled: false } }
  })
  const owner = await alice.home.serve()
  const address = (await bridge(alice, 'desk')).addresses[0] ?? ''
  const plain = new Client(portOf(address))
  await eventually(async () =>
    expect((await bridge(alice, 'desk')).sessions).toMatchObject([{ writer: true }])
  )
  const user = await bench.home.serve()
  await user.printed(/you only watch: another client has the control since .*farport ask GPS/, 'stderr')
  const listed = await says(bench.home.farport('list', 'GPS'))
  expect(listed).toMatch(/control +another client has it since/)
  expect(listed).toMatch(/state +open .*, only watches/)

  // A plain client cannot answer; whose port it is can.
  expect(await says(bench.home.farport('ask', 'GPS'))).toMatch(
    /^asked for the control of GPS: another client has it since/
  )
  await owner.printed(/bench asks for control/, 'stderr')
  expect(await says(alice.home.farport('decline', 'desk'))).toBe(
    'client 2 (bench) is not given the control of desk'
  )
  await user.printed(/you were not given the control/, 'stderr')
  const nobody = await alice.home.farport('grant', 'desk').ended
  expect([nobody.code, nobody.stderr]).toEqual([
    2,
    expect.stringContaining('Nobody asks for the control of desk. Name a client')
  ])

  await says(bench.home.farport('ask', 'GPS'))
  expect(JSON.parse(await says(alice.home.farport('grant', 'desk', '--json')))).toEqual({
    ...{ granted: 'desk', session: 2, label: 'bench', kind: 'share', id: 'desk' }
  })
  await user.printed(/you have the control now/, 'stderr')
  expect(JSON.parse(await says(bench.home.farport('ask', 'GPS', '--json')))).toEqual({
    ...{ asked: 'GPS', writer: true, kind: 'link', id: 'l1' }
  })

  // Without having asked, by its number.
  await says(alice.home.farport('grant', 'desk', '1'))
  await user.printed(/another client has the control now; you watch from now on/, 'stderr')
  plain.socket.write('plain')
  await eventually(() => expect(plain.got.toString()).toBe('plain'))
  const denied = await bench.home.farport('grant', 'GPS', '1').ended
  expect([denied.code, denied.stderr]).toEqual([
    2,
    expect.stringContaining(
      'GPS does not have the control: another client has it. Ask for it: farport ask GPS'
    )
  ])

  expect(await says(bench.home.farport('take-over', 'GPS'))).toBe('GPS has the control')
  await owner.printed(/bench took control/, 'stderr')
  plain.socket.write('lost')
  await eventually(async () =>
    expect((await bridge(alice, 'desk')).sessions).toMatchObject([
      { writer: false, lostToDevice: 4 },
      { writer: true }
    ])
  )
  expect((await bridge(bench, 'GPS')).far).toMatchObject({ type: 'known', writer: true, share: 'desk' })
})

it('is told to a command by itself, which can take it over', { timeout: 30_000 }, async () => {
  const [alice, bench] = [await computer(), await computer()]
  alice.home.write({
    shares: [{ id: 'desk', name: 'desk', port: { target: 'sim:echo' } }],
    peers: [trusted(bench, 'bench', 'control')],
    preferences: listen(alice)
  })
  bench.home.write({ peers: [trusted(alice, 'alice', 'none')] })
  await alice.home.serve()
  const first = bench.home.farport('connect', 'farport://alice/desk', '--stdio')
  await eventually(async () =>
    expect((await bridge(alice, 'desk')).sessions).toMatchObject([{ writer: true }])
  )
  const second = bench.home.farport('connect', 'farport://alice/desk', '--stdio')
  await second.printed(
    /you only watch: this computer has the control since \S+ To take it over, add \?take-over to the address/,
    'stderr'
  )
  const third = bench.home.farport('connect', 'farport://alice/desk?take-over', '--stdio')
  third.process.stdin?.write('mine')
  await third.printed(/mine/)
  expect([first.stderr, third.stderr]).toEqual(['', ''])
})

it('says what there is to do where it cannot be', { timeout: 30_000 }, async () => {
  const [alice, bench] = [await computer(), await computer()]
  bench.home.write({
    shares: [{ id: 's1', name: 'desk', port: { target: 'sim:echo' } }],
    links: [
      { id: 'l1', name: 'GPS', port: { target: 'farport://alice/desk' }, to: 'pty:' },
      { id: 'l2', name: 'plain', port: { target: 'sim:echo' }, to: 'pty:' }
    ],
    peers: [trusted(alice, 'alice', 'none')],
    preferences: { listen: { enabled: false } }
  })
  await bench.home.serve()
  for (const [args, text] of [
    [['ask'], 'The control of what? Name a link: farport ask NAME'],
    [['ask', 'desk'], 'desk is shared from here, so there is nobody to ask'],
    [['ask', 'nothing'], 'There is no share, link or rotator "nothing" here'],
    [['ask', 'GPS'], 'GPS is not connected'],
    [['take-over', 'plain'], 'plain leads to no share of a paired computer'],
    [['grant', 'desk'], 'Nobody asks for the control of desk'],
    [['grant', 'desk', '4'], 'There is no client 4 here'],
    [['grant', 'desk', 'uma'], 'No client of desk is called "uma"'],
    [['decline', 'GPS', '3'], 'GPS is not connected']
  ] as const) {
    const { code, stderr } = await bench.home.farport(...args).ended
    expect([args, code, stderr]).toEqual([args, 2, expect.stringContaining(text)])
  }
  const none = await alice.home.farport('ask', 'GPS', '--json').ended
  expect([none.code, JSON.parse(none.stderr)]).toMatchObject([2, { fault: { code: 'not-running' } }])
})
