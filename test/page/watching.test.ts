/** Another computer's ports, by the buttons of the page Network: asked for, only watched, and those of a ser2net that is heard. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../e2e/cli.ts'
import { Network, lacksNetworks } from '../e2e/endurance/network.ts'
import { Computer, paired } from '../e2e/two-computers.ts'
import { eventually } from '../eventually.ts'
import { Avahi, lacksAvahi } from '../peers/avahi.ts'
import { lacks } from '../peers/need.ts'
import { browserThere, screenshot } from './browser.ts'

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true })

/** Alice in front of her page, bob at his command line; both are off. */
async function computers() {
  const network = new Network()
  await network.there('ip', 'link', 'set', 'lo', 'up').ended
  const discovery = { discovery: {} }
  const shares = [
    { id: 'desk', name: 'desk', port: { target: 'sim:echo' }, listen: ['raw://127.0.0.1:7100'] }
  ]
  const alice = new Computer(network.server, (...all) => network.here(...all), {
    ...{ name: 'alice', preferences: discovery }
  })
  const bob = new Computer(network.peer, (...all) => network.there(...all), {
    ...{ name: 'bob', preferences: discovery, shares }
  })
  return { network, alice, bob }
}

async function pageOf(network: Network, alice: Computer): Promise<Page> {
  const program = alice.farport('serve', '--http', '127.0.0.1:7373')
  await program.printed(/ready/)
  const [, link = ''] = await program.printed(/^page (\S+)$/m)
  const page = await (await browserThere(...network.prefixHere)).open(link)
  return page
}

/** Past the first steps, which a computer without shares shows. */
async function begin(page: Page): Promise<void> {
  await page.getByRole('navigation').getByText('alice').waitFor()
  const later = page.getByRole('dialog', { name: 'Welcome to Farport' })
  if ((await later.count()) > 0) await page.keyboard.press('Escape')
  await page.getByRole('link', { name: 'Network' }).click()
}

async function sessionsOf(bob: Computer): Promise<readonly Record<string, unknown>[]> {
  const { stdout } = await bob.farport('list', 'desk', '--json').ended
  return (JSON.parse(stdout) as { sessions: Record<string, unknown>[] }).sessions
}

describe.skipIf(lacksNetworks || lacks('chromium'))('the page Network', { timeout: 120_000 }, () => {
  it('only watches a free port, and asks for or watches one in use', async () => {
    const { network, alice, bob } = await computers()
    await bob.serve()
    await paired(alice, bob)
    const page = await pageOf(network, alice)
    await begin(page)

    await button(page, 'Connect to desk').waitFor({ timeout: 20_000 })
    await button(page, 'More ways to use desk').click()
    await screenshot(page, 'network-watch-only')
    await page.getByRole('menuitem', { name: 'Watch only' }).click()
    const link = page.getByRole('listitem', { name: 'desk' })
    await link.getByText('Watching', { exact: true }).waitFor()
    await eventually(async () =>
      expect(await sessionsOf(bob)).toMatchObject([{ label: 'alice', writer: false, watches: true }])
    )
    await screenshot(page, 'connection-watch-only')
    await button(page, 'Ask for control').click()
    await eventually(async () => expect(await sessionsOf(bob)).toMatchObject([{ writer: true }]))
    expect((await alice.farport('remove', 'desk').ended).code).toBe(0)

    const other = bob.run('nc', '127.0.0.1', '7100')
    await eventually(async () => expect(await sessionsOf(bob)).toMatchObject([{ writer: true }]))
    await page.getByRole('link', { name: 'Network' }).click()
    await button(page, 'Look again').click()
    await button(page, 'Watch').click({ timeout: 20_000 })
    await link.getByText(/^Watching: another client has the control since/).waitFor()
    await eventually(async () => {
      const sessions = await sessionsOf(bob)
      expect(sessions.find(({ label }) => label === 'alice')).toMatchObject({ watches: true })
    })
    expect((await alice.farport('remove', 'desk').ended).code).toBe(0)

    await page.getByRole('link', { name: 'Network' }).click()
    await button(page, 'Look again').click()
    await button(page, 'Ask for it').click({ timeout: 20_000 })
    await link.getByText('Asked for control').waitFor()
    expect((await bob.farport('grant', 'desk').ended).code).toBe(0)
    await eventually(async () => {
      const sessions = await sessionsOf(bob)
      expect(sessions.find(({ label }) => label === 'alice')).toMatchObject({ writer: true })
    })
    await other.stop()
  })

  it.skipIf(lacksAvahi || lacks('ser2net', 'socat'))(
    'hears a real ser2net, and connects by one click',
    async () => {
      const { network, alice } = await computers()
      const avahi = await Avahi.start((...all) => network.there(...all), { hostname: 'bench' })
      const folder = temporaryFolder()
      const device = join(folder, 'device')
      const echo = network.there('socat', '-d', '-d', `pty,rawer,link=${device}`, 'exec:cat')
      await echo.printed(/starting data transfer loop/, 'stderr')
      const config = join(folder, 'ser2net.yaml')
      writeFileSync(
        config,
        [
          'connection: &meter',
          '  accepter: telnet(rfc2217),tcp,7000',
          `  connector: serialdev,${device},9600n81,local`,
          '  options:',
          '    mdns: true',
          '    mdns-name: Bench meter',
          ''
        ].join('\n')
      )
      avahi.run('ser2net', '-n', '-d', '-c', config)
      const page = await pageOf(network, alice)
      await begin(page)

      await button(page, 'Connect to Bench meter').click({ timeout: 30_000 })
      const link = page.getByRole('listitem', { name: 'Bench meter' })
      const row = (await link.count()) > 0 ? link : page.getByRole('main').getByRole('listitem').first()
      await row.getByText('Waiting for a program to open it').waitFor()
      const path = (await row.locator('.here').textContent()) ?? ''
      const program = alice.run('sh', '-c', `exec 3<>${path}; printf hello >&3; exec cat <&3`)
      await program.printed(/hello/)
      await screenshot(page, 'connection-ser2net')
      await program.stop()
    }
  )
})
