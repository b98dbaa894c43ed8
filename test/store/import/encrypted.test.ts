import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FILES } from '../../../src-main/store/import/file-sources.ts'
import { readSer2net } from '../../../src-main/store/import/read-ser2net.ts'
import { told, yaml } from './read.ts'

/** The connection of ser2net's README, with this accepter and these options. */
const example = (accepter: string, options: string): string =>
  `connection: &my-console
  accepter: ${accepter}
  connector: serialdev,/dev/ttyUSB0,115200N81,local
  options:
    banner: hi
${options}`

const urls = (accepter: string): readonly string[] | undefined =>
  yaml(example(accepter, ''), []).shares[0]?.sources[0]?.addresses

describe("ser2net's stack for gtlssh", () => {
  it.each([
    ['telnet(rfc2217),mux,certauth(),ssl,tcp,3001', ['rfc2217+certauth://[::]:3001']],
    ['telnet,mux,certauth,ssl,tcp,localhost,3001', ['telnet+certauth://127.0.0.1:3001']],
    ['mux,certauth,ssl,tcp,ipv4,3001', ['raw+certauth://0.0.0.0:3001']],
    ['telnet(rfc2217),mux,certauth(),ssl(key=/k/a b.key,cert=/k/c.crt),tcp,3001', undefined],
    [
      'telnet(rfc2217),mux,certauth(),ssl(key=/k/c.key cert=/k/c.crt),tcp,3001',
      ['rfc2217+certauth://[::]:3001?cert=/k/c.crt&key=/k/c.key']
    ]
  ])('%s is a listener of the same port, for keys alone', (accepter, listen) => {
    if (listen) expect(urls(accepter)).toEqual(listen)
    else expect(urls(accepter)?.[0]).toContain('cert=/k/c.crt')
  })

  it.each([
    ['certauth(),ssl,tcp,3001', /mux,certauth,ssl,tcp on each other/],
    ['mux,ssl,tcp,3001', /it is encrypted/],
    ['mux,certauth,ssl,sctp,3001', /SCTP/],
    ['mux,certauth,ssl,udp,3001', /over TCP alone/]
  ])('%s is another one', (accepter, reason) => {
    expect(told(yaml(example(accepter, ''), [])).join('\n')).toMatch(reason)
  })

  it('takes its port from who would have it as well', () => {
    const twice = example('mux,certauth,ssl(cert=/c),tcp,localhost,3001', '')
    const found = yaml(`${twice}${example('tcp,localhost,3001', '').replace('my-console', 'other')}`)
    expect(told(found).join('\n')).toContain('is the address of my-console already')
  })

  it('tells which certificates are to be imported', () => {
    const folder = mkdtempSync(join(tmpdir(), 'farport-import-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    for (const user of ['alice', 'bob', 'mallory']) {
      mkdirSync(join(folder, 'auth', user, 'allowed_certs'), { recursive: true })
      writeFileSync(join(folder, 'auth', user, 'allowed_certs/client.crt'), '')
    }
    const file = join(folder, 'ser2net.yaml')
    writeFileSync(
      file,
      example(
        'telnet(rfc2217),mux,certauth(enable-password),ssl(cert=/c),tcp,3001',
        `    authdir: ${folder}/auth\n    allowed-users: alice bob\n    pamauth: ser2net\n`
      )
    )
    const found = readSer2net(file, { sources: FILES, allow: [] })
    const certificate = (user: string): string => `${folder}/auth/${user}/allowed_certs/client.crt`
    expect(found.remarks.map(({ text, reason, without }) => [text, reason, without])).toEqual([
      [
        'certauth(enable-password=true)',
        'keys alone let somebody in; passwords are not asked for',
        'my-console'
      ],
      ...['alice', 'bob'].map((user) => [
        certificate(user),
        `to let its owner in: farport pair import ${certificate(user)} --name ${user} --permit control`,
        'my-console'
      ]),
      ['pamauth: ser2net', 'keys alone let somebody in; passwords are not asked for', 'my-console']
    ])
    expect(found.shares).toHaveLength(1)
  })

  it('says where nobody is known, and by which certificate it was known', () => {
    const found = yaml(example('mux,certauth,ssl,tcp,3001', '    authdir: /nowhere\n'), [])
    expect(told(found).join('\n')).toMatch(/add \?cert=\/etc\/ser2net\/ser2net.crt&key=/)
    expect(told(found).join('\n')).toMatch(
      /\/nowhere .*let each key in that is to come: farport pair import FILE/
    )
  })
})
