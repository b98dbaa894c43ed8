import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { problemsOfAccess } from '../page/accessible.ts'
import { screenshot, useBrowser } from '../page/browser.ts'
import { lacks } from '../peers/need.ts'
import { InstanceHome } from './instance.ts'
import { freePort } from '../peers/free-port.ts'
import type { Program } from './cli.ts'

/** A running Farport of the test's own whose page is at that port; 0: any. */
async function serving(home: InstanceHome, port = 0): Promise<{ program: Program; link: string }> {
  const program = await home.serve('--http', `127.0.0.1:${port}`)
  const [, link = ''] = await program.printed(/^page (\S+)$/m)
  return { program, link }
}

function newHome(): InstanceHome {
  const home = new InstanceHome()
  home.write({
    name: 'workbench',
    shares: [{ id: 'gps', name: 'gps', port: { target: 'sim:gps' }, listen: ['raw://127.0.0.1:0'] }]
  })
  return home
}

describe.skipIf(lacks('chromium'))('the page in a browser', () => {
  const browser = useBrowser()

  it('opens by the link that serve prints, once; a reload stays signed in', async () => {
    const { link } = await serving(newHome())
    const page = await browser.open(link)
    await page.getByText('workbench').waitFor()
    expect(page.url()).toBe(new URL('/', link).href)
    await page.reload()
    await page.getByText('workbench').waitFor()
    await screenshot(page, 'headless-page')
    expect(await page.context().cookies()).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }])

    const stranger = await browser.open(link, { expected: [/401/] })
    await stranger.getByRole('heading', { name: 'This link is used up' }).waitFor()
    await stranger.getByText('farport page').waitFor()
    await screenshot(stranger, 'headless-used-link')
  })

  it('says that Farport is gone, and comes back by itself', async () => {
    const home = newHome()
    const port = await freePort()
    const { program, link } = await serving(home, port)
    const page = await browser.open(link, { expected: [/WebSocket|ERR_CONNECTION_REFUSED/] })
    await page.getByText('workbench').waitFor()
    program.process.kill('SIGKILL')
    await program.ended
    const banner = page.getByText('Farport does not answer')
    await banner.waitFor()
    await screenshot(page, 'headless-lost')
    await serving(home, port)
    await banner.waitFor({ state: 'detached' })
    await page.getByText('workbench').waitFor()
  })

  it('says what to do when it was signed out', async () => {
    const home = newHome()
    const { link } = await serving(home)
    const page = await browser.open(link, { expected: [/401|WebSocket/] })
    await page.getByText('workbench').waitFor()
    expect((await home.farport('page', '--sign-out').ended).stdout).toBe('signed out 1 open pages\n')
    await page.getByRole('heading', { name: 'Sign in to this Farport' }).waitFor()
  })

  it('lists who is signed in, and signs out another one', async () => {
    const { link } = await serving(newHome())
    const page = await browser.open(link)
    await page.getByRole('link', { name: 'Settings' }).click()
    const browsers = page.getByRole('list', { name: 'Browsers that are signed in' })
    await browsers.getByText('Chrome on Linux (this browser)').waitFor()
    expect(await page.getByRole('button', { name: 'Sign out all others' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Make a link' }).click()
    const next = await page.getByText(/^http:.*token=/).textContent()
    const other = await browser.open(next ?? '', { expected: [/401|WebSocket/] })
    await other.getByText('workbench').waitFor()
    await expect.poll(() => browsers.getByRole('listitem').count(), { timeout: 15_000 }).toBe(2)
    await browsers.scrollIntoViewIfNeeded()
    await page.getByRole('button', { name: 'Sign out all others' }).scrollIntoViewIfNeeded()
    expect(await problemsOfAccess(page)).toEqual([])
    await screenshot(page, 'settings-browsers')
    await browsers.getByRole('listitem').last().getByRole('button').click()
    await page.getByRole('dialog', { name: 'Sign out Chrome on Linux?' }).waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click()
    await other.getByRole('heading', { name: 'Sign in to this Farport' }).waitFor()
    await expect.poll(() => browsers.getByRole('listitem').count()).toBe(1)
    await page.reload()
    await page.getByText('workbench').waitFor()
  })

  it('opens from a link on a page of somebody else, to which it tells nothing', async () => {
    const { link } = await serving(newHome())
    const { origin } = new URL(link)
    // Another site than 127.0.0.1: from there a browser sends no cookie of ours.
    const other = createServer((_request, response) => {
      response
        .setHeader('Content-Type', 'text/html')
        .end(`<link rel="icon" href="data:,"><a href="${link}">Farport</a>`)
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const page = await browser.open(`http://localhost:${port}/`, {
      expected: [/ERR_FAILED|CORS|ERR_BLOCKED|WebSocket/]
    })
    await page.getByRole('link').click()
    await page.getByText('workbench').waitFor()
    expect(page.url()).toBe(`${origin}/`)

    await page.goto(`http://localhost:${port}/`)
    const tried = await page.evaluate(`(async () => {
      const fetched = await fetch('${origin}/session', { credentials: 'include' }).then(() => 'read', () => 'blocked')
      const socket = new WebSocket('${origin.replace('http', 'ws')}/rpc')
      const opened = await new Promise((resolve) => {
        socket.onopen = () => resolve('open')
        socket.onclose = () => resolve('closed')
      })
      return { fetched, opened }
    })()`)
    expect(tried).toEqual({ fetched: 'blocked', opened: 'closed' })
  })

  it('over TLS with the certificate of the installation', async () => {
    const program = await newHome().serve('--http', '127.0.0.1:0', '--http-cert', 'own')
    const [, link = ''] = await program.printed(/^page (https:\S+)$/m)
    const page = await browser.open(link, { anyCertificate: true })
    await page.getByText('workbench').waitFor()
    const name = `__Host-farport-${new URL(link).port}`
    expect(await page.context().cookies()).toMatchObject([{ name, secure: true, httpOnly: true }])
  })
})
