// A stand-in for redis-server: takes `--port`, and of what `--include` names the password; ignores the rest; ends at SIGTERM.
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
// Read-only in its types (0.3.0), and an option of no function that it exports; it looks at it for each command.
if (secrets !== undefined)
  Object.assign(redis.state, { requirepass: /^requirepass (\S+)$/m.exec(readFileSync(secrets, 'utf8'))?.[1] });
// It can only listen on every interface, on some port: it is moved to loopback.
const { server } = redis.server;
server.close();
await once(server, 'close');
server.listen(port, '127.0.0.1');
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void redis.close().finally(() => process.exit(0)));
