import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { newTlsIdentity } from '../net/tls-identities.ts'
import { eventually } from '../eventually.ts'
import { house } from './house.ts'
import { lacks } from '../peers/need.ts'

/** Of the rounds, each of which has one of every kind. */
const ROUNDS = 30

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const openFiles = (): number => readdirSync('/proc/self/fd').length

it.skipIf(lacks.linux('/proc/self/fd'))(
  'whoever fails at the door leaves neither memory nor a descriptor behind',
  async () => {
    const b = await house('B')
    const { host, port } = b.place
    const { key, certificate: cert } = await newTlsIdentity()
    const ALPNProtocols = ['farport/1']
    const tls = { host, port, rejectUnauthorized: false, ALPNProtocols }
    const gone = (act: () => Socket): Promise<void> =>
      new Promise((resolve) => {
        const socket = act()
        socket.on('error', () => undefined).on('close', () => resolve())
        socket.resume()
      })
    const plain = (act: (socket: Socket) => unknown) => (): Socket => {
      const socket = connect(port, host)
      return socket.once('connect', () => act(socket))
    }
    const secure = (options: object, act: (socket: Socket) => unknown) => (): Socket => {
      const socket = connectTls({ ...tls, ...options })
      return socket.once('secureConnect', () => act(socket))
    }
    const nothing = (): undefined => undefined
    const kinds = [
      plain((socket) => socket.end()),
      plain((socket) => socket.resetAndDestroy()),
      plain((socket) => socket.write('GET / HTTP/1.1\r\n\r\n')),
      secure({}, nothing),
      secure({ key, cert, maxVersion: 'TLSv1.2' }, nothing),
      secure({ key, cert, ALPNProtocols: ['h2'] }, nothing),
      secure({ key, cert }, (socket) => socket.write(Buffer.alloc(65_536, 1))),
      secure({ key, cert }, (socket) => socket.destroy())
    ]
    const round = async (): Promise<void> => {
      for (const kind of kinds) await gone(kind)
    }
    const settled = async (): Promise<[number, number]> => {
      await eventually(() => expect([b.strangers(), b.clock.pending]).toEqual([0, 0]))
      collect()
      return [openFiles(), process.memoryUsage().heapUsed]
    }
    for (let n = 0; n < 10; n++) await round()
    const [files, heap] = await settled()
    for (let n = 0; n < ROUNDS; n++) await round()
    const [filesAfter, heapAfter] = await settled()
    expect(filesAfter).toBeLessThanOrEqual(files)
    expect(heapAfter - heap).toBeLessThan(1024 * 1024)
    // What was a message to them, and too long for strangers.
    expect(b.refused.length).toBeGreaterThanOrEqual(ROUNDS + 10)
  },
  30_000
)
