import { describe, expect, it } from 'vitest'
import { Fault, toFault } from '../../src-main/contract/faults.ts'
import { exitCode } from '../../src-main/hosts/cli/exit.ts'

describe('Fault', () => {
  it('has a plain form with the cause in words', () => {
    const fault = new Fault('device-busy', 'It is open elsewhere.', new Error('EBUSY'))
    expect(JSON.parse(JSON.stringify(fault))).toEqual({
      code: 'device-busy',
      kind: 'device',
      message: 'It is open elsewhere.',
      cause: 'EBUSY'
    })
  })

  it('stays itself, and anything else is a bug that says so', () => {
    const fault = new Fault('usage', 'What?')
    expect(toFault(fault)).toBe(fault)
    expect(toFault(new TypeError('x is not a function'))).toMatchObject({
      code: 'bug',
      message: expect.stringContaining('x is not a function') as string
    })
    expect(toFault('text').message).toContain('text')
  })

  it.each([
    ['usage', 2],
    ['bad-url', 2],
    ['bad-settings', 2],
    ['device-missing', 3],
    ['device-permission', 3],
    ['device-timeout', 3],
    ['peer-refused', 4],
    ['peer-protocol', 4],
    ['address-in-use', 5],
    ['address-not-permitted', 5],
    ['allow-missing', 5],
    ['bug', 1]
  ] as const)('%s ends the command with %i', (code, expected) => {
    expect(exitCode(new Fault(code, ''))).toBe(expected)
  })
})
