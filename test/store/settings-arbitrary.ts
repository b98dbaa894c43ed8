import * as fc from 'fast-check'
import * as v from 'valibot'
import { settingsSchema, type Settings } from '../../src-main/contract/settings.ts'

/** Settings with little in them but what a test is about. */
export function settings(fields: Omit<v.InferInput<typeof settingsSchema>, 'version'> = {}): Settings {
  return v.parse(settingsSchema, { version: 1, ...fields })
}

/** `count` shares of simulated devices, `s1` … */
export function someShares(count: number): v.InferInput<typeof settingsSchema>['shares'] {
  return Array.from({ length: count }, (_, index) => ({
    id: `s${index + 1}`,
    name: `share ${index + 1}`,
    port: { target: 'sim:echo' }
  }))
}

const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,20}$/)
const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((each) => !/\p{Cc}/u.test(each))
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
const maybe = { freq: 3, nil: undefined }

const port = fc.record(
  {
    target: text,
    settings: fc.record(
      {
        baudRate: fc.integer({ min: 1, max: 0xffff_ffff }),
        parity: fc.constantFrom('none', 'even'),
        stopBits: fc.constantFrom(1, 1.5, 2)
      },
      { requiredKeys: [] }
    ),
    dtr: fc.boolean(),
    env: fc.array(fc.record({ name: fc.constant('SECRET'), file: text }), { maxLength: 2 })
  },
  { requiredKeys: ['target'] }
)

const entry = { id, name, enabled: fc.boolean(), port }
const share = fc.record(
  {
    ...entry,
    listen: fc.array(fc.oneof(text, fc.record({ url: text, observe: fc.boolean(), banner: text })), {
      maxLength: 3
    }),
    writers: fc.constantFrom('one', 'all', 'none'),
    inactivityMs: fc.integer({ min: 1 }),
    maxClients: fc.integer({ min: 1, max: 1000 }),
    banner: text,
    wait: fc.boolean(),
    record: fc.boolean()
  },
  { requiredKeys: ['id', 'name', 'port'] }
)
const link = fc.record(
  { ...entry, to: text, hold: fc.boolean(), record: fc.boolean() },
  { requiredKeys: ['id', 'name', 'port', 'to'] }
)

const level = fc.constantFrom('none', 'observe', 'control')
const permission = fc.record({ level, history: fc.boolean() }, { requiredKeys: ['level'] })
const peer = fc.record({
  id: fc.stringMatching(/^[0-9a-f]{64}$/),
  name,
  trust: fc.constantFrom('trusted', 'blocked'),
  since: fc.nat(),
  permissions: fc.record({ default: permission, shares: fc.dictionary(id, permission, { maxKeys: 3 }) }),
  addresses: fc.array(text, { maxLength: 2 })
})

const different = { maxLength: 5, selector: ({ name }: { name: string }) => name } as const

/** Everything that the schema allows, names and ids all different, rotators of shares that are there. */
export const anySettings: fc.Arbitrary<Settings> = fc
  .record({
    name: fc.option(name, maybe),
    shares: fc.uniqueArray(share, different),
    links: fc.uniqueArray(link, different),
    peers: fc.uniqueArray(peer, { maxLength: 3, selector: (each) => each.id }),
    rotator: fc.boolean(),
    preferences: fc.record({ logLevel: fc.constantFrom('error', 'debug'), pairing: fc.boolean() })
  })
  .map(({ name, rotator, shares, links, ...rest }) => {
    // An id may be taken by another list.
    const own = shares.map((each, index) => ({ ...each, id: `${index}-${each.id}` }))
    const plain: unknown = {
      version: 1,
      ...(name === undefined ? {} : { name }),
      ...rest,
      shares: own,
      links: links.map((each, index) => ({ ...each, id: `L${index}-${each.id}` })),
      rotators:
        rotator && own.length > 0
          ? [{ id: 'R', name: 'pool', listen: ['raw://127.0.0.1:7000'], shares: own.map((each) => each.id) }]
          : []
    }
    return v.parse(settingsSchema, plain)
  })
