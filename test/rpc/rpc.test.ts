import { rpcSuite } from '../suites/rpc.ts'
import {
  farportChannels,
  memoryPair,
  portPair,
  socketChannels,
  streamPair,
  tcpChannels,
  unixChannels
} from './carriers.ts'

rpcSuite('memory', memoryPair, 200)
rpcSuite('a stream in memory', streamPair, 200)
rpcSuite('a Unix socket', unixChannels, 25)
rpcSuite('TCP', tcpChannels, 25)
rpcSuite('a WebSocket', socketChannels, 25)
rpcSuite('message ports', portPair, 25)
rpcSuite('farport/1', farportChannels, 10)
