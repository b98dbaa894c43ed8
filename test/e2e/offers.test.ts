import { expect, it } from 'vitest'
import type { Offer } from '../../src-main/contract/state.ts'
import { eventually } from '../eventually.ts'
import { installed, pairedSettings, type Installed } from './two-instances.ts'

const SHARES = [
  { id: 's1', name: 'gps', port: { target: 'sim:gps' } },
  { id: 's2', name: 'Rack console', port: { target: 'sim:echo' }, enabled: false }
]

async function lab(level: 'none' | 'control'): Promise<{ lab: Installed; desk: Installed }> {
  const [there, desk] = [await installed(), await installed()]
  there.home.write(pairedSettings('lab', there, desk, 'desk', level, { shares: SHARES }))
  desk.home.write(pairedSettings('my desk', desk, there, 'lab', 'none'))
  await there.home.serve()
  return { lab: there, desk }
}

it('lists what a paired computer offers, by a command alone and by the Farport that runs', async () => {
  const { lab: there, desk } = await lab('control')
  const alone = await desk.home.farport('connect', 'farport://lab').ended
  expect(alone).toMatchObject({ code: 0, stderr: '' })
  expect(
    alone.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/))
  ).toEqual([
    ['SHARE', 'STATE', 'YOU MAY', 'IN USE BY', 'TO USE IT'],
    ['gps', 'idle', 'control', '-', 'farport connect farport://lab/gps --pty ~/gps'],
    ['Rack console', 'off', 'control', '-', '-']
  ])
  // The line that it prints is one that works.
  const link = desk.home.farport('connect', 'farport://lab/gps', '--stdio')
  await link.printed(/\$GP/)
  await eventually(async () => {
    const { stdout } = await desk.home.farport('connect', 'lab').ended
    expect(stdout).toMatch(/gps +open \d+ 8N1 +control +this computer since \d\d:\d\d:\d\d /)
  })
  await desk.home.serve()
  const { stdout, code } = await desk.home.farport('connect', `farport://127.0.0.1:${there.port}`, '--json')
    .ended
  const offer = JSON.parse(stdout) as Offer
  expect(code).toBe(0)
  expect(offer.self).toMatchObject({ id: there.id, name: 'lab' })
  expect(offer.bridges.map(({ name, enabled }) => [name, enabled])).toEqual([
    ['gps', true],
    ['Rack console', false]
  ])
})

it('says what to say there where nothing is offered', async () => {
  const { desk } = await lab('none')
  const alone = await desk.home.farport('connect', 'lab').ended
  expect(alone.stdout).toMatch(
    /^lab offers this computer nothing yet\. Its owner says there: farport permit \S+ control\n$/
  )
  await desk.home.serve()
  const { stdout, code } = await desk.home.farport('connect', 'lab').ended
  expect([stdout.trim(), code]).toEqual([
    "lab offers this computer nothing yet. Its owner says there: farport permit 'my desk' control",
    0
  ])
  const json = await desk.home.farport('connect', 'lab', '--json').ended
  expect(JSON.parse(json.stdout)).toMatchObject({ self: { name: 'lab' }, bridges: [] })
})

it('says how to pair with one that is not, and what to write for another port', async () => {
  const { lab: there, desk } = await lab('none')
  const stranger = await installed()
  const place = `127.0.0.1:${there.port}`
  const unpaired = await stranger.home.farport('connect', `farport://${place}`).ended
  expect(unpaired.code).toBe(4)
  expect(unpaired.stderr).toContain(`farport pair ${place}`)
  const { id, port } = await installed()
  stranger.home.write(pairedSettings('stranger', stranger, { ...desk, id, port }, 'somebody', 'none'))
  await stranger.home.serve()
  const asked = await stranger.home.farport('connect', `farport://${place}`).ended
  expect(asked).toMatchObject({ code: 4, stdout: '' })
  expect(asked.stderr).toContain(`is not paired with this computer: farport pair ${place}`)
  const other = await stranger.home.farport('connect', place).ended
  expect(other.code).toBe(2)
  for (const form of ['rfc2217', 'raw', 'farport']) expect(other.stderr).toContain(`${form}://${place}`)
})
