/** What a row of "This computer" asks the page for. */
export type RowAction = 'open' | 'terminal' | 'reset' | 'address' | 'users' | 'settings' | 'remove'
