/** The page's server in this process, with files of a test's own, and requests as raw bytes: what a browser would never send, too. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../../src-main/base/clock.ts'
import type { Channel } from '../../../src-main/rpc/channel.ts'
import { PageHost, type PageHostOptions } from '../../../src-main/hosts/headless/page-host.ts'

export const SCRIPT = `console.log('${'farport '.repeat(400)}')`

export interface PageRig {
  readonly host: PageHost
  readonly port: number
  readonly folder: string
  readonly channels: Channel[]
  readonly log: string[]
  /** `GET /…` and its answer. */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** A cookie, as a Cookie header. */
  signIn(): Promise<string>
}

export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** A folder for an installation, and one with a page. */
export function folders(): { folder: string; files: string } {
  const top = mkdtempSync(join(tmpdir(), 'farport-page-'))
  onTestFinished(() => rmSync(top, { recursive: true }))
  const [folder, files] = [join(top, 'own'), join(top, 'ui')]
  mkdirSync(folder, { mode: 0o700 })
  mkdirSync(join(files, 'assets'), { recursive: true })
  writeFileSync(join(top, 'secret.txt'), 'secret')
  writeFileSync(join(files, 'index.html'), '<!doctype html><title>Farport</title>')
  writeFileSync(join(files, 'assets/index-AbCd1234.js'), SCRIPT)
  return { folder, files }
}

export async function pageRig(options: Partial<PageHostOptions> = {}): Promise<PageRig> {
  const own =
    options.folder === undefined ? folders() : { folder: options.folder, files: options.files ?? '' }
  const channels: Channel[] = []
  const log: string[] = []
  const host = await PageHost.open({
    ...{ host: '127.0.0.1', port: 0, clock: systemClock, ...own },
    connect: (channel) => void channels.push(channel),
    report: (level, text) => void log.push(`${level} ${text}`),
    ...options
  })
  onTestFinished(() => host.close())
  const port = Number(new URL(host.url).port)
  const get = (path: string, headers = {}): Promise<Answer> =>
    asked(port, `GET ${path} HTTP/1.1\r\n${heads({ Host: `127.0.0.1:${port}`, ...headers })}\r\n`)
  return {
    ...{ host, port, folder: own.folder, channels, log, get },
    signIn: async () => {
      const { headers } = await get(`/${new URL(host.link().url).search}`)
      return headers['set-cookie']?.split(';')[0] ?? ''
    }
  }
}

export function heads(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
}

export function dialled(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }).on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  return socket
}

/** Sends it as it is, and reads one answer; rejects where the connection ends without. */
export function asked(port: number, text: string): Promise<Answer> {
  const socket = dialled(port)
  socket.write(text, 'latin1')
  return answerOn(socket)
}

export function answerOn(socket: Socket): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let got = Buffer.alloc(0)
    const done = (answer: Answer): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.on('data', (bytes: Buffer) => {
      got = Buffer.concat([got, bytes])
      const answer = parsed(got)
      if (answer) done(answer)
    })
    socket.on('close', () => reject(new Error(`closed after ${JSON.stringify(got.toString('latin1'))}`)))
  })
}

function parsed(got: Buffer): Answer | undefined {
  const end = got.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first = '', ...lines] = got.toString('latin1', 0, end).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(':')
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()]
    })
  )
  const body = got.subarray(end + 4)
  if (body.length < Number(headers['content-length'] ?? 0)) return undefined
  return { status: Number(first.split(' ')[1]), headers, body }
}
