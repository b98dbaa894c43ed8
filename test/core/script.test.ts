import { describe, expect, it } from 'vitest'
import { readScript, type Action } from '../../src-main/core/script.ts'

const ENVIRONMENT = { USER: 'root', PASSWORD: 'p$"\\r ä', EMPTY: '' }

function read(text: string): Action | undefined {
  return readScript([{ where: 'line 1', text }], ENVIRONMENT).statements[0]
}

/** What a `send` puts on the wire, as hex. */
function sent(text: string): string {
  const action = read(`send ${text}`)
  return action?.do === 'send' ? Buffer.from(action.bytes).toString('hex') : 'not a send'
}

const hex = (text: string): string => Buffer.from(text).toString('hex')

describe('a line of a script', () => {
  it.each<[string, string]>([
    ['"reboot\\r"', hex('reboot\r')],
    ['"\\x00\\xff\\e\\0\\n\\t\\\\\\"\\$"', '00ff1b000a095c2224'],
    ['"ü\\u20ac"', hex('ü€')],
    ['$USER', hex('root')],
    ['${USER} "\\r"', hex('root\r')],
    ['"user $USER, ${USER}x, \\$USER, $5, $"', hex('user root, rootx, $USER, $5, $')],
    // What stands in a variable is no script.
    ['$PASSWORD', hex('p$"\\r ä')],
    ['"<$PASSWORD>"', hex('<p$"\\r ä>')],
    ['"# no comment" # a comment', hex('# no comment')]
  ])('send %s', (text, expected) => {
    expect(sent(text)).toBe(expected)
  })

  it.each<[string, object | undefined]>([
    ['', undefined],
    ['   # only a comment', undefined],
    ['timeout 5', { do: 'timeout', ms: 5000 }],
    ['wait 0.25 # s', { do: 'wait', ms: 250 }],
    ['break', { do: 'break', ms: 250 }],
    ['break 100', { do: 'break', ms: 100 }],
    ['reset esp32-boot', { do: 'reset', profile: 'esp32-boot' }],
    [
      'set 9600 7e1 rtscts',
      { settings: { baudRate: 9600, dataBits: 7, parity: 'even', stopBits: 1, flowControl: 'rtscts' } }
    ],
    ['dtr off', { do: 'lines', wish: { dtr: false } }],
    ['rts on', { do: 'lines', wish: { rts: true } }],
    ['log "up, $USER ü"', { do: 'log', text: 'up, root ü' }],
    ['expect "login: "', { do: 'expect' }],
    ['expect /[/#$] (a|b)$/i', { do: 'expect' }]
  ])('%s', (text, expected) => {
    if (expected) expect(read(text)).toMatchObject(expected)
    else expect(read(text)).toBeUndefined()
  })

  it.each<[string, RegExp]>([
    ['snd "x"', /"snd" is no statement\. There are: send, expect/],
    ['"send"', /is no statement/],
    ['send', /send what\?/],
    ['send reboot', /in quotes: send "reboot"/],
    ["send 'reboot'", /in quotes: send "reboot"/],
    ['send "reboot', /"reboot" cannot be read: is a quote/],
    ['send "\\q"', /\\q is no escape/],
    ['send $NOBODY', /\$NOBODY is not set in the environment/],
    ['expect ""', /always there/],
    ['expect /(/', /Unterminated group/],
    ['expect /a/g', /Flags are i, m and s/],
    ['expect /ä/', /sees bytes/],
    ['expect /a', /is a quote or a slash missing/],
    ['timeout', /timeout needs seconds, from 0\.001 to 86400/],
    ['timeout 0', /timeout needs seconds/],
    ['wait -1', /wait needs seconds/],
    ['break 0', /break needs ms/],
    ['reset toaster', /reset needs one of: .*arduino/],
    ['reset 1200-touch', /reset needs one of/],
    ['set', /set what\?/],
    ['set fast', /"fast" is no setting/],
    ['dtr high', /dtr is on or off/]
  ])('%s is a mistake', (text, message) => {
    expect(() => read(text)).toThrow(/^line 1: /)
    expect(() => read(text)).toThrow(message)
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'usage' }) as Error)
  })

  it('names the variables that it used, and shows none of their values', () => {
    const lines = [{ where: 'line 7', text: 'send "a $USER" $PASSWORD' }]
    const script = readScript(lines, ENVIRONMENT)
    expect([...script.secrets.keys()]).toEqual(['USER', 'PASSWORD'])
    expect(script.statements[0]).toMatchObject({ where: 'line 7', shown: '"a $USER" $PASSWORD' })
  })
})
