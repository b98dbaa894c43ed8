/** Which files the app shows where they are: those of the captures folder, and nothing else whatever a page asks for. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { captureToShow } from '../../../src-main/hosts/electron/show-capture.ts'
import { temporaryFolder } from '../../e2e/cli.ts'

vi.mock('electron', () => ({ ipcMain: {}, shell: {} }))

function folder(): string {
  const path = join(temporaryFolder(), 'captures')
  mkdirSync(path)
  writeFileSync(join(path, 'boot.pcapng'), 'x')
  writeFileSync(join(path, '..', 'secret.txt'), 'x')
  mkdirSync(join(path, 'folder'))
  return path
}

describe('show in folder', () => {
  it('is for a file of the captures folder', async () => {
    const path = folder()
    await expect(captureToShow(path, 'boot.pcapng')).resolves.toBe(join(path, 'boot.pcapng'))
  })

  it.each([
    ['../secret.txt', 'usage'],
    ['/etc/passwd', 'usage'],
    ['..', 'usage'],
    ['', 'usage'],
    [{ name: 'boot.pcapng' }, 'usage'],
    ['folder', 'file-unusable'],
    ['gone.pcapng', 'file-unusable']
  ])('refuses %j', async (name, code) => {
    await expect(captureToShow(folder(), name)).rejects.toMatchObject({ code })
  })

  it.skipIf(process.platform === 'win32')('refuses a link that leads elsewhere', async () => {
    const path = folder()
    symlinkSync('../secret.txt', join(path, 'link.pcapng'))
    await expect(captureToShow(path, 'link.pcapng')).rejects.toMatchObject({ code: 'file-unusable' })
  })

  it('waits until the folder is known', async () => {
    await expect(captureToShow(undefined, 'boot.pcapng')).rejects.toMatchObject({ code: 'file-unusable' })
  })
})
