/** The commands about who uses a share and who has its control: the owner's, and those that a peer calls for its own sessions there. */
import type { CloseReason } from '../../contract/close.ts'
import { Fault } from '../../contract/faults.ts'
import type { SessionState } from '../../contract/state.ts'
import type { Identity } from '../../rpc/permitted.ts'
import { CallPace } from './call-pace.ts'
import { shareId } from './entry-commands.ts'
import type { Handlers, House } from './house.ts'

type ControlCommands = Pick<
  Handlers,
  | 'session.disconnect'
  | 'session.grant'
  | 'session.decline'
  | 'control.ask'
  | 'control.take-over'
  | 'control.grant'
  | 'control.decline'
>

const DISCONNECTED: CloseReason = { code: 'refused', message: 'disconnected by the owner of this computer' }

export function controlCommands(house: House): ControlCommands {
  const pace = new CallPace(house.clock)
  /** The share that a peer speaks of. */
  const shareOf = (share: string, who: Identity): string => {
    pace.count(peerOf(who))
    return shareId(house.settings, share)
  }
  const sessionsOf = (id: string): readonly SessionState[] => house.core.share(id)?.state.sessions ?? []
  /** The session that a peer speaks of: its own one, the newest where it does not say which. */
  const own = (id: string, who: Identity, use: string | undefined): number => {
    const peer = peerOf(who)
    const session = sessionsOf(id).findLast((each) => each.peer === peer && (use ?? each.use) === each.use)
    if (session) return session.id
    throw new Fault('usage', 'You are not connected to this share: connect first, then ask for its control.')
  }
  /** Somebody who asked, where the peer has the control to give. */
  const asker = (id: string, who: Identity, session: number): number => {
    const sessions = sessionsOf(id)
    if (!sessions.some((each) => each.peer === peerOf(who) && each.holdsSince !== undefined))
      throw new Fault('peer-permission', 'Only whoever has the control can pass it on.')
    if (sessions.some((each) => each.id === session && each.asksSince !== undefined)) return session
    throw new Fault('usage', `Client ${session} does not ask for the control any more.`)
  }
  return {
    'session.disconnect': ({ id, session }) =>
      done({ count: house.core.users(id).disconnect(session, DISCONNECTED) }),
    'session.grant': ({ id, session }) => {
      house.core.users(id).grant(session)
      return done({})
    },
    'session.decline': ({ id, session }) => {
      house.core.users(id).decline(session)
      return done({})
    },
    'control.ask': ({ share, use }, who) => {
      const id = shareOf(share, who)
      house.core.users(id).ask(own(id, who, use))
      return done({})
    },
    'control.take-over': ({ share, use }, who) => {
      const id = shareOf(share, who)
      house.core.users(id).takeOver(own(id, who, use))
      return done({})
    },
    'control.grant': ({ share, session }, who) => {
      const id = shareOf(share, who)
      house.core.users(id).grant(asker(id, who, session))
      return done({})
    },
    'control.decline': ({ share, session }, who) => {
      const id = shareOf(share, who)
      house.core.users(id).decline(asker(id, who, session))
      return done({})
    }
  }
}

/** The owner has sessions of no share: those of his links are at the far end. */
function peerOf(who: Identity): string {
  if (who.type === 'peer') return who.id
  throw new Fault(
    'usage',
    'This is for paired computers to say. Give the control to a client with: farport grant SHARE CLIENT'
  )
}

/** What throws before this makes its command reject. */
function done<Result>(result: Result): Promise<Result> {
  return Promise.resolve(result)
}
