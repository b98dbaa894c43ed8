/** One line of what is told about something: a name and its value. */
export interface Fact {
  readonly name: string
  /** Where it has several lines, they are shown so. */
  readonly text: string
  /** A key, a path or another text of machines. */
  readonly isFixed?: boolean
  /** It has a button that copies this; what that is. */
  readonly copy?: string
}
