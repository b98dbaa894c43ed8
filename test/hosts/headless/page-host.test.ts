import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { BROWSER_LIST_FILE, MAX_BROWSERS, SEEN_MS } from '../../../src-main/hosts/headless/browser-list.ts'
import { BrowserSessions, SESSION_S } from '../../../src-main/hosts/headless/browser-sessions.ts'
import { MAX_HEAD_BYTES } from '../../../src-main/hosts/headless/page-server.ts'
import { LOOK_MS, MAX_PAGES } from '../../../src-main/hosts/headless/page-sockets.ts'
import { LINK_MS, MAX_LINKS } from '../../../src-main/hosts/headless/sign-in-links.ts'
import { FIRST_WAIT_MS, LONGEST_WAIT_MS, MAX_HELD } from '../../../src-main/hosts/headless/wrong-links.ts'
import { TOLD_REFUSALS } from '../../../src-main/core/instance/refusal-log.ts'
import { eventually } from '../../eventually.ts'
import { FakeClock } from '../../fake-clock.ts'
import { SCRIPT, asked, folders, heads, pageRig, type PageRig } from './page-rig.ts'

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"

const WEB_SOCKET = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA=='
}

const SCRIPT_PATH = '/assets/index-AbCd1234.js'

const tokenPath = ({ host }: PageRig): string => `/${new URL(host.link().url).search}`

