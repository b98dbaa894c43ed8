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
        `to let its owner in: farport pair import ${certificate(user)} --name ${user} --permit control --share my-console`,
        'my-console'
      ]),
      ['pamauth: ser2net', 'keys alone let somebody in; passwords are not asked for', 'my-console']
    ])
    expect(found.shares).toHaveLength(1)
  })

  it('says where nobody is known, and by which certificate it was known', () => {
    const found = yaml(example('mux,certauth,ssl,tcp,3001', '    authdir: /nowhere\n'), [])
    expect(told(found).join('\n')).toMatch(/add cert=\/etc\/ser2net\/ser2net.crt&key=/)
    expect(told(found).join('\n')).toMatch(
      /\/nowhere .*let each key in that is to come: farport pair import FILE/
    )
  })
})

describe("ser2net's ssl,tcp", () => {
  const ssl = (accepter: string, more = '', options = ''): string => `${more}${example(accepter, options)}`
  const of = (text: string): { urls: string; told: string } => {
    const found = yaml(text, ['192.0.2.0/24'])
    const urls = found.shares[0]?.sources[0]?.addresses.join(' ') ?? ''
    return { urls, told: told(found).join('\n') }
  }

  it.each([
    ['telnet(rfc2217),ssl(cert=/c,key=/k),tcp,3001', 'rfc2217+tls://[::]:3001?cert=/c&key=/k&anyone'],
    [
      'ssl(cert=/c),tcp,localhost,3001',
      'raw+tls://127.0.0.1:3001?cert=/c&key=/etc/ser2net/ser2net.key&anyone'
    ],
    ['telnet,ssl(cert=/c,key=/k,clientauth),tcp,3001', 'telnet+tls://[::]:3001?cert=/c&key=/k'],
    ['ssl(cert=/c,key=/k,clientauth=false,CA=/ca),tcp,3001', 'raw+tls://[::]:3001?cert=/c&key=/k&anyone'],
    ['ssl(cert=/c,key=/k,clientauth,CA=/ca),tcp,3001', 'raw+tls://[::]:3001?cert=/c&key=/k'],
    ['ssl(cert=/c,key=/k,clientauth,allow-authfail),tcp,3001', 'raw+tls://[::]:3001?cert=/c&key=/k&anyone']
  ])('%s is %s', (accepter, url) => {
    expect(of(ssl(accepter)).urls).toBe(url)
  })

  it('needs --allow where it lets in whoever comes, and only there', () => {
    const open = yaml(ssl('ssl(cert=/c,key=/k),tcp,3001'))
    expect([open.shares, open.needAllow]).toEqual([[], 1])
    const keys = yaml(ssl('ssl(cert=/c,key=/k,clientauth),tcp,3001'))
    expect([keys.shares.length, keys.needAllow]).toEqual([1, 0])
  })

  it('obeys the defaults of its class, and of all classes where they say who may come', () => {
    const defaults = (...all: string[]): string => all.map((each) => `default: {${each}}\n`).join('')
    const files = ['name: cert, value: /c, class: ssl', 'name: key, value: /k, class: ssl']
    const asks = 'name: clientauth, value: true'
    expect(of(ssl('ssl,tcp,3001', defaults(...files))).urls).toBe('raw+tls://[::]:3001?cert=/c&key=/k&anyone')
    for (const each of [asks, `${asks}, class: ssl`]) {
      expect(of(ssl('ssl,tcp,3001', defaults(...files, each))).urls).toBe(
        'raw+tls://[::]:3001?cert=/c&key=/k'
      )
      expect(of(ssl('ssl(clientauth=no),tcp,3001', defaults(...files, each))).urls).toMatch(/&anyone$/)
    }
    expect(of(ssl('mux,certauth,ssl,tcp,3001', defaults(...files))).urls).toBe(
      'raw+certauth://[::]:3001?cert=/c&key=/k'
    )
  })

  it('a default that would keep strangers out, and is lost, keeps out what is below it', () => {
    const { urls, told } = of(ssl('ssl,tcp,3001', 'default: {name: clientauth, value: maybe, class: ssl}\n'))
    expect(urls).toBe('')
    expect(told).toMatch(/connection my-console: the default of clientauth, which says who may come/)
  })

  it('tells whom clientauth lets in, by authdir, its default or its own', () => {
    const accepter = 'ssl(cert=/c,key=/k,clientauth,CA=/ca),tcp,3001'
    const dir = 'default: {name: authdir, value: /d}\n'
    expect(of(ssl(accepter, dir)).told).toMatch(/\/d \(my-console\): .*let each key in/)
    expect(of(ssl(accepter, dir, '    authdir: /o\n')).told).toMatch(/\/o \(my-console\): .*let each key in/)
    expect(of(ssl(accepter)).told).toMatch(/ssl\(CA=\/ca\) \(my-console\): ser2net lets in those of authdir/)
    expect(of(ssl('ssl(cert=/c,key=/k),tcp,3001')).told).toBe('')
  })

  it('a rotator asks as its own accepter says', () => {
    const found = yaml(
      `${example('tcp,localhost,3001', '')}rotator: &r
  accepter: ssl(cert=/c,key=/k,clientauth),tcp,3002
  connections: [*my-console]
  options: { authdir: /r, accepter-retry-time: 3 }
`
    )
    expect(found.rotators[0]?.wish.listen).toEqual([{ url: 'raw+tls://[::]:3002?cert=/c&key=/k' }])
    expect(told(found).join('\n')).toMatch(/\/r \(r\): .*let each key in[^]*accepter-retry-time: 3 \(r\)/)
  })

  it('dialled, is told whom it trusts', () => {
    const found = yaml(
      'connection: &c\n  accepter: tcp,localhost,1\n  connector: telnet(rfc2217),ssl(CA=/ca,cert=/c,key=/k),tcp,box,70\n'
    )
    expect(found.shares[0]?.wish.port.target).toBe('rfc2217+tls://box:70?ca=/ca&cert=/c&key=/k')
    expect(told(found)).toEqual([expect.stringMatching(/name=NAME/)])
  })
})
