import { describe, expect, it } from 'vitest'
import { settingsPlace } from '../../src-main/store/settings-place.ts'

describe('the place of the settings file', () => {
  it.each([
    ['linux', {}, '/home/u/.config/farport/settings.json'],
    ['linux', { XDG_CONFIG_HOME: '/x' }, '/x/farport/settings.json'],
    ['linux', { XDG_CONFIG_HOME: 'relative' }, '/home/u/.config/farport/settings.json'],
    ['linux', { XDG_CONFIG_HOME: '' }, '/home/u/.config/farport/settings.json'],
    [
      'linux',
      { STATE_DIRECTORY: '/var/lib/farport', XDG_CONFIG_HOME: '/x' },
      '/var/lib/farport/settings.json'
    ],
    ['linux', { STATE_DIRECTORY: '/var/lib/farport:/var/lib/other' }, '/var/lib/farport/settings.json'],
    ['freebsd', {}, '/home/u/.config/farport/settings.json'],
    ['darwin', { XDG_CONFIG_HOME: '/x' }, '/home/u/Library/Application Support/Farport/settings.json'],
    [
      'win32',
      { APPDATA: 'C:\\Users\\u\\AppData\\Roaming' },
      'C:\\Users\\u\\AppData\\Roaming\\Farport\\settings.json'
    ],
    ['win32', {}, '\\home\\u\\AppData\\Roaming\\Farport\\settings.json']
  ] as const)('%s with %j is %s', (platform, environment, path) => {
    expect(settingsPlace(environment, platform, '/home/u')).toEqual({ path, ownFolder: true })
  })

  it('is what FARPORT_CONFIG says before anything else, from where we are', () => {
    const environment = { FARPORT_CONFIG: 'my.json', STATE_DIRECTORY: '/var/lib/farport' }
    expect(settingsPlace(environment, 'linux', '/home/u')).toEqual({
      path: `${process.cwd()}/my.json`,
      ownFolder: false
    })
  })
})
