/** Line settings and control lines as requests of RFC 2217, and answers as settings. Called by remote.ts and remote-com-port.ts. */
import type { LineWish } from '../contract/line.ts'
import type { ComPortMessage } from '../protocol/rfc2217.ts'

export const SETTINGS_QUERIES: readonly ComPortMessage[] = [
  { type: 'baudRate', baudRate: 0, short: false },
  { type: 'dataSize', dataBits: undefined },
  { type: 'parity', parity: undefined },
  { type: 'stopSize', stopBits: undefined },
  { type: 'control', about: 'flow', flow: undefined }
]

export const LINE_QUERIES: readonly ComPortMessage[] = [
  { type: 'control', about: 'dtr', on: undefined },
  { type: 'control', about: 'rts', on: undefined },
  { type: 'control', about: 'break', on: undefined }
]

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
