// Replaces redis-server: reads `--port` and, from `--include`, the password. Ends at SIGTERM.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRedisServer } from 'js-redis-server';

function argument(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at === -1 ? undefined : process.argv[at + 1];
}

const port = Number(argument('--port'));
const secrets = argument('--include');
const redis = await createRedisServer();
// Read-only in its types (0.3.0). It reads this for each command.
if (secrets !== undefined)
  Object.assign(redis.state, { requirepass: /^requirepass (\S+)$/m.exec(readFileSync(secrets, 'utf8'))?.[1] });
// It listens on all interfaces: move it to loopback.
const { server } = redis.server;
server.close();
await once(server, 'close');
server.listen(port, '127.0.0.1');
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void redis.close().finally(() => process.exit(0)));
