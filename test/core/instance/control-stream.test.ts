/** Control that passes between two computers while both send, and the device too: no byte is lost untold. */
import { expect, it, onTestFinished } from 'vitest'
import type { SessionState } from '../../../src-main/contract/state.ts'
import { eventually } from '../../eventually.ts'
import { rig, writers, type User } from './control-rig.ts'
import { slowDevice } from '../../bridge/slow-device.ts'

/** What the device takes in a millisecond; each program sends half as much again, so that something always waits. */
const PACE_BYTES = 2048
const SENT_BYTES = 3072
/** So much reaches the device between two changes: not a divisor of any chunk. */
const TURN_BYTES = 29_989
const TURNS = 12

/** Numbers of six digits, which are letters here, each with the eleventh behind it. */
function lines(from: number, count: number, letters: string): string {
  let text = ''
  for (let n = from; n < from + count; n += 1)
    text +=
      String(n)
        .padStart(6, '0')
        .replaceAll(/\d/g, (digit) => letters.charAt(Number(digit))) + letters.charAt(10)
  return text
}

/** Sends such lines until it is told to end. */
function sending(write: (text: string) => void, letters: string): { sent: () => string; end: () => void } {
  let sent = ''
  let next = 0
  const timer = setInterval(() => {
    const text = lines(next, Math.floor(SENT_BYTES / 7), letters)
    next += Math.floor(SENT_BYTES / 7)
    sent += text
    write(text)
  }, 1)
  const end = (): void => clearInterval(timer)
  onTestFinished(end)
  return { sent: () => sent, end }
}

/** What came of one writer, in the pieces that came of one turn, is what it sent, in order and with gaps. */
function stands(pieces: readonly string[], sent: string): boolean {
  let at = 0
  return pieces.every((piece) => {
    const found = sent.indexOf(piece, at)
    at = found + piece.length
    return found >= 0
  })
}

const account = ({ bytesToDevice, lostToDevice }: SessionState): number => bytesToDevice + lostToDevice

it('turns nothing round, and accounts for all of it', { timeout: 30_000 }, async () => {
  const all = await rig({ source: slowDevice(PACE_BYTES) })
  const { alice, bench, workshop, source } = all
  const received = (): number => source.port.received.length
  const begun = [bench, workshop].map((each) => each.session()?.id)
  let odd = 0
  alice.instance.onState(() => {
    if (writers(all).length !== 1) odd += 1
  })

  const from = sending((text) => source.port.send(Buffer.from(text)), '0123456789\n')
  const one = sending((text) => bench.local.socket().write(text), 'abcdefghij.')
  const two = sending((text) => workshop.local.socket().write(text), 'ABCDEFGHIJ;')

  const owner = alice.client()
  const pass: ((to: User, holder: User) => Promise<unknown>)[] = [
    (to) => to.client().call('link.take-over', { id: 'l1' }),
    async (to, holder) => {
      await to.client().call('link.ask', { id: 'l1' })
      await holder.client().call('link.grant', { id: 'l1', session: to.session()?.id ?? 0 })
    },
    (to) => owner.call('session.grant', { id: 'desk', session: to.session()?.id ?? 0 })
  ]
  const oneTurn = async (): Promise<void> => {
    const until = received() + TURN_BYTES
    await eventually(() => expect(received()).toBeGreaterThan(until), 10_000, 5)
  }
  let [holder, other] = [bench, workshop]
  for (let turn = 0; turn < TURNS; turn += 1) {
    await oneTurn()
    await pass[turn % pass.length]?.(other, holder)
    ;[holder, other] = [other, holder]
    expect(holder.session()).toMatchObject({ writer: true })
    expect(other.session()).toMatchObject({ writer: false })
  }
  await oneTurn()
  for (const each of [from, one, two]) each.end()

  // All that was sent arrived there, or is counted as lost.
  await eventually(() => {
    expect(account(bench.session()!)).toBe(one.sent().length)
    expect(account(workshop.session()!)).toBe(two.sent().length)
    expect(received()).toBe(alice.bridge('desk').bytesToDevice)
  })
  for (const { session } of [bench, workshop]) expect(session()?.lostToDevice).toBeGreaterThan(0)
  for (const each of [bench, workshop])
    expect(each.bridge('l1')).toMatchObject({ lostToDevice: 0, lostFromDevice: 0 })

  // One writes at a time, each in order: as many turns as there were, and nothing of one in the other's.
  const text = Buffer.from(source.port.received).toString()
  const pieces = text.match(/[a-j.]+|[A-J;]+/g) ?? []
  expect(pieces.join('')).toHaveLength(text.length)
  expect(pieces).toHaveLength(TURNS + 1)
  const ofBench = pieces.filter((_piece, index) => index % 2 === 0)
  const ofWorkshop = pieces.filter((_piece, index) => index % 2 === 1)
  expect(stands(ofBench, one.sent())).toBe(true)
  expect(stands(ofWorkshop, two.sent())).toBe(true)
  expect(odd).toBe(0)

  // What the device said, both got, all of it.
  for (const { local } of [bench, workshop])
    await eventually(() => expect(local.got().equals(Buffer.from(from.sent()))).toBe(true))
  expect([bench, workshop].map((each) => each.session()?.id)).toEqual(begun)
  expect(source.port.settings.baudRate).toBe(115_200)
})
