/**
 * inetutils' telnet on our shares, at a terminal of its own: character mode, who echoes, and what is asked at its prompt.
 */
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { Program, portOf, shared } from '../e2e/cli.ts'
import { Device } from './device.ts'
import { lacks } from './need.ts'
import { breaksOf, shimmedPair } from './shimmed.ts'

/** Ctrl+], which leads to the prompt. */
const ESCAPE = '\x1d'
const PROMPT = 'telnet> '

/** Under `script`, which gives it a terminal; resolves once it is connected. */
async function telnet(url: string): Promise<Program> {
  const client = new Program('script', ['-qec', `telnet 127.0.0.1 ${portOf(url)}`, '/dev/null'], {
    env: { TERM: 'dumb' }
  })
  await client.printed(/Escape character is/)
  return client
}

async function atPrompt(client: Program, command: string): Promise<void> {
  const prompts = client.stdout.split(PROMPT).length
  client.process.stdin!.write(ESCAPE)
  await eventually(() => expect(client.stdout.split(PROMPT)).toHaveLength(prompts + 1))
  client.process.stdin!.write(`${command}\n`)
}

describe.skipIf(lacks('telnet', 'script', 'socat', 'cc'))('our server and telnet', () => {
  it.each(['telnet', 'rfc2217'])(
    'sends each key at once and echoes nothing itself, over %s',
    async (protocol) => {
      const cable = await shimmedPair()
      const device = new Device(cable.b.path)
      const { urls } = await shared([cable.a.path, '--listen', `${protocol}://127.0.0.1:0`])
      const client = await telnet(urls[0]!)
      const type = (keys: string): boolean => client.process.stdin!.write(keys)
      device.write('login: ')
      await client.printed(/login: /)
      // No Enter: a terminal in line mode would keep it. The device does not echo, so nobody does.
      type('pass')
      await eventually(() => expect(device.got.toString()).toBe('pass'))
      type('word\r')
      await eventually(() => expect(device.got.toString()).toMatch(/^password\r/))
      device.write('\r\nwelcome\r\n')
      await client.printed(/login: \r\nwelcome\r\n/)
      expect(client.stdout).not.toContain('pass')
      // Now the device echoes: each key is seen once.
      device.echo()
      type('xyz')
      await client.printed(/welcome\r\nxyz$/)
      expect(device.got.toString('latin1')).toBe('password\rxyz')
      await atPrompt(client, 'quit')
      await client.ended
    }
  )

  it.each(['telnet', 'rfc2217'])(
    'sends a break to the device and answers "are you there", over %s',
    async (protocol) => {
      const cable = await shimmedPair()
      const { urls } = await shared([cable.a.path, '--listen', `${protocol}://127.0.0.1:0`])
      const client = await telnet(urls[0]!)
      new Device(cable.b.path).write('login: ')
      await client.printed(/login: /)
      await atPrompt(client, 'send brk')
      await eventually(() => expect(breaksOf(cable)).toBe(1))
      await atPrompt(client, 'send ayt')
      await client.printed(/\[Farport: yes\]/)
      await atPrompt(client, 'quit')
      expect((await client.ended).stdout).toContain('Connection closed.')
    }
  )
})
