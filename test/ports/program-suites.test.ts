/** The program ports under what every Port and every Duplex promises. The program joins its input and output to a socket of ours. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, onTestFinished } from 'vitest'
import { DONE } from '../../src-main/contract/close.ts'
import { ProgramSource } from '../../src-main/ports/program/program-source.ts'
import type { ProgramPort } from '../../src-main/ports/program/program-port.ts'
import { duplexSuite, type DuplexBench } from '../suites/duplex.ts'
import { portSuite } from '../suites/port.ts'
import { lacks } from '../peers/need.ts'

const FAR = join(import.meta.dirname, 'program-far.mjs')
const { signal } = new AbortController()

async function open(prefix: string): Promise<{ port: ProgramPort; socket: Socket }> {
  const folder = mkdtempSync(join(tmpdir(), 'farport-program-'))
  const server = createServer().listen(join(folder, 's'))
  await once(server, 'listening')
  const target = `${prefix}'${process.execPath}' '${FAR}' '${join(folder, 's')}'`
  const port = await new ProgramSource({ target, warn: () => undefined }).open({}, signal)
  const [socket] = (await once(server, 'connection')) as [Socket]
  socket.on('error', () => undefined)
  onTestFinished(async () => {
    port.abort(DONE)
    socket.destroy()
    server.close()
    await port.gone
    rmSync(folder, { recursive: true })
  })
  return { port, socket }
}

async function bench(prefix: string): Promise<DuplexBench> {
  const { port, socket } = await open(prefix)
  let received = Buffer.alloc(0)
  socket.on('data', (chunk) => (received = Buffer.concat([received, chunk])))
  return {
    near: port,
    far: {
      send: (chunk) => void socket.write(chunk),
      stall: () => void socket.pause(),
      flow: () => void socket.resume(),
      get received() {
        return received
      },
      end: () => void socket.end()
    },
    exact: false
  }
}

describe.skipIf(lacks.unix('programs as ports'))('a program on pipes', () => {
  duplexSuite(() => bench('exec:'))
  portSuite(async () => (await open('exec:')).port)
})

describe.skipIf(lacks.linux('pseudo-terminals'))('a program on a terminal', () => {
  duplexSuite(() => bench('exec+pty:'))
  portSuite(async () => (await open('exec+pty:')).port)
})
