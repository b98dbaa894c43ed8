/** One line for people: what changed with one share, link or target. Network strings in it are sanitised already. */
export interface Notice {
  /** `debug`: what users do with a line. `info`: who came and left. `warning`: what people should know even where they do not watch. */
  readonly level: 'debug' | 'info' | 'warning'
  /** Whom it is about: the share's or link's name, or the target. */
  readonly subject: string
  /** Of the share, link or rotator; absent where it is about none. */
  readonly id?: string
  readonly text: string
}

export type Report = (notice: Notice) => void
