/** What it takes to talk to a running Farport, in one file that is loaded where there is one. */
export { RpcClient } from '../../rpc/client.ts'
export { streamChannel } from '../../rpc/stream-channel.ts'
