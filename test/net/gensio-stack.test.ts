import { expect, it } from 'vitest'
import { gensioStackOf } from '../../src-main/net/gensio-stack.ts'

it.each([
  ['raw', 'tcp', 'tcp'],
  ['telnet', 'tcp', 'telnet,tcp'],
  ['rfc2217', 'tcp', 'telnet(rfc2217),tcp'],
  ['raw', 'tls', 'ssl,tcp'],
  ['rfc2217', 'tls', 'telnet(rfc2217),ssl,tcp'],
  ['rfc2217', 'certauth', 'telnet(rfc2217),mux,certauth,ssl,tcp'],
  ['telnet', 'certauth', 'telnet,mux,certauth,ssl,tcp'],
  ['raw', 'certauth', 'mux,certauth,ssl,tcp'],
  ['raw', 'udp', 'udp'],
  ['telnet', 'unix', 'telnet,unix']
] as const)('%s over %s is %s to gensio', (protocol, transport, stack) => {
  expect(gensioStackOf({ protocol, transport })).toBe(stack)
})
