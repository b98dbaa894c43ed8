/** Two real installations on two computers of the test's own, paired and parted by the commands of their owners. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { lacks } from '../peers/need.ts'
import { newTlsIdentity } from '../net/tls-identities.ts'
import { FARPORT, temporaryFolder, TOP, type Program } from './cli.ts'
import { lacksNetworks } from './endurance/network.ts'
import { paired, twoComputers, type Computer } from './two-computers.ts'

const DIGITS = /digits: (\d{3} \d{3})/
const ASKED = /alice \(.*\) asks to pair\. It must show the same digits: (\d{3} \d{3})\. Accept with those/

/** What `asks` shows, and what the one that is asked has in its log. */
async function digits(asks: Program, asked: Program): Promise<[string, string]> {
  return [(await asks.printed(DIGITS))[1]!, (await asked.printed(ASKED, 'stderr'))[1]!]
}

async function bothServe(bobHas = {}): Promise<{ alice: Computer; bob: Computer; log: Program }> {
  const { alice, bob } = twoComputers(bobHas)
  const [, log] = await Promise.all([alice.serve(), bob.serve()])
  return { alice, bob, log }
}

/** A person who answers the question of a command at a terminal; what he saw is the output. */
function atTerminal(computer: Computer, command: readonly string[], answer: string): Program {
  const script = `
    set timeout 15
    spawn ${[process.execPath, FARPORT, ...command].join(' ')}
    expect -exact {Same digits there? [y/N] } { send "${answer}\\r" } timeout { exit 99 }
    expect eof
    exit [lindex [wait] 3]`
  return computer.run('expect', '-c', script)
}

