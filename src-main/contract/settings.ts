/**
 * What a Farport is to be: everything that outlives its process, as the settings file holds it. The neighbour of the command
 * table, whose schemas of shares, links and rotators it takes over. Plain values; who reads and writes the file is `store`.
 */
import * as v from 'valibot'
import { MAX_NAME, NAME, NAME_RULE } from './names.ts'
import { linkSchema, rotatorSchema, shareSchema } from './commands.ts'

/** Of the file's form. A step up needs a migration (`store/migrations.ts`). */
export const SETTINGS_VERSION = 1

/** Of farport/1: RFC 2217's number + 20000. */
export const FARPORT_PORT = 22_217

/** Where the page is served to browsers, unless somebody says otherwise. */
export const PAGE_HOST = '127.0.0.1'
export const PAGE_PORT = 7373

/** In the place of a file: the certificate that the installation has anyway. */
export const OWN_CERTIFICATE = 'own'

/** What a peer may do with a share, each more than the one before it. `observe`: see what passes. */
export const LEVELS = ['none', 'observe', 'control'] as const
export type PermissionLevel = (typeof LEVELS)[number]

export const LOG_LEVELS = ['error', 'warning', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What all recordings together may take at the least: a slab. */
const MIN_RECORDINGS_BYTES = 1024 * 1024

export const nameSchema = v.pipe(v.string(), v.maxLength(MAX_NAME), v.regex(NAME, NAME_RULE))

/**
 * Which share, link or rotator of the file; stays while everything else about it changes. Permissions name shares by it, so one
 * that is gone is never used again. (Objects in memory have keys of their own that two words would hit.)
 */
export const idSchema = v.pipe(
  v.string(),
  v.regex(
    /^(?!constructor$|prototype$)[A-Za-z0-9][\w-]{0,63}$/,
    'an id has 1 to 64 letters, digits, "-" or "_", and begins with a letter or digit'
  )
)

export const shareEntrySchema = v.strictObject({
  id: idSchema,
  enabled: v.optional(v.boolean(), true),
  // `enabled` stands for it.
  ...v.omit(shareSchema, ['disabled']).entries,
  name: nameSchema
})
export type ShareEntry = v.InferOutput<typeof shareEntrySchema>

export const linkEntrySchema = v.strictObject({
  id: idSchema,
  enabled: v.optional(v.boolean(), true),
  ...linkSchema.entries,
  name: nameSchema
})
export type LinkEntry = v.InferOutput<typeof linkEntrySchema>

export const rotatorEntrySchema = v.strictObject({
  id: idSchema,
  enabled: v.optional(v.boolean(), true),
  ...rotatorSchema.entries,
  name: nameSchema
})
export type RotatorEntry = v.InferOutput<typeof rotatorEntrySchema>

export const permissionSchema = v.strictObject({
  level: v.picklist(LEVELS),
  /** May read what passed before it came. */
  history: v.optional(v.boolean(), false)
})
export type Permission = v.InferOutput<typeof permissionSchema>

/** SHA-256 of its public key (SPKI), 64 hex digits, lower case. */
export const peerIdSchema = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/, 'the id of a peer has 64 hex digits, lower case')
)

const peerSchema = v.strictObject({
  id: peerIdSchema,
  /** A label, never identity. */
  name: nameSchema,
  /** What it calls itself, where a person here calls it something else … */
  called: v.exactOptional(nameSchema),
  /** … and what it was called here before, the latest first: addresses that name it so are its own as long as nobody else is called so. */
  formerly: v.exactOptional(v.array(nameSchema)),
  trust: v.picklist(['trusted', 'blocked']),
  /** When that was said: wall clock, ms since 1970. */
  since: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** `default`: for shares that `shares` does not name. `shares`: by the id of the share; one that is gone does no harm. */
  permissions: v.optional(
    v.strictObject({
      default: v.optional(permissionSchema, { level: 'none' }),
      shares: v.optional(v.record(idSchema, permissionSchema), {})
    }),
    {}
  ),
  /** Where it was reached before; hints only. */
  addresses: v.optional(v.array(v.pipe(v.string(), v.nonEmpty(), v.maxLength(255))), [])
})
export type PeerEntry = v.InferOutput<typeof peerSchema>