describe('signing in', () => {
  it('a link sets a cookie, leads to a clean address, and works once', async () => {
    const rig = await pageRig()
    const path = tokenPath(rig)
    const { status, headers } = await rig.get(path)
    expect(status).toBe(303)
    expect(headers.location).toBe('/')
    expect(headers['set-cookie']).toMatch(
      new RegExp(`^farport-${rig.port}=[\\w.-]+; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict$`)
    )
    const [cookie = ''] = headers['set-cookie']?.split(';') ?? []
    expect((await rig.get('/', { Cookie: cookie })).body.toString()).toContain('<title>Farport</title>')

    const again = await rig.get(path, { Accept: 'text/html' })
    expect(again.status).toBe(401)
    expect(again.headers['set-cookie']).toBeUndefined()
    expect(again.body.toString()).toContain('farport page')
    // Whoever is in already comes by an old link as well.
    expect(await rig.get(path, { Cookie: cookie })).toMatchObject({ status: 303, headers: { location: '/' } })
  })

  it('a token has 256 bits, and what is not exactly one lets nobody in', async () => {
    const clock = new FakeClock()
    const rig = await pageRig({ clock })
    const token = new URL(rig.host.link().url).searchParams.get('token')!
    expect(Buffer.from(token, 'base64url')).toHaveLength(32)
    const wrong = ['', 'x', token.slice(1), `${token}A`, token.toLowerCase(), 'A'.repeat(43)]
    const answers = wrong.map((each) => rig.get(`/?token=${each}`))
    await eventually(() => expect(rig.log).toHaveLength(wrong.length))
    await clock.advance(LONGEST_WAIT_MS)
    for (const { status } of await Promise.all(answers)) expect(status).toBe(401)
    const head = `HEAD /?token=${token} HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\n\r\n`
    await expect(asked(rig.port, head)).resolves.toMatchObject({ status: 401 })
    expect((await rig.get(`/?token=${token}`)).status).toBe(303)
  })

  it('a link ends after an hour, and the oldest of many makes room', async () => {
    const clock = new FakeClock()
    const rig = await pageRig({ clock })
    const old = tokenPath(rig)
    await clock.advance(LINK_MS)
    const late = rig.get(old)
    await eventually(() => expect(rig.log).toHaveLength(1))
    const first = tokenPath(rig)
    const others = Array.from({ length: MAX_LINKS }, () => tokenPath(rig))
    const displaced = rig.get(first)
    await eventually(() => expect(rig.log).toHaveLength(2))
    await clock.advance(LONGEST_WAIT_MS)
    for (const { status } of await Promise.all([late, displaced])) expect(status).toBe(401)
    expect((await rig.get(others[0]!)).status).toBe(303)
    expect(rig.host.link().validMs).toBe(LINK_MS)
  })

  it('who tries wrong ones waits longer each time; a good one is taken at once', async () => {
    const clock = new FakeClock()
    const rig = await pageRig({ clock })
    const order: number[] = []
    const wrong = [1, 2].map((each) => rig.get(`/?token=${each}`).then(() => order.push(each)))
    await eventually(() => expect(rig.log).toHaveLength(2))
    expect((await rig.get(tokenPath(rig))).status).toBe(303)
    expect(order).toEqual([])
    await clock.advance(FIRST_WAIT_MS)
    await Promise.race(wrong)
    expect(order).toHaveLength(1)
    await clock.advance(FIRST_WAIT_MS)
    await Promise.all(wrong)

    const many = Array.from({ length: MAX_HELD + 1 }, (_, each) => rig.get(`/?token=${each}`))
    expect((await Promise.race(many)).status).toBe(429)
    expect((await rig.get(tokenPath(rig))).status).toBe(303)
    await clock.advance(LONGEST_WAIT_MS)
    expect((await Promise.all(many)).filter(({ status }) => status === 401)).toHaveLength(MAX_HELD)
  })

  it('lasts over a new start; a cookie that is forged, cut, old or of another place does not', async () => {
    const own = folders()
    const first = await pageRig(own)
    const cookie = await first.signIn()
    await first.host.close()
    const { port } = first
    const second = await pageRig({ ...own, port })
    expect((await second.get('/', { Cookie: `a=b; ${cookie}; farport-1=x` })).status).toBe(200)
    const forged = [
      cookie.slice(0, -1),
      `${cookie}A`,
      cookie.replace(/=./, '=z'),
      cookie.replace(/farport-\d+/, 'farport-1')
    ]
    for (const each of forged) expect((await second.get('/', { Cookie: each })).status).toBe(401)
    expect(statSync(join(own.folder, 'page.key')).mode & 0o777).toBe(0o600)

    writeFileSync(join(own.folder, 'page.key'), readFileSync(join(own.folder, 'page.key')).subarray(0, 9))
    await second.host.close()
    const third = await pageRig({ ...own, port })
    expect((await third.get('/', { Cookie: cookie })).status).toBe(401)
    expect((await third.get('/', { Cookie: await third.signIn() })).status).toBe(200)
  })

  it('signing out all browsers ends their pages, their cookies and the links that nobody opened', async () => {
    const own = folders()
    const rig = await pageRig(own)
    const cookie = await rig.signIn()
    const page = await socket(rig, cookie)
    const link = tokenPath(rig)
    const ended = new Promise((resolve) => page.on('close', (_code, reason) => resolve(reason.toString())))
    expect(await rig.host.signOut()).toBe(1)
    expect(await ended).toBe('signed out')
    expect((await rig.get('/session', { Cookie: cookie })).status).toBe(401)
    expect((await rig.get(link)).status).toBe(401)
    const fresh = await rig.signIn()
    expect((await rig.get('/session', { Cookie: fresh })).status).toBe(204)
    await rig.host.close()
    const again = await pageRig({ ...own, port: rig.port })
    expect((await again.get('/session', { Cookie: fresh })).status).toBe(204)
    expect((await again.get('/session', { Cookie: cookie })).status).toBe(401)
  })

  it('lists who is signed in, signs out one or all others, and forgets nobody over a new start', async () => {
    const own = folders()
    const rig = await pageRig(own)
    const agents = [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
      '<b>red</b>/1.0'
    ]
    const cookies: string[] = []
    for (const agent of agents) {
      const { headers } = await rig.get(tokenPath(rig), { 'User-Agent': agent })
      cookies.push(headers['set-cookie']?.split(';')[0] ?? '')
    }
    const names = rig.host.browsers().map(({ browser }) => browser)
    expect(names.sort()).toEqual(['A browser', 'Chrome on Linux', 'Firefox on Windows'])
    expect(rig.host.browsers()[0]).toMatchObject({ address: '127.0.0.1', pages: 0 })
    const idOf = async (cookie = ''): Promise<string> =>
      (await rig.get('/session', { Cookie: cookie })).headers['farport-browser'] ?? ''
    const ids = await Promise.all(cookies.map(idOf))
    expect(ids.toSorted()).toEqual(
      rig.host
        .browsers()
        .map(({ id }) => id)
        .sort()
    )

    const page = await socket(rig, cookies[0]!)
    expect(rig.host.browsers().find(({ id }) => id === ids[0])).toMatchObject({ pages: 1 })
    const other = await socket(rig, cookies[1]!)
    const ended = new Promise((resolve) => page.once('close', (_code, why) => resolve(String(why))))
    expect(await rig.host.signOut({ browser: ids[0]! })).toBe(1)
    expect(await ended).toBe('signed out')
    expect(other.readyState).toBe(WebSocket.OPEN)
    await expect(rig.host.signOut({ browser: ids[0]! })).rejects.toMatchObject({ code: 'usage' })
    const [, token = ''] = /token=(.*)/.exec(rig.host.link().url) ?? []

    expect(await rig.host.signOut({ others: ids[1]! })).toBe(0)
    const state = (): Promise<number[]> =>
      Promise.all(cookies.map(async (each) => (await rig.get('/session', { Cookie: each })).status))
    expect(await state()).toEqual([401, 204, 401])
    // Nor do links that somebody else may have.
    expect((await rig.get(`/?token=${token}`)).status).toBe(401)

    await rig.host.close()
    const again = await pageRig({ ...own, port: rig.port })
    expect(again.host.browsers().map(({ id }) => id)).toEqual([ids[1]])
    expect((await again.get('/session', { Cookie: cookies[0]! })).status).toBe(401)
    expect((await again.get('/session', { Cookie: cookies[1]! })).status).toBe(204)
  })

  it('so many browsers are signed in: who was away longest gives way; a list that is broken costs a sign-in', async () => {
    const own = folders()
    let nowMs = 1_000_000
    const sessions = await BrowserSessions.open(own.folder, () => ++nowMs)
    const signedIn = Array.from({ length: MAX_BROWSERS + 1 }, () => sessions.signIn('Firefox', '127.0.0.1'))
    await Promise.all(signedIn.map(({ kept }) => kept))
    expect(sessions.check(signedIn[0]!.cookie)).toBeUndefined()
    const { id } = sessions.check(signedIn[1]!.cookie)!
    nowMs += SEEN_MS
    await sessions.see(id, '192.0.2.1')
    const kept = join(own.folder, BROWSER_LIST_FILE)
    expect(statSync(kept).mode & 0o777).toBe(process.platform === 'win32' ? 0o666 : 0o600)
    const again = await BrowserSessions.open(own.folder, () => nowMs)
    expect(again.all[0]).toMatchObject({ id, address: '192.0.2.1' })
    expect(again.all).toHaveLength(MAX_BROWSERS)
    nowMs += SESSION_S * 1000 + 1
    expect(again.all).toEqual([])
    writeFileSync(kept, '[{"id":')
    expect((await BrowserSessions.open(own.folder)).check(signedIn[1]!.cookie)).toBeUndefined()
  })

  it('signing out ends a page that takes nothing as well', async () => {
    const clock = new FakeClock()
    const rig = await pageRig({ clock })
    const page = await socket(rig, await rig.signIn())
    page.pause()
    const closed = new Promise((resolve) => rig.channels[0]!.onClose(resolve))
    expect(await rig.host.signOut()).toBe(1)
    // For the answer to be on its way, and for the page to leave by itself.
    await clock.advance(20)
    await clock.advance(200)
    expect(await closed).toMatchObject({ message: 'signed out' })
  })

  it('comes again where a browser kept its cookie back because another site led here', async () => {
    const rig = await pageRig()
    const led = { Accept: 'text/html', 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'document' }
    expect((await rig.get('/', led)).body.toString()).toContain('http-equiv="refresh" content="0; url=/"')
    const own = { ...led, 'Sec-Fetch-Site': 'same-origin' }
    expect((await rig.get('/', own)).status).toBe(401)
  })
})

