// Acks at once: the load generator's limit.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { urlOf } from '../url-of.ts';
import { readRequests } from '../sink/read-requests.ts';

const BODY = '{"retCode":0,"retMsg":"success","responseID":"00000000-0000-0000-0000-000000000000"}';
const ACK = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;

const server = createServer({ noDelay: true }, (socket) => readRequests(socket, () => socket.write(ACK)));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`${JSON.stringify({ msg: 'server is up', url: urlOf(server) })}\n`);
