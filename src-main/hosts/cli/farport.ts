/**
 * The `farport` command, called by the system. Takes the signals that ask it to end first of all: what it does stands in other files, whose
 * loading takes longer than Node's own start, and a service that is stopped meanwhile has to end as it does later.
 */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const early: NodeJS.Signals[] = []
const note = (name: NodeJS.Signals): void => void early.push(name)
for (const name of SIGNALS) process.on(name, note)

const { main } = await import('./run.ts')
const ended = main()
for (const name of SIGNALS) process.off(name, note)
for (const name of early) process.emit(name, name)
await ended

// Without imports it would be a script.
export {}