describe('what a request must be', () => {
  it('asked for by one of its names, exactly', async () => {
    const rig = await pageRig()
    const cookie = await rig.signIn()
    const { port } = rig
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LocalHost:${port}`])
      expect((await rig.get('/', { Host: host, Cookie: cookie })).status, host).toBe(200)
    const wrong = [
      '127.0.0.1',
      `127.0.0.1:${port + 1}`,
      `127.0.0.2:${port}`,
      `evil.example:${port}`,
      `127.0.0.1.evil.example:${port}`,
      `localhost.:${port}`,
      `x@127.0.0.1:${port}`,
      `[::1]:${port}`
    ]
    for (const host of wrong) {
      const answer = await rig.get('/', { Host: host, Cookie: cookie })
      expect(answer.status, host).toBe(421)
      expect(answer.body.toString()).not.toContain('<title>Farport<')
    }
    const raw = (head: string): Promise<{ status: number }> =>
      asked(port, `GET ${head}\r\nCookie: ${cookie}\r\n\r\n`)
    expect((await raw(`/ HTTP/1.1`)).status).toBe(400)
    expect((await raw(`/ HTTP/1.0`)).status).toBe(421)
    expect(
      (await raw(`/ HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nHost: evil.example`)).status
    ).toBeGreaterThanOrEqual(400)
    expect((await raw(`http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1:${port}`)).status).toBe(400)
  })

  it('no path leads out of the page, however it is written', async () => {
    const rig = await pageRig()
    const cookie = await rig.signIn()
    const tricks = [
      '/../secret.txt',
      '/assets/../../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets/..\\..\\secret.txt',
      '//secret.txt',
      '/./',
      '/index.html',
      '/assets',
      '/assets/',
      '/%00',
      '/constructor',
      '/__proto__',
      `${SCRIPT_PATH}/`,
      `${SCRIPT_PATH}%20`
    ]
    for (const path of tricks) {
      const answer = await rig.get(path, { Cookie: cookie })
      expect(answer.status, path).toBe(404)
      expect(answer.body.toString()).not.toContain('secret')
    }
  })

  it('nothing for who is not signed in, but what to do', async () => {
    const rig = await pageRig()
    for (const path of ['/', SCRIPT_PATH, '/session', '/nothing']) {
      const answer = await rig.get(path)
      expect(answer.status, path).toBe(401)
      expect(answer.body).toHaveLength(0)
      expect(answer.headers.connection).toBe('close')
      expect(answer.headers['cache-control']).toBe('no-store')
    }
    const led = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'document' }
    expect((await rig.get('/', led)).headers.connection).toBe('close')
    expect((await rig.get('/', { Accept: 'text/html' })).body.toString()).toContain('farport page')
  })

  it('no method but those for reading, and no body', async () => {
    const rig = await pageRig()
    const cookie = await rig.signIn()
    const own = { Host: `127.0.0.1:${rig.port}`, Cookie: cookie, Origin: `http://127.0.0.1:${rig.port}` }
    const elsewhere = { ...own, Origin: 'null' }
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'POST', 'PATCH', 'TRACE']) {
      expect((await asked(rig.port, `${method} / HTTP/1.1\r\n${heads(own)}\r\n`)).status, method).toBe(405)
      expect((await asked(rig.port, `${method} / HTTP/1.1\r\n${heads(elsewhere)}\r\n`)).status).toBe(403)
    }
    const bodies: Record<string, string>[] = [
      { 'Content-Length': '99999999999' },
      { 'Content-Length': '1' },
      { 'Transfer-Encoding': 'chunked' }
    ]
    for (const body of bodies)
      expect((await asked(rig.port, `POST / HTTP/1.1\r\n${heads({ ...own, ...body })}\r\n`)).status).toBe(413)
    const large = { ...own, 'X-Large': 'x'.repeat(MAX_HEAD_BYTES) }
    expect((await asked(rig.port, `GET / HTTP/1.1\r\n${heads(large)}\r\n`)).status).toBe(431)
    expect(
      (
        await asked(
          rig.port,
          `GET / HTTP/1.1\r\n${heads({ ...own, 'Access-Control-Request-Method': 'POST' })}\r\n`
        )
      ).headers
    ).not.toHaveProperty('access-control-allow-origin')
  })

  it('every answer carries the rules for browsers', async () => {
    const rig = await pageRig()
    const cookie = await rig.signIn()
    const upgrade = { ...WEB_SOCKET, Origin: 'http://evil.example' }
    const answers = [
      await rig.get('/', { Cookie: cookie }),
      await rig.get(SCRIPT_PATH, { Cookie: cookie }),
      await rig.get('/nothing', { Cookie: cookie }),
      await rig.get('/'),
      await rig.get('/', { Host: 'evil.example' }),
      await rig.get(tokenPath(rig)),
      await rig.get('/rpc', upgrade)
    ]
    for (const { headers } of answers)
      expect(headers).toMatchObject({
        'content-security-policy': POLICY,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin'
      })
  })

  it('files: types, compressed, kept as long as their name says', async () => {
    const rig = await pageRig()
    const own = { Cookie: await rig.signIn() }
    const plain = await rig.get(SCRIPT_PATH, own)
    expect(plain.body.toString()).toBe(SCRIPT)
    expect(plain.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'private, max-age=31536000, immutable'
    })
    const small = await rig.get(SCRIPT_PATH, { ...own, 'Accept-Encoding': 'br, gzip' })
    expect(small.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(small.body).toString()).toBe(SCRIPT)
    expect(small.headers.etag).not.toBe(plain.headers.etag)
    const index = await rig.get('/', own)
    expect(index.headers['cache-control']).toBe('private, no-cache')
    const known = { ...own, 'If-None-Match': `"other", ${index.headers.etag}` }
    expect(await rig.get('/', known)).toMatchObject({ status: 304, body: Buffer.alloc(0) })
  })
})

