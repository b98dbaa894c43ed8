import { expect, it } from 'vitest'
import { namedPeer } from '../../../src-main/core/instance/named-peer.ts'

const [bob, mallory, other] = [
  { id: '1f2e3d4c5b6a'.padEnd(64, '0'), name: 'Bob' },
  { id: 'ff'.repeat(32), name: '1F2E3D4C5B6A' },
  { id: '1f2e3d4d'.padEnd(64, '0'), name: '' }
]
const all = [bob, mallory, other]

it.each([
  ['bob', bob],
  ['1f2e 3d4d', other],
  ['ffffffff', mallory],
  [bob.id, bob],
  ['1f2e3d4c', bob]
])('%s is one of them', (text, peer) => {
  expect(namedPeer(text, all, 'computer')).toBe(peer)
})

it('guesses nobody where the name of one is the id of another', () => {
  expect(() => namedPeer('1f2e3d4c5b6a', all, 'computer')).toThrow(/^2 computers are meant/)
})

it.each(['', 'eve', '1f2e3d4', '1f2e3d4e'])('%j is none', (text) => {
  expect(() => namedPeer(text, all, 'computer')).toThrow(/^There is no computer/)
})
