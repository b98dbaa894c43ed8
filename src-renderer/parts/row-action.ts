/** What a row of "This computer" asks the page for. */
export type RowAction =
  'open' | 'terminal' | 'monitor' | 'reset' | 'address' | 'users' | 'settings' | 'remove'
