import { spawn } from 'node:child_process'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { freePort } from '../peers/free-port.ts'
import { atTestEnd } from './at-test-end.ts'
import { FARPORT, type Program } from './cli.ts'
import { InstanceHome } from './instance.ts'

const LINK = /^page (http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43})$/m

function newHome(page?: object): InstanceHome {
  const home = new InstanceHome()
  home.write({ preferences: { listen: { enabled: false }, ...(page && { page }) } })
  return home
}

async function linkOf(program: Program): Promise<string> {
  const [, link = ''] = await program.printed(LINK)
  return link
}

/** Opens a link as a browser does: the cookie that it gets; undefined where it gets none. */
async function cookieFor(link: string): Promise<string | undefined> {
  const { headers } = await fetch(link, { redirect: 'manual' })
  return headers.get('set-cookie')?.split(';')[0]
}

async function isSignedIn(link: string, cookie = ''): Promise<boolean> {
  const { status } = await fetch(new URL('/session', link), { headers: { Cookie: cookie } })
  return status === 204
}

/** Something else that has the port. */
async function taken(port = 0): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(port, '127.0.0.1')
  atTestEnd(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  return { server, port: (server.address() as { port: number }).port }
}

describe('farport page', () => {
  it('lets one more browser in; those that are stay signed in over a new start, until all are signed out', async () => {
    const home = newHome()
    const port = await freePort()
    const first = await home.serve('--http', `127.0.0.1:${port}`)
    const printed = await linkOf(first)
    const cookie = await cookieFor(printed)
    expect(await isSignedIn(printed, cookie)).toBe(true)
    expect(await cookieFor(printed)).toBeUndefined()

    const { stdout } = await home.farport('page').ended
    const [, fresh = ''] = LINK.exec(stdout) ?? []
    expect(fresh).not.toBe(printed)
    const other = await cookieFor(fresh)
    expect(await isSignedIn(fresh, other)).toBe(true)
    const json = await home.farport('page', '--json').ended
    expect(JSON.parse(json.stdout)).toMatchObject({ page: expect.stringMatching(/token=/) as string })

    first.process.kill('SIGTERM')
    expect(await first.ended).toMatchObject({ code: 0 })
    await home.serve('--http', `127.0.0.1:${port}`)
    expect([await isSignedIn(fresh, cookie), await isSignedIn(fresh, other)]).toEqual([true, true])
    const listed = (await home.farport('page', '--browsers').ended).stdout
    expect(listed).toMatch(/^ID +BROWSER +ADDRESS .*\n[\w-]{8} +A browser +127\.0\.0\.1 /)
    const [, first8 = ''] = /\n([\w-]{8}) /.exec(listed) ?? []
    expect((await home.farport('page', '--sign-out', first8).ended).stdout).toBe('signed out 0 open pages\n')
    const left = [await isSignedIn(fresh, cookie), await isSignedIn(fresh, other)]
    expect(left.toSorted()).toEqual([false, true])
    expect(await home.farport('page', '--sign-out', 'nobody').ended).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/No browser .*"nobody": see farport page --browsers/) as string
    })
    expect((await home.farport('page', '--sign-out').ended).stdout).toBe('signed out 0 open pages\n')
    expect([await isSignedIn(fresh, cookie), await isSignedIn(fresh, other)]).toEqual([false, false])
  })

  it('switches the page of a service on and off, and says what to do where there is none', async () => {
    const port = await freePort()
    const home = newHome({ port })
    expect(await home.farport('page').ended).toMatchObject({
      stderr: expect.stringMatching(/No Farport runs here/) as string
    })
    const program = await home.serve()
    const none = await home.farport('page').ended
    expect(none.stderr).toContain('Switch it on: farport page --on')
    expect(none.code).toBe(2)

    const [, link = ''] = await home.farport('page', '--on').printed(LINK)
    expect(new URL(link).port).toBe(String(port))
    expect(await isSignedIn(link, await cookieFor(link))).toBe(true)
    expect(home.read().preferences.page).toMatchObject({ enabled: true, port })
    expect((await home.farport('page', '--off').ended).stdout).toBe('page off\n')
    await expect(fetch(link)).rejects.toThrow()
    // No link stands in what it printed by itself.
    expect(program.stdout + program.stderr).not.toContain('token')
  })
})

describe('farport serve --http', () => {
  it('needs TLS where other computers come, and says how', async () => {
    const home = newHome()
    const refused = await home.farport('serve', '--http', '0.0.0.0:7373').ended
    expect(refused.stderr).toMatch(
      /^farport: Other computers reach 0\.0\.0\.0:7373, .*--http-cert FILE --http-key FILE/
    )
    expect(refused.code).toBe(5)
    const half = await home.farport('serve', '--http-cert', 'x.pem').ended
    expect(half).toMatchObject({ code: 2, stderr: expect.stringMatching(/--http HOST:PORT/) as string })
    const none = await home.farport('serve', '--http', '127.0.0.1:0', '--http-cert', '/dev/null').ended
    expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/\/dev\/null/) as string })
  })

  it('with the certificate of the installation tells its fingerprint; with files, nothing', async () => {
    const home = newHome()
    const own = await home.serve('--http', '127.0.0.1:0', '--http-cert', 'own')
    await own.printed(/^page https:\/\/127\.0\.0\.1:\d+\/\?token=/m)
    await own.printed(/SHA-256 fingerprint is ([0-9A-F]{2}:){31}[0-9A-F]{2}: go on/, 'stderr')
    own.process.kill('SIGTERM')
    await own.ended
    const file = (name: string): string => join(home.config, 'farport', name)
    const files = ['--http-cert', file('certificate.pem'), '--http-key', file('identity.pem')]
    const program = await home.serve('--http', '127.0.0.1:0', ...files)
    await program.printed(/^page https:/m)
    expect(program.stderr).not.toContain('fingerprint')
  })

  it('ends where the address is taken; as a setting it is tried until it is free', async () => {
    const { server, port } = await taken()
    const refused = await newHome().farport('serve', '--http', `127.0.0.1:${port}`).ended
    expect(refused).toMatchObject({ code: 5, stderr: expect.stringMatching(/already in use/) as string })

    const home = newHome({ enabled: true, port })
    const program = await home.serve()
    await program.printed(/page cannot be served.*already in use/, 'stderr')
    expect((await home.farport('page').ended).stderr).toContain('already in use')
    server.close()
    await program.printed(/page: at http/, 'stderr')
    expect((await home.farport('page').ended).stdout).toMatch(LINK)
  })

  it('gives no way in where others read the log', async () => {
    const home = newHome()
    const path = join(home.folder, 'journal')
    const journal = openSync(path, 'w')
    atTestEnd(() => closeSync(journal))
    const { dev, ino } = fstatSync(journal, { bigint: true })
    const env = { ...process.env, ...home.env, JOURNAL_STREAM: `${dev}:${ino}` }
    const serve = [FARPORT, 'serve', '--http', '127.0.0.1:0']
    const service = spawn(process.execPath, serve, { env, stdio: ['ignore', journal, journal] })
    atTestEnd(() => void service.kill('SIGKILL'))
    await eventually(() => expect(readFileSync(path, 'utf8')).toMatch(/^page http:\/\/127\.0\.0\.1:\d+\/$/m))
    expect(readFileSync(path, 'utf8')).not.toContain('token')
    expect((await home.farport('page').ended).stdout).toMatch(LINK)
  })
})
