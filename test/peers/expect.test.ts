/** expect, as it drives the consoles of a rack: 48 devices of one process of ours, a dialogue with each at the same time. */
import { describe, expect, it } from 'vitest'
import { Program, portOf, shared } from '../e2e/cli.ts'
import { lacks } from './need.ts'

const CONSOLES = 48

describe.skipIf(lacks('expect', 'telnet', 'nc'))('48 consoles and expect', () => {
  it.each([
    ['telnet', 'telnet'],
    ['telnet', 'rfc2217'],
    ['nc', 'raw']
  ])('by %s over %s', async (program, protocol) => {
    const devices = Array.from({ length: CONSOLES }, () => [
      'sim:echo',
      '--listen',
      `${protocol}://127.0.0.1:0`
    ])
    const { urls } = await shared(devices.flat(), CONSOLES)
    const ports = urls.map((url) => String(portOf(url)))
    const ended = await new Program('expect', [`${import.meta.dirname}/consoles.exp`, program, ...ports])
      .ended
    expect(ended).toMatchObject({ code: 0, stderr: '', stdout: '48 consoles answered\n' })
  })
})
