import { X509Certificate } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { CERTIFICATE_FILE, KEY_FILE, formatId, loadIdentity } from '../../src-main/peers/identity.ts'
import { lacks } from '../peers/need.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'farport-identity-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return join(path, 'own')
}

it.skipIf(lacks.unix('file modes'))(
  'is made once, for its owner alone, and is the same ever after',
  async () => {
    const place = folder()
    const all = await Promise.all(Array.from({ length: 4 }, () => loadIdentity(place)))
    const again = await loadIdentity(place)
    expect(new Set([...all, again].map(({ id }) => id)).size).toBe(1)
    expect(statSync(place).mode & 0o777).toBe(0o700)
    expect(statSync(join(place, KEY_FILE)).mode & 0o777).toBe(0o600)
    expect(formatId(again.id)).toMatch(/^([0-9a-f]{4} ){15}[0-9a-f]{4}$/)
    const { validFrom, validTo } = new X509Certificate(again.certificate)
    expect([validFrom.slice(-8, -4), validTo.slice(-8, -4)]).toEqual(['2020', '2049'])
  }
)

it('makes its certificate again where that is gone or of another key', async () => {
  const place = folder()
  const { id } = await loadIdentity(place)
  for (const text of ['garbage', (await loadIdentity(folder())).certificate]) {
    writeFileSync(join(place, CERTIFICATE_FILE), text)
    expect((await loadIdentity(place)).id).toBe(id)
  }
})

it.skipIf(lacks.unix('file modes')).each([
  ['the key', KEY_FILE, 0o640, 'chmod 600'],
  ['the folder', '', 0o750, 'chmod 700']
])('is refused where others could read %s, with the command that mends it', async (_, file, mode, mend) => {
  const place = folder()
  await loadIdentity(place)
  chmodSync(join(place, file), mode)
  await expect(loadIdentity(place)).rejects.toMatchObject({
    code: 'identity-broken',
    message: expect.stringContaining(mend) as string
  })
})

it.each(['', 'garbage', '-----BEGIN PRIVATE KEY-----\n'])(
  'is never replaced where its file is broken (%j)',
  async (text) => {
    const place = folder()
    await loadIdentity(place)
    writeFileSync(join(place, KEY_FILE), text)
    await expect(loadIdentity(place)).rejects.toMatchObject({ code: 'identity-broken' })
    expect(readFileSync(join(place, KEY_FILE), 'utf8')).toBe(text)
  }
)
