/**
 * A running installation: the core that its settings describe, its key, whom it trusts, and all who command it or watch it. Made by
 * hosts that stay (the service, the window); a command that does one thing has a core of its own instead.
 */
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { systemClock } from '../../base/clock.ts'
import type { Event } from '../../base/event.ts'
import { Emitter } from '../../base/event.ts'
import { Lifetime } from '../../base/lifetime.ts'
import { SHUTDOWN } from '../../contract/close.ts'
import type { Fault } from '../../contract/faults.ts'
import { FRESH_SETTINGS, type Preferences, type Settings } from '../../contract/settings.ts'
import type { SelfState, StateTree } from '../../contract/state.ts'
import type { NoticeLine } from '../../contract/topics.ts'
import { loadIdentity, type Identity as Key } from '../../peers/identity.ts'
import { TrustStore } from '../../peers/trust.ts'
import type { Channel } from '../../rpc/channel.ts'
import { PermittedService, type Identity } from '../../rpc/permitted.ts'
import { serve, type Served } from '../../rpc/server.ts'
import { streamChannel } from '../../rpc/stream-channel.ts'
import { difference } from '../../store/difference.ts'
import { SettingsFile, type Change } from '../../store/settings-file.ts'
import type { Announced } from '../announcing.ts'
import { Core } from '../core.ts'
import { LinkPrograms } from '../link-programs.ts'
import { Captures } from '../recording/captures.ts'
import { LocalPorts } from '../local-ports.ts'
import { listenLocal } from '../local-socket.ts'
import type { InstancePaths } from '../instance-paths.ts'
import type { Notice } from '../notice.ts'
import type { Placed } from '../placed.ts'
import { tlsRights } from '../tls-rights.ts'
import { InstanceBackend } from './backend.ts'
import type { SharedPort } from './door.ts'
import { Entries, within } from './entries.ts'
import { amendedLine, endLine, readyLine } from './entry-words.ts'
import { FarShares } from './far-shares.ts'
import { handlers } from './handlers.ts'
import { bareHost, type Host } from './host.ts'
import type { House } from './house.ts'
import { applyPermissions } from './live-permissions.ts'
import { Neighbourhood, type OpenDiscovery } from './neighbourhood.ts'
import { Peers } from './peers.ts'
import { permits, viewOfPeer } from './permits.ts'
import { pauseOf, withoutStalePause } from './sharing-pause.ts'
import { Terminals } from './terminals.ts'
import { watchWakes } from './wake-watch.ts'
import { WatchingTraffic } from './watching-traffic.ts'

export interface InstanceOptions {
  /** Prepared, and its lock is the caller's. */
  readonly paths: InstancePaths
  readonly version: string
  /** One line for people each; from the very start. */
  readonly report: (line: NoticeLine) => void
  /** Gets those that are in force, before anything begins and whenever they change. */
  readonly preferences?: (preferences: Preferences) => void
  /** Names another settings file; `$FARPORT_CONFIG`. */
  readonly settingsPath?: string
  /** Aborted: whoever waits for the start does not any more. */
  readonly stop?: AbortSignal
  /** What it runs in; absent: a bare service. */
  readonly host?: Host
  readonly clock?: Clock
  /** The wall's, ms since 1970. */
  readonly wallMs?: () => number
  /** How others in the network are heard and told of us; absent: by mDNS. */
  readonly openDiscovery?: OpenDiscovery
}

/** Of the settings file, that are shown. */
const MAX_FAULTS = 8

/** For what is left in core once the entries have ended, in ms. */
const GRACE_MS = 200

/** For captures to be on the disk, in ms. */
const CAPTURED_MS = 500

interface Client {
  readonly served: Served
  readonly service: PermittedService
  readonly who: Identity
}

