// A stand-in for redis-server: takes `--port`, ignores the other arguments, and ends at SIGTERM.
import { once } from 'node:events';
import { createRedisServer } from 'js-redis-server';

const port = Number(process.argv[process.argv.indexOf('--port') + 1]);
const redis = await createRedisServer();
// It can only listen on every interface, on some port: it is moved to loopback.
const { server } = redis.server;
server.close();
await once(server, 'close');
server.listen(port, '127.0.0.1');
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void redis.close().finally(() => process.exit(0)));
