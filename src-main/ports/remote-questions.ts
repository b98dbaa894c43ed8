/** Line settings and control lines as requests of RFC 2217, and answers as settings. Called by remote.ts and remote-com-port.ts. */
import type { LineWish } from '../contract/line.ts'
import type { ComPortMessage, ComPortType } from '../protocol/rfc2217.ts'

export const SETTINGS_QUERIES: readonly ComPortMessage[] = [
  { type: 'baudRate', baudRate: 0, short: false },
  { type: 'dataSize', dataBits: undefined },
  { type: 'parity', parity: undefined },
  { type: 'stopSize', stopBits: undefined },
  { type: 'control', about: 'flow', flow: undefined }
]

/** Not the break: ser2net 4.3 answers that it is on when it is not. */
export const LINE_QUERIES: readonly ComPortMessage[] = [
  { type: 'control', about: 'dtr', on: undefined },
  { type: 'control', about: 'rts', on: undefined }
]

const NAMES: Readonly<
  Record<ComPortType | (ComPortMessage & { readonly type: 'control' })['about'], string>
> = {
  signature: 'its signature',
  baudRate: 'the baud rate',
  dataSize: 'the data bits',
  parity: 'the parity',
  stopSize: 'the stop bits',
  control: 'a control line',
  flow: 'the flow control',
  inboundFlow: 'the inbound flow control',
  break: 'a break',
  dtr: 'DTR',
  rts: 'RTS',
  lineState: 'the line state',
  modemState: 'the modem state',
  suspend: 'a suspension',
  resume: 'a resumption',
  lineStateMask: 'the line state mask',
  modemStateMask: 'the modem state mask',
  purge: 'a purge'
}

/** One request for each field of the wish. */
export function requestsFor(wish: LineWish): readonly ComPortMessage[] {
  const { baudRate, dataBits, parity, stopBits, flowControl } = wish
  const requests: ComPortMessage[] = []
  if (baudRate !== undefined) requests.push({ type: 'baudRate', baudRate, short: false })
  if (dataBits !== undefined) requests.push({ type: 'dataSize', dataBits })
  if (parity !== undefined) requests.push({ type: 'parity', parity })
  if (stopBits !== undefined) requests.push({ type: 'stopSize', stopBits })
  if (flowControl !== undefined) requests.push({ type: 'control', about: 'flow', flow: flowControl })
  return requests
}

/** The question what became of a wish; undefined where there is none. */
export function queryFor(wish: ComPortMessage): ComPortMessage | undefined {
  return [...SETTINGS_QUERIES, ...LINE_QUERIES].find(
    (query) =>
      query.type === wish.type &&
      (query.type !== 'control' || wish.type !== 'control' || query.about === wish.about)
  )
}

/** What a message says of the line settings; nothing for a query, for an unknown value and for any other message. */
export function settingIn(message: ComPortMessage): LineWish {
  switch (message.type) {
    case 'baudRate':
      return message.baudRate === 0 ? {} : { baudRate: message.baudRate }
    case 'dataSize':
      return message.dataBits === undefined ? {} : { dataBits: message.dataBits }
    case 'parity':
      return message.parity === undefined ? {} : { parity: message.parity }
    case 'stopSize':
      return message.stopBits === undefined ? {} : { stopBits: message.stopBits }
    case 'control':
      return message.about === 'flow' && message.flow !== undefined ? { flowControl: message.flow } : {}
    case 'signature':
    case 'lineState':
    case 'modemState':
    case 'suspend':
    case 'resume':
    case 'lineStateMask':
    case 'modemStateMask':
    case 'purge':
      return {}
  }
}

/** What a message is about, for people. */
export function nameOf(message: ComPortMessage): string {
  return message.type === 'control' ? NAMES[message.about] : NAMES[message.type]
}

/** The promise, which never rejects; or the signal's reason when that comes first, after `onAbort`. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal, onAbort?: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      onAbort?.()
      reject(signal.reason as unknown)
    }
    if (signal.aborted) {
      abort()
      return
    }
    signal.addEventListener('abort', abort, { once: true })
    void promise.then((value) => {
      signal.removeEventListener('abort', abort)
      resolve(value)
    })
  })
}
