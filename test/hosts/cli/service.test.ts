import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { launchd } from '../../../src-main/hosts/cli/service/launchd.ts'
import { scheduledTask } from '../../../src-main/hosts/cli/service/scheduled-task.ts'
import type { Place, Plan, Ran } from '../../../src-main/hosts/cli/service/service-kind.ts'
import { statusLines } from '../../../src-main/hosts/cli/service/status-lines.ts'
import { MARK, carryOut, describeSteps, type Step } from '../../../src-main/hosts/cli/service/steps.ts'
import { systemd } from '../../../src-main/hosts/cli/service/systemd.ts'
import { commandLine } from '../../../src-main/hosts/cli/service/systemd-words.ts'
import { PYTHON, lacks } from '../../peers/need.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'service-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const RAN: Ran = { code: 0, stdout: '', stderr: '' }

/** A computer of the test's own; `ran`: what was run there. */
function place(more: Partial<Place> = {}): Place & { ran: string[] } {
  const root = folder()
  mkdirSync(join(root, 'run/systemd/system'), { recursive: true })
  mkdirSync(join(root, 'etc'))
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\ndialout:x:20:\n')
  const ran: string[] = []
  const run = (command: readonly string[]): Promise<Ran> => {
    ran.push(command.join(' '))
    return Promise.resolve(RAN)
  }
  return {
    platform: 'linux',
    uid: 1000,
    userName: 'ada',
    home: join(root, 'home/ada'),
    environment: {},
    program: ['/usr/bin/env', '/usr/bin/env'],
    version: '1.2.3',
    root,
    run,
    ran,
    ...more
  }
}

async function done({ steps }: Plan, { run }: Place): Promise<string[]> {
  const said: string[] = []
  await carryOut(steps, { run, say: (line) => said.push(line) })
  return said
}

const textOf = (plan: Plan): string =>
  plan.steps.map((step) => (step.do === 'write' ? step.text : '')).join('')
const commandsOf = (plan: Plan): string[] =>
  plan.steps.flatMap((step) => (step.do === 'run' ? [step.command.join(' ')] : []))