/** Not where network namespaces cannot be made (root, Linux). */
describe.skipIf(lacksNetworks)('two computers', () => {
  it('are paired when both owners have compared the digits, and not before', async () => {
    const { alice, bob, log } = await bothServe({ shares: [gps()] })
    const asks = alice.farport('pair', bob.address)
    const [here, there] = await digits(asks, log)
    expect(here).toBe(there)
    expect((await bob.state()).pairings).toMatchObject([{ name: 'alice', code: here.replace(' ', '') }])
    const wrong = here === '123 456' ? '654321' : '123456'
    expect(await bob.farport('pair', 'accept', 'alice', wrong).ended).toMatchObject({ code: 2 })
    // Without the digits no script accepts anything.
    expect(await bob.farport('pair', 'accept', 'alice').ended).toMatchObject({ code: 2 })
    asks.process.stdin?.write(`${there}\n`)
    await asks.printed(/Accepted here/, 'stderr')
    expect((await alice.state()).peers).toEqual([])
    const accepts = await bob.farport('pair', 'accept', 'alice', ...here.split(' ')).ended
    expect(accepts).toMatchObject({ code: 0 })
    // One clear step that says what to do next, with words that can be pasted.
    expect(accepts.stdout).toMatch(/Paired with alice\.\n.*nothing here yet.*farport permit alice control\n/)
    expect(await asks.ended).toMatchObject({ code: 0 })
    const list = await bob.farport('pair').ended
    expect(list.stdout).toMatch(/alice +[0-9a-f]{16} +paired +none +0 +10\.77\.0\.1\n/)
    expect(await bob.farport('permit', 'alice', 'gps', 'observe', '--history').ended).toMatchObject({
      code: 0,
      stdout: 'alice: may watch gps, and see what passed before\n'
    })
    expect((await bob.farport('pair').ended).stdout).toMatch(/none; gps: observe and history/)
    expect(bob.home.read().peers).toMatchObject([{ name: 'alice', trust: 'trusted' }])
  })

  it.skipIf(lacks('expect'))('are paired by two persons who say yes at their terminals', async () => {
    const { alice, bob, log } = await bothServe()
    const asks = atTerminal(alice, ['pair', bob.address], 'y')
    await log.printed(ASKED, 'stderr')
    const accepts = atTerminal(bob, ['pair', 'accept', 'alice'], 'yes')
    expect(await accepts.ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/must show the same digits: \d{3} \d{3}/) as string
    })
    expect(await asks.ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Paired with bob/) as string
    })
    // Whoever only presses the key says no.
    const empty = atTerminal(bob, ['pair', alice.address], '')
    expect(await empty.ended).toMatchObject({ code: 4 })
    expect((await alice.state()).pairings).toEqual([])
  })

  it('are not where one rejects; who fails three times has to wait', async () => {
    const { alice, bob, log } = await bothServe()
    for (let n = 0; n < 3; n++) {
      const asks = alice.farport('pair', bob.address)
      await asks.printed(DIGITS)
      if (n === 0) {
        await log.printed(ASKED, 'stderr')
        const second = await alice.farport('pair', bob.address).ended
        expect(second).toMatchObject({ code: 4 })
        expect(second.stderr).toMatch(/under way already/)
      }
      expect(await bob.farport('pair', 'reject', 'alice').ended).toMatchObject({ code: 0 })
      const { code, stderr } = await asks.ended
      expect(code).toBe(4)
      expect(stderr).toMatch(/Not paired with bob: it was rejected there/)
    }
    const fourth = await alice.farport('pair', bob.address).ended
    expect(fourth).toMatchObject({ code: 4 })
    expect(fourth.stderr).toMatch(/failed 3 times: wait ten minutes/)
    const [one, other] = [await alice.state(), await bob.state()]
    expect([one.peers, one.pairings, other.peers, other.pairings]).toEqual([[], [], [], []])
  })

  it('see other digits where somebody in between has a certificate of his own', async () => {
    const { alice, bob, log } = await bothServe()
    const folder = temporaryFolder()
    const { key, certificate } = await newTlsIdentity()
    writeFileSync(join(folder, 'key'), key)
    writeFileSync(join(folder, 'cert'), certificate)
    const script = join(TOP, 'test/e2e/tls-relay.mjs')
    const files = [join(folder, 'key'), join(folder, 'cert')]
    const relay = alice.run(process.execPath, script, ...files, '22300', bob.address, '22217')
    await relay.printed(/relaying/)
    const asks = alice.farport('pair', '127.0.0.1:22300')
    const [here, there] = await digits(asks, log)
    expect(here).not.toBe(there)
    // Each owner gives what the other one's computer shows.
    const accepts = await bob.farport('pair', 'accept', 'alice', ...here.split(' ')).ended
    expect(accepts).toMatchObject({ code: 2 })
    expect(accepts.stderr).toMatch(/somebody is in between/)
    asks.process.stdin?.write(`${there}\n`)
    const { code, stderr } = await asks.ended
    expect(code).toBe(4)
    expect(stderr).toMatch(/somebody may be in between/)
    await eventually(async () => expect((await bob.state()).pairings).toEqual([]))
    expect([(await alice.state()).peers, (await bob.state()).peers]).toEqual([[], []])
  })

  it('know each other for one time, where one accepts once, and by the names that people give', async () => {
    const { alice, bob, log } = await bothServe({ shares: [gps()] })
    const asks = alice.farport('pair', bob.address)
    const [here] = await digits(asks, log)
    asks.process.stdin?.write(`${here}\n`)
    const accepts = bob.farport(
      'pair',
      'accept',
      'alice',
      ...here.split(' '),
      '--once',
      '--permit',
      'control'
    )
    expect(await accepts.ended).toMatchObject({ code: 0 })
    expect(await asks.ended).toMatchObject({ code: 0 })
    // What people here call it counts, also for one that stays only for a while; its own name is no secret.
    expect(await bob.farport('pair', 'rename', 'alice', 'guest').ended).toMatchObject({ code: 0 })
    expect((await bob.state()).peers).toMatchObject([{ name: 'guest', called: 'alice', once: true }])
    expect(JSON.stringify(bob.home.read())).not.toMatch(/alice|guest/)
    expect(await alice.farport('pair', 'rename', 'bob', 'bench').ended).toMatchObject({ code: 0 })
    const hello = await alice.farport('send', 'farport://bench/gps', 'x').ended
    expect(hello).toMatchObject({ code: 0 })
    // What was written down before the new name was known goes on.
    expect(await alice.farport('send', 'farport://bob/gps', 'x').ended).toMatchObject({ code: 0 })

    await log.stop()
    const again = await bob.serve()
    expect((await bob.state()).peers).toEqual([])
    expect(JSON.stringify(bob.home.read())).not.toMatch(/alice|guest/)
    const refused = await alice.farport('send', 'farport://bench/gps', 'x').ended
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toMatch(/pair/)
    await again.stop()
  })

  it('end what is between them at once when one forgets the other, amid traffic', async () => {
    const { alice, bob, log } = await bothServe({
      shares: [{ id: 'noise', name: 'noise', port: { target: 'sim:noise:10000' }, listen: [] }]
    })
    await paired(alice, bob)
    const uses = alice.farport('terminal', 'farport://bob/noise')
    await eventually(() => expect(uses.stdout.length).toBeGreaterThan(10_000))
    expect((await bob.state()).bridges).toMatchObject([{ sessions: [{ label: 'alice' }] }])
    expect(await bob.farport('pair', 'remove', 'alice').ended).toMatchObject({ code: 0 })
    // The command has ended: so has everything that the other one had.
    expect(await bob.state()).toMatchObject({ bridges: [{ sessions: [] }], peers: [] })
    await uses.printed(/not paired|ended|broke/, 'stderr')
    const asks = alice.farport('pair', bob.address)
    await digits(asks, log)
    // Forgotten there alone: the way back is to pair again.
    expect(await bob.farport('pair', 'block', 'alice').ended).toMatchObject({ code: 0 })
    expect(await asks.ended).toMatchObject({ code: 4 })
    expect(await alice.farport('pair', bob.address).ended).toMatchObject({ code: 4 })
    expect((await bob.farport('pair').ended).stdout).toMatch(/alice .*blocked/)
  })

  it('end also what a command by itself has, when its own owner forgets the other', async () => {
    const { alice, bob } = await bothServe({
      shares: [{ id: 'noise', name: 'noise', port: { target: 'sim:noise:10000' }, listen: [] }]
    })
    await paired(alice, bob)
    const uses = alice.farport('terminal', 'farport://bob/noise')
    await eventually(() => expect(uses.stdout.length, uses.stderr).toBeGreaterThan(10_000))
    expect(await alice.farport('pair', 'remove', 'bob').ended).toMatchObject({ code: 0 })
    await eventually(async () => expect((await bob.state()).bridges).toMatchObject([{ sessions: [] }]))
    await uses.printed(/the pairing was ended|paired with none/, 'stderr')
  })

  it.skipIf(lacks('strace'))('are reached by IPv4 where the system has no IPv6', async () => {
    const { alice, bob } = twoComputers()
    // The first socket is the local one, the second the one of IPv6.
    const inject = ['-e', 'trace=socket', '-e', 'inject=socket:error=EAFNOSUPPORT:when=2']
    const strace = ['strace', '-f', '-qq', ...inject, '-o', '/dev/null']
    const log = bob.run(...strace, process.execPath, FARPORT, 'serve')
    await log.printed(/reach this computer at farport:\/\/0\.0\.0\.0:22217/, 'stderr')
    const asks = alice.farport('pair', bob.address)
    await asks.printed(DIGITS)
    await asks.stop()
    // It is strace that would get the signal, and keep it for itself.
    const { self } = await bob.state()
    process.kill(self.pid)
    await log.ended
  })

  it('do not take a changed key for the old one, and say how to go on', async () => {
    const { alice, bob, log } = await bothServe()
    await paired(alice, bob)
    await log.stop()
    rmSync(join(bob.home.config, 'farport'), { recursive: true })
    bob.home.write({ name: 'bob', preferences: {} })
    const again = await bob.serve()
    const asks = await alice.farport('pair', bob.address).ended
    expect(asks).toMatchObject({ code: 4 })
    const remove =
      /bob has another key than when it was paired.*farport pair remove ([0-9a-f]{16}), and pair again/
    const id = remove.exec(asks.stderr)?.[1]
    expect(id).toBe((await alice.state()).peers[0]?.id.slice(0, 16))
    // Nor when the new one comes by itself under the old name.
    const comes = await bob.farport('pair', alice.address).ended
    expect(comes).toMatchObject({ code: 4 })
    expect(again.stderr).not.toMatch(/info +paired with/)
    expect(await alice.farport('pair', 'remove', id!).ended).toMatchObject({ code: 0 })
    await paired(alice, bob)
  })

  it('can be paired by a command alone where no Farport runs', async () => {
    const { alice, bob } = twoComputers()
    const log = await bob.serve()
    const asks = alice.farport('pair', bob.address, '--json')
    const asked = JSON.parse((await asks.printed(/^.*\n/))[0]) as { asked: { digits: string } }
    expect(asks.stderr).toMatch(/No Farport runs here/)
    const there = (await log.printed(ASKED, 'stderr'))[1]!
    expect(asked).toMatchObject({ asked: { name: 'bob', digits: there.replace(' ', '') } })
    asks.process.stdin?.write(`${there}\n`)
    expect(await bob.farport('pair', 'accept', 'alice', asked.asked.digits).ended).toMatchObject({ code: 0 })
    expect(await asks.ended).toMatchObject({ code: 0 })
    expect(alice.home.read().peers).toMatchObject([{ name: 'bob', trust: 'trusted' }])
    expect((await alice.farport('pair').ended).stdout).toMatch(/bob +[0-9a-f]{16} +paired/)
    // Nobody there to compare: nothing is accepted.
    const nobody = alice.farport('pair', bob.address)
    nobody.process.stdin?.end()
    expect(await nobody.ended).toMatchObject({ code: 2 })
  })
})

const gps = () => ({ id: 'gps', name: 'gps', port: { target: 'sim:gps' }, listen: [] })
