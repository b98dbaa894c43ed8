import { describe, expect, it } from 'vitest'
import { commandArguments, linkIn } from '../../../src-main/hosts/electron/start-arguments.ts'

describe('among the arguments of a start', () => {
  it('a link is found', () => {
    expect(linkIn(['/usr/bin/farport', '--hidden', 'FarPort://pc/gps'])).toBe('FarPort://pc/gps')
    expect(linkIn(['farport', 'farport:pc', 'http://farport://x'])).toBeUndefined()
  })

  it.each([
    [
      ['Farport', '--cli', '--', 'list', '--json'],
      ['list', '--json']
    ],
    [['Farport', '--cli', '--'], []],
    [
      ['electron', 'main.js', '--cli', '--enable-logging', '--', 'connect', 'farport://pc/gps'],
      ['connect', 'farport://pc/gps']
    ],
    [['Farport', '--hidden'], undefined],
    [['Farport', '--cli'], undefined]
  ])('%j is the command %j', (args, command) => {
    expect(commandArguments(args)).toEqual(command)
  })

  it.each(['farport://pc/x', 'farport:x', 'FARPORT:'])('nothing behind %s is a command', (link) => {
    // `"Farport.exe" "%1"`, where the link has a quote in it.
    const args = ['Farport.exe', link, '--cli', '--', 'share', 'exec:calc', '--listen', 'raw://0.0.0.0:1']
    expect(commandArguments(args)).toBeUndefined()
  })
})
