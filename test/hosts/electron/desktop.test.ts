import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  autostartEntry,
  autostartPath,
  isAutostarted,
  ownProgram,
  setAutostart
} from '../../../src-main/hosts/electron/autostart.ts'
import { DesktopFile } from '../../../src-main/hosts/electron/desktop-settings.ts'
import { usedPorts } from '../../../src-main/hosts/electron/in-use.ts'
import { questionPlace } from '../../../src-main/hosts/electron/links-opened.ts'
import { fittedPlace } from '../../../src-main/hosts/electron/window-place.ts'
import { bridge, session, tree } from './states.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'farport-app-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

describe('where the window opens', () => {
  const screens = [
    { x: 0, y: 0, width: 1920, height: 1040 },
    { x: 1920, y: 0, width: 1280, height: 1000 }
  ]
  const place = { x: 2000, y: 100, width: 1100, height: 700, isMaximized: false }

  it('is where it was', () => {
    expect(fittedPlace(place, screens)).toEqual({ x: 2000, y: 100, width: 1100, height: 700 })
  })

  it('is the middle where its screen is gone, and never larger than a screen', () => {
    expect(fittedPlace(place, screens.slice(0, 1))).toEqual({ width: 1100, height: 700 })
    expect(fittedPlace({ ...place, x: 10, width: 4000, height: 3000 }, screens)).toEqual({
      x: 10,
      y: 100,
      width: 1920,
      height: 1040
    })
  })

  it('has a title that can be held', () => {
    expect(fittedPlace({ ...place, x: 1900 - 1100, y: 1035 }, screens)).not.toHaveProperty('x')
    expect(fittedPlace({ ...place, x: 3190 }, screens)).not.toHaveProperty('x')
  })

  it('is small enough for small screens and large enough to be used', () => {
    expect(fittedPlace({ ...place, width: 1, height: 1 }, screens)).toMatchObject({ width: 720, height: 480 })
    expect(fittedPlace(undefined, screens)).toEqual({ width: 960, height: 640 })
  })
})

describe('what the app remembers', () => {
  it('is there after it was written, for its owner alone', async () => {
    const path = folder()
    const file = await DesktopFile.open(path, () => undefined)
    expect(file.settings).toEqual({ keepAwake: true })
    const place = { x: 1, y: 2, width: 960, height: 640, isMaximized: false }
    await Promise.all([file.change({ keepAwake: false }), file.change({ place })])
    expect((await DesktopFile.open(path, () => undefined)).settings).toEqual({ keepAwake: false, place })
    expect(statSync(join(path, 'window.json')).mode & 0o777).toBe(0o600)
  })

  it.each(['', 'null', '{"place":{"x":"left"}}', '{"keepAwake":'])(
    'begins anew where it is %j, and says so',
    async (text) => {
      const path = folder()
      writeFileSync(join(path, 'window.json'), text, { mode: 0o600 })
      const told: string[] = []
      const file = await DesktopFile.open(path, (line) => told.push(line))
      expect(file.settings).toEqual({ keepAwake: true })
      expect(told).toHaveLength(1)
      await file.change({ keepAwake: false })
      expect(JSON.parse(readFileSync(join(path, 'window.json'), 'utf8'))).toMatchObject({ keepAwake: false })
    }
  )

  it('is in force also where it cannot be written', async () => {
    const path = folder()
    const told: string[] = []
    const file = await DesktopFile.open(path, (line) => told.push(line))
    rmSync(path, { recursive: true })
    await file.change({ keepAwake: false })
    expect(file.settings.keepAwake).toBe(false)
    expect(told).toHaveLength(1)
  })
})

describe('start at login on Linux', () => {
  it('is an entry in the autostart folder, and none when it is off', () => {
    const path = autostartPath({ XDG_CONFIG_HOME: folder() })
    expect(isAutostarted(path)).toBe(false)
    setAutostart(path, ['/opt/Farport/farport', '--hidden'])
    expect(isAutostarted(path)).toBe(true)
    expect(readFileSync(path, 'utf8')).toContain('\nExec=/opt/Farport/farport --hidden\n')
    setAutostart(path, undefined)
    setAutostart(path, undefined)
    expect(isAutostarted(path)).toBe(false)
  })

  it.each(['Hidden=true', 'X-GNOME-Autostart-enabled=false'])('is off where the desktop wrote %s', (line) => {
    const path = autostartPath({ XDG_CONFIG_HOME: folder() })
    mkdirSync(join(path, '..'))
    writeFileSync(path, `[Desktop Entry]\nType=Application\n${line}\n`)
    expect(isAutostarted(path)).toBe(false)
  })

  it('quotes what a shell, a field code or the file itself would take for its own', () => {
    const entry = autostartEntry(['/home/a b/100% $HOME"`\\.AppImage', '--hidden'])
    expect(entry).toContain('Exec="/home/a b/100%% \\\\$HOME\\\\"\\\\`\\\\\\\\.AppImage" --hidden\n')
  })

  it('keeps a line break of a path from being a line of the entry', () => {
    const entry = autostartEntry(['/home/a\nHidden=true\r/x'])
    expect(entry).toContain('Exec="/home/a\\nHidden=true\\r/x"\n')
  })

  it.each([
    [{ APPIMAGE: '/home/ann/Farport.AppImage', APPDIR: '/tmp/.mount_Farp' }, '/home/ann/Farport.AppImage'],
    // Of the terminal, or the editor, that Farport was started from.
    [{ APPIMAGE: '/opt/Editor.AppImage', APPDIR: '/tmp/.mount_Edit' }, '/tmp/.mount_Farp/farport-app'],
    [{ APPIMAGE: '/opt/Editor.AppImage' }, '/tmp/.mount_Farp/farport-app'],
    [{}, '/tmp/.mount_Farp/farport-app']
  ])('starts the AppImage that it is, and no other: %o', (environment, program) => {
    expect(ownProgram(environment, '/tmp/.mount_Farp/farport-app')).toBe(program)
  })

  it('says who may write there where it cannot', () => {
    const path = join(folder(), 'file')
    writeFileSync(path, '')
    expect(() => setAutostart(join(path, 'autostart/farport.desktop'), ['x'])).toThrow(
      expect.objectContaining({ code: 'settings-unwritable' })
    )
  })

  it('is in the home where XDG_CONFIG_HOME says nothing that counts', () => {
    expect(autostartPath({ XDG_CONFIG_HOME: 'relative' }, '/home/ann')).toBe(
      '/home/ann/.config/autostart/farport.desktop'
    )
  })
})

describe('a link of another program', () => {
  it.each([
    ['farport://workshop/gps', 'network?open=farport%3A%2F%2Fworkshop%2Fgps'],
    ['farport://workshop/gps?take-over', 'network?open=farport%3A%2F%2Fworkshop%2Fgps'],
    ['farport://workshop', 'network'],
    ['farport://a b/<script>', 'network?open=farport%3A%2F%2Fa%2520b%2F%253Cscript%253E'],
    ['farport://workshop/gps?run=1', undefined],
    ['farport://', undefined],
    ['farport://pc/%00', undefined],
    [`farport://pc/${'x'.repeat(2000)}`, undefined]
  ])('%s leads to %s', (link, place) => {
    expect(questionPlace(link)).toBe(place)
  })
})

it('ports in use are those with somebody at them', () => {
  const used = bridge('b', { sessions: [session(1, 'ann'), session(2, 'bob', { writer: true })] })
  expect(usedPorts(tree([bridge('a'), used]))).toEqual([{ id: 'b', name: 'b', users: ['bob', 'ann'] }])
  expect(usedPorts(undefined)).toEqual([])
})