export const preferencesSchema = v.strictObject({
  logLevel: v.optional(v.picklist(LOG_LEVELS), 'info'),
  /**
   * The farport/1 listener. On by default: an unpaired peer may only ask to pair, and plain listeners are the shares' own affair,
   * off until somebody adds one.
   */
  listen: v.optional(
    v.strictObject({
      enabled: v.optional(v.boolean(), true),
      port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)), FARPORT_PORT),
      /** Local addresses; none: all of them. */
      addresses: v.optional(v.array(v.pipe(v.string(), v.nonEmpty(), v.maxLength(255))), [])
    }),
    {}
  ),
  /** Whether peers that are not paired may ask to be. */
  pairing: v.optional(v.boolean(), true),
  /** mDNS. */
  discovery: v.optional(
    v.strictObject({
      /** This computer, and each plain listener that others can reach. */
      announce: v.optional(v.boolean(), true),
      browse: v.optional(v.boolean(), true),
      /** Names of network interfaces (`eth0`); none: all but loopback. */
      interfaces: v.optional(v.array(v.pipe(v.string(), v.nonEmpty(), v.maxLength(64))), []),
      /** Computers that mDNS does not reach (VPN, VLAN): `HOST` or `HOST:PORT` of their Farport. */
      places: v.optional(v.array(v.pipe(v.string(), v.nonEmpty(), v.maxLength(255))), [])
    }),
    {}
  ),
  /** The first steps were gone through, or put away: no window and no browser shows them again. */
  introduced: v.optional(v.boolean(), false),
  /** What is kept of the traffic in memory. */
  recordings: v.exactOptional(
    v.strictObject({
      /** Of all shares and links together; absent: a tenth of this computer's memory, and no more than 512 MiB. */
      maxBytes: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(MIN_RECORDINGS_BYTES)))
    })
  ),
  /** The page of a service, for browsers. */
  page: v.optional(
    v.strictObject({
      enabled: v.optional(v.boolean(), false),
      /** One that other computers reach needs a certificate. */
      host: v.optional(v.pipe(v.string(), v.nonEmpty(), v.maxLength(255)), PAGE_HOST),
      port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)), PAGE_PORT),
      /** PEM files, or `own`: that of this installation, which browsers warn of. */
      certificate: v.exactOptional(v.pipe(v.string(), v.nonEmpty())),
      key: v.exactOptional(v.pipe(v.string(), v.nonEmpty()))
    }),
    {}
  )
})
export type Preferences = v.InferOutput<typeof preferencesSchema>

const plainSettingsSchema = v.strictObject({
  version: v.literal(SETTINGS_VERSION),
  /** What others see this computer as; absent: the name that its system has. */
  name: v.exactOptional(nameSchema),
  shares: v.optional(v.array(shareEntrySchema), []),
  links: v.optional(v.array(linkEntrySchema), []),
  rotators: v.optional(v.array(rotatorEntrySchema), []),
  peers: v.optional(v.array(peerSchema), []),
  preferences: v.optional(preferencesSchema, {}),
  /** "Pause all sharing": since when (wall clock, ms since 1970), and the ids of the shares that were on, and come back with its end. */
  paused: v.exactOptional(
    v.strictObject({ since: v.pipe(v.number(), v.integer(), v.minValue(0)), shares: v.array(idSchema) })
  )
})

/** Fields that are absent get their defaults; unknown ones are refused: a word that is mistyped must not do nothing. */
export const settingsSchema = v.pipe(
  plainSettingsSchema,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    for (const { path, message } of contradictions(dataset.value)) {
      const [first, ...rest] = path.map(
        (key) => ({ type: 'unknown', origin: 'value', key }) as v.IssuePathItem
      )
      addIssue(first ? { message, path: [first, ...rest] } : { message })
    }
  })
)
export type Settings = v.InferOutput<typeof settingsSchema>

interface Contradiction {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** What no single field can tell: two of one id or name, and a rotator whose share is not there. */
function* contradictions(settings: v.InferOutput<typeof plainSettingsSchema>): Generator<Contradiction> {
  const ids = new Set<string>()
  for (const list of ['shares', 'links', 'rotators', 'peers'] as const) {
    const names = new Set<string>()
    for (const [index, { id, name }] of settings[list].entries()) {
      // Names of peers are what they call themselves.
      if (list !== 'peers' && names.has(name))
        yield { path: [list, index, 'name'], message: `the name "${name}" is there twice among the ${list}` }
      if (ids.has(id)) yield { path: [list, index, 'id'], message: `the id ${id} is there twice` }
      names.add(name)
      ids.add(id)
    }
  }
  const shares = new Set(settings.shares.map(({ id }) => id))
  for (const [index, rotator] of settings.rotators.entries())
    for (const [place, id] of rotator.shares.entries())
      if (!shares.has(id))
        yield { path: ['rotators', index, 'shares', place], message: `there is no share with the id "${id}"` }
}

/** Nothing shared, nobody trusted. */
export const FRESH_SETTINGS: Settings = v.parse(settingsSchema, { version: SETTINGS_VERSION })

/** Which share a text means: by its id, else by its name. One rule for whoever looks whether somebody may, and whoever then does it. */
export function shareCalled({ shares }: Pick<Settings, 'shares'>, text: unknown): ShareEntry | undefined {
  return shares.find(({ id }) => id === text) ?? shares.find(({ name }) => name === text)
}

/** What a peer may do with a share. Nothing where the peer is blocked. */
export function permissionFor(peer: PeerEntry, share: string): Permission {
  if (peer.trust === 'blocked') return { level: 'none', history: false }
  const { shares } = peer.permissions
  return (Object.hasOwn(shares, share) ? shares[share] : undefined) ?? peer.permissions.default
}
