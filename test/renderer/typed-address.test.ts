import { describe, expect, it } from 'vitest'
import { asSpoken, readTyped } from '../../src-renderer/model/typed-address.ts'

describe('a typed address', () => {
  it.each([
    ['', 'empty'],
    ['  ', 'empty'],
    ['192.168.1.20', 'computer', '192.168.1.20', 22_217],
    ['workshop-pc', 'computer', 'workshop-pc', 22_217],
    ['workshop-pc:22217', 'computer', 'workshop-pc', 22_217],
    ['2001:db8::7', 'computer', '2001:db8::7', 22_217],
    ['farport://lab', 'computer', 'lab', 22_217],
    ['farport://[2001:db8::7]:300', 'computer', '2001:db8::7', 300],
    ['192.168.1.20:7000', 'open', '192.168.1.20', 7000],
    ['[2001:db8::7]:7000', 'open', '2001:db8::7', 7000]
  ])('"%s" is taken for: %s %s', (text, type, host?: string, port?: number) => {
    expect(readTyped(text)).toMatchObject({ type, ...(host !== undefined && { host, port }) })
  })

  it.each([
    ['rfc2217://box:7000', 'rfc2217', 'rfc2217://box:7000', true],
    ['RAW://box:7001', 'raw', 'RAW://box:7001', true],
    ['tcp://box:7001', 'raw', 'tcp://box:7001', true],
    ['telnet://box', 'telnet', 'telnet://box:23', true],
    ['rfc2217+tls://box:7000?ca=/x.pem', 'rfc2217', 'rfc2217+tls://box:7000?ca=/x.pem', false],
    ['raw+unix:///run/x.sock', 'raw', 'raw+unix:///run/x.sock', false],
    ['farport://workshop/gps', 'farport', 'farport://workshop/gps', false]
  ])('"%s" is a port: %s', (text, what, target, isPlain) => {
    expect(readTyped(text)).toMatchObject({ type: 'port', what, target, isPlain })
  })

  it.each([
    ['http://box', 'scheme'],
    ['rfc2217+tls+x://box:1', 'scheme'],
    ['raw://box', 'port'],
    ['raw://box:0', 'port'],
    ['raw://box:70000', 'port'],
    ['box:x', 'port'],
    ['raw://2001:db8::7:1', 'brackets'],
    ['raw://:7000', 'host'],
    ['farport://', 'host'],
    ['10.1', 'host'],
    ['a b', 'host']
  ])('"%s" is wrong: its %s', (text, why) => {
    expect(readTyped(text)).toEqual({ type: 'wrong', why })
  })

  it('of what nobody knows is written in the words of a protocol', () => {
    expect(asSpoken({ host: '2001:db8::7', port: 7000 }, 'raw')).toBe('raw://[2001:db8::7]:7000')
  })
})
