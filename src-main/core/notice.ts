/** One line for people: what changed with one share, link or target. Network strings in it are sanitised already. */
export interface Notice {
  /** Whom it is about: the share's or link's name, or the target. */
  readonly subject: string
  readonly text: string
}

export type Report = (notice: Notice) => void
