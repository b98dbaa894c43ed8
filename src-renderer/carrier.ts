/**
 * How this page reaches its core: in the window of the app by a message port that the preload handed over, in a browser by a WebSocket to
 * where the page came from. Called by core.svelte.ts, which knows neither.
 */
import { Fault } from '../src-main/contract/faults.ts'
import type { Channel } from '../src-main/rpc/channel.ts'
import { portChannel } from '../src-main/rpc/port-channel.ts'
import { socketChannel } from '../src-main/rpc/socket-channel.ts'
import { words } from './words/words.ts'

/** Of the preload: absent in a browser. A port of its own for each key comes as a message of this window, with the key. */
interface Preloaded {
  readonly open: (key: string) => void
  /** Shows a file of the captures folder where it is; the port answers once: why it cannot, or an empty text. */
  readonly showCapture: (key: string, name: string) => void
}

declare global {
  interface Window {
    readonly farport?: Preloaded
  }
}

/** Rejects with a Fault `peer-unreachable`, or the signal's reason. */
export function openChannel(signal: AbortSignal): Promise<Channel> {
  return window.farport ? takePort(window.farport, signal) : dialSocket(signal)
}

/** What leads through the preload is copied, with all that it calls, for each message; a port is not. */
async function takePort(preloaded: Preloaded, signal: AbortSignal): Promise<Channel> {
  return portChannel(await portFor((key) => preloaded.open(key), signal), 'client')
}

/** The port that the preload hands over, for a key that nobody else has. Rejects with the signal's reason. */
function portFor(ask: (key: string) => void, signal?: AbortSignal): Promise<MessagePort> {
  return new Promise((resolve, reject) => {
    const key = crypto.randomUUID()
    const ended = new AbortController()
    const take = ({ source, data, ports: [port] }: MessageEvent<unknown>): void => {
      if (source !== window || data !== key || !port) return
      ended.abort()
      resolve(port)
    }
    const stop = (): void => {
      ended.abort()
      reject(signal?.reason as Error)
    }
    window.addEventListener('message', take, { signal: ended.signal })
    signal?.addEventListener('abort', stop, { signal: ended.signal })
    ask(key)
  })
}

/** Which of the browsers that are signed in this one is; undefined in the window of the app. Never rejects. */
export async function ownBrowser(): Promise<string | undefined> {
  if (window.farport) return undefined
  const answer = await fetch(sessionUrl(), { cache: 'no-store' }).catch(() => undefined)
  return answer?.headers.get('Farport-Browser') ?? undefined
}

function sessionUrl(): URL {
  return new URL('session', document.baseURI)
}

/** This page is in the window of the app, on the computer that has the captures folder. */
export function isInApp(): boolean {
  return window.farport !== undefined
}

/** Shows a file of the captures folder where it is. Rejects with a Fault `file-unusable`. */
export async function showCapture(name: string): Promise<void> {
  const { farport } = window
  if (!farport) throw new Fault('file-unusable', words.captures.show.cannot)
  const port = await portFor((key) => farport.showCapture(key, name))
  const why = await new Promise<unknown>((resolve) => {
    port.addEventListener('message', ({ data }: MessageEvent<unknown>) => resolve(data), { once: true })
    port.addEventListener('close', () => resolve(words.captures.show.cannot), { once: true })
    port.start()
  })
  port.close()
  if (why !== '') throw new Fault('file-unusable', String(why))
}

/** A browser tells a page nothing of why a WebSocket failed: where it is signed out, the page that says so takes the place of this one. */
async function whyNot(signal: AbortSignal): Promise<Fault> {
  const answer = await fetch(sessionUrl(), { cache: 'no-store', signal }).catch(() => undefined)
  if (answer?.status === 401) location.reload()
  return new Fault('peer-unreachable', words.app.noAnswer)
}

function dialSocket(signal: AbortSignal): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const url = new URL('rpc', document.baseURI)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = new WebSocket(url)
    // The signal is that of the page: nothing of a try stays at it.
    const ended = new AbortController()
    const once = { signal: ended.signal }
    const stop = (): void => {
      ended.abort()
      socket.close()
      reject(signal.reason as Error)
    }
    const fail = (): void => {
      ended.abort()
      void whyNot(signal).then(reject)
    }
    const open = (): void => {
      ended.abort()
      resolve(socketChannel(socket, 'client'))
    }
    signal.addEventListener('abort', stop, once)
    socket.addEventListener('close', fail, once)
    socket.addEventListener('open', open, once)
  })
}
