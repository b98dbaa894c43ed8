import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ownProgram, type Started } from '../../../src-main/hosts/cli/service/own-program.ts'

const NODE = ['/usr/bin/node', '/opt/farport/dist/main/farport.js'] as const

function program(more: Partial<Started>, ...there: string[]): string {
  const started = { platform: 'linux', node: NODE, isApp: true, environment: {} } as const
  const isThere = (path: string): boolean => there.includes(path)
  return ownProgram({ ...started, execPath: '/opt/Farport/farport-app', isThere, ...more }).join(' ')
}

describe('what starts this command again', () => {
  it('is Node.js with the script, where it is no app', () => {
    expect(program({ isApp: false }, '/opt/Farport/bin/farport')).toBe(NODE.join(' '))
  })

  it('is the launcher beside the app on Linux, and where there is none what that would say', () => {
    expect(program({}, '/opt/Farport/bin/farport')).toBe('/opt/Farport/bin/farport')
    expect(program({})).toBe('/opt/Farport/farport-app --ozone-platform=headless --cli --')
  })

  it('is the AppImage itself, not where it is unpacked this time', () => {
    const image = '/home/ada/Farport.AppImage'
    const execPath = '/tmp/.mount_Farpo1/farport-app'
    const inside = { environment: { APPIMAGE: image, APPDIR: '/tmp/.mount_Farpo1' }, execPath }
    const launcher = '/tmp/.mount_Farpo1/bin/farport'
    expect(program(inside, image, launcher)).toBe(`${image} --ozone-platform=headless --cli --`)
    expect(program(inside, launcher)).toBe(launcher)
    // In a terminal of an editor that is one.
    const editor = '/home/ada/Editor.AppImage'
    const beside = { environment: { APPIMAGE: editor, APPDIR: '/tmp/.mount_Edit' } }
    expect(program(beside, editor, '/opt/Farport/bin/farport')).toBe('/opt/Farport/bin/farport')
  })

  it('is the launcher in the bundle of macOS, and the app alone on Windows', () => {
    const bundle = '/Applications/Farport.app/Contents/MacOS'
    const mac = { platform: 'darwin', execPath: `${bundle}/Farport` } as const
    expect(program(mac, `${bundle}/farport-cli`)).toBe(`${bundle}/farport-cli`)
    expect(program(mac)).toBe(`${bundle}/Farport --cli --`)
    for (const place of ['/private/var/folders/x/T/AppTranslocation/1-2/d', '/Volumes/Farport'])
      expect(() => program({ ...mac, execPath: `${place}/Farport.app/Contents/MacOS/Farport` })).toThrow(
        'Move Farport to Applications'
      )
    const execPath = String.raw`C:\Ada\Farport\Farport.exe`
    expect(program({ platform: 'win32', execPath })).toBe(`${execPath} --cli --`)
  })

  it('says what the launchers say, which lie where the packages put them', () => {
    const root = join(import.meta.dirname, '../../..')
    const text = (file: string): string => readFileSync(join(root, file), 'utf8')
    expect(text('assets/installer/farport.sh')).toContain('--ozone-platform=headless --cli -- "$@"')
    expect(text('assets/installer/farport-mac.sh')).toContain('--cli -- "$@"')
    const packed = text('electron-builder.yml')
    for (const place of [
      'farport.sh, to: bin/farport',
      'farport-mac.sh, to: MacOS/farport-cli',
      'executableName: farport-app'
    ])
      expect(packed).toContain(place)
    expect(existsSync(join(root, 'assets/installer/farport.cmd'))).toBe(true)
  })
})
