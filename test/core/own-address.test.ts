import { expect, it } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import type { BridgeState, RotatorState } from '../../src-main/contract/state.ts'
import { Core } from '../../src-main/core/core.ts'
import { whoseAddress } from '../../src-main/core/own-address.ts'

const TAKEN = new Fault('address-in-use', 'in use by another program')

function at(...addresses: string[]): (BridgeState | RotatorState)[] {
  return [{ id: 'r', kind: 'rotator', name: 'pool', enabled: true, addresses, shares: [] }]
}

it.each([
  ['rfc2217://127.0.0.1:7000', 'telnet://127.0.0.1:7000', true],
  ['raw://127.0.0.1:7000', 'raw://0.0.0.0:7000', true],
  ['raw://[::]:7000', 'raw://127.0.0.1:7000', true],
  ['raw+unix:///run/a.sock', 'telnet+unix:///run/a.sock?mode=660', true],
  ['raw://127.0.0.1:7000', 'raw://127.0.0.1:7001', false],
  ['raw://127.0.0.1:7000', 'raw://127.0.0.2:7000', false],
  ['raw+udp://127.0.0.1:7000', 'raw://127.0.0.1:7000', false],
  ['raw+unix:///run/a.sock', 'raw+unix:///run/b.sock', false]
])('%s beside %s: ours is named: %s', (wanted, has, isOurs) => {
  const { message } = whoseAddress(TAKEN, [wanted], at(has))
  if (isOurs)
    expect(message).toBe(
      `${wanted} is the address of the rotator "pool" already. Choose another one, or remove that: farport remove "pool"`
    )
  else expect(message).toBe(TAKEN.message)
})

it('leaves every other fault as it is', () => {
  const fault = new Fault('address-not-permitted', 'no')
  expect(whoseAddress(fault, ['raw://127.0.0.1:1'], at('raw://127.0.0.1:1'))).toBe(fault)
})

it('is what the second share at an address is told', async () => {
  const core = new Core()
  try {
    const port = { target: 'sim:echo' }
    const { addresses } = await core.call('share.start', {
      name: 'desk',
      port,
      listen: ['raw://127.0.0.1:0']
    })
    const [url = ''] = addresses
    const listen = [url.replace('raw', 'telnet')]
    await expect(core.call('share.start', { port, listen })).rejects.toMatchObject({
      code: 'address-in-use',
      message: expect.stringContaining('is the address of the share "desk" already') as string
    })
  } finally {
    await core.close(0)
  }
})
