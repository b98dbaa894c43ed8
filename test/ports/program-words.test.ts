/** What a command line says: its words, its secrets, and the escapes of the program in it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCommandLine, quoteWord, splitWords } from '../../src-main/ports/program/command-line.ts'
import { EscapedInput } from '../../src-main/ports/program/escaped-input.ts'
import { profileOf, type Escapes } from '../../src-main/ports/program/profiles.ts'
import { secretWarning, shownTarget } from '../../src-main/ports/program/secrets.ts'

describe('a command line', () => {
  it.each([
    ['exec:cat', ['cat']],
    ['exec:  a   b\tc ', ['a', 'b', 'c']],
    [`exec:sh -c 'echo "$HOME" | tr a b'`, ['sh', '-c', 'echo "$HOME" | tr a b']],
    [String.raw`exec:a "b \"c\" \\ \n" d\ e ''`, ['a', String.raw`b "c" \ \n`, 'd e', '']],
    [`exec:a'b'"c"d`, ['abcd']],
    [`exec:a '|' '&&'`, ['a', '|', '&&']],
    ['exec+pty:docker attach x', ['docker', 'attach', 'x']]
  ])('%s', (target, words) => {
    expect(parseCommandLine(target)).toEqual({ terminal: target.startsWith('exec+pty:'), words })
  })

  it.each([
    'exec:',
    'exec:   ',
    `exec:''`,
    `exec:a 'b`,
    `exec:a "b`,
    'exec:a \\',
    'exec:a | b',
    'exec:a > b'
  ])('%s is refused with what to do', (target) => {
    expect(() => parseCommandLine(target)).toThrow(expect.objectContaining({ code: 'usage' }) as Error)
  })

  it('reads every word back that it quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        const line = words.map(quoteWord).join(' ')
        expect(splitWords(line).map(({ text }) => text)).toEqual(words)
      })
    )
  })
})

describe('a secret in a command line', () => {
  it.each([
    ['exec:ipmitool -H h -P sesame sol activate', 'exec:ipmitool -H h -P *** sol activate'],
    ['exec:/usr/bin/ipmitool -Psesame sol activate', 'exec:/usr/bin/ipmitool -P*** sol activate'],
    ['exec:sshpass -p sesame ssh h', 'exec:sshpass -p *** ssh h'],
    ['exec:x --password=sesame', 'exec:x --password=***'],
    ['exec:x --token sesame y', 'exec:x --token *** y'],
    ['exec:x https://u:sesame@h/', 'exec:x https://u:***@h/'],
    ['exec:env IPMI_PASSWORD=sesame ipmitool -E', 'exec:env IPMI_PASSWORD=*** ipmitool -E'],
    [`exec:sh -c 'ipmitool -P sesame sol activate'`, `exec:sh -c 'ipmitool -P *** sol activate'`]
  ])('%s is masked, and warned of', (target, shown) => {
    expect(shownTarget(target)).toBe(shown)
    expect(secretWarning(target)).toMatch(/ps/)
  })

  it.each(['exec:ipmitool -E sol activate', 'exec:ssh -p 2222 h', '/dev/ttyUSB0', `exec:sh -c "it's"`])(
    '%s has none',
    (target) => {
      expect(shownTarget(target)).toBe(target)
      expect(secretWarning(target)).toBeUndefined()
    }
  )
})

describe('escapes', () => {
  const characterOf = (target: string, name?: 'none' | 'ipmitool' | 'ssh'): string | undefined => {
    const { escapes } = profileOf(parseCommandLine(target), name)
    return escapes && String.fromCharCode(escapes.character)
  }

  it.each([
    ['exec:ipmitool -H h sol activate', '~'],
    ['exec:/opt/bin/ipmitool -e % -H h sol activate', '%'],
    ['exec:ipmitool -e% sol activate', '%'],
    ['exec:ipmitool mc info', undefined],
    ['exec:ssh h', undefined],
    ['exec:ssh -tt h', '~'],
    ['exec:ssh h -t -t top', '~'],
    ['exec+pty:ssh h', '~'],
    ['exec+pty:ssh -p 22 h', '~'],
    ['exec+pty:ssh h top', undefined],
    ['exec+pty:ssh -t h top', '~'],
    ['exec+pty:ssh -e % h', '%'],
    ['exec+pty:ssh -e ^A h', '\x01'],
    ['exec+pty:ssh -e none h', undefined],
    ['exec+pty:ssh -T h', undefined],
    ['exec:cat', undefined]
  ])('of %s', (target, character) => {
    expect(characterOf(target)).toBe(character)
  })

  it('are as they are asked for', () => {
    expect(characterOf('exec:console-of-rack7', 'ipmitool')).toBe('~')
    expect(characterOf('exec:ssh -tt h', 'none')).toBeUndefined()
  })

  const TILDES: Escapes = { character: 0x7e, break: 0x42, end: 0x2e }
  const bytes = fc.array(fc.constantFrom(...Buffer.from('~~~.B?\r\na\x1a')), { maxLength: 40 })
  const steps = fc.array(
    fc.oneof(
      bytes.map((data) => Buffer.from(data)),
      fc.constant('break' as const)
    )
  )

  it('are found only where they were meant, however the data is cut', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const input = new EscapedInput(TILDES)
        const program = new SolConsole()
        const expected: string[] = []
        for (const step of all) {
          if (step === 'break') {
            if (!input.lineBegins) expected.push('\r')
            expected.push('<break>')
            program.read(input.break())
          } else {
            expected.push(step.toString('latin1'))
            program.read(input.data(step))
          }
        }
        expect(program.heard).toBe(expected.join(''))
      })
    )
  })

  it('leave a chunk without any as it is', () => {
    const chunk = Buffer.from('ls ~/x\r\n')
    expect(new EscapedInput(TILDES).data(chunk)).toBe(chunk)
  })

  it('end a session only where that takes no carriage return', () => {
    const input = new EscapedInput(TILDES)
    expect(input.end()).toEqual(Uint8Array.from(Buffer.from('~.')))
    input.data(Buffer.from('rm -rf'))
    expect(input.end()).toBeUndefined()
  })
})

/** How ipmitool 1.8.19 and OpenSSH read their input, a byte at a time. */
class SolConsole {
  heard = ''
  #pending = false
  #lineBegins = true

  read(bytes: Uint8Array): void {
    for (const byte of bytes) {
      const each = String.fromCharCode(byte)
      if (this.#pending) {
        this.#pending = false
        if (each === 'B') {
          this.heard += '<break>'
          continue
        }
        if ('.?\x1a\x18'.includes(each)) {
          this.heard += `<command ${each}>`
          continue
        }
        this.heard += each === '~' ? '~' : `~${each}`
      } else {
        if (this.#lineBegins && each === '~') {
          this.#pending = true
          continue
        }
        this.heard += each
      }
      this.#lineBegins = each === '\r' || each === '\n'
    }
  }
}
