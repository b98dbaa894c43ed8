import { createServer, type Server } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { DONE } from '../../../src-main/contract/close.ts'
import { Listening } from '../../../src-main/core/instance/listening.ts'
import type { TlsIdentity } from '../../../src-main/net/tls-identity.ts'
import { dialTls, type TlsConnection } from '../../../src-main/net/tls.ts'
import { eventually } from '../../eventually.ts'
import { FakeClock } from '../../fake-clock.ts'
import { newTlsIdentity } from '../../net/tls-identities.ts'
import { freePort } from '../../peers/free-port.ts'
import { received } from '../../suites/connection.ts'

interface Rig {
  readonly listening: Listening
  readonly clock: FakeClock
  readonly identity: TlsIdentity
  readonly came: TlsConnection[]
  readonly told: string[]
}

async function rig(): Promise<Rig> {
  const identity = await newTlsIdentity()
  const clock = new FakeClock()
  const [came, told]: [TlsConnection[], string[]] = [[], []]
  const listening = new Listening({
    identity,
    clock,
    isKnownAddress: () => false,
    accept: (listener) => listener.onConnection((each) => void came.push(each)),
    refused: () => undefined,
    tell: (level, text) => void told.push(`${level} ${text}`)
  })
  onTestFinished(() => {
    listening.dispose()
    for (const each of came) each.abort(DONE)
  })
  return { listening, clock, identity, came, told }
}

const at = (port: number, ...addresses: string[]) => ({ enabled: true, port, addresses })

function taken(port: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(port, '127.0.0.1', () => resolve(server))
    onTestFinished(() => void server.close())
  })
}

it('tells once that another program has the port, and listens when it is free', async () => {
  const { listening, clock, told } = await rig()
  const port = await freePort()
  const other = await taken(port)
  await listening.apply(at(port, '127.0.0.1'))
  expect(listening.urls).toEqual([])
  expect(listening.faults).toMatchObject([{ code: 'address-in-use' }])
  for (let n = 0; n < 3; n++) {
    const pending = clock.pending
    await clock.advance(1000)
    await eventually(() => expect(clock.pending).toBe(pending))
  }
  expect(told).toHaveLength(1)
  expect(told[0]).toMatch(/^warning Other Farports cannot reach this computer: .*in use/)
  await new Promise((resolve) => other.close(resolve))
  await clock.advance(1000)
  await eventually(() => expect(listening.urls).toEqual([`farport://127.0.0.1:${port}`]))
  expect(listening.faults).toEqual([])
  expect(told[1]).toMatch(/^info .*127\.0\.0\.1/)
})

it('moves without ending who came before, and leaves alone what stays', async () => {
  const { listening, identity, came, told } = await rig()
  const [stays, goes, comes] = [await freePort(), await freePort(), await freePort()]
  await listening.apply(at(goes, '127.0.0.1'))
  const near = await dialTls({ host: '127.0.0.1', port: goes }, identity)
  onTestFinished(() => near.abort(DONE))
  await eventually(() => expect(came).toHaveLength(1))
  await listening.apply(at(comes, '127.0.0.1'))
  await expect(dialTls({ host: '127.0.0.1', port: goes }, identity)).rejects.toMatchObject({
    code: 'peer-refused'
  })
  const all = received(near, 5)
  near.resume()
  came[0]!.write(Buffer.from('still'))
  expect((await all).toString()).toBe('still')
  // The same again, and one more address beside it: nothing is told of the first.
  const before = told.length
  await listening.apply(at(comes, '127.0.0.1'))
  await listening.apply(at(comes, '127.0.0.1', '127.0.0.2'))
  expect(told).toHaveLength(before + 1)
  expect(listening.urls).toEqual([`farport://127.0.0.1:${comes}`, `farport://127.0.0.2:${comes}`])
  await listening.apply({ ...at(stays), enabled: false })
  expect(listening.urls).toEqual([])
})

it('takes both families where no address is named, also instead of one that it had', async () => {
  const { listening, identity, came } = await rig()
  const port = await freePort()
  await listening.apply(at(port, '127.0.0.1'))
  await listening.apply(at(port))
  expect(listening.urls).toHaveLength(1)
  const hosts = listening.urls[0] === `farport://[::]:${port}` ? ['127.0.0.1', '::1'] : ['127.0.0.1']
  for (const host of hosts) {
    const near = await dialTls({ host, port }, identity)
    onTestFinished(() => near.abort(DONE))
  }
  await eventually(() => expect(came).toHaveLength(hosts.length))
})

it('waits for an address that this computer does not have', async () => {
  const { listening } = await rig()
  // TEST-NET-1 (RFC 5737): nobody has it.
  await listening.apply(at(await freePort(), '192.0.2.1', '127.0.0.1'))
  expect(listening.urls).toHaveLength(1)
  expect(listening.faults).toMatchObject([{ code: 'address-not-permitted' }])
})
