import { execFileSync } from 'node:child_process'
import { chmodSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Finding } from '../../src-main/contract/findings.ts'
import { eventually } from '../eventually.ts'
import type { Program } from './cli.ts'
import { lacksNetworks, Network } from './endurance/network.ts'
import { paired, twoComputers } from './two-computers.ts'
import { installed, pairedSettings } from './two-instances.ts'

/** Those about Farport itself. What else this computer has in its way is no matter here. */
async function examined(doctor: Program): Promise<Record<string, Finding[]>> {
  const { stdout, stderr } = await doctor.ended
  expect(stderr).toBe('')
  const all = JSON.parse(stdout) as Finding[]
  return Object.fromEntries(
    all.map(({ subject }) => [subject, all.filter((each) => each.subject === subject)])
  )
}

describe('farport doctor', () => {
  it('tells of the Farport that runs, and that another computer reaches it', async () => {
    const [lab, desk] = [await installed(), await installed()]
    lab.home.write(pairedSettings('lab', lab, desk, 'desk', 'none'))
    desk.home.write(pairedSettings('my desk', desk, lab, 'lab', 'none'))
    await desk.home.serve()
    const serving = await lab.home.serve()
    const found = await examined(lab.home.farport('doctor', '--json'))
    expect(found.Farport).toEqual([
      {
        level: 'ok',
        subject: 'Farport',
        message: expect.stringMatching(/^your own runs here since .*, process \d+$/) as string
      }
    ])
    expect(found['farport/1']).toMatchObject([{ level: 'ok' }])
    expect(found['other computers']).toEqual([
      { level: 'ok', subject: 'other computers', message: 'this one is reached by desk' }
    ])
    expect(found.key).toMatchObject([{ level: 'ok' }])

    // A file that is broken while it runs changes nothing, and is told.
    writeFileSync(lab.home.settings, '{"version": 1,', { mode: 0o600 })
    await eventually(async () => {
      const { settings } = await examined(lab.home.farport('doctor', '--json'))
      expect(settings).toMatchObject([
        { level: 'problem', fix: `Mend ${lab.home.settings}: it is read as soon as it is saved` }
      ])
    })
    await serving.stop('SIGKILL')
    expect(statSync(lab.home.socket).isSocket()).toBe(true)
    const left = await examined(lab.home.farport('doctor', '--json'))
    expect(left.Farport).toMatchObject([
      { level: 'warning', message: expect.stringContaining(lab.home.socket) as string }
    ])
    expect(left.settings).toMatchObject([{ level: 'problem' }])
  })

  it('finds a key that others may read, and prints what mends it', async () => {
    const { home } = await installed()
    const path = join(home.config, 'farport/identity.pem')
    chmodSync(path, 0o644)
    const doctor = await home.farport('doctor').ended
    expect(doctor.code).toBe(3)
    const lines = doctor.stdout.split('\n')
    const at = lines.indexOf(`PROBLEM key: ${path} is open to other users`)
    const fix = /chmod.*$/.exec(lines[at + 1] ?? '')?.[0]
    expect(fix).toBe(`chmod 600 ${path}`)
    execFileSync('sh', ['-c', fix!])
    expect((await examined(home.farport('doctor', '--json'))).key).toMatchObject([{ level: 'ok' }])
  })
})

describe.skipIf(lacksNetworks)('a computer behind a firewall, in network namespaces (root)', () => {
  it('is told that others cannot reach it, and which port to open', async () => {
    const network = new Network()
    const { alice, bob } = twoComputers({}, network)
    await Promise.all([alice.serve(), bob.serve()])
    await paired(alice, bob)
    const before = await examined(alice.farport('doctor', '--json'))
    expect(before['other computers']).toEqual([
      { level: 'ok', subject: 'other computers', message: 'this one is reached by bob' }
    ])
    network.dropNewcomers(22_217)
    const doctor = alice.farport('doctor', '--json')
    const [finding, ...more] = (await examined(doctor))['other computers'] ?? []
    expect(more).toEqual([])
    expect(finding).toMatchObject({ level: 'problem' })
    expect(finding?.message).toBe(
      `Other computers cannot reach this one: the firewall blocks port 22217 (bob tried ${alice.address}:22217: no answer: a firewall drops what comes)`
    )
    expect(finding?.fix).toContain('22217')
    expect((await doctor.ended).code).toBe(3)
  })
})
