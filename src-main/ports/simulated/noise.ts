/**
 * `sim:noise:RATE`: sends RATE bytes per second without end, for load and endurance; `max` is all that its baud rate carries.
 * What it sends is known byte by byte: see noise-stream.ts. Each opening starts the stream anew. It swallows what it
 * receives. It stops while the computer's buffer is full, as a device with RTS/CTS does, so whatever is missing in its stream
 * was lost further on.
 */
import type { Disposable } from '../../base/event.ts'
import { Fault } from '../../contract/faults.ts'
import { DEFAULT_SETTINGS, characterSeconds, type Parity } from '../../contract/line.ts'
import type { DeviceKind, DeviceLine, DeviceOptions, DeviceTime } from './device.ts'
import { noiseBytes, noiseDamage } from './noise-stream.ts'

export const noise: DeviceKind = {
  name: 'noise',
  argument: 'RATE',
  settings: DEFAULT_SETTINGS,
  options: ['seed', 'errors'],
  configure(options) {
    const rate = readRate(options)
    const errors = readInteger(options, 'errors', { absent: 0, most: Math.floor(rate / 2) })
    const stream: Stream = {
      rate,
      seed: readInteger(options, 'seed', { absent: 1, most: 0xffff_ffff }),
      every: errors === 0 ? 0 : Math.round(rate / errors),
      parity: options.settings.parity,
      // Two characters of space: no receiver takes it for one.
      breakMs: 2000 * characterSeconds(options.settings)
    }
    return (line, time) => {
      const sending = send(stream, line, time)
      return {
        receive: () => undefined,
        receiveBreak: () => undefined,
        linesChanged: () => undefined,
        dispose: () => sending.dispose()
      }
    }
  }
}

const DEFAULT_RATE = '1000'

interface Stream {
  /** Bytes per second. */
  readonly rate: number
  readonly seed: number
  /** One damaged character in so many; 0: none. */
  readonly every: number
  readonly parity: Parity
  readonly breakMs: number
}

/** The usual time between two portions: short enough to be smooth, long enough to cost nothing. */
const PORTION_MS = 10

/** Above about a megabyte per second portions come more often instead of getting larger, in bytes. */
const MAX_PORTION = 16 * 1024

function send(stream: Stream, line: DeviceLine, { clock }: DeviceTime): Disposable {
  const msPerByte = 1000 / stream.rate
  const periodMs = Math.max(1, msPerByte, Math.min(PORTION_MS, MAX_PORTION * msPerByte))
  let startMs = clock.nowMs()
  let sent = 0
  const timer = clock.every(periodMs, () => {
    const nowMs = clock.nowMs()
    // The small part keeps a timer that fired exactly in time from missing its byte by a rounding.
    const due = Math.floor((nowMs - startMs) / msPerByte + 1e-6) - sent
    const count = Math.min(due, line.room)
    // What could not be sent is sent later, at the same rate: nothing is made up for.
    startMs += (due - count) * msPerByte
    sendPortion(stream, line, sent, count)
    sent += count
  })
  return timer
}

function sendPortion(
  { seed, every, parity, breakMs }: Stream,
  line: DeviceLine,
  start: number,
  count: number
): void {
  if (count <= 0) return
  const bytes = noiseBytes(seed, start, count)
  let from = 0
  for (let at = every === 0 ? count : every - 1 - (start % every); at < count; at += every) {
    if (at > from) line.send(bytes.subarray(from, at))
    const damage = noiseDamage(start + at, every, parity)
    if (damage === 'break') line.sendBreak(breakMs)
    else if (damage) line.sendDamaged(bytes[at] ?? 0, damage)
    from = at + 1
  }
  if (from < count) line.send(bytes.subarray(from))
}

function readRate({ label, argument = DEFAULT_RATE, settings }: DeviceOptions): number {
  const most = 1 / characterSeconds(settings)
  if (argument === 'max') return most
  const rate = /^\d{1,9}$/.test(argument) ? Number(argument) : 0
  if (rate < 1) {
    throw new Fault(
      'bad-settings',
      `${label}: the rate is ${JSON.stringify(argument)}. Give bytes per second, as in sim:noise:1000, or max.`
    )
  }
  if (rate > most) {
    const bitsPerCharacter = Math.round(2 * characterSeconds(settings) * settings.baudRate) / 2
    const needed = Math.ceil(rate * bitsPerCharacter)
    throw new Fault(
      'bad-settings',
      `${label}: ${settings.baudRate} bit/s carries ${Math.floor(most)} bytes per second. Lower the rate, or add ?baud=${needed}.`
    )
  }
  return rate
}

function readInteger(
  { label, text }: DeviceOptions,
  option: 'seed' | 'errors',
  { absent, most }: { readonly absent: number; readonly most: number }
): number {
  const given = text(option)
  if (given === undefined) return absent
  const value = /^\d{1,10}$/.test(given) ? Number(given) : NaN
  if (value <= most) return value
  throw new Fault('bad-settings', `${label}: ${option} is ${JSON.stringify(given)}. Give 0 to ${most}.`)
}
