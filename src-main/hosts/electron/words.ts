/** Every English word that the app says outside its page: menus, notifications, questions. One file per language, all of this shape. */
export const WORDS = {
  app: 'Farport',
  tray: {
    lost: 'Farport does not answer',
    shared: (ports: number, used: number) => {
      if (ports === 0) return 'Nothing is shared'
      const count = ports === 1 ? '1 port shared' : `${ports} ports shared`
      return used === 0 ? count : `${count}, ${used} in use`
    },
    paused: (ports: number, on: number) => {
      const count = ports === 1 ? 'Sharing is paused for 1 port' : `Sharing is paused for ${ports} ports`
      return on === 0 ? count : `${count}, ${on} shared`
    },
    service: (status: string) => `${status} (by the service)`,
    used: (name: string, by: string, others: number) =>
      others === 0 ? `${name} – in use by ${by}` : `${name} – in use by ${by} and ${others} more`,
    connected: (name: string) => name,
    waiting: (name: string) => `${name} – waiting`,
    off: (name: string) => `${name} – disconnected`,
    disconnect: 'Disconnect',
    connect: 'Connect',
    show: 'Show',
    nearby: 'Nearby ports',
    on: (name: string, host: string) => `${name} on ${host}`,
    more: (count: number) => `${count} more …`,
    monitor: 'Monitor',
    pause: 'Pause all sharing',
    resume: 'Resume sharing',
    open: 'Open Farport',
    settings: 'Settings',
    quit: 'Quit Farport'
  },
  notices: {
    pairing: {
      title: 'A computer wants to pair',
      one: (name: string) => `${name} asks to use ports of this computer. Compare the six digits.`,
      more: (count: number) => `${count} computers ask to use ports of this computer.`
    },
    unplugged: {
      title: 'Unplugged while in use',
      one: (name: string) => `${name} was unplugged. Its users stay connected and wait.`,
      more: (count: number) => `${count} ports were unplugged. Their users stay connected and wait.`
    },
    lost: {
      title: 'Connection lost',
      one: (name: string) => `${name} is not connected any more. Farport keeps trying.`,
      more: (count: number) => `${count} connections were lost. Farport keeps trying.`
    },
    back: {
      title: 'Connected again',
      one: (name: string) => `${name} is connected again.`,
      more: (count: number) => `${count} connections are back.`
    },
    taken: {
      title: 'Control taken',
      one: (name: string, by: string) => `${by} took control of ${name}.`,
      more: (count: number) => `Others took control of ${count} ports.`
    }
  },
  quit: {
    inUse: (names: readonly string[]) =>
      names.length === 1 ? `${names[0] ?? ''} is in use.` : `${names.length} ports are in use.`,
    detail: (users: readonly string[]) => `${users.join('\n')}\n\nQuitting ends these connections.`,
    user: (name: string, by: string) => `${name}: ${by}`,
    quit: 'Quit',
    cancel: 'Cancel'
  },
  close: {
    message: 'Keep Farport running without its window?',
    detail:
      'This desktop shows no tray icons. Farport goes on sharing and connecting; start it again to see this window.',
    keep: 'Keep running',
    quit: 'Quit',
    cancel: 'Cancel'
  },
  failed: { title: 'Farport cannot start', quit: 'Quit' },
  sorry: 'That did not work'
} as const
