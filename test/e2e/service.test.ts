import { describe, expect, it } from 'vitest'
import type { Finding } from '../../src-main/contract/findings.ts'
import { commandLine } from '../../src-main/hosts/cli/service/systemd-words.ts'
import { eventually } from '../eventually.ts'
import type { Ended } from './cli.ts'
import { INSTALLED, NODE, lacksOwnSystemd, ownSystemd, type OwnSystemd } from './own-systemd.ts'

const UNIT = '/etc/systemd/system/farport.service'
const RULE = '/etc/udev/rules.d/60-farport.rules'

/** What the service shall serve: a port below 1024, and a socket that its group may open. */
const SETTINGS = JSON.stringify({
  version: 1,
  shares: [
    {
      id: 'echo',
      name: 'echo',
      port: { target: 'sim:echo' },
      listen: ['raw://127.0.0.1:23', 'raw+unix:///run/farport/echo.sock?mode=660&group=farport']
    }
  ]
})

const SETTINGS_OF_USER = SETTINGS.replace(':23"', ':2300"').replace(/,"raw\+unix[^"]*"/, '')

/** The real one, which begins with what it finds. */
async function begins(systemd: OwnSystemd): Promise<void> {
  await systemd.run('mkdir', '-pm', '700', '/var/lib/farport')
  await systemd.write('/var/lib/farport/settings.json', SETTINGS)
  await systemd.run('chmod', '600', '/var/lib/farport/settings.json')
}

async function pidOf(systemd: OwnSystemd): Promise<number> {
  const { stdout } = await systemd.farport('service', 'status', '--system', '--json')
  const [status] = JSON.parse(stdout) as { state: string; pid?: number }[]
  expect(status).toMatchObject({ state: 'running', pid: expect.any(Number) as number })
  return status!.pid!
}

/** What is behind a share answers. */
async function echoes(systemd: OwnSystemd, port = 23): Promise<void> {
  const ask = `
    const socket = require('net').connect(${port}, '127.0.0.1', () => socket.write('hello'))
    socket.on('error', () => process.exit(1))
    socket.on('data', (bytes) => { process.stdout.write(bytes); socket.destroy() })`
  await eventually(async () => expect((await systemd.run(NODE, '-e', ask)).stdout).toBe('hello'))
}

