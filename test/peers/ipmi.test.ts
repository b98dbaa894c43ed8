/** A server's console by IPMI's serial over LAN: `ipmitool sol activate` as a port, against OpenIPMI's simulator. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { Client, Program, portOf, shared, temporaryFolder } from '../e2e/cli.ts'
import { Bmc, PASSWORD, SOL_BREAK } from './ipmi-sim.ts'
import { lacks } from './need.ts'

const soon = { interval: 20, timeout: 10_000 }

async function share(bmc: Bmc): Promise<{ farport: Program; port: number }> {
  const secret = join(temporaryFolder(), 'password')
  writeFileSync(secret, `${PASSWORD}\n`, { mode: 0o600 })
  const { program, urls } = await shared([
    `exec:${bmc.command('sol activate')}`,
    ...['--env', `IPMI_PASSWORD=@${secret}`, '--writers', 'all', '--listen', 'telnet://127.0.0.1:0']
  ])
  return { farport: program, port: portOf(urls[0]!) }
}

function processes(): { pid: number; line: string }[] {
  return readdirSync('/proc')
    .filter((each) => /^\d+$/.test(each))
    .map((pid) => {
      try {
        return {
          pid: Number(pid),
          line: readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')
        }
      } catch {
        return { pid: Number(pid), line: '' } // ended meanwhile
      }
    })
}

function commandLines(): string[] {
  return processes().map(({ line }) => line)
}

/** A client of the share, when it hears the console: the session takes a moment to be there. */
async function joined(bmc: Bmc, port: number): Promise<Client> {
  const client = new Client(port)
  await vi.waitFor(() => {
    bmc.say('.')
    expect(String(client.got)).toContain('.')
  }, soon)
  return client
}

/** ipmitool and ipmi_sim, joined alone, lose what is sent in the first moment of a session that is not the first: typed again. */
async function typed(bmc: Bmc, client: Client, text: string): Promise<void> {
  await vi.waitFor(
    () => {
      client.socket.write(text)
      expect(String(bmc.got)).toContain(text)
    },
    { interval: 300, timeout: 10_000 }
  )
}

function pidOf(part: string): number {
  const found = processes().find(({ line }) => /^\S*ipmitool /.test(line) && line.includes(part))
  if (!found) throw new Error(`no ipmitool with ${part}`)
  return found.pid
}

describe.skipIf(lacks('ipmitool', 'ipmi_sim', 'telnet'))('ipmitool sol activate as a port', () => {
  it('joins a telnet client and the console, without its password in any command line', async () => {
    const bmc = await Bmc.start()
    const { farport, port } = await share(bmc)
    const telnet = new Program('telnet', ['127.0.0.1', String(port)])
    await telnet.printed(/Connected/)
    telnet.process.stdin!.write('root\n')
    await vi.waitFor(() => expect(String(bmc.got)).toMatch(/^root\r/), soon)
    bmc.say('Password: ')
    await telnet.printed(/Password: /)
    const lines = commandLines()
    expect(lines.some((line) => line.includes('ipmitool') && line.includes('sol activate'))).toBe(true)
    expect(lines.filter((line) => line.includes(PASSWORD))).toEqual([])
    expect(farport.stderr).not.toContain(PASSWORD)
  })

  it('sends a break as one, and the data around it as it is, tildes included', async () => {
    const bmc = await Bmc.start()
    const { farport, port } = await share(bmc)
    const client = await joined(bmc, port)
    // What ipmitool would take for its end and a break, had it not been doubled.
    const data = 'a\r~.\r~B\r~~\r~'
    client.socket.write(data)
    await vi.waitFor(() => expect(String(bmc.got)).toBe(data), soon)
    client.socket.write(SOL_BREAK) // telnet's own
    await vi.waitFor(() => expect(bmc.got.includes(SOL_BREAK)).toBe(true), soon)
    // Behind a tilde no line begins: it took a carriage return, and that was said.
    expect(bmc.got.toString('latin1').replace(SOL_BREAK.toString('latin1'), '')).toBe(`${data}\r`)
    await farport.printed(/carriage return/, 'stderr')
    client.socket.write('h')
    await vi.waitFor(() => expect(bmc.got.toString('latin1').endsWith('h')).toBe(true), soon)
  })

  it('is started again when it is killed, until the BMC lets it in', async () => {
    const bmc = await Bmc.start()
    const { farport, port } = await share(bmc)
    const client = await joined(bmc, port)
    process.kill(pidOf(`-p ${bmc.port} `), 'SIGKILL')
    await farport.printed(/ipmitool was ended by SIGKILL/, 'stderr')
    // A killed ipmitool leaves its session behind, as a real BMC knows it too.
    await farport.printed(
      /ipmitool ended with 1: Info: SOL payload already active on another session/,
      'stderr'
    )
    const [command = '', ...args] = bmc.command('sol deactivate').split(' ')
    await new Program(command, args, { env: { IPMI_PASSWORD: PASSWORD } }).ended
    await typed(bmc, client, 'again')
  })

  it('lets go of its session with the last client, so that the next one has it at once', async () => {
    const bmc = await Bmc.start()
    const { farport, port } = await share(bmc)
    const first = await joined(bmc, port)
    first.socket.write('one')
    await vi.waitFor(() => expect(String(bmc.got)).toBe('one'), soon)
    first.socket.end()
    await farport.printed(/port closed/, 'stderr')
    const second = await joined(bmc, port)
    second.socket.write('two')
    await typed(bmc, second, 'two')
    expect(farport.stderr).not.toMatch(/ended with|already active/)
    await farport.stop()
    expect(commandLines().filter((line) => line.includes(`-p ${bmc.port} `))).toEqual([])
  })

  it('says why there is no session', async () => {
    const bmc = await Bmc.start()
    const { program, urls } = await shared(
      [`exec:${bmc.command('sol activate')}`, '--env', 'IPMI_PASSWORD', '--listen', 'telnet://127.0.0.1:0'],
      1,
      { IPMI_PASSWORD: 'wrong-password' }
    )
    new Client(portOf(urls[0]!))
    await program.printed(
      /ipmitool ended with 1: Error: Unable to establish IPMI v2 \/ RMCP\+ session/,
      'stderr'
    )
    expect(program.stderr).not.toContain('wrong-password')
  })
})
