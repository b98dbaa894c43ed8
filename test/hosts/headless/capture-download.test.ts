import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asked, folders, heads, pageRig } from './page-rig.ts'

const CONTENT = Buffer.from(Array.from({ length: 300_000 }, (_, n) => n % 251))
const NAME = 'Müller “1” 50%.pcapng'

async function rig() {
  const own = folders()
  const captures = join(own.folder, 'captures')
  mkdirSync(join(captures, 'folder.csv'), { recursive: true })
  writeFileSync(join(captures, NAME), CONTENT)
  writeFileSync(join(captures, 'empty.csv'), '')
  writeFileSync(join(captures, 'page.html'), '<script>alert(1)</script>')
  writeFileSync(join(own.folder, 'identity.pem'), 'secret')
  symlinkSync(join(own.folder, 'identity.pem'), join(captures, 'link.csv'))
  const page = await pageRig({ ...own, captures })
  return { ...page, cookie: await page.signIn() }
}

describe('a capture that a browser fetches', () => {
  it('comes whole, to be kept and not to be shown', async () => {
    const { cookie, ...page } = await rig()
    const { status, headers, body } = await page.get(`/captures/${encodeURIComponent(NAME)}`, {
      Cookie: cookie
    })
    expect(status).toBe(200)
    expect(body.equals(CONTENT)).toBe(true)
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-disposition': `attachment; filename="M_ller _1_ 50_.pcapng"; filename*=UTF-8''M%C3%BCller%20%E2%80%9C1%E2%80%9D%2050%25.pcapng`
    })
    const html = await page.get('/captures/page.html', { Cookie: cookie })
    expect(html.headers['content-type']).toBe('application/octet-stream')
    expect(html.headers['content-disposition']).toMatch(/^attachment/)
    expect((await page.get('/captures/empty.csv', { Cookie: cookie })).body).toHaveLength(0)
  })

  it('is for those who are signed in', async () => {
    const { port, ...page } = await rig()
    expect((await page.get('/captures/empty.csv')).status).toBe(401)
    const post = heads({ Host: `127.0.0.1:${port}`, 'Content-Length': '0' })
    expect((await asked(port, `POST /captures/empty.csv HTTP/1.1\r\n${post}\r\n`)).status).not.toBe(200)
  })

  it('is of that folder and no other', async () => {
    const { cookie, ...page } = await rig()
    const wrong = [
      ...[
        '',
        '.',
        '..',
        '../identity.pem',
        '..%2fidentity.pem',
        '%2e%2e%2fidentity.pem',
        '..%5cidentity.pem'
      ],
      ...[
        '%2fetc%2fpasswd',
        '/etc/passwd',
        'link.csv',
        'folder.csv',
        'nothing.csv',
        '%00',
        '%',
        'empty.csv%00'
      ]
    ]
    for (const each of wrong) {
      const answer = await page.get(`/captures/${each}`, { Cookie: cookie })
      expect(answer.status, each).toBeGreaterThanOrEqual(400)
      expect(answer.body.toString(), each).not.toContain('secret')
    }
  })

  it('is not there where the folder is not', async () => {
    const page = await pageRig()
    const cookie = await page.signIn()
    expect((await page.get('/captures/a.csv', { Cookie: cookie })).status).toBe(404)
  })
})
