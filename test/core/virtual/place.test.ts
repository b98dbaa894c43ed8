import { describe, expect, it } from 'vitest'
import { checkLink } from '../../../src-main/core/links.ts'
import * as v from 'valibot'
import { linkSchema, type LinkSpec } from '../../../src-main/contract/commands.ts'

function check(to: string, rest: Partial<LinkSpec> = {}): () => void {
  const spec = v.parse(linkSchema, { port: { target: 'sim:echo' }, to, ...rest })
  return () => checkLink(spec, { report: () => undefined })
}

describe('where a virtual port is asked for', () => {
  it.each(['pty:', 'pty:/tmp/x', 'usb:', 'usb:gps-2', 'com:', 'com:COM7', 'com:com256', 'auto:', 'auto:gps'])(
    '%s is a place',
    (to) => expect(check(to)).not.toThrow()
  )

  it.each<[string, Partial<LinkSpec>, RegExp]>([
    ['com:LPT1', {}, /"LPT1" is no COM port\. Give COM1 to COM4096/],
    ['com:COM0', {}, /"COM0"/],
    ['com:COM5000', {}, /"COM5000"/],
    ['usb:my gps/2', {}, /"my gps\/2" cannot be .*: my-gps-2$/],
    ['auto:..', {}, /"\.\." cannot be/],
    ['usb:gps', { pty: { mode: 0o660 } }, /^--mode is for a pseudo-terminal/],
    ['auto:', { pty: { group: 'dialout' } }, /^--group is for a pseudo-terminal/],
    ['pty:', { via: 'usbip' }, /^--via usbip says what makes a COM port/],
    ['sim:gps', { via: 'com0com' }, /^--via com0com/],
    ['usb:a', { port: { target: 'pty:/tmp/a' } }, /^usb:a is for programs here .* both are pty:/],
    ['pty:/tmp/a', { port: { target: 'com:COM7' } }, /^com:COM7 is for programs here/],
    ['sim:gps', { port: { target: 'usb:a' } }, /^usb:a is not a port to open/]
  ])('%s with %o is none', (to, rest, message) => {
    expect(check(to, rest)).toThrow(message)
  })
})