export class Instance {
  readonly #options: InstanceOptions
  readonly #clock: Clock
  readonly #file: SettingsFile
  readonly #key: Key
  readonly #trust: TrustStore
  readonly #near: Neighbourhood
  readonly #peers: Peers
  readonly #core: Core
  readonly #entries: Entries
  readonly #far: FarShares
  readonly #host: Host
  readonly #ports: LocalPorts
  readonly #programs: LinkPrograms
  readonly #terminals: Terminals
  readonly #captures: Captures
  readonly #backend: InstanceBackend
  readonly #clients = new Set<Client>()
  readonly #states = new Emitter<void>()
  readonly #life = new Lifetime()
  readonly #since = Date.now()
  #faults: readonly Fault[] = []
  /** What runs is what these say. */
  #applied: Settings
  /** What peers may do is what these say. */
  #obeyed: Settings
  #row: Promise<unknown> = Promise.resolve()

  /** `state` changed in more than its byte counts. */
  readonly onState: Event<void> = this.#states.event

  private constructor(options: InstanceOptions, file: SettingsFile, key: Key) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#host = options.host ?? bareHost()
    this.#file = file
    this.#key = key
    this.#applied = { ...FRESH_SETTINGS, preferences: file.settings.preferences }
    this.#obeyed = this.#applied
    this.#trust = new TrustStore({
      get peers() {
        return file.settings.peers
      },
      save: async (change) => {
        await this.#write((settings) => ({ ...settings, peers: [...change(settings.peers)] }))
        void this.#apply()
      }
    })
    this.#near = new Neighbourhood({
      key,
      trust: this.#trust,
      clock: this.#clock,
      open: options.openDiscovery,
      announced: () => this.#announced,
      tell: (level, text) => this.#report({ level, subject: '', text })
    })
    this.#peers = new Peers({
      key,
      trust: this.#trust,
      clock: this.#clock,
      name: () => this.#name,
      settings: () => this.settings,
      share: (id) => this.#shared(id),
      serve: (channel, { id }, address) =>
        this.connect(channel, { type: 'peer', id, ...(address !== undefined && { address }) }),
      tell: (level, text) => this.#report({ level, subject: '', text }),
      nearby: this.#near,
      arrivals: this.#near.onArrival
    })
    // A share's id in core is the one that permissions name it by.
    const house = { identity: key, trust: this.#trust, permissionId: ({ id }: { readonly id: string }) => id }
    this.#core = new Core({
      farports: this.#peers.farports,
      announced: this.#near.ports,
      tls: tlsRights(() => Promise.resolve(house))
    })
    this.#entries = new Entries({
      place: (what) => this.#core.place(what),
      clock: this.#clock,
      failed: (what, { message }) => this.#tellOf(what, 'warning', message),
      started: (what) => this.#tellOf(what, 'info', readyLine(this.#core.stateOf(what.entry.id))),
      stopped: (what, why, lost) => this.#tellOf(what, lost > 0 ? 'warning' : 'info', endLine(why, lost)),
      renamed: (what, name) => this.#tellOf(what, 'info', `is called ${name} from now on`),
      amended: (what) => this.#tellOf(what, 'info', amendedLine(this.#core.stateOf(what.entry.id)))
    })
    this.#far = new FarShares({
      own: key.id,
      clock: this.#clock,
      settings: () => this.settings,
      linkPorts: (id) => this.#core.linkPorts(id),
      peerOf: (text) => this.#peers.called(text),
      dial: (peer, signal) => this.#peers.dialRpc(peer, signal),
      tell: ({ id, name }, { level, text }) => this.#report({ level, subject: name, id, text })
    })
    this.#ports = this.#life.add(new LocalPorts({ clock: this.#clock }))
    this.#life.add(this.#ports.onChange(() => this.#states.fire()))
    this.#programs = this.#life.add(
      new LinkPrograms({ clock: this.#clock, bridges: () => this.#core.state.bridges })
    )
    this.#life.add(this.#programs.onChange(() => this.#states.fire()))
    this.#terminals = new Terminals(this.#core)
    const traffic = this.#life.add(
      new WatchingTraffic({
        core: this.#core,
        clock: this.#clock,
        trust: this.#trust,
        settings: () => this.settings,
        computer: () => this.#name,
        onState: this.#states.event
      })
    )
    this.#captures = new Captures({
      folder: options.paths.captures,
      clock: this.#clock,
      core: this.#core,
      recorder: (id) => this.#core.recorder(id),
      far: (id) => this.#far.endOf(id),
      meta: (id) => {
        const state = this.#core.stateOf(id)
        const port = state?.kind === 'rotator' ? undefined : state?.port
        const told = { name: state?.name ?? id, ...(port !== undefined && { port }) }
        return { ...told, computer: this.#name, program: `Farport ${options.version}` }
      },
      onState: this.#states.event,
      tell: (level, id, text) =>
        this.#report({ level, subject: this.#core.stateOf(id)?.name ?? '', id, text })
    })
    this.#life.add(this.#captures.onChange(() => this.#states.fire()))
    this.#backend = new InstanceBackend({
      terminals: this.#terminals,
      traffic,
      captures: this.#captures,
      ownerWatches: (watches) => {
        this.#captures.watch(watches)
        this.#ports.watch(watches)
        this.#programs.watch(watches)
      },
      handlers: handlers(this.#house()),
      state: () => this.state,
      changes: this.#states.event,
      viewOf: (who) => (who.type === 'owner' ? (tree) => tree : viewOfPeer(who.id, this.#trust)),
      clock: this.#clock
    })
    this.#life.add(this.#trust.onPassing((id) => this.#obey(new Set([id]))))
    this.#life.add(this.#core.onNotice((notice) => this.#report(notice)))
    this.#life.add(this.#core.onState(() => this.#look()))
    this.#life.add(this.#entries.onChange(() => this.#states.fire()))
    this.#life.add(this.#peers.onChange(() => this.#states.fire()))
    this.#life.add(this.#far.onChange(() => this.#states.fire()))
    const { onChange } = this.#host
    if (onChange) this.#life.add(onChange(() => this.#states.fire()))
    this.#life.add(this.#far)
    this.#life.add(this.#near.onChange(() => this.#states.fire()))
    this.#life.add(this.#states.event(() => this.#near.look()))
    this.#life.add(this.#near)
    this.#life.add(
      file.onChange(() => {
        this.#faults = []
        this.#obeyPeers()
        void this.#apply()
      })
    )
    this.#life.add(file.onMended(() => this.#forget(this.#faults)))
    this.#life.add(this.#backend)
    this.#life.add(
      watchWakes({
        clock: this.#clock,
        wallMs: options.wallMs ?? Date.now,
        woke: (sleptMs) => this.#woke(sleptMs)
      })
    )
  }

  /**
   * Starts everything that the settings say, and takes commands from programs here. Rejects with `settings-access`, `settings-newer`,
   * `identity-broken`, `address-in-use` (the local socket). What only some share cannot do is told in the state, and tried again.
   */
  static async open(options: InstanceOptions): Promise<Instance> {
    const { paths, settingsPath } = options
    const faults: Fault[] = []
    let instance = undefined as Instance | undefined
    const file = await SettingsFile.open({
      place:
        settingsPath === undefined
          ? { path: paths.settings, ownFolder: true }
          : { path: resolve(settingsPath), ownFolder: false },
      report: (fault) => {
        if (instance) instance.#tell(fault)
        else faults.push(fault)
      }
    })
    try {
      instance = new Instance(options, file, await loadIdentity(paths.directory))
      for (const fault of faults) instance.#tell(fault)
      await instance.#begin()
      return instance
    } catch (error) {
      await instance?.close(0)
      await file.close()
      throw error
    }
  }

  /** As the owner sees it. */
  get state(): StateTree {
    const { bridges, rotators } = this.#entries.complete(this.#core.state)
    const paused = pauseOf(this.settings)
    const captures = this.#captures.state
    return {
      bridges: this.#programs.complete(this.#ports.complete(this.#far.complete(bridges))),
      rotators,
      self: this.#self,
      peers: this.#peers.peers,
      pairings: this.#peers.pairings,
      nearby: Object.fromEntries(this.#near.nearby.map((each) => [each.id, each])),
      host: this.#host.state,
      ...(paused && { paused }),
      ...(captures && { captures }),
      ...(this.#ports.ports && { ports: this.#ports.ports, adapters: this.#ports.adapters })
    }
  }

  /** Where programs of this computer command it. */
  get socketPath(): string {
    return this.#options.paths.socket.path
  }

  get settings(): Settings {
    return this.#file.settings
  }

  /** Serves one client, until the channel closes. */
  connect(channel: Channel, who: Identity): void {
    const permit = permits(this.#trust, () => this.settings)
    const service = new PermittedService(who, this.#backend, permit)
    const served = serve(channel, service, this.#clock, { foreign: who.type === 'peer' })
    const client: Client = { served, service, who }
    this.#clients.add(client)
    channel.onClose(() => this.#clients.delete(client))
  }

  /** Reads the settings anew, as at SIGHUP; resolves when what is different runs: whether anything was. */
  async reload(): Promise<boolean> {
    const before = this.settings
    // What is still wrong is told again.
    this.#forget(this.#faults)
    await this.#file.reload()
    await this.#apply()
    return this.settings !== before
  }

  /** Ends everything within `timeoutMs`; resolves with the number of bytes that were not delivered. Never rejects. */
  async close(timeoutMs: number): Promise<number> {
    this.#life.dispose()
    const goodbye = this.#near.close().then(() => 0)
    const captured = this.#captures.close().then(() => 0)
    this.#peers.stop()
    for (const { served } of [...this.#clients]) served.close(SHUTDOWN)
    // Before what they write down is gone.
    await within(captured, Math.min(timeoutMs, CAPTURED_MS), this.#clock)
    const lost =
      (await this.#entries.close(timeoutMs)) +
      (await within(this.#core.close(timeoutMs), GRACE_MS, this.#clock))
    // By now what was on its way to them is there, or counted.
    this.#peers.dispose()
    await within(goodbye, GRACE_MS, this.#clock)
    await this.#file.close()
    return lost
  }

  async #begin(): Promise<void> {
    this.#prefer(this.settings.preferences)
    // First: where another one answers there, nothing of ours gets in its way.
    const local = await listenLocal(this.#options.paths.socket, {
      onRefused: ({ remote, why }) =>
        this.#report({ level: 'warning', subject: '', text: `refused a command: ${remote} (${why})` })
    })
    local.onConnection((connection) => this.connect(streamChannel(connection, 'server'), { type: 'owner' }))
    this.#life.defer(() => void local.close(SHUTDOWN))
    const { stop } = this.#options
    await Promise.race([this.#apply(), ...(stop ? [aborted(stop)] : [])])
    // When there is something to come for.
    if (stop?.aborted) return
    await this.#peers.listen(this.settings.preferences.listen)
    // Nobody waits for it: the network may take its time.
    void this.#near.apply(this.settings.preferences.discovery)
  }

  #prefer(preferences: Preferences): void {
    this.#core.limitRecordings(preferences.recordings?.maxBytes)
    this.#options.preferences?.(preferences)
  }

  async #change(change: Change): Promise<number> {
    await this.#write((settings) => withoutStalePause(change(settings)))
    return this.#apply()
  }

  async #write(change: Change): Promise<void> {
    const told = this.#faults
    await this.#file.update(change)
    // What was broken was put aside, what could not be written was: all but what this change itself met with.
    this.#forget(told)
    this.#obeyPeers()
  }

  /** At once: what a peer may not have any more waits for nothing that drains or begins. */
  #obeyPeers(): void {
    const [before, after] = [this.#obeyed, this.settings]
    this.#obeyed = after
    const { peers } = difference(before, after)
    if (peers.length === 0) return
    this.#trust.reloaded(before.peers)
    this.#obey(new Set(peers.map(({ id }) => id)))
  }

  /** `peers`: the ids of those about whom something changed. */
  #obey(peers: ReadonlySet<string>): void {
    this.#near.recall()
    for (const { service } of this.#clients) service.recheck()
    applyPermissions(peers, this.#core.state, this.#trust, this.#core)
    this.#states.fire()
  }

  /** Makes what runs what the settings say by now; resolves with the bytes that were lost on the way. */
  #apply(): Promise<number> {
    const done = this.#row.then(() => this.#applyNow())
    this.#row = done.catch(() => undefined)
    return done
  }

  async #applyNow(): Promise<number> {
    const [before, after] = [this.#applied, this.settings]
    const { steps, preferences } = difference(before, after)
    this.#applied = after
    this.#obeyPeers()
    if (preferences.length > 0) this.#prefer(after.preferences)
    // Names of shares may have changed hands.
    for (const { service } of this.#clients) service.recheck()
    this.#states.fire()
    const listening = preferences.includes('listen') && this.#peers.listen(after.preferences.listen)
    if (preferences.includes('discovery')) void this.#near.apply(after.preferences.discovery)
    const lost = await this.#entries.take(steps)
    await listening
    this.#states.fire()
    return lost
  }

  #house(): House {
    // Read when they are asked for: both change.
    const [settings, state] = [() => this.settings, () => this.state]
    return {
      core: this.#core,
      clock: this.#clock,
      key: this.#key,
      trust: this.#trust,
      peers: this.#peers,
      far: this.#far,
      near: this.#near,
      host: this.#host,
      terminals: this.#terminals,
      captures: this.#captures,
      get settings() {
        return settings()
      },
      get state() {
        return state()
      },
      change: (change) => this.#change(change),
      retry: (id) => this.#retry(id),
      reload: () => this.reload()
    }
  }

  /** See `retry.now`. */
  #retry(id?: string): boolean {
    this.#core.retry(id)
    const isEntry = this.#entries.retry(id)
    if (id !== undefined) return isEntry || this.#core.stateOf(id) !== undefined
    this.#far.retry()
    this.#near.refresh()
    return true
  }

  #woke(sleptMs: number): void {
    const seconds = Math.round(sleptMs / 1000)
    const text = `this computer slept, or its clock was set forward (${seconds} s): what waits is tried again`
    this.#report({ level: 'info', subject: '', text })
    this.#retry()
  }

  /** Something runs, or does not, that did not before. */
  #look(): void {
    this.#far.sync()
    this.#programs.sync()
    this.#states.fire()
  }

  #shared(id: string): SharedPort | undefined {
    const share = this.#core.share(id)
    return (
      share && { id, enabled: share.state.enabled, admit: (session, terms) => share.admit(session, terms) }
    )
  }

  get #announced(): Announced {
    // Looked at whenever anything changes: no more of the state than it takes.
    const { bridges } = this.#entries.complete(this.#core.state)
    const shares = new Map(this.settings.shares.map((each) => [each.id, each]))
    return { self: this.#self, bridges: Object.values(bridges), shareOf: (id) => shares.get(id) }
  }

  get #self(): SelfState {
    return {
      id: this.#key.id,
      name: this.#name,
      version: this.#options.version,
      pid: process.pid,
      kind: this.#options.paths.kind,
      since: this.#since,
      settingsPath: this.#file.path,
      ...(this.settings.preferences.introduced && { introduced: true }),
      listening: this.#peers.listening,
      faults: [...this.#faults, ...this.#peers.faults].map((fault) => fault.toJSON())
    }
  }

  get #name(): string {
    return this.settings.name ?? hostname()
  }

  #tell(fault: Fault): void {
    this.#faults = [...this.#faults, fault].slice(-MAX_FAULTS)
    this.#states.fire()
    this.#report({ level: 'warning', subject: '', text: fault.message })
  }

  /** They are not so any more. */
  #forget(faults: readonly Fault[]): void {
    if (faults.length === 0) return
    this.#faults = this.#faults.filter((each) => !faults.includes(each))
    this.#states.fire()
  }

  #tellOf({ entry: { id, name } }: Placed, level: 'info' | 'warning', text: string): void {
    this.#report({ level, subject: name, id, text })
  }

  #report({ level, subject, id, text }: Notice): void {
    const line: NoticeLine = { timeMs: Date.now(), level, subject, text, ...(id !== undefined && { id }) }
    this.#options.report(line)
    this.#backend.tell(line)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