/** A page's WebSocket that is open. */
async function socket(rig: PageRig, cookie: string): Promise<WebSocket> {
  const { port } = rig
  const page = new WebSocket(`ws://127.0.0.1:${port}/rpc`, {
    origin: `http://127.0.0.1:${port}`,
    headers: { Cookie: cookie }
  })
  await new Promise((resolve, reject) => page.on('open', resolve).on('error', reject))
  return page
}

describe('its WebSocket', () => {
  it('is a Channel for a page of ours in a browser that is signed in, and for nobody else', async () => {
    const rig = await pageRig()
    const cookie = await rig.signIn()
    const own = { ...WEB_SOCKET, Origin: `http://127.0.0.1:${rig.port}`, Cookie: cookie }
    const tries: [Record<string, string>, number, string?][] = [
      [{ ...own, Origin: 'http://evil.example' }, 403],
      [{ ...own, Origin: `https://127.0.0.1:${rig.port}` }, 403],
      [{ ...own, Origin: `http://localhost:${rig.port}` }, 403],
      [{ ...own, Origin: 'null' }, 403],
      [{ ...own, Host: `evil.example:${rig.port}`, Origin: `http://evil.example:${rig.port}` }, 421],
      [{ ...own, Cookie: 'farport-1=x' }, 401],
      [own, 404, '/other']
    ]
    for (const [headers, status, path = '/rpc'] of tries)
      expect((await rig.get(path, headers)).status, JSON.stringify(headers)).toBe(status)
    expect((await rig.get('/rpc', { ...WEB_SOCKET, Cookie: cookie })).status).toBe(403)
    expect(rig.channels).toHaveLength(0)
    expect((await rig.get('/rpc', own)).status).toBe(101)
    expect(rig.channels).toHaveLength(1)
  })

  it('there are so many, and one that is too large for a message ends alone', async () => {
    const rig = await pageRig()
    const cookie = await rig.signIn()
    const pages = await Promise.all(Array.from({ length: MAX_PAGES }, () => socket(rig, cookie)))
    await expect(socket(rig, cookie)).rejects.toThrow('503')
    const ended = new Promise((resolve) => pages[0]!.on('close', resolve))
    pages[0]!.send(Buffer.alloc(1024 * 1024 + 1))
    expect(await ended).toBe(1009)
    await eventually(() => socket(rig, cookie))
    expect(pages[1]!.readyState).toBe(WebSocket.OPEN)
  })

  it('one that vanished without a word is found out', async () => {
    const clock = new FakeClock()
    const rig = await pageRig({ clock })
    const cookie = await rig.signIn()
    const [alive, dead] = [await socket(rig, cookie), await socket(rig, cookie)]
    dead.pause()
    const closed = new Promise((resolve) => rig.channels[1]!.onClose(resolve))
    const pings = new Promise((resolve) => alive.once('ping', resolve))
    await clock.advance(LOOK_MS)
    await pings
    // The answer to the ping is on its way back.
    await new Promise((resolve) => alive.once('pong', resolve).ping())
    await clock.advance(LOOK_MS)
    await closed
    expect(alive.readyState).toBe(WebSocket.OPEN)
  })
})

it('who is turned away is told in the log, and cannot fill it', async () => {
  const rig = await pageRig()
  for (let each = 0; each < TOLD_REFUSALS + 5; each++)
    await rig.get('/', { Host: 'evil.example', 'User-Agent': 'Mozilla  5' })
  const refused = rig.log.filter((line) => line.includes('turned away'))
  expect(refused).toHaveLength(TOLD_REFUSALS)
  expect(refused[0]).toMatch(
    /^warning page: turned away: 127\.0\.0\.1:\d+, Mozilla 5 \(it asked for the host evil\.example\)$/
  )
})
