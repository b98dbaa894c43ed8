/** Where the bytes of one station went, in columns that must add up. */
export interface Account {
  /** Sent by clients and programs; arrived at the device; counted as lost by Farport. */
  toDevice: number
  arrivedThere: number
  lostToDevice: number
  /** Got by clients and programs; counted as lost by Farport. */
  arrivedHere: number
  lostFromDevice: number
  /** Still with the system of a client that broke off, or that was thrown out: never taken, or not taken any more. */
  cutOff: number
  /** At the device, where one client followed another, so that the accounts alone tell whose they are. Among those that arrived. */
  doubtful: number
  /** Everything else: a byte too few, too many, or in the wrong place. Each is a defect. */
  unexplained: number
  /** What was wrong, for people. */
  readonly complaints: string[]
}

export function emptyAccount(): Account {
  return {
    toDevice: 0,
    arrivedThere: 0,
    lostToDevice: 0,
    arrivedHere: 0,
    lostFromDevice: 0,
    cutOff: 0,
    doubtful: 0,
    unexplained: 0,
    complaints: []
  }
}

/** What should be equal. */
export function expectEqual(account: Account, what: string, actual: number, expected: number): void {
  if (actual === expected) return
  account.unexplained += Math.abs(actual - expected)
  account.complaints.push(`${what}: ${actual} instead of ${expected}`)
}

/** What is missing here is still with a client's system; a negative number came from nowhere. */
export function expectCutOff(account: Account, what: string, bytes: number): void {
  if (bytes >= 0) account.cutOff += bytes
  else expectEqual(account, what, -bytes, 0)
}

export function addUp(accounts: readonly Account[]): Account {
  const sum = emptyAccount()
  for (const each of accounts) {
    for (const column of [
      'toDevice',
      'arrivedThere',
      'lostToDevice',
      'arrivedHere',
      'lostFromDevice',
      'cutOff',
      'doubtful',
      'unexplained'
    ] as const)
      sum[column] += each[column]
    sum.complaints.push(...each.complaints)
  }
  return sum
}