describe('systemd', () => {
  it('installs, leaves alone what is as it should be, and restarts what is not', async () => {
    const here = place()
    const unit = join(here.home, '.config/systemd/user/farport.service')
    expect(await done(systemd.install(here, 'user'), here)).toContain(`wrote ${unit}`)
    expect(readFileSync(unit, 'utf8')).toContain('ExecStart=/usr/bin/env /usr/bin/env serve\n')
    expect(here.ran.splice(0)).toEqual([
      'systemctl --user daemon-reload',
      'systemctl --user enable farport.service',
      'systemctl --user restart farport.service'
    ])
    expect(await done(systemd.install(here, 'user'), here)).toContain(`${unit} is as it should be`)
    expect(here.ran.splice(0)).toEqual([
      'systemctl --user enable farport.service',
      'systemctl --user start farport.service'
    ])
    await done(systemd.install({ ...here, version: '1.2.4' }, 'user'), here)
    expect(here.ran.splice(0)).toContain('systemctl --user restart farport.service')
    expect(await done(systemd.uninstall(here, 'user'), here)).toContain(`removed ${unit}`)
    expect(describeSteps(systemd.uninstall(here, 'user').steps)).not.toContain(`would remove ${unit}`)
  })

  it('names groups that are there alone, of all that serial ports belong to', () => {
    const arch = place()
    writeFileSync(join(arch.root, 'etc/group'), 'root:x:0:\nuucp:x:986:\nfarport:x:970:\n')
    const plan = systemd.install(arch, 'system')
    expect(textOf(plan)).toContain('SupplementaryGroups=uucp farport\n')
    expect(textOf(plan)).toContain('GROUP="uucp"')
    expect(textOf(plan)).not.toContain('GROUP="dialout"')
    expect(commandsOf(plan)).not.toContain('groupadd --system farport')
    expect(commandsOf(systemd.install(place(), 'system'))).toContain('groupadd --system farport')
  })

  it('refuses a program that the service could not read', () => {
    const closed = join(folder(), 'farport.js')
    const program = ['/usr/bin/env', closed] as const
    expect(() => systemd.install(place({ program }), 'system')).toThrow(/may not look into \//)
    const cached = ['/usr/bin/env', '/opt/_npx/1a/farport.js'] as const
    expect(() => systemd.install(place({ program: cached }), 'system')).toThrow(/npx/)
  })

  it('starts the app by its launcher, whose words are no paths', () => {
    const program = ['/usr/bin/env', '--ozone-platform=headless', '--cli', '--'] as const
    expect(textOf(systemd.install(place({ program }), 'system'))).toContain(
      'ExecStart=/usr/bin/env --ozone-platform=headless --cli -- serve'
    )
  })

  it('refuses where systemd does not run, and a user’s service by sudo', () => {
    const here = place()
    rmSync(join(here.root, 'run/systemd'), { recursive: true })
    expect(() => systemd.install(here, 'user')).toThrow(/farport serve/)
    expect(() => systemd.install(place({ uid: 0, environment: { SUDO_USER: 'ada' } }), 'user')).toThrow(
      /without sudo/
    )
  })

  it('says that a user signed out has no service, unless that user lingers', () => {
    const here = place()
    expect(systemd.install(here, 'user').hints.join()).toContain('loginctl enable-linger ada')
    mkdirSync(join(here.root, 'var/lib/systemd/linger/ada'), { recursive: true })
    expect(systemd.install(here, 'user').hints.join()).not.toContain('enable-linger')
  })

  it.each([
    [
      'ActiveState=active\nMainPID=4711\nActiveEnterTimestamp=@1763726986\nUnitFileState=enabled\nStatusText=2 shares',
      'running',
      '2 shares'
    ],
    ['ActiveState=activating\nMainPID=0\nUnitFileState=enabled', 'starting', undefined],
    ['ActiveState=failed\nResult=exit-code\nUnitFileState=disabled', 'failed', 'ended with exit-code'],
    ['ActiveState=inactive\nResult=success\nStatusText=2 shares', 'stopped', undefined],
    ['', 'unknown', undefined]
  ] as const)('reads %j', async (stdout, state, detail) => {
    const here = place()
    await done(systemd.install(here, 'user'), here)
    const asked = { ...here, run: () => Promise.resolve({ ...RAN, stdout }) }
    const status = await systemd.status(asked, 'user')
    expect(status).toMatchObject({ state, detail, version: '1.2.3', ours: true })
    if (state === 'running') {
      expect(status).toMatchObject({ pid: 4711, since: '2025-11-21T12:09:46.000Z', enabled: true })
      expect(statusLines(status)).toEqual([
        `Your own service: running since 2025-11-21T12:09:46.000Z, process 4711, starts by itself, installed by version 1.2.3 (${status.file}).`,
        '  2 shares',
        '  log: journalctl --user -u farport'
      ])
    }
  })
})

describe('a command line of a unit', () => {
  it.each([
    [['/usr/bin/node', '/opt/farport.js'], '/usr/bin/node /opt/farport.js'],
    [['/opt/a b/no$de', 'x$y', '50%'], '"/opt/a b/no$de" x$$y 50%%'],
    [['/n', 'say "hi"', String.raw`c:\d`, ';', ''], String.raw`/n "say \"hi\"" "c:\\d" ";" ""`]
  ])('%j', (words, line) => {
    expect(commandLine(words)).toBe(line)
  })

  it.each([[['/n', 'a\nb']], [['/n"ode']], [[String.raw`/n\ode`]]])('refuses %j', (words) => {
    expect(() => commandLine(words)).toThrow(expect.objectContaining({ code: 'usage' }) as Error)
  })
})

describe('files', () => {
  it.each<[string, (path: string) => void]>([
    ['a file of somebody else', (path) => writeFileSync(path, '[Unit]\n')],
    ['a link', (path) => symlinkSync('/dev/null', path)],
    ['a directory', (path) => mkdirSync(path)]
  ])('are not put in the place of %s, and nothing before it happens', async (_, make) => {
    const here = place()
    const path = join(folder(), 'unit')
    make(path)
    const steps: Step[] = [
      { do: 'run', command: ['first'] },
      { do: 'write', path: join(folder(), 'other'), text: MARK },
      { do: 'write', path, text: MARK }
    ]
    await expect(carryOut(steps, { run: here.run, say: () => undefined })).rejects.toMatchObject({
      code: 'path-taken'
    })
    expect(() => describeSteps(steps)).toThrow(/is there already/)
    const removal: Step[] = [{ do: 'remove', path }]
    await expect(carryOut(removal, { run: here.run, say: () => undefined })).rejects.toMatchObject({
      code: 'path-taken'
    })
    expect(here.ran).toEqual([])
  })

  it('end what a command that fails would have been followed by, with what it said', async () => {
    const run = (): Promise<Ran> =>
      Promise.resolve({ code: 1, stdout: '', stderr: 'Failed to connect to bus: \x1b[1mNo medium found\n' })
    const steps: Step[] = [{ do: 'run', command: ['systemctl', '--user', 'start'] }]
    await expect(carryOut(steps, { run, say: () => undefined })).rejects.toThrow(
      '"systemctl --user start" failed: Failed to connect to bus: [1mNo medium found. Mend that'
    )
  })
})

describe('launchd', () => {
  const mac = (more: Partial<Place> = {}): ReturnType<typeof place> =>
    place({ platform: 'darwin', uid: 501, program: ['/opt/no<de', '/Users/a & b/farport.js'], ...more })

  it('has an agent of the user, and a daemon that is that user, not root', () => {
    const agent = launchd.install(mac(), 'user')
    expect(agent).toMatchObject({ needsRoot: false, hints: [] })
    expect(textOf(agent)).not.toContain('UserName')
    expect(commandsOf(agent)[1]).toMatch(/^launchctl bootstrap gui\/501 .*\/LaunchAgents\/farport\.plist$/)
    const daemon = launchd.install(
      mac({ uid: 0, userName: 'root', environment: { SUDO_USER: 'ada' } }),
      'system'
    )
    expect(daemon.needsRoot).toBe(true)
    expect(textOf(daemon)).toContain('<key>UserName</key>\n  <string>ada</string>')
    expect(() => launchd.install(mac({ uid: 0, userName: 'root' }), 'system')).toThrow(/as root/)
  })

  it.skipIf(lacks('python3'))('is told in a plist that a reader of plists takes', () => {
    const read = `import plistlib, sys, json; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))`
    for (const scope of ['user', 'system'] as const) {
      const plist = textOf(launchd.install(mac(), scope))
      const { ProgramArguments, Label, KeepAlive } = JSON.parse(
        execFileSync(PYTHON, ['-c', read], { input: plist, encoding: 'utf8' })
      ) as Record<string, unknown>
      expect(ProgramArguments).toEqual(['/opt/no<de', '/Users/a & b/farport.js', 'serve'])
      expect([Label, KeepAlive]).toEqual(['farport', true])
    }
  })

  it('is asked how it is', async () => {
    const here = mac()
    const steps = launchd.install(here, 'user').steps.filter((step) => step.do === 'write')
    await carryOut(steps, { run: here.run, say: () => undefined })
    const stdout = 'gui/501/farport = {\n\tstate = running\n\tpid = 812\n}\n'
    const status = await launchd.status({ ...here, run: () => Promise.resolve({ ...RAN, stdout }) }, 'user')
    expect(status).toMatchObject({ state: 'running', pid: 812, version: '1.2.3', ours: true })
  })
})

describe('the scheduled task of Windows', () => {
  const windows = (): Place =>
    place({
      platform: 'win32',
      uid: undefined,
      userName: 'Ada & Co',
      environment: { APPDATA: String.raw`C:\Users\Ada\AppData\Roaming`, USERDOMAIN: 'DESK' },
      program: [String.raw`C:\Program Files\nodejs\node.exe`, String.raw`C:\Ada & Co\farport.js`]
    })

  it.skipIf(lacks('python3'))('is XML in the encoding that it names', () => {
    const [step] = scheduledTask.install(windows(), 'user').steps
    if (step?.do !== 'write') throw new Error('no file')
    const read = `
import sys, json, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
print(json.dumps({each.tag.split('}')[1]: each.text for each in root.iter()}))`
    const input = Buffer.from(step.text, step.encoding)
    const found = JSON.parse(execFileSync(PYTHON, ['-c', read], { input, encoding: 'utf8' })) as object
    expect(found).toMatchObject({
      UserId: String.raw`DESK\Ada & Co`,
      Command: String.raw`C:\Program Files\nodejs\node.exe`,
      Arguments: String.raw`"C:\Ada & Co\farport.js" serve`,
      ExecutionTimeLimit: 'PT0S'
    })
  })

  it('starts the app as its launcher does, without a console', () => {
    const program = [String.raw`C:\Ada\Farport.exe`, '--cli', '--'] as const
    const [step] = scheduledTask.install({ ...windows(), program }, 'user').steps
    expect(step).toMatchObject({
      text: expect.stringMatching(
        /<Command>C:\\Ada\\Farport\.exe<[^]*<Arguments>.*--cli.* .*--.* serve</
      ) as string
    })
  })

  it('is there for a user alone', () => {
    expect(commandsOf(scheduledTask.install(windows(), 'user'))[0]).toBe(
      String.raw`schtasks /Create /TN Farport /XML C:\Users\Ada\AppData\Roaming\Farport\task.xml /F`
    )
    expect(() => scheduledTask.install(windows(), 'system')).toThrow(/--user/)
  })
})
