/**
 * First words of release 1, byte by byte: a newer side must take them, and say what an old one takes. What it says beyond that is its own.
 * transcript-1.json is never changed; where this test fails, other people's Farports stop working with ours.
 */
import { readFileSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { DONE } from '../../src-main/contract/close.ts'
import { dialTls, listenTls, type TlsConnection } from '../../src-main/net/tls.ts'
import { dialFarport } from '../../src-main/peers/farport-dial.ts'
import { TrustStore } from '../../src-main/peers/trust.ts'
import { encodeHelloAnswer, type Wish } from '../../src-main/protocol/farport-hello.ts'
import { encodeFrame, FrameReader } from '../../src-main/protocol/frames.ts'
import { hex } from '../hex.ts'
import { idOf, peerRig } from '../core/instance/peer-rig.ts'
import { newTlsIdentity } from '../net/tls-identities.ts'

interface Exchange {
  readonly about: string
  readonly hello: string
  readonly answer: string
}

const EXCHANGES = JSON.parse(
  readFileSync(new URL('./transcript-1.json', import.meta.url), 'utf8')
) as Exchange[]

const jsonOf = (frame: Uint8Array): Record<string, unknown> =>
  JSON.parse(Buffer.from(frame).toString('ascii')) as Record<string, unknown>

/** The first frame that comes, as JSON. */
function heard(connection: TlsConnection): Promise<Record<string, unknown>> {
  const reader = new FrameReader(1 << 16)
  return new Promise((resolve, reject) => {
    connection.onData((chunk) => {
      reader.push(chunk)
      const event = reader.next()
      if (event?.type === 'frame') resolve(jsonOf(event.payload))
    })
    connection.onClose(({ message }) => reject(new Error(message)))
    connection.resume()
  })
}

/** Without the words for people. */
function meant(answer: Record<string, unknown>): unknown {
  const { fault } = answer as { fault?: { code: string } }
  return fault ? { fault: { code: fault.code } } : answer
}

it.each(EXCHANGES)('an old client gets the answer that it knows: $about', async ({ hello, answer }) => {
  const rig = await peerRig()
  const connection = await dialTls({ host: '127.0.0.1', port: rig.port }, rig.identity)
  onTestFinished(() => connection.abort(DONE))
  const told = heard(connection)
  connection.write(hex(hello))
  expect(await told).toMatchObject(meant(jsonOf(hex(answer).subarray(4))) as object)
})

it('an old server that is to be only watched refuses, and that is told as what it is', async () => {
  const [own, other] = [await newTlsIdentity(), await newTlsIdentity()]
  const listener = await listenTls({ host: '127.0.0.1', port: 0 }, other)
  listener.onConnection((connection) => {
    void heard(connection).then(({ want }) => {
      // Its words for whatever it wants that is none of the three.
      const known = ['rpc', 'share', 'pair'].includes(want as string)
      const message = 'These are not the first words of farport/1.'
      const answer = known
        ? { ok: { version: 1, features: [] } }
        : { fault: { code: 'peer-protocol', message } }
      connection.write(encodeFrame(encodeHelloAnswer(answer)))
    })
  })
  const to = { host: '127.0.0.1', port: Number(new URL(listener.url).port) }
  const permissions = { default: { level: 'none', history: false }, shares: {} } as const
  const there = { id: idOf(other), name: 'there', trust: 'trusted', since: 0, permissions } as const
  const trust = new TrustStore({ peers: [{ ...there, addresses: [] }], save: () => Promise.resolve() })
  const wish = { want: 'share', share: 'gps', observe: true } as const
  await expect(dialFarport({ to, identity: own, trust, wish })).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('Update it, or connect without watching only') as string
  })
  await listener.close(DONE)
})

it.each(EXCHANGES)('an old server is asked as ever: $about', async ({ hello, answer }) => {
  const [own, other] = [await newTlsIdentity(), await newTlsIdentity()]
  const listener = await listenTls({ host: '127.0.0.1', port: 0 }, other)
  const asked = new Promise<unknown>((resolve) => {
    listener.onConnection((connection) => {
      void heard(connection).then((words) => {
        resolve(words)
        connection.write(hex(answer))
      })
    })
  })
  const recorded = jsonOf(hex(hello).subarray(4))
  const { want, share, use, takeOver } = recorded
  const wish = { want, share, use, takeOver } as unknown as Wish
  const permissions = { default: { level: 'none', history: false }, shares: {} } as const
  const there = { id: idOf(other), name: 'there', trust: 'trusted', since: 0, permissions } as const
  const trust = new TrustStore({ peers: [{ ...there, addresses: [] }], save: () => Promise.resolve() })
  const to = { host: '127.0.0.1', port: Number(new URL(listener.url).port) }
  const dialled = dialFarport({ to, identity: own, trust, wish })
  const { fault } = jsonOf(hex(answer).subarray(4))
  if (fault === undefined) (await dialled).abort(DONE)
  else await expect(dialled).rejects.toMatchObject(fault as object)
  expect(await asked).toMatchObject(recorded)
  await listener.close(DONE)
})