describe.skipIf(lacksOwnSystemd())('farport service with systemd (needs root and systemd)', () => {
  it('installs the service of the system, which serves, comes back after kill -9, and leaves without a trace', async () => {
    const systemd = await ownSystemd()
    await begins(systemd)
    const installed = await systemd.farport('service', 'install')
    expect(installed).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('usermod -aG farport') as string
    })
    expect(installed.stdout).toContain(`wrote ${UNIT}\n`)
    expect(installed.stdout).toContain(`wrote ${RULE}\n`)
    expect((await systemd.run('systemd-analyze', 'verify', UNIT)).stderr).toBe('')
    expect((await systemd.run('systemctl', 'is-enabled', 'farport')).stdout).toBe('enabled\n')

    await echoes(systemd)
    const first = await pidOf(systemd)
    const { stdout: who } = await systemd.run(
      'grep',
      '-E',
      '^(Uid|Groups|NoNewPrivs|CapEff)',
      `/proc/${first}/status`
    )
    expect(Number(/Uid:\s+(\d+)/.exec(who)?.[1])).toBeGreaterThan(60_000)
    const { stdout: groups } = await systemd.run('getent', 'group', 'dialout', 'farport')
    for (const gid of groups.matchAll(/:(\d+):/g)) expect(who).toMatch(new RegExp(`Groups:.*\\b${gid[1]}\\b`))
    expect(who).toMatch(/NoNewPrivs:\s+1/)
    // CAP_NET_BIND_SERVICE alone.
    expect(who).toMatch(/CapEff:\s+0000000000000400/)
    const { stdout: modes } = await systemd.run(
      'stat',
      '-Lc',
      '%a %G',
      '/var/lib/farport',
      '/var/lib/farport/identity.pem',
      '/run/farport',
      '/run/farport/echo.sock',
      '/run/farport/farport.sock'
    )
    expect(modes).toMatch(/^700 .*\n600 .*\n755 .*\n660 farport\n660 farport\n$/)
    // Whoever starts it by hand as well is told that it runs.
    expect(await systemd.farport('serve', '--system')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`farport serve --system, process ${first}`) as string
    })

    await systemd.run('kill', '-9', String(first))
    await eventually(async () => expect(await pidOf(systemd)).not.toBe(first))
    await echoes(systemd)

    // It says of itself when it reloads, and is the same one afterwards.
    const second = await pidOf(systemd)
    await systemd.write('/var/lib/farport/settings.json', SETTINGS.replace(':23"', ':24"'))
    expect(await systemd.run('systemctl', 'reload', 'farport')).toMatchObject({ code: 0, stderr: '' })
    await echoes(systemd, 24)
    expect(await pidOf(systemd)).toBe(second)
    expect((await systemd.run('systemctl', 'show', '-p', 'StatusText', 'farport')).stdout).toContain(
      '1 share'
    )

    const again = await systemd.farport('service', 'install')
    expect(again.stdout).toContain(`${UNIT} is as it should be`)
    expect(again.stdout).not.toContain('restart')
    expect(await systemd.farport('service', 'status', '--system')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^The system's service: running since 20.*Z, process \d+, starts by itself/
      ) as string
    })

    const aboutIt = /^(Farport|key of the service|the system's service)$/
    const doctor = async (...before: readonly string[]): Promise<string[]> => {
      const { stdout } = await systemd.run(...before, NODE, INSTALLED, 'doctor', '--json')
      const found = (JSON.parse(stdout) as Finding[]).filter(({ subject }) => aboutIt.test(subject))
      return found.map(({ level, subject, message, fix = '' }) => `${level} ${subject}: ${message} ${fix}`)
    }
    expect(await doctor()).toEqual([
      expect.stringMatching(/^ok Farport: the system's runs here since /),
      expect.stringMatching(/^ok key of the service: in order/)
    ])
    const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups']
    expect(await doctor(...nobody)).toEqual([
      expect.stringMatching(
        /^warning Farport: the system's runs here, and you may not .* sudo usermod -aG farport/
      )
    ])
    await systemd.run('systemctl', 'stop', 'farport')
    expect(await doctor()).toEqual([
      expect.stringMatching(/^ok Farport: none runs here/),
      expect.stringMatching(
        /^problem the system's service: installed .*, and not running .*journalctl -u farport/
      ),
      expect.stringMatching(/^ok key of the service: in order/)
    ])

    const removed = await systemd.farport('service', 'uninstall')
    expect(removed).toMatchObject({ code: 0, stdout: expect.stringContaining(`removed ${UNIT}`) as string })
    expect((await systemd.run('ls', UNIT, RULE)).stdout).toBe('')
    expect(await systemd.farport('service', 'status', '--system')).toMatchObject({
      code: 3,
      stdout: "The system's service: not installed.\n"
    })
    expect(await systemd.farport('service', 'uninstall')).toMatchObject({ code: 0, stdout: '' })
  })

  it('changes nothing when asked what it would do, nor without rights, nor where others have been', async () => {
    const systemd = await ownSystemd()
    const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups']
    const shown = await systemd.run(...nobody, NODE, INSTALLED, 'service', 'install', '--system', '--dry-run')
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(shown.stdout).toContain(`would write ${UNIT}:\n`)
    expect(shown.stdout).toContain('would run systemctl enable farport.service\n')
    expect(await systemd.run(...nobody, NODE, INSTALLED, 'service', 'install', '--system')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`sudo ${NODE} ${INSTALLED} service install --system`) as string
    })
    expect((await systemd.run('ls', UNIT, RULE)).stdout).toBe('')

    await systemd.run('ln', '-s', '/dev/null', UNIT)
    expect(await systemd.farport('service', 'install')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(`${UNIT} is there already`) as string
    })
    expect((await systemd.run('ls', RULE)).stdout).toBe('')
    expect(await systemd.farport('service', 'uninstall')).toMatchObject({ code: 2 })
    expect((await systemd.run('readlink', UNIT)).stdout).toBe('/dev/null\n')
  })

  it('installs a service of a user, from wherever Farport lies', async () => {
    const systemd = await ownSystemd()
    const folder = '/opt/of ada, 100% "$HOME"'
    await systemd.run('cp', '-r', '/opt/farport', folder)
    const manager =
      '[Service]\nType=notify\nDelegate=yes\nEnvironment=HOME=/root XDG_RUNTIME_DIR=/run/user/0 SYSTEMD_LOG_TARGET=null'
    const units = 'SYSTEMD_UNIT_PATH=/root/.config/systemd/user:/usr/lib/systemd/user'
    await systemd.write(
      '/etc/systemd/system/users.service',
      `[Unit]\nDefaultDependencies=no\n${manager} ${units}\nExecStart=/usr/lib/systemd/systemd --user\n`
    )
    await systemd.run('systemctl', 'daemon-reload')
    expect(await systemd.run('systemctl', 'start', 'users')).toMatchObject({ code: 0, stderr: '' })

    const unit = '/root/.config/systemd/user/farport.service'
    await systemd.run('mkdir', '-pm', '700', '/root/.config/farport')
    await systemd.write('/root/.config/farport/settings.json', SETTINGS_OF_USER)
    await systemd.run('chmod', '600', '/root/.config/farport/settings.json')
    const environment = ['env', 'XDG_RUNTIME_DIR=/run/user/0', units]
    const asked = (...args: string[]): Promise<Ended> =>
      systemd.run(...environment, NODE, `${folder}/dist/main/farport.js`, 'service', ...args)
    const installed = await asked('install', '--user')
    expect(installed).toMatchObject({ code: 0, stdout: expect.stringContaining(`wrote ${unit}\n`) as string })
    expect(installed.stderr).toContain('loginctl enable-linger root')
    expect(await systemd.run(...environment, 'systemd-analyze', '--user', 'verify', unit)).toMatchObject({
      code: 0,
      stderr: ''
    })
    await echoes(systemd, 2300)
    expect(await asked('status', '--user')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^Your own service: running since .*log: journalctl --user -u farport\n$/s
      ) as string
    })
    expect(await asked('uninstall', '--user')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`removed ${unit}`) as string
    })
    expect((await systemd.run('ls', unit)).stdout).toBe('')
    expect((await asked('status')).stdout).toMatch(/^Your own service: not installed\.\n/)
  })

  it('is started again where it hangs', async () => {
    const systemd = await ownSystemd()
    await begins(systemd)
    await systemd.write(`${UNIT}.d/test.conf`, '[Service]\nWatchdogSec=2\nRestartSec=0\nLimitCORE=0\n')
    await systemd.farport('service', 'install')
    const first = await pidOf(systemd)
    await systemd.run('kill', '-STOP', String(first))
    await eventually(async () => {
      const { stdout } = await systemd.run('systemctl', 'show', '-p', 'NRestarts', 'farport')
      expect(stdout).toBe('NRestarts=1\n')
    })
    await echoes(systemd)
    expect(await pidOf(systemd)).not.toBe(first)
  })

  it('tells what systemd says of a service that does not start', async () => {
    const systemd = await ownSystemd()
    await systemd.write(`${UNIT}.d/test.conf`, '[Service]\nExecStart=\nExecStart=/bin/false\n')
    const installed = await systemd.farport('service', 'install')
    expect(installed.code).toBe(2)
    expect(installed.stderr).toMatch(
      /^farport: "systemctl restart farport.service" failed: .*journalctl.*\n$/
    )
    expect(await systemd.farport('service', 'status', '--system')).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('starting, or waiting to start again') as string
    })
  })

  it('hands every word over as it is', async () => {
    const systemd = await ownSystemd()
    const words = [
      'a b',
      '%n %%',
      '$HOME',
      '${HOME}',
      '$$',
      String.raw`c\d\x41`,
      "'",
      '"q"',
      ';',
      '',
      'ü',
      '-',
      '&&'
    ]
    const program = '/opt/dump 50% $HOME ü'
    await systemd.write(program, '#!/bin/sh\nfor each in "$@"; do printf "<%s>" "$each"; done > /run/words\n')
    await systemd.run('chmod', '755', program)
    const unit = `[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart=${commandLine([program, ...words])}\n`
    await systemd.write('/etc/systemd/system/words.service', unit)
    await systemd.run('systemctl', 'daemon-reload')
    expect(await systemd.run('systemctl', 'start', 'words')).toMatchObject({ code: 0, stderr: '' })
    expect((await systemd.run('cat', '/run/words')).stdout).toBe(words.map((each) => `<${each}>`).join(''))
  })
})
