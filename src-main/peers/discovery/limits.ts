/** What strangers in the network can make us hold, read and do, at the most. Every one has a test. */

/** RFC 6762 §17: no packet is longer, with all its headers. */
export const PACKET_BYTES = 9000
/** Questions and records of a packet that are looked at; the rest is not. */
export const RECORDS_PER_PACKET = 256
/** Hops from one compressed name to the next (RFC 1035 §4.1.4); real ones have one or two. */
export const POINTERS_PER_NAME = 8
/** What we send: fits an Ethernet frame behind IPv6 and a tunnel. */
export const SENT_BYTES = 1400

/** Services of others that are remembered. */
export const ENTRIES = 256
/** Those that one sender brought: half, so that nobody fills the table alone. A relay between networks speaks for many. */
export const ENTRIES_PER_SENDER = ENTRIES / 2
/** New ones per second, and how many may come at once: a lab answers the first question with all it has. */
export const NEW_PER_SECOND = 20
export const NEW_AT_ONCE = 60
/** RFC 6763 §6.2: what still fits one frame with everything else. */
export const TXT_BYTES = 1300
export const TXT_KEYS = 64
export const ADDRESSES_PER_HOST = 8
/** Characters of a name, a key or a value that are shown. A label has 63 bytes at the most, a string of TXT 255. */
export const NAME_CHARACTERS = 63
export const VALUE_CHARACTERS = 255

/** What handling the packets of one sender, and of all, may take of a second. More is dropped before it is decoded. */
export const SENDER_MS_PER_SECOND = 50
export const ALL_MS_PER_SECOND = 150
/** Senders whose share of the time is known; the one unheard longest makes room. */
export const SENDERS = 256

/** Interfaces used at once: a computer with containers has one for each of them. */
export const INTERFACES = 32
/** Answers that wait for their moment, for each interface. */
export const WAITING_ANSWERS = 512
